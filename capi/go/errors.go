package cfutures

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
)

// Status is what kind of failure an [Error] is. It is an error itself, for errors.Is:
//
//	errors.Is(err, cfutures.ErrWorkerLost)
type Status int32

// The kinds of failures. The set may grow.
const (
	ErrInvalidArgument  Status = C.CF_STATUS_INVALID_ARGUMENT
	ErrInvalidState     Status = C.CF_STATUS_INVALID_STATE
	ErrNoMemory         Status = C.CF_STATUS_NO_MEMORY
	ErrSystem           Status = C.CF_STATUS_SYSTEM
	ErrUnsupported      Status = C.CF_STATUS_UNSUPPORTED
	ErrInternal         Status = C.CF_STATUS_INTERNAL
	ErrTimeout          Status = C.CF_STATUS_TIMEOUT
	ErrCancelled        Status = C.CF_STATUS_CANCELLED
	ErrTaskFailed       Status = C.CF_STATUS_TASK_FAILED
	ErrTaskExited       Status = C.CF_STATUS_TASK_EXITED
	ErrWorkerLost       Status = C.CF_STATUS_WORKER_LOST
	ErrWorkerKilled     Status = C.CF_STATUS_WORKER_KILLED
	ErrDeadlineExceeded Status = C.CF_STATUS_DEADLINE_EXCEEDED
	ErrBrokenExecutor   Status = C.CF_STATUS_BROKEN_EXECUTOR
	ErrShutDown         Status = C.CF_STATUS_SHUT_DOWN
	ErrQueueFull        Status = C.CF_STATUS_QUEUE_FULL
	ErrWouldDeadlock    Status = C.CF_STATUS_WOULD_DEADLOCK
	ErrNestingLimit     Status = C.CF_STATUS_NESTING_LIMIT
	ErrForked           Status = C.CF_STATUS_FORKED
	ErrUnknownFunction  Status = C.CF_STATUS_UNKNOWN_FUNCTION
	ErrEncode           Status = C.CF_STATUS_ENCODE_ERROR
	ErrDecode           Status = C.CF_STATUS_DECODE_ERROR
	ErrProtocol         Status = C.CF_STATUS_PROTOCOL_ERROR
	ErrBrokenPromise    Status = C.CF_STATUS_BROKEN_PROMISE
)

// Error is one sentence about the status.
func (s Status) Error() string { return C.GoString(C.cf_status_message(C.cf_status_t(s))) }

// Is makes the end of a context and what it does to a call the same to errors.Is: a cancelled call is
// [context.Canceled], one that missed its deadline is [context.DeadlineExceeded].
func (s Status) Is(target error) bool {
	switch target {
	case context.Canceled:
		return s == ErrCancelled
	case context.DeadlineExceeded:
		return s == ErrDeadlineExceeded
	}
	return false
}

// Error is why a call, a wait or a submit failed.
type Error struct {
	Status     Status
	Type       string          // the name of the task's error type
	Message    string          // what happened and what to do about it
	Detail     json.RawMessage // more about it
	Function   string          // the function that failed
	TaskID     uint64
	OSCode     int   // the errno behind ErrSystem
	WorkerPID  int   // of the worker that was lost
	Signal     int   // that ended the worker; 0 when none did
	ExitStatus int   // of the worker; -1 when it did not exit, or it is unknown
	Cause      error // the error behind this one
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives the status and the cause to errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Status}
	}
	return []error{e.Status, e.Cause}
}

// PanicError is the error of a call whose function panicked in this process. In a worker process a panic
// is an [Error] of type "panic".
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprint(e.Value) }

// Unwrap gives the status, and the panic's value if that is an error.
func (e *PanicError) Unwrap() []error {
	if cause, ok := e.Value.(error); ok {
		return []error{ErrTaskFailed, cause}
	}
	return []error{ErrTaskFailed}
}

// newError is an error of which no more is known.
func newError(status Status) *Error {
	return &Error{Status: status, Message: status.Error(), ExitStatus: -1}
}

// isCancelled says whether it is the outcome of a cancelled call.
func isCancelled(err error) bool {
	e, ok := err.(*Error)
	return ok && e.Status == ErrCancelled
}

// takeError copies an error and releases it.
func takeError(status C.cf_status_t, native *C.cf_error_t) error {
	defer C.cf_error_release(native)
	return copyError(status, native)
}

func copyError(status C.cf_status_t, native *C.cf_error_t) error {
	if native == nil {
		return newError(Status(status))
	}
	err := &Error{
		Status:     Status(status),
		Type:       C.GoString(C.cf_error_type(native)),
		Message:    C.GoString(C.cf_error_message(native)),
		Function:   C.GoString(C.cf_error_function(native)),
		TaskID:     uint64(C.cf_error_task_id(native)),
		OSCode:     int(C.cf_error_os_code(native)),
		WorkerPID:  int(C.cf_error_worker_pid(native)),
		Signal:     int(C.cf_error_worker_signal(native)),
		ExitStatus: int(C.cf_error_worker_exit_status(native)),
	}
	if detail := C.cf_error_detail(native); detail != nil {
		err.Detail = json.RawMessage(C.GoString(detail))
	}
	if cause := C.cf_error_cause(native); cause != nil {
		err.Cause = copyError(C.cf_error_status(cause), cause)
	}
	return err
}

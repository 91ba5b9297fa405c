package cfutures

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
)

// Executor is whatever runs registered functions: a [ThreadPool], a [ProcessPool] or an [InlineExecutor].
type Executor interface {
	// Close takes no new calls, and returns when all accepted ones are done and every thread and worker
	// process is gone. It may be repeated. Called from a call of the executor it begins that, and fails
	// with [ErrWouldDeadlock]; where a call has ended its goroutine it cannot wait for the end, and fails with
	// [ErrTaskExited].
	Close() error
	// Shutdown is Close with options. When the context ends first the shutdown goes on.
	Shutdown(ctx context.Context, options ShutdownOptions) error
	base() *executor
}

// LocalExecutor is an executor that runs Go functions of any kind: its calls are in this process.
type LocalExecutor interface {
	Executor
	local()
}

// ShutdownOptions say how to shut down.
type ShutdownOptions struct {
	CancelFutures bool // cancel every call that has not started
	NoWait        bool // only begin
}

// ThreadPool runs Go functions, and registered ones, on threads of the C library.
type ThreadPool struct{ *executor }

func (*ThreadPool) local() {}

// ProcessPool runs registered functions in worker processes. When one crashes, only the call it ran
// fails.
type ProcessPool struct{ *executor }

// InlineExecutor runs each call in the goroutine that submits it, before the submit returns.
type InlineExecutor struct{ *executor }

func (*InlineExecutor) local() {}

// NewInlineExecutor makes an inline executor.
func NewInlineExecutor() (*InlineExecutor, error) {
	e, err := newExecutor(func(out **C.cf_executor_t, err **C.cf_error_t) C.cf_status_t {
		return C.cf_inline_executor_create(out, err)
	})
	if err != nil {
		return nil, err
	}
	return &InlineExecutor{e}, nil
}

// executor is an executor of the C library and its completion queue.
type executor struct {
	native *C.cf_executor_t
	queue  *C.cf_completion_queue_t
	file   *os.File      // the queue's descriptor, as the runtime polls it
	pumped chan struct{} // closed at the end of the pump

	lifetime sync.RWMutex // held for reading while the handles are used
	closed   bool

	draining sync.Once
	drained  chan struct{} // closed when the executor has ended and everything is given back

	losing sync.Once
	lost   chan struct{} // closed when a thread will not come back
}

func newExecutor(create func(out **C.cf_executor_t, err **C.cf_error_t) C.cf_status_t) (*executor, error) {
	e := &executor{pumped: make(chan struct{}), drained: make(chan struct{}), lost: make(chan struct{})}
	// C gets no pointers into what holds Go pointers.
	var native *C.cf_executor_t
	var nativeErr *C.cf_error_t
	if status := create(&native, &nativeErr); status != C.CF_STATUS_OK {
		return nil, takeError(status, nativeErr)
	}
	e.native = native
	if err := e.openQueue(); err != nil {
		C.cf_completion_queue_release(e.queue)
		C.cf_executor_release(e.native)
		return nil, err
	}
	go e.pump()
	return e, nil
}

func (e *executor) openQueue() error {
	var nativeErr *C.cf_error_t
	var queue *C.cf_completion_queue_t
	if status := C.cf_completion_queue_create(&queue, &nativeErr); status != C.CF_STATUS_OK {
		return takeError(status, nativeErr)
	}
	e.queue = queue
	var descriptor C.int32_t
	if status := C.cf_completion_queue_descriptor(e.queue, &descriptor, &nativeErr); status != C.CF_STATUS_OK {
		return takeError(status, nativeErr)
	}
	// The runtime closes what it polls, and so does the queue: each has its own.
	duplicate, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(descriptor), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return os.NewSyscallError("fcntl", errno)
	}
	if err := syscall.SetNonblock(int(duplicate), true); err != nil {
		syscall.Close(int(duplicate))
		return os.NewSyscallError("fcntl", err)
	}
	e.file = os.NewFile(duplicate, "cfutures completion queue")
	return nil
}

// pump is the goroutine that hears of completions: it sleeps in the runtime's poller, and takes what is
// done in batches. It ends when the file is closed, at which time every future is done.
func (e *executor) pump() {
	defer close(e.pumped)
	done := make([]C.cfgo_done_t, 128)
	released := make([]*C.cf_future_t, 0, 2*len(done))
	take := func() {
		for {
			count := int(C.cfgo_take_done(e.queue, &done[0], C.size_t(len(done))))
			if count == 0 {
				return
			}
			released = released[:0]
			for i := range done[:count] {
				native := finishDone(&done[i])
				released = append(released, done[i].future, native)
			}
			C.cfgo_release_futures(&released[0], C.size_t(len(released)))
		}
	}
	if connection, err := e.file.SyscallConn(); err == nil {
		// The poller tells of the first completion only, so it is asked again when nothing is left. A
		// failure means that the file is closed.
		_ = connection.Read(func(uintptr) bool {
			take()
			return false
		})
	}
	take()
}

// use gives the native executor for the time of a call, unless it has ended.
func (e *executor) use(body func(native *C.cf_executor_t) error) error {
	e.lifetime.RLock()
	defer e.lifetime.RUnlock()
	if e.closed {
		return newError(ErrShutDown)
	}
	return body(e.native)
}

func (e *executor) base() *executor { return e }

func (e *executor) Close() error {
	return e.Shutdown(context.Background(), ShutdownOptions{})
}

func (e *executor) Shutdown(ctx context.Context, options ShutdownOptions) error {
	return e.end(ctx, options, func(native *C.cf_executor_t, flags C.cf_shutdown_flags_t, timeout C.int64_t, err **C.cf_error_t) C.cf_status_t {
		return C.cf_executor_shutdown(native, flags, timeout, err)
	})
}

// end begins a shutdown of some kind, and waits for its end.
func (e *executor) end(ctx context.Context, options ShutdownOptions, begin func(native *C.cf_executor_t, flags C.cf_shutdown_flags_t, timeout C.int64_t, err **C.cf_error_t) C.cf_status_t) error {
	var flags C.cf_shutdown_flags_t
	if options.CancelFutures {
		flags |= C.CF_SHUTDOWN_CANCEL_FUTURES
	}
	if !options.NoWait {
		// This thread may be one that must not wait, so it is the one that asks.
		flags |= C.CF_SHUTDOWN_WAIT
	}
	err := e.use(func(native *C.cf_executor_t) error {
		var nativeErr *C.cf_error_t
		if status := begin(native, flags, 0, &nativeErr); status != C.CF_STATUS_OK {
			return takeError(status, nativeErr)
		}
		return nil
	})
	switch {
	case errors.Is(err, ErrShutDown): // already ended
	case errors.Is(err, ErrTimeout): // not yet
	case err != nil || options.NoWait:
		return err
	}
	e.draining.Do(func() { go e.drain() })
	block(func() {
		select {
		case <-e.drained:
			err = nil
		case <-e.lost:
			err = &Error{
				Status:     ErrTaskExited,
				Message:    "a call has ended its goroutine (runtime.Goexit), so the executor never ends",
				ExitStatus: -1,
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
	})
	return err
}

func (e *executor) loseThread() { e.losing.Do(func() { close(e.lost) }) }

// drain waits for the end of the executor, on a thread that the runtime finds for it, and gives everything
// back.
func (e *executor) drain() {
	defer close(e.drained)
	C.cf_executor_shutdown(e.native, C.CF_SHUTDOWN_WAIT, -1, nil)
	e.lifetime.Lock()
	defer e.lifetime.Unlock()
	e.closed = true
	e.file.Close()
	<-e.pumped
	C.cf_completion_queue_release(e.queue)
	C.cf_executor_release(e.native)
}

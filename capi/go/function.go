package cfutures

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"sync"
	"time"
	"unsafe"
)

// Function is a function that is registered under a name: every executor can call it, a process pool
// too. Argument and result travel as JSON, as encoding/json writes and reads them.
type Function[In, Out any] struct {
	name string
}

// served is a registered function as the executors see it: from JSON to JSON.
type served func(ctx context.Context, arguments []byte) ([]byte, error)

// functions are registered for good. C calls them by id: the place in the list, from 1.
var functions struct {
	mutex sync.RWMutex
	list  []served
	named map[string]served
}

// Register registers a function, for good. Do it in a package-level variable, so that it stands there
// before main in the program and in its workers, which are the same program:
//
//	var isPrime = cfutures.Register("is_prime", func(ctx context.Context, n int64) (bool, error) { ... })
//
// The function's context ends with the call's deadline, and on threads when the call is stopped; a worker
// process that is stopped is ended. Register panics when the name belongs to another function.
func Register[In, Out any](name string, function func(context.Context, In) (Out, error)) *Function[In, Out] {
	serve := func(ctx context.Context, arguments []byte) ([]byte, error) {
		var list []json.RawMessage
		if err := json.Unmarshal(arguments, &list); err != nil || len(list) != 1 {
			return nil, fmt.Errorf("%s wants one argument", name)
		}
		var in In
		if err := json.Unmarshal(list[0], &in); err != nil {
			return nil, err
		}
		out, err := guard(func() (Out, error) { return function(ctx, in) })
		if err != nil {
			return nil, err
		}
		result, err := json.Marshal(out)
		if err != nil {
			return nil, encodeError{err}
		}
		return result, nil
	}
	functions.mutex.Lock()
	defer functions.mutex.Unlock()
	functions.list = append(functions.list, serve)
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	var nativeErr *C.cf_error_t
	if status := C.cfgo_register(cName, C.uint64_t(len(functions.list)), &nativeErr); status != C.CF_STATUS_OK {
		panic(takeError(status, nativeErr))
	}
	if functions.named == nil {
		functions.named = map[string]served{}
	}
	functions.named[name] = serve
	return &Function[In, Out]{name: name}
}

// Name is the name between processes.
func (f *Function[In, Out]) Name() string { return f.name }

// Call calls the function on an executor. When the context is cancelled the call is, too, or it is stopped
// if it runs; the context's deadline is the call's.
func (f *Function[In, Out]) Call(ctx context.Context, on Executor, argument In, options ...CallOption) (*Future[Out], error) {
	text, err := encodeArguments([]any{argument})
	if err != nil {
		return nil, err
	}
	return callWith[Out](ctx, on, f.name, text, options)
}

// Map calls the function with each input, as [Map] does.
func (f *Function[In, Out]) Map(ctx context.Context, on Executor, window int, inputs iter.Seq[In]) iter.Seq2[Out, error] {
	return ordered(ctx, window, inputs, func(input In) (*Future[Out], error) {
		return f.Call(ctx, on, input)
	})
}

// Call calls a function by name, which a worker in any language may have.
func Call[Out any](ctx context.Context, on Executor, name string, arguments ...any) (*Future[Out], error) {
	text, err := encodeArguments(arguments)
	if err != nil {
		return nil, err
	}
	return callWith[Out](ctx, on, name, text, nil)
}

func callWith[Out any](ctx context.Context, on Executor, name string, arguments []byte, options []CallOption) (*Future[Out], error) {
	future := &Future[Out]{}
	err := future.call.submitNamed(ctx, on, name, arguments, options, func(result []byte) error {
		if err := json.Unmarshal(result, &future.value); err != nil {
			return &Error{Status: ErrDecode, Message: "the result: " + err.Error(), ExitStatus: -1, Cause: err}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return future, nil
}

// submitNamed calls a function by name. One of this package, on an executor of this process, is a closure:
// so it gets the caller's context.
func (c *call) submitNamed(ctx context.Context, on Executor, name string, arguments []byte, options []CallOption, decode func([]byte) error) error {
	if local, ok := on.(LocalExecutor); ok {
		functions.mutex.RLock()
		serve := functions.named[name]
		functions.mutex.RUnlock()
		if serve != nil {
			return c.submitClosure(ctx, local, options, func(ctx context.Context, task *C.cf_task_t) error {
				result, err := serve(ctx, arguments)
				if err != nil {
					failure := describe(err)
					failure.Function, failure.TaskID = name, uint64(C.cf_task_id(task))
					return failure
				}
				return decode(result)
			})
		}
	}
	c.decode = decode
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	e := on.base()
	text := (*C.char)(unsafe.Pointer(unsafe.SliceData(arguments)))
	return c.submit(ctx, e, options, func(executor *C.cf_executor_t, options C.cfgo_options_t, id C.uint64_t, out **C.cf_future_t, err **C.cf_error_t) C.cf_status_t {
		return C.cfgo_submit_call(executor, options, e.queue, id, cName, text, C.size_t(len(arguments)), out, err)
	})
}

// cfgoRunFunction runs a registered function that C calls: in a worker process, mostly.
//
//export cfgoRunFunction
func cfgoRunFunction(task *C.cf_task_t, id C.uint64_t) C.int32_t {
	var text *C.char
	var size C.size_t
	C.cf_task_arguments(task, &text, &size)
	functions.mutex.RLock()
	serve := functions.list[id-1]
	functions.mutex.RUnlock()
	ctx := context.Background()
	if left := C.cf_task_time_left(task); left >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(left))
		defer cancel()
	}
	returned := false
	defer func() {
		if !returned {
			// Nothing that C could go on with.
			fmt.Fprintln(os.Stderr, "cfutures: a function ended its goroutine (runtime.Goexit) instead of returning")
			os.Exit(2)
		}
	}()
	result, err := serve(ctx, unsafe.Slice((*byte)(unsafe.Pointer(text)), size))
	returned = true
	if err != nil {
		return fail(task, describe(err))
	}
	return C.int32_t(C.cf_task_return_json(task, (*C.char)(unsafe.Pointer(unsafe.SliceData(result))), C.int64_t(len(result))))
}

// encodeError is of a result that cannot be written as JSON.
type encodeError struct{ error }

// describe tells of the error of a registered function, the same in a worker process and on a thread: what
// crosses processes is text.
func describe(err error) *Error {
	failure := &Error{Status: ErrTaskFailed, Type: fmt.Sprintf("%T", err), Message: err.Error(), ExitStatus: -1}
	switch err := err.(type) {
	case *PanicError:
		failure.Type = "panic"
		failure.Detail, _ = json.Marshal(map[string]string{"stack": string(err.Stack)})
	case encodeError:
		failure.Status, failure.Type = ErrEncode, fmt.Sprintf("%T", err.error)
	}
	return failure
}

func fail(task *C.cf_task_t, failure *Error) C.int32_t {
	var detail *C.char
	if failure.Detail != nil {
		detail = C.CString(string(failure.Detail))
		defer C.free(unsafe.Pointer(detail))
	}
	typeName, message := C.CString(failure.Type), C.CString(failure.Message)
	defer C.free(unsafe.Pointer(typeName))
	defer C.free(unsafe.Pointer(message))
	return C.cfgo_fail(task, C.cf_status_t(failure.Status), typeName, message, detail)
}

package cfutures

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
)

// Waits inside calls. A function on a thread of a pool keeps that thread, whatever its goroutine does, so
// it must not wait behind the pool's back. Whether a wait is inside one is the thread's to say, not a
// context's: the goroutine of a function is locked to its thread. There
//
//  1. a pending call of the same pool is run in place, unless the context has a deadline: it could not be
//     left in time;
//  2. when nothing ends the wait but the call, the C library waits, which refuses a circle of waits;
//  3. every other wait sleeps in the C library, so that the pool knows, and starts another worker when
//     work is left behind.

// wait blocks until the call is done or the context ends, whose error it then gives.
func (c *call) wait(ctx context.Context) error {
	if c.isDone() {
		return nil
	}
	if C.cfgo_depth() == 0 {
		return c.sleep(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, limited := ctx.Deadline(); !limited {
		if err := c.help(ctx.Done() == nil); err != nil || c.isDone() {
			return err
		}
	}
	var err error
	block(func() { err = c.sleep(ctx) })
	return err
}

// sleep waits in Go alone.
func (c *call) sleep(ctx context.Context) error {
	select {
	case <-c.doneChannel():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// help runs the call in place, if it is for this thread; or waits for it in the C library, for as long as it
// takes.
func (c *call) help(forEver bool) error {
	c.mutex.Lock()
	native := C.cf_future_retain(c.native)
	c.mutex.Unlock()
	if native == nil {
		return nil
	}
	defer C.cf_future_release(native)
	if !forEver {
		C.cf_future_run_in_place(native)
		return nil
	}
	var nativeErr *C.cf_error_t
	status := C.cf_wait(&native, 1, C.CF_RETURN_WHEN_ALL_COMPLETED, -1, nil, nil, &nativeErr)
	if status == C.CF_STATUS_WOULD_DEADLOCK {
		return takeError(status, nativeErr)
	}
	C.cf_error_release(nativeErr)
	return nil
}

// block waits: inside a call by a promise of the C library, whose future the thread waits for.
func block(wait func()) {
	var promise *C.cf_promise_t
	if C.cfgo_depth() == 0 || C.cf_promise_create(&promise, nil) != C.CF_STATUS_OK {
		wait()
		return
	}
	future := C.cf_promise_future(promise)
	waited := make(chan struct{})
	go func() {
		wait()
		close(waited)
		C.cf_promise_set_result_pointer(promise, nil, nil, nil)
		C.cf_promise_release(promise)
	}()
	C.cf_future_wait(future, -1)
	C.cf_future_release(future)
	<-waited
}

// exit ends a call whose function ends its goroutine ([runtime.Goexit]). The C library waits for its
// thread to come back, and it cannot: so it rests, and another worker takes its place.
func (c *call) exit(e *executor) {
	c.finish(&Error{
		Status:     ErrTaskExited,
		Message:    "the function ended its goroutine (runtime.Goexit) instead of returning",
		ExitStatus: -1,
	})
	e.loseThread()
	if C.cfgo_leave() == 0 {
		C.cfgo_rest()
	}
	// The calls that wait for this one on the same stack end now, too.
}

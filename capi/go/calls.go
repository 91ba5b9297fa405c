package cfutures

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"errors"
	"sync"
	"time"
	"unsafe"
)

// call is what a future and the C library share: not generic, so that the pump can finish it.
type call struct {
	mutex     sync.Mutex
	native    *C.cf_future_t // from its submit to its end
	finished  bool
	ran       bool               // C has run the closure, and lets go of the native future itself
	stopped   bool               // it was asked to stop
	err       error              // its outcome
	done      chan struct{}      // closed at its end; made when somebody asks
	run       func(*C.cf_task_t) // of a closure: runs it and finishes the call
	decode    func([]byte) error // of a named call: takes its result
	watchers  []func()           // called at its end
	forget    func() bool        // ends the watching of the context
	interrupt context.CancelFunc // ends the context of the function that runs
}

// CallOption is what a call may be given beside its arguments.
type CallOption func(*callOptions)

type callOptions struct {
	name         string
	retries      int
	priority     int
	queueTimeout time.Duration // 0 for none
}

// Name names a call in errors. Without it a registered function has its own name, others have none.
func Name(name string) CallOption { return func(o *callOptions) { o.name = name } }

// Retries is how often a call runs again whose worker process died while it ran it.
func Retries(retries int) CallOption { return func(o *callOptions) { o.retries = retries } }

// Priority is 0 by default; calls of a higher one start first.
func Priority(priority int) CallOption { return func(o *callOptions) { o.priority = priority } }

// QueueTimeout is how long submitting may wait for a place in a full queue. Then it fails with
// [ErrQueueFull].
func QueueTimeout(timeout time.Duration) CallOption {
	return func(o *callOptions) { o.queueTimeout = max(timeout, 1) }
}

// nativeOptions are the options for C, and what frees them; an error when the context has ended.
func nativeOptions(ctx context.Context, given []CallOption) (C.cfgo_options_t, func(), error) {
	var options callOptions
	for _, option := range given {
		option(&options)
	}
	native := C.cfgo_options_t{
		retries:          clamp(options.retries),
		priority:         clamp(options.priority),
		queue_timeout_ns: C.int64_t(options.queueTimeout),
	}
	if err := ended(ctx); err != nil {
		return native, nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		native.deadline_ns = C.int64_t(max(time.Until(deadline), 1))
	}
	if options.name == "" {
		return native, func() {}, nil
	}
	native.name = C.CString(options.name)
	return native, func() { C.free(unsafe.Pointer(native.name)) }, nil
}

// submit hands a call to the library: `submit` is the C function that does it.
func (c *call) submit(ctx context.Context, e *executor, given []CallOption, submit func(executor *C.cf_executor_t, options C.cfgo_options_t, id C.uint64_t, out **C.cf_future_t, err **C.cf_error_t) C.cf_status_t) error {
	native, free, err := nativeOptions(ctx, given)
	if err != nil {
		return err
	}
	defer free()
	err = e.use(func(executor *C.cf_executor_t) error {
		id := calls.add(c)
		var future *C.cf_future_t
		var nativeErr *C.cf_error_t
		if status := submit(executor, native, C.uint64_t(id), &future, &nativeErr); status != C.CF_STATUS_OK {
			if future == nil {
				calls.remove(id)
			} // otherwise the queue gives it
			return takeError(status, nativeErr)
		}
		c.note(future)
		return nil
	})
	if err == nil && ctx.Done() != nil {
		c.follow(ctx)
	}
	return err
}

// note keeps the package's reference to the native future, unless the call has ended by now.
func (c *call) note(future *C.cf_future_t) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.finished {
		c.native = future
	} else if !c.ran {
		C.cf_future_release(future)
	}
}

// follow cancels or stops the call when the context is cancelled. The deadline of a context is the library's
// to keep, which says so in the outcome.
func (c *call) follow(ctx context.Context) {
	forget := context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			c.cancelRunning()
		}
	})
	c.mutex.Lock()
	finished := c.finished
	c.forget = forget
	c.mutex.Unlock()
	if finished {
		forget()
	}
}

// ended is the error of a call whose context has ended before it could start.
func ended(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return newError(ErrDeadlineExceeded)
	default:
		return newError(ErrCancelled)
	}
}

// begin gives the context for a function that is about to run; an error when it is to run no more, since
// its context has ended while the news was on its way.
func (c *call) begin(ctx context.Context) (context.Context, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	inner, interrupt := context.WithCancel(ctx)
	c.mutex.Lock()
	stopped := c.stopped
	c.interrupt = interrupt
	c.mutex.Unlock()
	if stopped {
		interrupt()
	}
	return inner, nil
}

func (c *call) cancel() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.finished {
		return isCancelled(c.err)
	}
	return C.cf_future_cancel(c.native) != 0
}

func (c *call) cancelRunning() error {
	c.mutex.Lock()
	if c.finished {
		c.mutex.Unlock()
		return &Error{Status: ErrInvalidState, Message: "the call is done", ExitStatus: -1}
	}
	c.stopped = true
	interrupt := c.interrupt
	var nativeErr *C.cf_error_t
	status := C.cf_future_cancel_running(c.native, &nativeErr)
	c.mutex.Unlock()
	if interrupt != nil {
		interrupt()
	}
	if status != C.CF_STATUS_OK {
		return takeError(status, nativeErr)
	}
	return nil
}

// finish ends the call. It gives the package's reference to the native future, to be released.
func (c *call) finish(err error) *C.cf_future_t {
	c.mutex.Lock()
	c.err = err
	c.finished = true
	native, watchers, forget, interrupt := c.native, c.watchers, c.forget, c.interrupt
	c.native, c.run, c.decode, c.watchers, c.forget, c.interrupt = nil, nil, nil, nil, nil, nil
	if c.done != nil {
		close(c.done)
	}
	c.mutex.Unlock()
	if forget != nil {
		forget()
	}
	if interrupt != nil {
		interrupt()
	}
	for _, watcher := range watchers {
		watcher()
	}
	return native
}

// watch has a function called when the call is done; at once if it is.
func (c *call) watch(watcher func()) {
	c.mutex.Lock()
	finished := c.finished
	if !finished {
		c.watchers = append(c.watchers, watcher)
	}
	c.mutex.Unlock()
	if finished {
		watcher()
	}
}

func (c *call) isDone() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.finished
}

// doneChannel is closed when the call is done.
func (c *call) doneChannel() <-chan struct{} {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.finished {
			close(c.done)
		}
	}
	return c.done
}

// calls are under way: C knows them by an id, since it may not keep Go pointers. An id is the place in the
// list, from 1.
var calls callTable

type callTable struct {
	mutex sync.Mutex
	calls []*call
	free  []uint64
}

func (t *callTable) add(c *call) uint64 {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if last := len(t.free) - 1; last >= 0 {
		id := t.free[last]
		t.free = t.free[:last]
		t.calls[id-1] = c
		return id
	}
	t.calls = append(t.calls, c)
	return uint64(len(t.calls))
}

func (t *callTable) remove(id uint64) *call {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	c := t.calls[id-1]
	t.calls[id-1] = nil
	t.free = append(t.free, id)
	return c
}

// live is how many calls are under way.
func (t *callTable) live() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return len(t.calls) - len(t.free)
}

// cfgoRunClosure runs on a thread of a pool. It is the only callback of a call, and ends it.
//
//export cfgoRunClosure
func cfgoRunClosure(task *C.cf_task_t, id C.uint64_t) {
	c := calls.remove(uint64(id))
	c.mutex.Lock()
	c.ran = true
	c.mutex.Unlock()
	c.run(task)
}

// cfgoAbandonClosure is for a call that will never run, when there is no memory for the queue to say so.
// The canceller may hold the call's lock.
//
//export cfgoAbandonClosure
func cfgoAbandonClosure(id C.uint64_t, _ *C.cf_future_t) {
	c := calls.remove(uint64(id))
	go func() { C.cf_future_release(c.finish(newError(ErrNoMemory))) }()
}

// finishDone ends the call whose native future the queue has given.
func finishDone(done *C.cfgo_done_t) *C.cf_future_t {
	c := calls.remove(uint64(done.id))
	var err error
	if done.status != C.CF_STATUS_OK {
		err = copyError(done.status, C.cf_future_error(done.future))
	} else if c.decode != nil {
		err = c.decode(unsafe.Slice((*byte)(unsafe.Pointer(done.text)), done.size))
	}
	return c.finish(err)
}

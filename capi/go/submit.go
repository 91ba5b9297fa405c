package cfutures

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"iter"
)

// Submit runs a function on a thread of the pool, or here and now with an [InlineExecutor]. When the
// context ends before the function has started, the function never runs; afterwards it sees that by the
// context it is given. An error that it returns is the future's error, as it is; a panic is a [PanicError].
// A function that ends its goroutine instead ([runtime.Goexit], which is how a test gives up) fails with
// [ErrTaskExited]; it takes its thread along, after which the executor cannot be closed in order.
func Submit[T any](ctx context.Context, on LocalExecutor, function func(context.Context) (T, error), options ...CallOption) (*Future[T], error) {
	future := &Future[T]{}
	err := future.call.submitClosure(ctx, on, options, func(ctx context.Context, _ *C.cf_task_t) (err error) {
		future.value, err = guard(func() (T, error) { return function(ctx) })
		return err
	})
	if err != nil {
		return nil, err
	}
	return future, nil
}

// submitClosure has a function called on a thread, and the call end with its error.
func (c *call) submitClosure(ctx context.Context, on LocalExecutor, options []CallOption, body func(context.Context, *C.cf_task_t) error) error {
	e := on.base()
	c.run = func(task *C.cf_task_t) {
		returned := false
		defer func() {
			if !returned {
				c.exit(e)
			}
		}()
		inner, err := c.begin(ctx)
		if err == nil {
			err = body(inner, task)
		}
		returned = true
		c.finish(err)
	}
	return c.submit(ctx, e, options, func(executor *C.cf_executor_t, options C.cfgo_options_t, id C.uint64_t, out **C.cf_future_t, err **C.cf_error_t) C.cf_status_t {
		return C.cfgo_submit(executor, options, e.queue, id, out, err)
	})
}

// Map calls a function with each input, and gives the results in the order of the input, each with its own
// error. At most window calls are under way or not taken, 0 for a number that fits; leaving the loop
// cancels what has not started.
func Map[In, Out any](ctx context.Context, on LocalExecutor, window int, inputs iter.Seq[In], function func(context.Context, In) (Out, error)) iter.Seq2[Out, error] {
	return ordered(ctx, window, inputs, func(input In) (*Future[Out], error) {
		return Submit(ctx, on, func(ctx context.Context) (Out, error) { return function(ctx, input) })
	})
}

func ordered[In, Out any](ctx context.Context, window int, inputs iter.Seq[In], submit func(In) (*Future[Out], error)) iter.Seq2[Out, error] {
	if window <= 0 {
		window = 4 * DefaultThreadCount()
	}
	return func(yield func(Out, error) bool) {
		var pending []*Future[Out]
		defer func() {
			for _, future := range pending {
				future.Cancel()
			}
		}()
		take := func() bool {
			value, err := pending[0].Wait(ctx)
			pending = pending[1:]
			return yield(value, err)
		}
		takeAll := func() bool {
			for len(pending) > 0 {
				if !take() {
					return false
				}
			}
			return true
		}
		for input := range inputs {
			if len(pending) == window && !take() {
				return
			}
			future, err := submit(input)
			if err != nil {
				// What was accepted comes first, then why there is no more.
				if takeAll() {
					var none Out
					yield(none, err)
				}
				return
			}
			pending = append(pending, future)
		}
		takeAll()
	}
}

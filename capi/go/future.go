package cfutures

import (
	"context"
	"iter"
	"runtime/debug"
)

// Future is the outcome of one call, now or later. Any number of goroutines may wait for it.
type Future[T any] struct {
	call  call
	value T // written before the call is done
}

// Outcome is what became of a call.
type Outcome[T any] struct {
	Value T
	Err   error
}

// Done is closed when the call is done.
func (f *Future[T]) Done() <-chan struct{} { return f.call.doneChannel() }

// Outcome gives the outcome by a channel, which then is closed. Each channel is one of its own.
func (f *Future[T]) Outcome() <-chan Outcome[T] {
	channel := make(chan Outcome[T], 1)
	f.call.watch(func() {
		value, err := f.Result()
		channel <- Outcome[T]{value, err}
		close(channel)
	})
	return channel
}

// Wait blocks until the call is done, and gives its result, or until the context ends: that leaves the
// call as it is. Inside a call of a thread pool it may run the call that it waits for; with a context that
// cannot end it fails with [ErrWouldDeadlock] when calls wait for each other in a circle.
func (f *Future[T]) Wait(ctx context.Context) (T, error) {
	if err := f.call.wait(ctx); err != nil {
		var none T
		return none, err
	}
	return f.Result()
}

// Result gives the outcome of a done call; [ErrInvalidState] while it is not done.
func (f *Future[T]) Result() (T, error) {
	var none T
	if !f.call.isDone() {
		return none, &Error{Status: ErrInvalidState, Message: "the call is not done", ExitStatus: -1}
	}
	if f.call.err != nil {
		return none, f.call.err
	}
	return f.value, nil
}

// Cancel cancels the call if it has not started: then it never runs, and this is true.
func (f *Future[T]) Cancel() bool { return f.call.cancel() }

// CancelRunning cancels the call if it has not started, and stops it if it runs: a function on a thread
// sees it by its context, a worker process is killed.
func (f *Future[T]) CancelRunning() error { return f.call.cancelRunning() }

// Cancelled says whether it was cancelled before it started.
func (f *Future[T]) Cancelled() bool {
	_, err := f.Result()
	return isCancelled(err)
}

// AsCompleted gives futures as they become done, each with its place in the list. It ends early when
// the context does: look at ctx.Err() then.
func AsCompleted[T any](ctx context.Context, futures []*Future[T]) iter.Seq2[int, *Future[T]] {
	return func(yield func(int, *Future[T]) bool) {
		completed := make(chan int, len(futures))
		for i, future := range futures {
			future.call.watch(func() { completed <- i })
		}
		for range futures {
			i := -1
			wait := func() {
				select {
				case i = <-completed:
				case <-ctx.Done():
				}
			}
			if len(completed) != 0 {
				wait()
			} else {
				block(wait)
			}
			if i < 0 || !yield(i, futures[i]) {
				return
			}
		}
	}
}

// Wait waits until all futures are done, whatever their outcomes, or the context ends.
func Wait[T any](ctx context.Context, futures []*Future[T]) error {
	for _, future := range futures {
		if err := future.call.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// guard runs user code: its panic is an error.
func guard[T any](body func() (T, error)) (value T, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = &PanicError{Value: reason, Stack: debug.Stack()}
		}
	}()
	return body()
}

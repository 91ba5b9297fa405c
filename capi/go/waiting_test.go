package cfutures

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a wait inside a call may be given: the context of the call, one that never ends, one with a deadline.
func contexts(t *testing.T, inner context.Context) map[string]context.Context {
	return map[string]context.Context{"its own": inner, "none": background, "a deadline": long(t)}
}

func TestTheOnlyWorkerWaitsForItsOwnSubmit(t *testing.T) {
	pool := threads(t, 1)
	must[int](t)(Submit(background, pool, func(inner context.Context) (int, error) {
		for name, ctx := range contexts(t, inner) {
			future, err := Submit(inner, pool, one)
			if err != nil {
				return 0, err
			}
			if value, err := future.Wait(ctx); value != 1 || err != nil {
				t.Error(name, value, err)
			}
			named, err := square.Call(inner, pool, 5)
			if err != nil {
				return 0, err
			}
			if value, err := named.Wait(ctx); value != 25 || err != nil {
				t.Error(name, value, err)
			}
		}
		return 0, nil
	}))
}

func TestManyAreWaitedForByTheOnlyWorker(t *testing.T) {
	pool := threads(t, 1)
	must[int](t)(Submit(background, pool, func(inner context.Context) (int, error) {
		for name, ctx := range contexts(t, inner) {
			var futures []*Future[int]
			for range 20 {
				future, err := Submit(inner, pool, one)
				if err != nil {
					return 0, err
				}
				futures = append(futures, future)
			}
			seen := 0
			for range AsCompleted(ctx, futures[:10]) {
				seen++
			}
			if err := Wait(ctx, futures); err != nil || seen != 10 {
				t.Error(name, err, seen)
			}
			var squares []int
			for value, err := range square.Map(ctx, pool, 2, slices.Values([]int{1, 2, 3, 4})) {
				if err != nil {
					t.Error(name, err)
				}
				squares = append(squares, value)
			}
			if !slices.Equal(squares, []int{1, 4, 9, 16}) {
				t.Error(name, squares)
			}
		}
		return 0, nil
	}))
}

// Deeper than what is run in place on one stack.
func TestTheOnlyWorkerWaitsAtAnyDepth(t *testing.T) {
	pool := threads(t, 1)
	var descend func(depth int) func(context.Context) (int, error)
	descend = func(depth int) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) {
			if depth == 0 {
				return 0, nil
			}
			below, err := Submit(ctx, pool, descend(depth-1))
			if err != nil {
				return 0, err
			}
			value, err := below.Wait(ctx)
			return value + 1, err
		}
	}
	for _, depth := range []int{1, 10, 300} {
		if got := must[int](t)(Submit(background, pool, descend(depth))); got != depth {
			t.Error(got)
		}
	}
}

func TestCallsWaitForOtherExecutors(t *testing.T) {
	pool, others := threads(t, 1), processes(t, ProcessPoolOptions{MaxWorkers: 1})
	value := must[int](t)(Submit(background, pool, func(ctx context.Context) (int, error) {
		future, err := square.Call(ctx, others, 4)
		if err != nil {
			return 0, err
		}
		return future.Wait(ctx)
	}))
	if value != 16 {
		t.Error(value)
	}
}

// The first deadlock of Python's documentation.
func TestCallsThatWaitForEachOtherAreTold(t *testing.T) {
	pool := threads(t, 2)
	var futures [2]*Future[int]
	ready := make(chan struct{})
	for i := range futures {
		futures[i] = accepted[int](t)(Submit(background, pool, func(context.Context) (int, error) {
			<-ready
			return futures[1-i].Wait(background)
		}))
	}
	close(ready)
	for _, future := range futures {
		err := failure[int](t, ErrWouldDeadlock)(future, nil)
		if message := details(t, err).Message; !strings.Contains(message, "wait") {
			t.Error(message)
		}
	}
}

func TestWaitsInCallsEndWithTheirContext(t *testing.T) {
	pool, other := threads(t, 1), threads(t, 1)
	g := newGate()
	held := g.hold(t, other)
	for _, wait := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := held.Wait(ctx); return err },
		func(ctx context.Context) error { return Wait(ctx, []*Future[int]{held}) },
		func(ctx context.Context) error {
			for range AsCompleted(ctx, []*Future[int]{held}) {
				t.Error("it is not done")
			}
			return ctx.Err()
		},
		func(ctx context.Context) error { return other.Shutdown(ctx, ShutdownOptions{}) },
	} {
		must[int](t)(Submit(background, pool, func(inner context.Context) (int, error) {
			ctx, cancel := context.WithTimeout(inner, time.Millisecond)
			defer cancel()
			failure[int](t, context.DeadlineExceeded)(nil, wait(ctx))
			failure[int](t, context.DeadlineExceeded)(nil, wait(ctx))
			return 0, nil
		}))
	}
	waiting := make(chan struct{})
	stopped := accepted[int](t)(Submit(background, pool, func(ctx context.Context) (int, error) {
		close(waiting)
		return held.Wait(ctx)
	}))
	<-waiting
	if err := stopped.CancelRunning(); err != nil {
		t.Error(err)
	}
	failure[int](t, context.Canceled)(stopped, nil)
	close(g.open)
	must[int](t)(held, nil)
}

// --- calls that do not come back ------------------------------------------------------------------

func TestCallsThatEndTheirGoroutineFail(t *testing.T) {
	// Not of the fixture: it never ends.
	pool, err := NewThreadPool(ThreadPoolOptions{MaxWorkers: 1})
	if err != nil {
		t.Fatal(err)
	}
	deferred := make(chan struct{}, 2)
	leave := func(context.Context) (int, error) {
		defer func() { deferred <- struct{}{} }()
		runtime.Goexit()
		return 0, nil
	}
	details(t, failure[int](t, ErrTaskExited)(Submit(background, pool, leave)))
	var inner *Future[int]
	outer := accepted[int](t)(Submit(background, pool, func(ctx context.Context) (int, error) {
		var err error
		if inner, err = Submit(ctx, pool, leave); err != nil {
			return 0, err
		}
		return inner.Wait(ctx)
	}))
	failure[int](t, ErrTaskExited)(outer, nil)
	failure[int](t, ErrTaskExited)(inner, nil)
	<-deferred
	<-deferred
	must[int](t)(Submit(background, pool, one))
	failure[int](t, ErrTaskExited)(nil, pool.Close())
	if n := calls.live(); n != 0 {
		t.Errorf("%d calls are left in the table", n)
	}
}

func TestWorkersWhoseFunctionEndsItsGoroutineAreLost(t *testing.T) {
	pool := processes(t, ProcessPoolOptions{MaxWorkers: 1, Output: CaptureOutput})
	err := failure[int](t, ErrWorkerLost)(goexit.Call(background, pool, struct{}{}))
	if e := details(t, err); e.ExitStatus != 2 || !strings.Contains(string(e.Detail), "runtime.Goexit") {
		t.Error(e.ExitStatus, string(e.Detail))
	}
	must[int](t)(square.Call(background, pool, 2))
}

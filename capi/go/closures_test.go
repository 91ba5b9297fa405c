package cfutures

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"
)

func TestClosuresGiveResults(t *testing.T) {
	pool := threads(t, 2)
	text := "moved in"
	future, err := Submit(background, pool, func(context.Context) (string, error) { return text + ", and out", nil })
	if got := must[string](t)(future, err); got != "moved in, and out" {
		t.Error(got)
	}
	if again, err := future.Result(); again != "moved in, and out" || err != nil {
		t.Error(again, err)
	}
}

func TestResultsComeByChannel(t *testing.T) {
	pool := threads(t, 1)
	g := newGate()
	held := g.hold(t, pool)
	early := held.Outcome()
	done := held.Done()
	select {
	case <-done:
		t.Error("it is not done")
	default:
	}
	close(g.open)
	for _, channel := range []<-chan Outcome[int]{early, held.Outcome()} {
		if outcome := <-channel; outcome.Value != 7 || outcome.Err != nil {
			t.Error(outcome)
		}
		if _, open := <-channel; open {
			t.Error("there is one outcome")
		}
	}
	<-done
}

func TestErrorsStayWhatTheyAre(t *testing.T) {
	pool := threads(t, 1)
	failure[int](t, errOdd)(Submit(background, pool, func(context.Context) (int, error) { return 0, errOdd }))
}

func TestPanicsAreErrorsOfTheirCallsAlone(t *testing.T) {
	pool := threads(t, 1)
	err := failure[int](t, ErrTaskFailed)(Submit(background, pool, func(context.Context) (int, error) { panic("at once") }))
	var panicked *PanicError
	if !errors.As(err, &panicked) || panicked.Value != "at once" || len(panicked.Stack) == 0 {
		t.Error(err)
	}
	failure[int](t, errOdd)(Submit(background, pool, func(context.Context) (int, error) { panic(errOdd) }))
	must[int](t)(Submit(background, pool, one))
}

func TestQueuedCallsAreCancelled(t *testing.T) {
	pool := threads(t, 1)
	g := newGate()
	running := g.hold(t, pool)
	queued := accepted[int](t)(Submit(background, pool, func(context.Context) (int, error) { t.Error("it ran"); return 0, nil }))
	if !queued.Cancel() {
		t.Error("it was not cancelled")
	}
	failure[int](t, ErrCancelled)(queued, nil)
	failure[int](t, context.Canceled)(queued, nil)
	if !queued.Cancelled() || !queued.Cancel() || running.Cancel() || running.Cancelled() {
		t.Error("states")
	}
	close(g.open)
	must[int](t)(running, nil)
	failure[int](t, ErrInvalidState)(nil, running.CancelRunning())
}

func TestContextsCancelQueuedCallsAndStopRunningOnes(t *testing.T) {
	pool := threads(t, 1)
	ctx, cancel := context.WithCancel(background)
	started := make(chan struct{})
	running := accepted[int](t)(Submit(ctx, pool, func(ctx context.Context) (int, error) {
		close(started)
		return 0, waitFor(ctx)
	}))
	<-started
	queued := accepted[int](t)(Submit(ctx, pool, func(context.Context) (int, error) { t.Error("it ran"); return 1, nil }))
	cancel()
	failure[int](t, ErrCancelled)(queued, nil)
	failure[int](t, context.Canceled)(running, nil)
	failure[int](t, context.Canceled)(Submit(ctx, pool, one))
}

func TestRunningCallsAreStoppedByTheirContext(t *testing.T) {
	pool := threads(t, 1)
	started := make(chan struct{})
	running := accepted[int](t)(Submit(background, pool, func(ctx context.Context) (int, error) {
		close(started)
		return 0, waitFor(ctx)
	}))
	<-started
	if err := running.CancelRunning(); err != nil {
		t.Error(err)
	}
	failure[int](t, context.Canceled)(running, nil)
	if running.Cancelled() {
		t.Error("it had started")
	}
}

func TestDeadlinesOfContextsAreThoseOfCalls(t *testing.T) {
	pool := threads(t, 1)
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	running := accepted[int](t)(Submit(ctx, pool, func(ctx context.Context) (int, error) { return 0, waitFor(ctx) }))
	failure[int](t, context.DeadlineExceeded)(running, nil)
	g := newGate()
	held := g.hold(t, pool)
	late, cancelLate := context.WithTimeout(background, 20*time.Millisecond)
	defer cancelLate()
	queued := accepted[int](t)(Submit(late, pool, func(context.Context) (int, error) { t.Error("it ran"); return 1, nil }))
	// While the worker is busy: nobody has to look at the call.
	err := failure[int](t, ErrDeadlineExceeded)(queued, nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	close(g.open)
	must[int](t)(held, nil)
	failure[int](t, context.DeadlineExceeded)(Submit(late, pool, one))
}

func TestWaitsThatTimeOutLeaveTheCallAlone(t *testing.T) {
	pool := threads(t, 1)
	g := newGate()
	held := g.hold(t, pool)
	ctx, cancel := context.WithTimeout(background, time.Millisecond)
	defer cancel()
	_, err := held.Wait(ctx)
	failure[int](t, context.DeadlineExceeded)(nil, err)
	_, err = held.Result()
	failure[int](t, ErrInvalidState)(nil, err)
	failure[int](t, context.DeadlineExceeded)(nil, pool.Shutdown(ctx, ShutdownOptions{}))
	failure[int](t, context.DeadlineExceeded)(nil, Wait(ctx, []*Future[int]{held}))
	close(g.open)
	must[int](t)(held, nil)
}

func TestClosedPoolsTakeNothingAndFinishWhatTheyHave(t *testing.T) {
	pool := threads(t, 1)
	future := accepted[int](t)(Submit(background, pool, one))
	for range 2 {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	}
	if value, err := future.Result(); value != 1 || err != nil {
		t.Error(value, err)
	}
	failure[int](t, ErrShutDown)(Submit(background, pool, one))
	failure[int](t, ErrShutDown)(square.Call(background, pool, 1))
}

func TestPoolsThatShutDownRefuseCalls(t *testing.T) {
	pool := threads(t, 1)
	g := newGate()
	held := g.hold(t, pool)
	if err := pool.Shutdown(background, ShutdownOptions{NoWait: true}); err != nil {
		t.Error(err)
	}
	failure[int](t, ErrShutDown)(Submit(background, pool, one))
	close(g.open)
	must[int](t)(held, nil)
}

func TestShutdownCancels(t *testing.T) {
	pool := threads(t, 1)
	g := newGate()
	running := g.hold(t, pool)
	queued := accepted[int](t)(Submit(background, pool, one))
	if err := pool.Shutdown(background, ShutdownOptions{CancelFutures: true, NoWait: true}); err != nil {
		t.Error(err)
	}
	failure[int](t, ErrCancelled)(queued, nil)
	close(g.open)
	must[int](t)(running, nil)
}

func TestCallsCannotWaitForTheEndOfTheirPool(t *testing.T) {
	pool := threads(t, 1)
	failure[int](t, ErrWouldDeadlock)(Submit(background, pool, func(context.Context) (int, error) { return 0, pool.Close() }))
}

func TestInlineExecutorsRunCallsHere(t *testing.T) {
	executor := inline(t)
	ran := false
	future := accepted[int](t)(Submit(background, executor, func(ctx context.Context) (int, error) {
		ran = true
		inner, err := Submit(ctx, executor, one)
		if err != nil {
			return 0, err
		}
		return inner.Wait(ctx)
	}))
	if value, err := future.Result(); !ran || value != 1 || err != nil {
		t.Error(ran, value, err)
	}
}

func TestQueuesMayBeBounded(t *testing.T) {
	for _, policy := range []QueuePolicy{BlockWhenFull, FailWhenFull, RunWhenFull} {
		pool := poolOf(t, ThreadPoolOptions{MaxWorkers: 1, MaxQueue: 1, QueuePolicy: policy})
		g := newGate()
		held := g.hold(t, pool)
		queued := accepted[int](t)(Submit(background, pool, one))
		over, err := Submit(background, pool, one, QueueTimeout(time.Millisecond))
		if policy == RunWhenFull {
			if value, err := accepted[int](t)(over, err).Result(); value != 1 || err != nil {
				t.Error(value, err)
			}
		} else {
			failure[int](t, ErrQueueFull)(over, err)
		}
		close(g.open)
		must[int](t)(held, nil)
		must[int](t)(queued, nil)
		pool.Close()
	}
}

func TestHigherPrioritiesStartFirst(t *testing.T) {
	pool := threads(t, 1)
	g := newGate()
	held := g.hold(t, pool)
	var order []int
	futures := []*Future[int]{held}
	for _, priority := range []int{0, 1, -1} {
		futures = append(futures, accepted[int](t)(Submit(background, pool, func(context.Context) (int, error) {
			order = append(order, priority)
			return 0, nil
		}, Priority(priority))))
	}
	close(g.open)
	if err := Wait(long(t), futures); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(order, []int{1, 0, -1}) {
		t.Error(order)
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	leavesNothing(t)
	_, err := NewThreadPool(ThreadPoolOptions{MaxWorkers: -1})
	failure[int](t, ErrInvalidArgument)(nil, err)
	_, err = NewProcessPool(ProcessPoolOptions{MaxMessageSize: 1})
	failure[int](t, ErrInvalidArgument)(nil, err)
	_, err = NewProcessPool(ProcessPoolOptions{WorkerCommand: []string{"/no/such"}})
	failure[int](t, ErrSystem)(nil, err)
	_, err = NewProcessPool(ProcessPoolOptions{Initializer: "initialize", InitializerArguments: []any{func() {}}})
	failure[int](t, ErrEncode)(nil, err)
	pool := threads(t, 1)
	failure[int](t, ErrInvalidArgument)(Submit(background, pool, one, Retries(-1)))
}

// A closure and what it captured go on every path, once: the collector finds them when nothing holds them.
func TestClosuresAreFreedOnEveryPath(t *testing.T) {
	pool := threads(t, 1)
	freed := make(chan string, 16)
	holding := func(path string, body func(context.Context) (int, error)) func(context.Context) (int, error) {
		owned := new([64]int)
		runtime.AddCleanup(owned, func(path string) { freed <- path }, path)
		return func(ctx context.Context) (int, error) {
			defer runtime.KeepAlive(owned)
			return body(ctx)
		}
	}
	must[int](t)(Submit(background, pool, holding("ran", one)))
	failure[int](t, errOdd)(Submit(background, pool, holding("failed", func(context.Context) (int, error) { return 0, errOdd })))
	failure[int](t, ErrTaskFailed)(Submit(background, pool, holding("panicked", func(context.Context) (int, error) { panic("now") })))
	g := newGate()
	running := g.hold(t, pool)
	cancelled := accepted[int](t)(Submit(background, pool, holding("cancelled", one)))
	cancelled.Cancel()
	ctx, cancel := context.WithTimeout(background, time.Millisecond)
	defer cancel()
	late := accepted[int](t)(Submit(ctx, pool, holding("late", one)))
	failure[int](t, ErrDeadlineExceeded)(late, nil)
	shut := accepted[int](t)(Submit(background, pool, holding("shut down", one)))
	if err := pool.Shutdown(background, ShutdownOptions{CancelFutures: true, NoWait: true}); err != nil {
		t.Error(err)
	}
	failure[int](t, ErrShutDown)(Submit(background, pool, holding("refused", one)))
	close(g.open)
	pool.Close()

	seen := map[string]int{}
	for timeout := long(t); len(seen) < 7; {
		runtime.GC()
		select {
		case path := <-freed:
			seen[path]++
		case <-timeout.Done():
			t.Fatal("not everything is freed", seen)
		}
	}
	for path, times := range seen {
		if times != 1 {
			t.Error(path, times)
		}
	}
	// Futures need not go for that.
	runtime.KeepAlive([]*Future[int]{running, cancelled, late, shut})
}

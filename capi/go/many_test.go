package cfutures

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"cfutures/internal/probe"
)

// numbers are those from 0 on, without an end.
func numbers(yield func(int) bool) {
	for n := 0; yield(n); n++ {
	}
}

// below gives the numbers below an end.
func below(end int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for n := 0; n < end && yield(n); n++ {
		}
	}
}

func TestMapsAreInOrderAndMayEndEarly(t *testing.T) {
	pool := threads(t, 2)
	double := func(_ context.Context, n int) (int, error) { return 2 * n, nil }
	n := 0
	for value, err := range Map(background, pool, 8, numbers, double) {
		if err != nil || value != 2*n {
			t.Fatal(value, err)
		}
		if n++; n == 1000 {
			break
		}
	}
}

func TestMapsNeverHaveMoreThanTheirWindow(t *testing.T) {
	pool := threads(t, 2)
	read, taken := 0, 0
	counted := func(yield func(int) bool) {
		for n := range 100 {
			if read++; read-taken > 3+1 { // the one that is read is not submitted
				t.Error(read, taken)
			}
			if !yield(n) {
				return
			}
		}
	}
	for range Map(background, pool, 3, counted, func(_ context.Context, n int) (int, error) { return n, nil }) {
		taken++
	}
	if taken != 100 {
		t.Error(taken)
	}
}

func TestMapsGoOnAfterAFailure(t *testing.T) {
	pool := threads(t, 2)
	failed := 0
	for _, err := range half.Map(background, pool, 0, below(10)) {
		if err != nil {
			failed++
		}
	}
	if failed != 5 {
		t.Error(failed)
	}
}

func TestMapsTellWhyTheyEnd(t *testing.T) {
	pool := threads(t, 2)
	var errs []error
	for _, err := range square.Map(background, pool, 2, func(yield func(int) bool) {
		_ = yield(1)
		pool.Close()
		_ = yield(2) && yield(3)
	}) {
		errs = append(errs, err)
	}
	if len(errs) != 2 || errs[0] != nil {
		t.Fatal(errs)
	}
	failure[int](t, ErrShutDown)(nil, errs[1])
}

func TestAsCompletedGivesAThousandEachOnce(t *testing.T) {
	pool := threads(t, 2)
	var futures []*Future[int]
	for n := range 1000 {
		futures = append(futures, accepted[int](t)(Submit(background, pool, func(context.Context) (int, error) { return n, nil })))
	}
	seen := map[int]bool{}
	for i, future := range AsCompleted(long(t), futures) {
		value, err := future.Result()
		if value != i || err != nil || seen[i] {
			t.Fatal(i, value, err)
		}
		seen[i] = true
	}
	if len(seen) != 1000 {
		t.Error(len(seen))
	}
	if err := Wait(long(t), futures); err != nil {
		t.Error(err)
	}
}

func TestAsCompletedGivesWhatIsDoneFirst(t *testing.T) {
	pool := threads(t, 2)
	g := newGate()
	held := g.hold(t, pool)
	futures := []*Future[int]{held, accepted[int](t)(Submit(background, pool, one))}
	var order []int
	for i := range AsCompleted(long(t), futures) {
		if order = append(order, i); i == 1 {
			close(g.open)
		}
	}
	if len(order) != 2 || order[0] != 1 || order[1] != 0 {
		t.Error(order)
	}
}

func TestAsCompletedEndsWithItsContext(t *testing.T) {
	pool := threads(t, 1)
	g := newGate()
	held := g.hold(t, pool)
	ctx, cancel := context.WithCancel(background)
	cancel()
	for range AsCompleted(ctx, []*Future[int]{held}) {
		t.Error("it is not done")
	}
	close(g.open)
	must[int](t)(held, nil)
}

// submitMany runs calls from four goroutines and takes their results.
func submitMany(t *testing.T, pool *ThreadPool, count int) {
	var group sync.WaitGroup
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			futures := make([]*Future[int], 500)
			for range count / 4 / len(futures) {
				for n := range futures {
					futures[n], _ = Submit(background, pool, func(context.Context) (int, error) { return n, nil })
				}
				for n, future := range futures {
					if value, err := future.Wait(background); value != n || err != nil {
						t.Error(value, err)
					}
				}
			}
		}()
	}
	group.Wait()
}

func TestAHundredThousandCallsLeaveNothing(t *testing.T) {
	pool := threads(t, 2)
	inUse := func() (int, int) {
		var memory runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&memory)
		return int(memory.HeapAlloc), probe.Allocated()
	}
	submitMany(t, pool, 10000) // until caches are filled
	goBefore, cBefore := inUse()
	submitMany(t, pool, 100000)
	goAfter, cAfter := inUse()
	// Ten bytes a call are less than anything that could be lost with each.
	if goAfter-goBefore > 1000000 || cAfter-cBefore > 1000000 {
		t.Errorf("bytes in use: Go %d, then %d; C %d, then %d", goBefore, goAfter, cBefore, cAfter)
	}
}

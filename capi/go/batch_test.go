package cfutures

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"unsafe"

	"cfutures/internal/probe"
)

func batch(t *testing.T) func(*Batch, error) *Batch {
	t.Helper()
	return func(b *Batch, err error) *Batch {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

func TestFunctionsOfCRunInBatches(t *testing.T) {
	pool := threads(t, 2)
	const count = 1000
	numbers := probe.Numbers(count)
	defer probe.Free(numbers)
	b := batch(t)(SubmitBatch(background, pool, CFunction(probe.GiveBack()), numbers))
	if b.Len() != count {
		t.Error(b.Len())
	}
	if err := b.Wait(long(t)); err != nil {
		t.Fatal(err)
	}
	<-b.Done()
	pointers := b.Pointers()
	for i, number := range numbers {
		if pointers[i] != number || b.Err(i) != nil || b.Bytes(i) != nil {
			t.Fatal(i, pointers[i], b.Err(i))
		}
	}
	if b.Cancel() != 0 {
		t.Error("they are done")
	}
	nothing := batch(t)(SubmitBatch(background, pool, CFunction(probe.GiveBack()), nil))
	if err := nothing.Wait(long(t)); err != nil || nothing.Len() != 0 || len(nothing.Pointers()) != 0 {
		t.Error(err)
	}
}

func TestBatchesTellEachOutcome(t *testing.T) {
	pool := threads(t, 1)
	words := probe.Words("bytes", `"json"`, "fail")
	defer probe.Free(words)
	b := batch(t)(SubmitBatch(background, pool, CFunction(probe.Speak()), words, Name("speak")))
	if err := b.Wait(long(t)); err != nil {
		t.Fatal(err)
	}
	if string(b.Bytes(0)) != "bytes" || string(b.Bytes(1)) != `"json"` || b.Bytes(2) != nil {
		t.Errorf("%q %q %q", b.Bytes(0), b.Bytes(1), b.Bytes(2))
	}
	failed := details(t, b.Err(2))
	if !errors.Is(failed, ErrTaskFailed) || failed.Type != "SpeechError" || failed.Function != "speak" {
		t.Error(failed.Type, failed.Function)
	}
}

func TestBatchesEndWithTheirContext(t *testing.T) {
	pool := threads(t, 1)
	numbers := probe.Numbers(2)
	defer probe.Free(numbers)
	g := newGate()
	held := g.hold(t, pool)
	ctx, cancel := context.WithCancel(background)
	b := batch(t)(SubmitBatch(ctx, pool, CFunction(probe.GiveBack()), numbers))
	if b.Pointers() != nil {
		t.Error("they wait for the worker")
	}
	cancel()
	if err := b.Wait(long(t)); err != nil || !errors.Is(b.Err(0), context.Canceled) || b.Cancel() != 2 {
		t.Error(err, b.Err(0))
	}
	close(g.open)
	must[int](t)(held, nil)
	if _, err := SubmitBatch(ctx, pool, CFunction(probe.GiveBack()), numbers); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestBatchesAreRefusedAsCallsAre(t *testing.T) {
	pool := threads(t, 1)
	pool.Close()
	if _, err := SubmitBatch(background, pool, CFunction(probe.GiveBack()), make([]unsafe.Pointer, 3)); !errors.Is(err, ErrShutDown) {
		t.Error(err)
	}
}

func TestTheOnlyWorkerWaitsForItsOwnBatch(t *testing.T) {
	pool := threads(t, 1)
	must[int](t)(Submit(background, pool, func(ctx context.Context) (int, error) {
		b, err := SubmitBatch(ctx, pool, CFunction(probe.GiveBack()), make([]unsafe.Pointer, 100))
		if err != nil {
			return 0, err
		}
		return 0, b.Wait(ctx)
	}))
}

// The collector gives the futures back.
func TestBatchesAreFreed(t *testing.T) {
	pool := threads(t, 1)
	words := probe.Words("counted")
	defer probe.Free(words)
	before := probe.Destroyed()
	func() {
		b := batch(t)(SubmitBatch(background, pool, CFunction(probe.Speak()), words))
		if err := b.Wait(long(t)); err != nil {
			t.Fatal(err)
		}
		if probe.Destroyed() != before {
			t.Error("the batch still holds it")
		}
		runtime.KeepAlive(b)
	}()
	for timeout := long(t); probe.Destroyed() == before; runtime.GC() {
		if timeout.Err() != nil {
			t.Fatal("it is not freed")
		}
	}
}

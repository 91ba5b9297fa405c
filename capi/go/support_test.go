package cfutures

import (
	"context"
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"cfutures/internal/probe"
)

// The functions that worker processes have: this program is its own worker.
var (
	square = Register("square", func(_ context.Context, n int) (int, error) { return n * n, nil })
	half   = Register("half", func(_ context.Context, n int) (int, error) {
		if n%2 != 0 {
			return 0, errOdd
		}
		return n / 2, nil
	})
	pid      = Register("pid", func(context.Context, struct{}) (int, error) { return os.Getpid(), nil })
	explode  = Register("explode", func(_ context.Context, why string) (int, error) { panic("exploded: " + why) })
	unspoken = Register("unspoken", func(context.Context, struct{}) (func(), error) { return func() {}, nil })
	dieOf    = Register("die_of", func(_ context.Context, signal int) (int, error) {
		return 0, syscall.Kill(os.Getpid(), syscall.Signal(signal))
	})
	segfault = Register("segfault", func(context.Context, struct{}) (int, error) { probe.FaultUnhandled(); return 0, nil })
	faultInC = Register("fault_in_c", func(context.Context, struct{}) (int, error) { probe.Fault(); return 0, nil })
	leave    = Register("leave", func(_ context.Context, status int) (int, error) { os.Exit(status); return 0, nil })
	goexit   = Register("goexit", func(context.Context, struct{}) (int, error) { runtime.Goexit(); return 0, nil })
	hasTime  = Register("has_time", func(ctx context.Context, _ struct{}) (bool, error) { _, ok := ctx.Deadline(); return ok, nil })
	untilEnd = Register("until_end", func(ctx context.Context, path string) (int, error) {
		return 0, errors.Join(announce(path), waitFor(ctx))
	})
	holdOpen   = Register("hold_open", func(_ context.Context, path string) (int, error) { return 7, passFile(path) })
	dieOnce    = Register("die_once", func(_ context.Context, path string) (int, error) { return 7, dieUnless(path) })
	initialize = Register("initialize", func(_ context.Context, value string) (bool, error) { return true, os.Setenv("INITIALIZED", value) })
	initial    = Register("initial", func(context.Context, struct{}) (string, error) { return os.Getenv("INITIALIZED"), nil })
)

var errOdd = errors.New("the number is odd")

var background = context.Background()

func TestMain(m *testing.M) {
	WorkerEntry()
	// Go's poller, and its descriptors, come with the first file that it polls.
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	os.Exit(m.Run())
}

// announce tells that a worker is there: opening a FIFO waits for the other side.
func announce(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return file.Close()
}

func waitFor(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// passFile tells that a worker is there, and goes on when the other side closes.
func passFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	file.Read(make([]byte, 1))
	return nil
}

// dieUnless ends the process unless there is a file, which it makes.
func dieUnless(path string) error {
	if file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		file.Close()
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return nil
}

// fifo makes a FIFO for a test and a worker.
func fifo(t *testing.T) string {
	t.Helper()
	path := t.TempDir() + "/fifo"
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// opened opens a FIFO, for which it waits until the other side does.
func opened(t *testing.T, path string, flag int) *os.File {
	t.Helper()
	file, err := os.OpenFile(path, flag, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// leavesNothing fails the test when it leaves descriptors, children, or calls behind. The threads of Go's
// runtime stay.
func leavesNothing(t *testing.T) {
	t.Helper()
	descriptors := func() (open []string) {
		entries, _ := os.ReadDir("/proc/self/fd")
		for _, entry := range entries {
			target, _ := os.Readlink("/proc/self/fd/" + entry.Name())
			open = append(open, entry.Name()+" "+target)
		}
		return open
	}
	before := descriptors()
	t.Cleanup(func() {
		if after := descriptors(); len(after) != len(before) {
			t.Errorf("descriptors before: %v; after: %v", before, after)
		}
		if n := calls.live(); n != 0 {
			t.Errorf("%d calls are left in the table", n)
		}
		if _, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
			t.Errorf("a child is left: %v", err)
		}
	})
}

func threads(t *testing.T, workers int) *ThreadPool {
	t.Helper()
	return poolOf(t, ThreadPoolOptions{MaxWorkers: workers, NamePrefix: "test"})
}

func poolOf(t *testing.T, options ThreadPoolOptions) *ThreadPool {
	t.Helper()
	leavesNothing(t)
	pool, err := NewThreadPool(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func processes(t *testing.T, options ProcessPoolOptions) *ProcessPool {
	t.Helper()
	leavesNothing(t)
	pool, err := NewProcessPool(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func inline(t *testing.T) *InlineExecutor {
	t.Helper()
	leavesNothing(t)
	executor, err := NewInlineExecutor()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { executor.Close() })
	return executor
}

// accepted gives the future of a call that is to be accepted.
func accepted[T any](t *testing.T) func(*Future[T], error) *Future[T] {
	t.Helper()
	return func(future *Future[T], err error) *Future[T] {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return future
	}
}

// must gives the result of a call that is to succeed.
func must[T any](t *testing.T) func(*Future[T], error) T {
	t.Helper()
	return func(future *Future[T], err error) T {
		t.Helper()
		value, err := accepted[T](t)(future, err).Wait(long(t))
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// failure gives the error of a call that is to fail.
func failure[T any](t *testing.T, want error) func(*Future[T], error) error {
	t.Helper()
	return func(future *Future[T], err error) error {
		t.Helper()
		if err == nil {
			_, err = future.Wait(long(t))
		}
		if !errors.Is(err, want) {
			t.Fatalf("%v is wanted, not %v", want, err)
		}
		return err
	}
}

// details gives the error of the library that a failure is.
func details(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("no error of the library: %v", err)
	}
	return e
}

// long is for what must happen.
func long(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// gate holds a function until the test opens it.
type gate struct{ started, open chan struct{} }

func newGate() gate { return gate{make(chan struct{}), make(chan struct{})} }

func (g gate) pass(context.Context) (int, error) {
	close(g.started)
	<-g.open
	return 7, nil
}

// hold has the one worker of a pool run a call that waits for the gate.
func (g gate) hold(t *testing.T, pool *ThreadPool) *Future[int] {
	t.Helper()
	future := accepted[int](t)(Submit(background, pool, g.pass))
	<-g.started
	return future
}

func one(context.Context) (int, error) { return 1, nil }

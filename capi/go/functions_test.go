package cfutures

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sameSource runs on threads or in processes: the line that makes the executor decides.
func sameSource(t *testing.T, on Executor) int {
	t.Helper()
	if nine := must[int](t)(square.Call(background, on, 3)); nine != 9 {
		t.Error(nine)
	}
	var got []int
	for value, err := range square.Map(long(t), on, 0, slices.Values([]int{1, 2, 3})) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, value)
	}
	if !slices.Equal(got, []int{1, 4, 9}) {
		t.Error(got)
	}
	e := details(t, failure[int](t, ErrTaskFailed)(half.Call(background, on, 7)))
	if e.Message != errOdd.Error() || e.Type != "*errors.errorString" || e.Function != "half" || e.TaskID == 0 || errors.Is(e, errOdd) {
		t.Errorf("%+v", e)
	}
	e = details(t, failure[int](t, ErrTaskFailed)(explode.Call(background, on, "dust")))
	if e.Type != "panic" || e.Message != "exploded: dust" || !strings.Contains(string(e.Detail), "support_test.go") {
		t.Errorf("%+v", e)
	}
	failure[func()](t, ErrEncode)(unspoken.Call(background, on, struct{}{}))
	failure[int](t, ErrUnknownFunction)(Call[int](background, on, "nobody"))
	failure[int](t, ErrTaskFailed)(Call[int](background, on, "square", "text"))
	failure[int](t, ErrTaskFailed)(Call[int](background, on, "square", 1, 2))
	failure[string](t, ErrDecode)(Call[string](background, on, "square", 1))
	failure[int](t, ErrEncode)(Call[int](background, on, "square", func() {}))
	if n := must[int](t)(Call[int](background, on, "square", 4)); n != 16 {
		t.Error(n)
	}
	return must[int](t)(pid.Call(background, on, struct{}{}))
}

func TestTheSameSourceRunsOnThreads(t *testing.T) {
	if sameSource(t, threads(t, 2)) != os.Getpid() {
		t.Error("it is in another process")
	}
}

func TestTheSameSourceRunsInProcesses(t *testing.T) {
	if sameSource(t, processes(t, ProcessPoolOptions{MaxWorkers: 2})) == os.Getpid() {
		t.Error("it is in this process")
	}
}

func TestTheSameSourceRunsHere(t *testing.T) {
	if sameSource(t, inline(t)) != os.Getpid() {
		t.Error("it is in another process")
	}
}

func TestRegisteredFunctionsOnThreadsSeeTheDeadline(t *testing.T) {
	pool := threads(t, 1)
	if must[bool](t)(hasTime.Call(background, pool, struct{}{})) || !must[bool](t)(hasTime.Call(long(t), pool, struct{}{})) {
		t.Error("the deadline of the caller's context is the function's")
	}
}

func TestRegisteredFunctionsOnThreadsAreStopped(t *testing.T) {
	pool := threads(t, 1)
	path := fifo(t)
	running := accepted[int](t)(untilEnd.Call(background, pool, path))
	opened(t, path, os.O_RDONLY).Close()
	if err := running.CancelRunning(); err != nil {
		t.Error(err)
	}
	e := details(t, failure[int](t, ErrTaskFailed)(running, nil))
	if e.Message != context.Canceled.Error() {
		t.Errorf("%+v", e)
	}
}

func TestNamesBelongToOneFunction(t *testing.T) {
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, ErrInvalidState) || !strings.Contains(err.Error(), "square") {
			t.Error(err)
		}
	}()
	Register("square", func(_ context.Context, n int) (int, error) { return n, nil })
}

func TestCrashesAreErrorsOfTheirCallsAlone(t *testing.T) {
	pool := processes(t, ProcessPoolOptions{MaxWorkers: 1, Output: CaptureOutput})
	worker := must[int](t)(pid.Call(background, pool, struct{}{}))
	e := details(t, failure[int](t, ErrWorkerLost)(segfault.Call(background, pool, struct{}{}, Name("a fault"))))
	if e.Signal != int(syscall.SIGSEGV) || e.WorkerPID != worker || e.Function != "a fault" {
		t.Errorf("%+v", e)
	}
	// Go's runtime makes an exit of a bad access in C.
	e = details(t, failure[int](t, ErrWorkerLost)(faultInC.Call(background, pool, struct{}{})))
	if e.Signal != 0 || e.ExitStatus != 2 || e.Function != "fault_in_c" || !strings.Contains(string(e.Detail), "goroutine") {
		t.Errorf("%+v", e)
	}
	e = details(t, failure[int](t, ErrWorkerLost)(dieOf.Call(background, pool, int(syscall.SIGKILL))))
	if e.Signal != int(syscall.SIGKILL) {
		t.Errorf("%+v", e)
	}
	e = details(t, failure[int](t, ErrWorkerLost)(leave.Call(background, pool, 3)))
	if e.ExitStatus != 3 {
		t.Errorf("%+v", e)
	}
	if n := must[int](t)(square.Call(background, pool, 5)); n != 25 {
		t.Error(n)
	}
}

func TestLostCallsRunAgainIfTheyMay(t *testing.T) {
	pool := processes(t, ProcessPoolOptions{MaxWorkers: 1})
	path := t.TempDir() + "/died"
	if n := must[int](t)(dieOnce.Call(background, pool, path, Retries(1))); n != 7 {
		t.Error(n)
	}
}

func TestQueuedCallsOfProcessesAreCancelled(t *testing.T) {
	pool := processes(t, ProcessPoolOptions{MaxWorkers: 1})
	path := fifo(t)
	held := accepted[int](t)(holdOpen.Call(background, pool, path))
	pipe := opened(t, path, os.O_WRONLY)
	queued := accepted[int](t)(leave.Call(background, pool, 1))
	if !queued.Cancel() {
		t.Error("it was not cancelled")
	}
	failure[int](t, ErrCancelled)(queued, nil)
	ctx, cancel := context.WithCancel(background)
	followed := accepted[int](t)(leave.Call(ctx, pool, 1))
	cancel()
	failure[int](t, context.Canceled)(followed, nil)
	pipe.Close()
	if n := must[int](t)(held, nil); n != 7 {
		t.Error(n)
	}
}

func TestDeadlinesKillWorkers(t *testing.T) {
	pool := processes(t, ProcessPoolOptions{MaxWorkers: 1, TerminationGrace: 1})
	worker := must[int](t)(pid.Call(background, pool, struct{}{}))
	// It does not look at its context, and nobody ever opens the other side. A deadline that comes before the
	// start ends no worker.
	after := worker
	for timeout := 20 * time.Millisecond; after == worker; timeout *= 4 {
		ctx, cancel := context.WithTimeout(background, timeout)
		err := failure[int](t, ErrDeadlineExceeded)(holdOpen.Call(ctx, pool, fifo(t)))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		after = must[int](t)(pid.Call(background, pool, struct{}{}))
	}
}

func TestRunningCallsOfProcessesAreKilled(t *testing.T) {
	pool := processes(t, ProcessPoolOptions{MaxWorkers: 1, TerminationGrace: 1})
	path := fifo(t)
	running := accepted[int](t)(holdOpen.Call(background, pool, path))
	opened(t, path, os.O_WRONLY).Close()
	ctx, cancel := context.WithCancel(background)
	path = fifo(t)
	followed := accepted[int](t)(holdOpen.Call(ctx, pool, path))
	must[int](t)(running, nil)
	pipe := opened(t, path, os.O_WRONLY)
	defer pipe.Close()
	cancel()
	failure[int](t, ErrWorkerKilled)(followed, nil)
	if n := must[int](t)(square.Call(background, pool, 5)); n != 25 {
		t.Error(n)
	}
}

func TestPoolsAreShutDownByForce(t *testing.T) {
	for name, end := range map[string]func(*ProcessPool, context.Context, ShutdownOptions) error{
		"terminate": (*ProcessPool).TerminateWorkers, "kill": (*ProcessPool).KillWorkers,
	} {
		t.Run(name, func(t *testing.T) {
			pool := processes(t, ProcessPoolOptions{MaxWorkers: 1})
			path := fifo(t)
			held := accepted[int](t)(holdOpen.Call(background, pool, path))
			defer opened(t, path, os.O_WRONLY).Close()
			queued := accepted[int](t)(square.Call(background, pool, 1))
			workers, err := pool.Workers()
			if err != nil || len(workers) != 1 || workers[0].State != WorkerRunning || workers[0].Function != "hold_open" {
				t.Error(workers, err)
			}
			if err := end(pool, long(t), ShutdownOptions{}); err != nil {
				t.Error(err)
			}
			e := details(t, failure[int](t, ErrWorkerKilled)(held, nil))
			if e.WorkerPID != workers[0].PID {
				t.Errorf("%+v", e)
			}
			failure[int](t, ErrCancelled)(queued, nil)
			failure[int](t, ErrShutDown)(square.Call(background, pool, 1))
			_, err = pool.Workers()
			failure[int](t, ErrShutDown)(nil, err)
		})
	}
}

func TestOptionsReachWorkers(t *testing.T) {
	umask := 0o027
	pool := processes(t, ProcessPoolOptions{
		MaxWorkers: 1, Initializer: "initialize", InitializerArguments: []any{"ready"},
		MaxTasksPerChild: 1, IdleTimeout: time.Minute, StartTimeout: time.Minute, TerminationGrace: time.Minute,
		MaxMessageSize: 1 << 20, NestingLimit: 2, MaxQueue: 10, QueuePolicy: FailWhenFull, BreakOnCrash: true, CrashLimit: 5, CrashPeriod: time.Minute,
		Environment: append(os.Environ(), "GIVEN=yes"), Directory: "/", Umask: &umask, Niceness: 1,
		CPUTimeLimit: time.Hour, NoCoreDumps: true, NoNewPrivileges: true, Output: DiscardOutput,
	})
	if text := must[string](t)(initial.Call(background, pool, struct{}{})); text != "ready" {
		t.Error(text)
	}
	first := must[int](t)(pid.Call(background, pool, struct{}{}))
	if second := must[int](t)(pid.Call(background, pool, struct{}{})); second == first {
		t.Error("the worker was not replaced")
	}
	failure[int](t, ErrBrokenExecutor)(dieOf.Call(background, pool, int(syscall.SIGKILL)))
}

func TestWorkersWithoutMemoryBreakTheirPool(t *testing.T) {
	pool := processes(t, ProcessPoolOptions{MaxWorkers: 1, MemoryLimit: 1 << 20, Output: DiscardOutput})
	failure[int](t, ErrBrokenExecutor)(pid.Call(background, pool, struct{}{}))
}

func TestCallsOfProcessesComeInOrder(t *testing.T) {
	pool := processes(t, ProcessPoolOptions{MaxWorkers: 2})
	n := 0
	for value, err := range square.Map(background, pool, 1000, below(10000)) {
		if err != nil || value != n*n {
			t.Fatal(n, value, err)
		}
		n++
	}
	if n != 10000 {
		t.Error(n)
	}
}

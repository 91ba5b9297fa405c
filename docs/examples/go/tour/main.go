// Threads, processes, errors and a crash: docs/ffi/go.md explains what happens here.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"cfutures"
)

// Functions that processes can call are registered before main.
var half = cfutures.Register("half", func(_ context.Context, n int) (int, error) {
	if n%2 != 0 {
		return 0, fmt.Errorf("%d is odd", n)
	}
	return n / 2, nil
})

var crash = cfutures.Register("crash", func(_ context.Context, status int) (int, error) {
	os.Exit(status)
	return 0, nil
})

// halves runs on threads or in processes: the line that makes the executor decides.
func halves(ctx context.Context, executor cfutures.Executor) (string, error) {
	six, err := half.Call(ctx, executor, 6)
	if err != nil {
		return "", err
	}
	seven, err := half.Call(ctx, executor, 7)
	if err != nil {
		return "", err
	}
	_, odd := seven.Wait(ctx)
	three, err := six.Wait(ctx)
	return fmt.Sprintf("half of 6 is %d, of 7: %v", three, odd), err
}

func run(ctx context.Context) error {
	threads, err := cfutures.NewThreadPool(cfutures.ThreadPoolOptions{MaxWorkers: 2})
	if err != nil {
		return err
	}
	defer threads.Close() // finishes what was accepted
	captured := "hello from a closure"
	hello, err := cfutures.Submit(ctx, threads, func(context.Context) (string, error) {
		return captured, nil
	})
	if err != nil {
		return err
	}
	text, err := hello.Wait(ctx)
	if err != nil {
		return err
	}
	fmt.Println(text)
	if text, err = halves(ctx, threads); err != nil {
		return err
	}
	fmt.Println("on threads:", text)

	processes, err := cfutures.NewProcessPool(cfutures.ProcessPoolOptions{MaxWorkers: 2})
	if err != nil {
		return err
	}
	defer processes.Close()
	if text, err = halves(ctx, processes); err != nil {
		return err
	}
	fmt.Println("in processes:", text)
	crashed, err := crash.Call(ctx, processes, 3)
	if err != nil {
		return err
	}
	if _, err := crashed.Wait(ctx); errors.Is(err, cfutures.ErrWorkerLost) {
		fmt.Println("crash: worker lost")
	}
	text, err = halves(ctx, processes)
	fmt.Println("the pool goes on:", text)
	return err
}

func main() {
	cfutures.WorkerEntry() // the workers are this program, run again: they do not get past here
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		os.Exit(1)
	}
}

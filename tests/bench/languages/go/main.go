// W1 and P1 through the Go package, and what calls between Go and C cost at least.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"cfutures"
)

const workers = 2

var ctx = context.Background()

var increment = cfutures.Register("increment", func(_ context.Context, n int) (int, error) { return n + 1, nil })

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func check(condition bool) {
	if !condition {
		must(fmt.Errorf("the sum is wrong"))
	}
}

// submitAndGet gives ns a call.
func submitAndGet(size, expected int, submit func(int) (*cfutures.Future[int], error)) float64 {
	futures := make([]*cfutures.Future[int], size)
	start := time.Now()
	for i := range futures {
		future, err := submit(i)
		must(err)
		futures[i] = future
	}
	sum := 0
	for i, future := range futures {
		value, err := future.Wait(ctx)
		must(err)
		futures[i] = nil
		sum += value
	}
	elapsed := time.Since(start)
	check(sum == expected)
	return float64(elapsed.Nanoseconds()) / float64(size)
}

// A workload makes its pool, and gives what runs it once.
var workloads = []struct {
	name string
	make func(size int) func() float64
}{
	{"W1", func(size int) func() float64 {
		pool, err := cfutures.NewThreadPool(cfutures.ThreadPoolOptions{MaxWorkers: workers})
		must(err)
		return func() float64 {
			return submitAndGet(size, size*(size-1)/2, func(i int) (*cfutures.Future[int], error) {
				return cfutures.Submit(ctx, pool, func(context.Context) (int, error) { return i, nil })
			})
		}
	}},
	{"W1-batch", func(size int) func() float64 {
		pool, err := cfutures.NewThreadPool(cfutures.ThreadPoolOptions{MaxWorkers: workers})
		must(err)
		data := numbers(size)
		return func() float64 {
			start := time.Now()
			batch, err := cfutures.SubmitBatch(ctx, pool, returnPointer(), data)
			must(err)
			must(batch.Wait(ctx))
			sum := sumOf(batch.Pointers())
			elapsed := time.Since(start)
			check(sum == size*(size-1)/2)
			return float64(elapsed.Nanoseconds()) / float64(size)
		}
	}},
	{"W1-floor", func(size int) func() float64 { return func() float64 { return floor(size) } }},
	{"P1", func(size int) func() float64 {
		pool, err := cfutures.NewProcessPool(cfutures.ProcessPoolOptions{MaxWorkers: workers})
		must(err)
		return func() float64 {
			return submitAndGet(size, size*(size+1)/2, func(i int) (*cfutures.Future[int], error) {
				return increment.Call(ctx, pool, i)
			})
		}
	}},
}

func main() {
	cfutures.WorkerEntry()
	if len(os.Args) != 4 {
		for _, workload := range workloads {
			fmt.Println(workload.name)
		}
		return
	}
	size, err := strconv.Atoi(os.Args[2])
	must(err)
	warmups, err := strconv.Atoi(os.Args[3])
	must(err)
	for _, workload := range workloads {
		if workload.name != os.Args[1] {
			continue
		}
		run := workload.make(size)
		for range warmups {
			run()
		}
		fmt.Printf("{\"value\": %.6g}\n", run())
	}
}

// Goroutines with a buffered channel for each result. The runtime has two processors. Written for
// Go 1.19, which Debian has.
package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"time"
)

const workers = 2

// figure is what a workload measured; p99 is negative where it has no meaning.
type figure struct{ value, p99 float64 }

func check(ok bool) {
	if !ok {
		panic("wrong result")
	}
}

func rate(operations int, elapsed time.Duration) figure {
	return figure{float64(operations) * 1e3 / float64(elapsed.Nanoseconds()), -1}
}

func percentiles(durations []time.Duration) figure {
	sort.Slice(durations, func(a, b int) bool { return durations[a] < durations[b] })
	n := len(durations)
	return figure{
		float64(durations[n/2].Nanoseconds()) / 1e3,
		float64(durations[n*99/100].Nanoseconds()) / 1e3,
	}
}

func submit(f func() int) chan int {
	future := make(chan int, 1)
	go func() { future <- f() }()
	return future
}

func numbers(size int) {
	futures := make([]chan int, size)
	for i := range futures {
		i := i
		futures[i] = submit(func() int { return i })
	}
	sum := 0
	for _, future := range futures {
		sum += <-future
	}
	check(sum == size*(size-1)/2)
}

func w1(size int) figure {
	start := time.Now()
	numbers(size)
	return rate(size, time.Since(start))
}

func w2(size int) figure {
	var group sync.WaitGroup
	start := time.Now()
	for i := 0; i < size; i++ {
		group.Add(1)
		go group.Done()
	}
	group.Wait()
	return rate(size, time.Since(start))
}

func w3(size int) figure {
	durations := make([]time.Duration, size)
	last := time.Now()
	for i := range durations {
		i := i
		<-submit(func() int { return i })
		now := time.Now()
		durations[i] = now.Sub(last)
		last = now
	}
	return percentiles(durations)
}

func w4(size int) figure {
	var group sync.WaitGroup
	start := time.Now()
	for i := 0; i < 2; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			numbers(size / 2)
		}()
	}
	group.Wait()
	return rate(size, time.Since(start))
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	left := submit(func() int { return fib(n - 1) })
	right := fib(n - 2)
	return <-left + right
}

func w5(n int) figure {
	start := time.Now()
	result := fib(n)
	elapsed := time.Since(start)
	a, b := 0, 1
	for i := 0; i < n; i++ {
		a, b = b, a+b
	}
	check(result == a)
	return rate(b-1, elapsed)
}

func w6(size int) figure {
	const chunks = 4 * workers
	durations := make([]time.Duration, 201)
	in, out := make([]int32, size), make([]int32, size)
	for i := range in {
		in[i] = int32(i % 1000)
	}
	for pass := range durations {
		start := time.Now()
		var group sync.WaitGroup
		for c := 0; c < chunks; c++ {
			c := c
			group.Add(1)
			go func() {
				defer group.Done()
				from, to := in[size*c/chunks:size*(c+1)/chunks], out[size*c/chunks:size*(c+1)/chunks]
				for i, x := range from {
					to[i] = x*x + 1
				}
			}()
		}
		group.Wait()
		durations[pass] = time.Since(start)
	}
	return figure{percentiles(durations).value, -1}
}

func spin(steps int, x uint64) uint64 {
	for i := 0; i < steps; i++ {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

var sink uint64 = 1

func spinCost(steps int) float64 {
	times := make([]time.Duration, 31)
	batch := 1_000_000/(steps+1) + 1
	for i := range times {
		start := time.Now()
		for k := 0; k < batch; k++ {
			sink = spin(steps, sink)
		}
		times[i] = time.Since(start)
	}
	return percentiles(times).value * 1e3 / float64(batch)
}

func w7(size int) figure {
	steps := int(8000 * 10000 / spinCost(8000))
	cost := spinCost(steps)
	futures := make([]chan int, size)
	start := time.Now()
	for i := range futures {
		i := i
		futures[i] = submit(func() int { return int(spin(steps, uint64(i))) })
	}
	for _, future := range futures {
		<-future
	}
	elapsed := float64(time.Since(start).Nanoseconds())
	return figure{100 * math.Min(cost, spinCost(steps)) * float64(size) / workers / elapsed, -1}
}

func w10(size int) figure {
	numbers(size)
	fmt.Println("idle")
	_, _ = io.ReadAll(os.Stdin)
	return figure{0, -1}
}

// One channel for all results: they come as they are completed.
func w11(size int) figure {
	start := time.Now()
	done := make(chan int, size)
	for i := 0; i < size; i++ {
		i := i
		go func() { done <- i }()
	}
	sum := 0
	for i := 0; i < size; i++ {
		sum += <-done
	}
	elapsed := time.Since(start)
	check(sum == size*(size-1)/2)
	return rate(size, elapsed)
}

func main() {
	runtime.GOMAXPROCS(workers)
	workloads := map[string]func(int) figure{
		"W1": w1, "W2": w2, "W3": w3, "W4": w4, "W5": w5, "W6": w6, "W7": w7, "W10": w10,
		"W11": w11, "W11-1M": w11,
	}
	if os.Args[1] == "--list" {
		for name := range workloads {
			fmt.Println(name)
		}
		return
	}
	run := workloads[os.Args[1]]
	size, _ := strconv.Atoi(os.Args[2])
	warmups, _ := strconv.Atoi(os.Args[3])
	for i := 0; i < warmups; i++ {
		run(size)
	}
	result := run(size)
	if result.p99 < 0 {
		fmt.Printf("{\"value\": %g}\n", result.value)
	} else {
		fmt.Printf("{\"value\": %g, \"p99\": %g}\n", result.value, result.p99)
	}
}

// Tests large numbers for primality in worker processes, one number in each at a time.
//
// The same program stands in the documentation of Python's concurrent.futures.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"cfutures"
)

var primes = []int64{
	112272535095293, 112582705942171, 112272535095293,
	115280095190773, 115797848077099, 1099726899285419,
}

var isPrime = cfutures.Register("is_prime", func(_ context.Context, n int64) (bool, error) {
	if n < 2 {
		return false, nil
	}
	if n == 2 {
		return true, nil
	}
	if n%2 == 0 {
		return false, nil
	}
	// Up to the square root; unlike d * d, n / d does not overflow.
	for d := int64(3); d <= n/d; d += 2 {
		if n%d == 0 {
			return false, nil
		}
	}
	return true, nil
})

func run() error {
	pool, err := cfutures.NewProcessPool(cfutures.ProcessPoolOptions{})
	if err != nil {
		return err
	}
	defer pool.Close()
	i := 0
	for prime, err := range isPrime.Map(context.Background(), pool, 0, slices.Values(primes)) {
		if err != nil {
			return err
		}
		answer := "False"
		if prime {
			answer = "True"
		}
		fmt.Printf("%d is prime: %s\n", primes[i], answer)
		i++
	}
	return nil
}

func main() {
	// The workers of the pool are this program, run again. In a worker this call serves tasks and does
	// not return.
	cfutures.WorkerEntry()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "primes:", err)
		os.Exit(1)
	}
}

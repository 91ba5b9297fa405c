/*
 * P7's numbers, which stand in the documentation of Python's concurrent.futures.
 */
#ifndef CFUTURES_BENCH_PRIMES_H
#define CFUTURES_BENCH_PRIMES_H

#include <stdint.h>

static const int64_t bench_primes[] = {
    112272535095293, 112582705942171, 112272535095293,
    115280095190773, 115797848077099, 1099726899285419,
};
enum { bench_prime_count = sizeof bench_primes / sizeof bench_primes[0] };

static inline int bench_is_prime(int64_t n) {
    if (n < 2 || (n > 2 && n % 2 == 0)) return 0;
    for (int64_t d = 3; d <= n / d; d += 2) {
        if (n % d == 0) return 0;
    }
    return 1;
}

#endif

// Tests large numbers for primality in worker processes, one number in each at a time.
//
// The same program stands in the documentation of Python's concurrent.futures.
#include <cfutures/cfutures.hpp>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <vector>

bool is_prime(std::int64_t n) {
    if (n < 2) return false;
    if (n == 2) return true;
    if (n % 2 == 0) return false;
    // Up to the square root; unlike d * d, n / d does not overflow.
    for (std::int64_t d = 3; d <= n / d; d += 2) {
        if (n % d == 0) return false;
    }
    return true;
}

int main() try {
    // The workers of the pool are this program, run again. In a worker this call serves tasks and
    // does not return.
    cfutures::worker_entry();

    const std::vector<std::int64_t> primes{
        112272535095293, 112582705942171, 112272535095293,
        115280095190773, 115797848077099, 1099726899285419,
    };
    cfutures::ProcessPool pool;
    auto number = primes.begin();
    for (const bool prime : pool.map<is_prime>(primes)) {
        std::cout << *number++ << " is prime: " << (prime ? "True" : "False") << '\n';
    }
    return EXIT_SUCCESS;
} catch (const std::exception& error) {
    std::cerr << "primes: " << error.what() << '\n';
    return EXIT_FAILURE;
}

//! Tests large numbers for primality in worker processes, one number in each at a time.
//!
//! The same program stands in the documentation of Python's concurrent.futures.
use cfutures::prelude::*;

const PRIMES: [i64; 6] = [
    112272535095293,
    112582705942171,
    112272535095293,
    115280095190773,
    115797848077099,
    1099726899285419,
];

fn is_prime(n: i64) -> bool {
    if n < 2 {
        return false;
    }
    if n == 2 {
        return true;
    }
    if n % 2 == 0 {
        return false;
    }
    // Up to the square root; unlike d * d, n / d does not overflow.
    (3..)
        .step_by(2)
        .take_while(|d| *d <= n / d)
        .all(|d| n % d != 0)
}

fn main() -> Result<(), cfutures::Error> {
    // The workers of the pool are this program, run again. In a worker this call serves tasks and
    // does not return.
    cfutures::Worker::new().function(is_prime).entry()?;

    let pool = ProcessPool::new()?;
    for (number, prime) in PRIMES.iter().zip(pool.map_call(is_prime, PRIMES)?) {
        println!(
            "{number} is prime: {}",
            if prime? { "True" } else { "False" }
        );
    }
    pool.shutdown()
}

//! Rayon: spawn with a channel for each result, scope for W2, join for W5, parallel iterators for W6.

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::io::Read;
use std::sync::mpsc::{channel, Receiver};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

const WORKERS: usize = 2;

/// What a workload measured; the 99th percentile where it has a meaning.
type Figure = (f64, Option<f64>);

fn rate(operations: usize, elapsed: Duration) -> Figure {
    (operations as f64 * 1e3 / elapsed.as_nanos() as f64, None)
}

fn percentiles(mut durations: Vec<Duration>) -> Figure {
    durations.sort();
    let n = durations.len();
    let us = |duration: Duration| duration.as_nanos() as f64 / 1e3;
    (us(durations[n / 2]), Some(us(durations[n * 99 / 100])))
}

fn submit<T: Send + 'static>(
    pool: &ThreadPool,
    task: impl FnOnce() -> T + Send + 'static,
) -> Receiver<T> {
    let (sender, future) = channel();
    pool.spawn(move || sender.send(task()).unwrap());
    future
}

fn numbers(pool: &ThreadPool, size: usize) {
    let futures: Vec<_> = (0..size).map(|i| submit(pool, move || i)).collect();
    let sum: usize = futures.iter().map(|future| future.recv().unwrap()).sum();
    assert_eq!(sum, size * (size - 1) / 2);
}

fn w1(pool: &ThreadPool, size: usize) -> Figure {
    let start = Instant::now();
    numbers(pool, size);
    rate(size, start.elapsed())
}

fn w2(pool: &ThreadPool, size: usize) -> Figure {
    let start = Instant::now();
    pool.in_place_scope(|scope| (0..size).for_each(|_| scope.spawn(|_| {})));
    rate(size, start.elapsed())
}

fn w3(pool: &ThreadPool, size: usize) -> Figure {
    let mut last = Instant::now();
    let durations = (0..size).map(|i| {
        submit(pool, move || i).recv().unwrap();
        let now = Instant::now();
        now - std::mem::replace(&mut last, now)
    });
    percentiles(durations.collect())
}

fn w4(pool: &ThreadPool, size: usize) -> Figure {
    let barrier = Arc::new(Barrier::new(3));
    std::thread::scope(|scope| {
        let produce = || {
            barrier.wait();
            numbers(pool, size / 2);
        };
        let producers = [scope.spawn(produce), scope.spawn(produce)];
        barrier.wait();
        let start = Instant::now();
        for producer in producers {
            producer.join().unwrap();
        }
        rate(size, start.elapsed())
    })
}

fn fib(n: usize) -> usize {
    if n < 2 {
        return n;
    }
    let (left, right) = rayon::join(|| fib(n - 1), || fib(n - 2));
    left + right
}

fn w5(pool: &ThreadPool, n: usize) -> Figure {
    let start = Instant::now();
    let result = pool.install(|| fib(n));
    let elapsed = start.elapsed();
    let (a, b) = (0..n).fold((0, 1), |(a, b), _| (b, a + b));
    assert_eq!(result, a);
    rate(b - 1, elapsed)
}

fn w6(pool: &ThreadPool, size: usize) -> Figure {
    let input: Vec<i32> = (0..size).map(|i| (i % 1000) as i32).collect();
    let mut output = vec![0i32; size];
    let durations = (0..201).map(|_| {
        let start = Instant::now();
        pool.install(|| {
            output.par_iter_mut().zip(&input).for_each(|(out, x)| *out = x * x + 1);
        });
        start.elapsed()
    });
    (percentiles(durations.collect()).0, None)
}

fn spin(steps: usize, mut x: u64) -> u64 {
    for _ in 0..steps {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    }
    x
}

fn spin_cost_ns(steps: usize) -> f64 {
    let batch = 1_000_000 / (steps + 1) + 1;
    let times = (0..31).map(|_| {
        let start = Instant::now();
        for k in 0..batch {
            std::hint::black_box(spin(steps, std::hint::black_box(k as u64)));
        }
        start.elapsed()
    });
    percentiles(times.collect()).0 * 1e3 / batch as f64
}

fn w7(pool: &ThreadPool, size: usize) -> Figure {
    let steps = (8000.0 * 10000.0 / spin_cost_ns(8000)) as usize;
    let cost = spin_cost_ns(steps);
    let start = Instant::now();
    let futures: Vec<_> = (0..size).map(|i| submit(pool, move || spin(steps, i as u64))).collect();
    for future in futures {
        future.recv().unwrap();
    }
    let elapsed = start.elapsed().as_nanos() as f64;
    (100.0 * cost.min(spin_cost_ns(steps)) * size as f64 / WORKERS as f64 / elapsed, None)
}

fn w10(pool: &ThreadPool, size: usize) -> Figure {
    numbers(pool, size);
    println!("idle");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    (0.0, None)
}

/// One channel for all results: they come as they are completed.
fn w11(pool: &ThreadPool, size: usize) -> Figure {
    let start = Instant::now();
    let (sender, results) = channel();
    for i in 0..size {
        let sender = sender.clone();
        pool.spawn(move || sender.send(i).unwrap());
    }
    drop(sender);
    let sum: usize = results.iter().sum();
    let elapsed = start.elapsed();
    assert_eq!(sum, size * (size - 1) / 2);
    rate(size, elapsed)
}

fn main() {
    type Run = fn(&ThreadPool, usize) -> Figure;
    let workloads: [(&str, Run); 10] = [
        ("W1", w1), ("W2", w2), ("W3", w3), ("W4", w4), ("W5", w5), ("W6", w6), ("W7", w7),
        ("W10", w10), ("W11", w11), ("W11-1M", w11),
    ];
    let arguments: Vec<String> = std::env::args().collect();
    if arguments[1] == "--list" {
        workloads.iter().for_each(|(name, _)| println!("{name}"));
        return;
    }
    let run = workloads.iter().find(|(name, _)| *name == arguments[1]).expect("a workload").1;
    let size = arguments[2].parse().unwrap();
    let warmups: usize = arguments[3].parse().unwrap();
    let pool = ThreadPoolBuilder::new().num_threads(WORKERS).build().unwrap();
    for _ in 0..warmups {
        run(&pool, size);
    }
    match run(&pool, size) {
        (value, None) => println!("{{\"value\": {value}}}"),
        (value, Some(p99)) => println!("{{\"value\": {value}, \"p99\": {p99}}}"),
    }
}

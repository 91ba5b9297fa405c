//! W1 and P1 through the Rust package.
use cfutures::prelude::*;
use cfutures::{Error, Future};
use std::time::Instant;

const WORKERS: usize = 2;

fn increment(n: i64) -> i64 {
    n + 1
}

/// ns a call.
fn submit_and_get(
    size: i64,
    expected: i64,
    submit: impl Fn(i64) -> Result<Future<i64>, Error>,
) -> Result<f64, Error> {
    let mut futures = Vec::with_capacity(size as usize);
    let start = Instant::now();
    for i in 0..size {
        futures.push(submit(i)?);
    }
    let mut sum = 0;
    for future in futures {
        sum += future.result()?;
    }
    let time = start.elapsed();
    assert_eq!(sum, expected);
    Ok(time.as_nanos() as f64 / size as f64)
}

fn run(workload: &str, size: i64, warmups: i64) -> Result<f64, Error> {
    let mut figure = 0.0;
    match workload {
        "W1" => {
            let pool = ThreadPool::with_workers(WORKERS)?;
            for _ in 0..=warmups {
                figure = submit_and_get(size, size * (size - 1) / 2, |i| pool.submit(move || i))?;
            }
        }
        "P1" => {
            let pool = ProcessPool::with_workers(WORKERS)?;
            for _ in 0..=warmups {
                figure =
                    submit_and_get(size, size * (size + 1) / 2, |i| pool.call(increment, (i,)))?;
            }
        }
        _ => panic!("there is no workload {workload}"),
    }
    Ok(figure)
}

fn main() -> Result<(), Error> {
    cfutures::Worker::new().function(increment).entry()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [workload, size, warmups] => {
            let number = |text: &String| text.parse().expect("a number");
            println!("{{\"value\": {:.6}}}", run(workload, number(size), number(warmups))?);
        }
        _ => println!("W1\nP1"),
    }
    Ok(())
}

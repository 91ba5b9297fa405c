//! Threads, processes, errors and a crash: docs/ffi/rust.md explains what happens here.
use cfutures::prelude::*;
use cfutures::{Error, ErrorKind, Worker};

fn half(n: i64) -> Result<i64, String> {
    if n % 2 == 0 {
        Ok(n / 2)
    } else {
        Err(format!("{n} is odd"))
    }
}

fn crash() {
    std::process::abort();
}

/// Runs on threads or in processes: the line that makes the executor decides.
fn halves(executor: &impl Executor) -> Result<String, Error> {
    let six = executor.try_call(half, (6,))?;
    let seven = executor.try_call(half, (7,))?;
    let failure = seven.result().unwrap_err();
    Ok(format!("half of 6 is {}, of 7: {failure}", six.result()?))
}

fn main() -> Result<(), Error> {
    // The workers of a process pool are this program, run again: they do not get past here.
    Worker::new().try_function(half).function(crash).entry()?;

    let threads = ThreadPool::with_workers(2)?;
    let owned = String::from("hello from a closure");
    println!("{}", threads.submit(move || owned)?.result()?);
    println!("on threads: {}", halves(&threads)?);

    let processes = ProcessPool::with_workers(2)?;
    println!("in processes: {}", halves(&processes)?);
    match processes.call(crash, ())?.result() {
        Err(error) if error.kind() == ErrorKind::WorkerLost => println!("crash: worker lost"),
        other => println!("crash: {other:?}"),
    }
    println!("the pool goes on: {}", halves(&processes)?);

    processes.shutdown()?;
    threads.shutdown()
}

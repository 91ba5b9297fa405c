//! Registered functions: in worker processes, and the same ones on threads.

use crate::harness::{tests, LONG, SHORT};
use cfutures::prelude::*;
use cfutures::{as_completed, Error, ErrorKind, MapOptions, State, SubmitOptions, Worker};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

tests![
    the_same_source_runs_on_every_executor,
    values_of_many_types_travel,
    an_error_keeps_its_type_and_message,
    a_panic_is_the_error_of_its_call_alone,
    a_crash_is_the_error_of_its_call_alone,
    an_exit_is_the_error_of_its_call_alone,
    a_queued_call_can_be_cancelled,
    a_wait_that_times_out_leaves_the_call_alone,
    a_running_call_can_be_ended,
    a_deadline_ends_the_worker,
    unknown_functions_and_wrong_types_are_errors,
    results_that_are_not_what_was_asked_for_are_errors,
    calls_by_name,
    initializers_run_in_each_worker,
    an_initializer_that_panics_breaks_the_pool,
    workers_are_replaced_after_some_calls,
    bad_options_are_refused,
    calls_are_awaited,
    as_completed_gives_a_thousand_each_once,
    map_gives_a_hundred_thousand_in_order,
];

pub fn worker() -> Worker {
    Worker::new()
        .function(square)
        .function(join)
        .function(mirror)
        .function(pid)
        .function(crash)
        .function(leave)
        .function(explode)
        .function(hold)
        .function(prepare_worker)
        .function(prepared_with)
        .function(fail_to_prepare)
        .try_function(checked_half)
        .named_function("add", |a: i64, b: i64| a + b)
}

fn square(n: i64) -> i64 {
    n * n
}

fn join(words: Vec<String>, separator: char) -> String {
    words.join(&separator.to_string())
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Shape {
    name: String,
    points: Vec<(f64, f64)>,
    colour: Option<u32>,
}

fn mirror(shape: Shape) -> Shape {
    let points = shape.points.into_iter().map(|(x, y)| (y, x)).collect();
    Shape { points, ..shape }
}

fn pid() -> u32 {
    std::process::id()
}

fn crash() {
    // SAFETY: ends this process, which is a worker.
    unsafe { (16 as *mut i32).write_volatile(1) };
}

fn leave(status: i32) {
    // SAFETY: as above.
    unsafe { libc::_exit(status) };
}

fn explode(why: String) -> i32 {
    panic!("exploded: {why}");
}

fn checked_half(n: i64) -> Result<i64, std::num::ParseIntError> {
    // An error of a type of its own, from the standard library.
    if n % 2 == 0 {
        Ok(n / 2)
    } else {
        "odd".parse::<i64>()
    }
}

/// Tells the test that it runs, and waits until the test closes the connection.
fn hold(socket: String) -> u8 {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.write_all(b"!").unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    7
}

static PREPARED: AtomicI64 = AtomicI64::new(0);

fn prepare_worker(with: i64) {
    PREPARED.store(with, Ordering::SeqCst);
}

fn prepared_with() -> i64 {
    PREPARED.load(Ordering::SeqCst)
}

fn fail_to_prepare() {
    panic!("no tools");
}

/// The test's side of `hold`.
struct Hold {
    path: PathBuf,
    listener: UnixListener,
}

impl Hold {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("cfutures-hold-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        Hold { path, listener }
    }
    fn argument(&self) -> (String,) {
        (self.path.to_str().unwrap().to_string(),)
    }
    /// Waits until a call is held; dropping the stream lets it go.
    fn wait_until_started(&self) -> UnixStream {
        let (mut stream, _) = self.listener.accept().unwrap();
        stream.read_exact(&mut [0]).unwrap();
        stream
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn one_worker() -> ProcessPool {
    ProcessPool::with_workers(1).unwrap()
}

/// One source; the line that makes the executor decides where it runs.
fn same_source(executor: &impl Executor) -> Result<(i64, Vec<i64>, u32), Error> {
    let nine = executor.call(square, (3,))?.result()?;
    let squares = executor.map_call(square, 1..=4)?.collect::<Result<Vec<_>, _>>()?;
    let error = executor.try_call(checked_half, (1,))?.result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    assert_eq!(error.message(), "invalid digit found in string");
    assert!(error.type_name().ends_with("ParseIntError"), "{}", error.type_name());
    Ok((nine, squares, executor.call(pid, ())?.result()?))
}

fn the_same_source_runs_on_every_executor() {
    let expected = (9, vec![1, 4, 9, 16]);
    let threads = ThreadPool::with_workers(2).unwrap();
    let (nine, squares, pid) = same_source(&threads).unwrap();
    assert_eq!((nine, squares), expected);
    assert_eq!(pid, std::process::id());
    threads.shutdown().unwrap();
    let processes = ProcessPool::with_workers(2).unwrap();
    let (nine, squares, pid) = same_source(&processes).unwrap();
    assert_eq!((nine, squares), expected);
    assert_ne!(pid, std::process::id());
    processes.shutdown().unwrap();
    let (nine, squares, _) = same_source(&InlineExecutor::new().unwrap()).unwrap();
    assert_eq!((nine, squares), expected);
}

fn values_of_many_types_travel() {
    let pool = one_worker();
    let words = vec!["grüß".to_string(), "\"dich\"".to_string(), "\0".to_string()];
    let joined = pool.call(join, (words.clone(), '…')).unwrap().result().unwrap();
    assert_eq!(joined, words.join("…"));
    let shape =
        Shape { name: "line".into(), points: vec![(0.5, -1e300), (0.1, 2.0)], colour: None };
    let mirrored = pool.call(mirror, (shape.clone(),)).unwrap().result().unwrap();
    assert_eq!(mirrored, mirror(shape));
    let limit = pool.call_with(&SubmitOptions::new().name("x"), square, (3_037_000_499,)).unwrap();
    assert_eq!(limit.result().unwrap(), 3_037_000_499 * 3_037_000_499);
    pool.shutdown().unwrap();
}

fn an_error_keeps_its_type_and_message() {
    let pool = one_worker();
    assert_eq!(pool.try_call(checked_half, (8,)).unwrap().result().unwrap(), 4);
    let error = pool.try_call(checked_half, (7,)).unwrap().result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    assert_eq!(error.message(), "invalid digit found in string");
    assert!(error.function().ends_with("checked_half"), "{}", error.function());
    pool.shutdown().unwrap();
}

fn a_panic_is_the_error_of_its_call_alone() {
    let pool = one_worker();
    let before = pool.call(pid, ()).unwrap().result().unwrap();
    let error = pool.call(explode, ("dust".to_string(),)).unwrap().result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    assert_eq!((error.type_name(), error.message()), ("panic", "exploded: dust"));
    assert_eq!(pool.call(pid, ()).unwrap().result().unwrap(), before, "the worker lives on");
    pool.shutdown().unwrap();
}

fn a_crash_is_the_error_of_its_call_alone() {
    let pool = one_worker();
    let before = pool.call(pid, ()).unwrap().result().unwrap();
    let crashed = pool.call(crash, ()).unwrap();
    let after = pool.call(square, (5,)).unwrap();
    let error = crashed.result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WorkerLost);
    assert_eq!(error.worker_signal(), Some(libc::SIGSEGV));
    assert_eq!(error.worker_pid(), Some(before.into()));
    assert!(error.function().ends_with("crash"), "{}", error.function());
    assert_eq!(after.result().unwrap(), 25, "the pool heals");
    pool.shutdown().unwrap();
}

fn an_exit_is_the_error_of_its_call_alone() {
    let pool = one_worker();
    let error = pool.call(leave, (3,)).unwrap().result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WorkerLost);
    assert_eq!(error.worker_exit_status(), Some(3));
    assert_eq!(error.worker_signal(), None);
    pool.shutdown().unwrap();
}

fn a_queued_call_can_be_cancelled() {
    let pool = one_worker();
    let hold_it = Hold::new();
    let held = pool.call(hold, hold_it.argument()).unwrap();
    let stream = hold_it.wait_until_started();
    let queued = pool.call(crash, ()).unwrap();
    assert_eq!(queued.state(), State::Pending);
    assert!(queued.cancel());
    assert_eq!(queued.result().unwrap_err().kind(), ErrorKind::Cancelled);
    drop(stream);
    assert_eq!(held.result().unwrap(), 7);
    pool.shutdown().unwrap();
}

fn a_wait_that_times_out_leaves_the_call_alone() {
    let pool = one_worker();
    let hold_it = Hold::new();
    let mut held = pool.call(hold, hold_it.argument()).unwrap();
    let stream = hold_it.wait_until_started();
    assert_eq!(held.result_timeout(SHORT).unwrap_err().kind(), ErrorKind::Timeout);
    drop(stream);
    assert_eq!(held.result_timeout(LONG).unwrap(), 7);
    pool.shutdown().unwrap();
}

fn a_running_call_can_be_ended() {
    let pool = one_worker();
    let before = pool.call(pid, ()).unwrap().result().unwrap();
    let hold_it = Hold::new();
    let held = pool.call(hold, hold_it.argument()).unwrap();
    let _stream = hold_it.wait_until_started();
    held.cancel_running().unwrap();
    let error = held.result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WorkerKilled);
    assert_eq!(error.worker_pid(), Some(before.into()));
    assert_eq!(pool.call(square, (5,)).unwrap().result().unwrap(), 25, "the pool heals");
    pool.shutdown().unwrap();
}

fn a_deadline_ends_the_worker() {
    let pool = one_worker();
    let before = pool.call(pid, ()).unwrap().result().unwrap();
    let hold_it = Hold::new();
    let mut after = before;
    let mut deadline = SHORT;
    // Nobody ever lets it go. A deadline that comes before the start ends no worker.
    while after == before {
        let options = SubmitOptions::new().deadline(deadline);
        let held = pool.call_with(&options, hold, hold_it.argument()).unwrap();
        assert_eq!(held.result().unwrap_err().kind(), ErrorKind::DeadlineExceeded);
        after = pool.call(pid, ()).unwrap().result().unwrap();
        deadline *= 4;
    }
    pool.shutdown().unwrap();
}

fn nobody_registered_this() {}

fn unknown_functions_and_wrong_types_are_errors() {
    let pool = one_worker();
    let error = pool.call(nobody_registered_this, ()).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownFunction);
    let wrong = pool.call_named::<i64>("add", &("one", 2)).unwrap().result().unwrap_err();
    assert_eq!((wrong.kind(), wrong.type_name()), (ErrorKind::TaskFailed, "TypeError"));
    let scalar = pool.call_named::<i64>("add", &1).map(drop).unwrap_err();
    assert_eq!(scalar.kind(), ErrorKind::EncodeError);
    pool.shutdown().unwrap();
}

fn results_that_are_not_what_was_asked_for_are_errors() {
    let pool = one_worker();
    let error = pool.call_named::<String>("add", &(1, 2)).unwrap().result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DecodeError);
    pool.shutdown().unwrap();
}

fn calls_by_name() {
    let pool = one_worker();
    assert_eq!(pool.call_named::<i64>("add", &(2, 3)).unwrap().result().unwrap(), 5);
    pool.shutdown().unwrap();
}

fn initializers_run_in_each_worker() {
    let pool =
        ProcessPool::builder().max_workers(1).initializer(prepare_worker, (12,)).build().unwrap();
    assert_eq!(pool.call(prepared_with, ()).unwrap().result().unwrap(), 12);
    assert_eq!(prepared_with(), 0, "not here");
    pool.shutdown().unwrap();
}

fn an_initializer_that_panics_breaks_the_pool() {
    let pool = ProcessPool::builder().initializer(fail_to_prepare, ()).build().unwrap();
    let error = pool.call(pid, ()).unwrap().result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenExecutor);
    assert_eq!(error.cause().unwrap().message(), "no tools");
    pool.shutdown().unwrap();
}

fn workers_are_replaced_after_some_calls() {
    let pool = ProcessPool::builder().max_workers(1).max_tasks_per_child(1).build().unwrap();
    let pids: Vec<_> = (0..2).map(|_| pool.call(pid, ()).unwrap().result().unwrap()).collect();
    assert_ne!(pids[0], pids[1]);
    pool.shutdown().unwrap();
}

fn bad_options_are_refused() {
    let kind = |builder: cfutures::ProcessPoolBuilder| builder.build().unwrap_err().kind();
    assert_eq!(kind(ProcessPool::builder().max_workers(0)), ErrorKind::InvalidArgument);
    assert_eq!(kind(ProcessPool::builder().max_message_size(1)), ErrorKind::InvalidArgument);
    assert_eq!(kind(ProcessPool::builder().worker_library("relative")), ErrorKind::InvalidArgument);
    assert_eq!(kind(ProcessPool::builder().worker_command(["/no/such"])), ErrorKind::System);
}

fn calls_are_awaited() {
    use std::future::Future as _;
    use std::sync::Arc;
    use std::task::{Context, Wake, Waker};

    struct Send(std::sync::mpsc::SyncSender<()>);
    impl Wake for Send {
        fn wake(self: Arc<Self>) {
            self.0.send(()).unwrap();
        }
    }
    let pool = one_worker();
    let hold_it = Hold::new();
    let mut future = std::pin::pin!(pool.call(hold, hold_it.argument()).unwrap());
    let stream = hold_it.wait_until_started();
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let waker = Waker::from(Arc::new(Send(sender)));
    let mut context = Context::from_waker(&waker);
    assert!(future.as_mut().poll(&mut context).is_pending());
    drop(stream);
    receiver.recv_timeout(LONG).unwrap();
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => assert_eq!(value.unwrap(), 7),
        std::task::Poll::Pending => panic!("it was woken before it was done"),
    }
    pool.shutdown().unwrap();
}

fn as_completed_gives_a_thousand_each_once() {
    let pool = ProcessPool::with_workers(2).unwrap();
    let futures: Vec<_> = (0..1000).map(|n| pool.call(square, (n,)).unwrap()).collect();
    let mut seen = vec![false; 1000];
    for (index, future) in as_completed(futures).unwrap() {
        assert_eq!(future.result().unwrap(), (index * index) as i64);
        assert!(!std::mem::replace(&mut seen[index], true));
    }
    assert!(seen.into_iter().all(|seen| seen));
    pool.shutdown().unwrap();
}

fn map_gives_a_hundred_thousand_in_order() {
    let pool = ProcessPool::with_workers(2).unwrap();
    let options = MapOptions::new().chunk_size(500).window(5000);
    let map = pool.map_call_with(&options, square, 0..100_000).unwrap();
    for (n, result) in map.enumerate() {
        assert_eq!(result.unwrap(), (n * n) as i64);
    }
    pool.shutdown().unwrap();
}

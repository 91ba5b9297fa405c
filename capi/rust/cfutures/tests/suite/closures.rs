//! Closures on the executors of this process: results, errors, cancellation, and what becomes of what a
//! closure captured.

use crate::harness::{tests, times, Counted, Gate, Gated, LONG, SHORT};
use cfutures::prelude::*;
use cfutures::{task, ErrorKind, Promise, Shutdown, State, SubmitOptions};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::Arc;

tests![
    gives_results,
    gives_results_at_once_inline,
    a_result_is_moved_out_once,
    a_panic_is_the_error_of_its_call_alone,
    an_error_is_the_error_of_the_future,
    an_error_knows_the_name_of_its_call,
    a_queued_call_can_be_cancelled,
    a_running_call_cannot_be_cancelled,
    a_running_call_can_be_asked_to_stop,
    a_deadline_asks_a_running_call_to_stop,
    a_call_past_its_deadline_does_not_start,
    a_wait_that_times_out_leaves_the_call_alone,
    a_closure_is_dropped_once_when_it_has_run,
    a_closure_is_dropped_once_when_it_panicked,
    a_closure_is_dropped_once_when_it_was_cancelled,
    a_closure_is_dropped_once_when_it_was_refused,
    a_closure_is_dropped_once_when_the_pool_is_broken,
    a_closure_is_dropped_once_at_shutdown,
    a_result_that_nobody_reads_is_dropped_once,
    a_panic_while_a_closure_is_dropped_ends_nothing,
    dropping_a_pool_lets_accepted_work_finish,
    shutdown_takes_a_timeout,
    a_shut_down_pool_takes_nothing,
    an_initializer_runs_once_in_each_thread,
    an_initializer_that_panics_breaks_the_pool,
    threads_have_names,
    callbacks_run_once_and_may_panic,
    callbacks_hear_of_failures,
    continuations_get_the_outcome,
    continuations_of_a_shut_down_pool_say_so,
    promises_are_kept,
    promises_are_broken,
    cancelled_promises_cannot_be_kept,
    bad_options_are_refused,
    a_hundred_thousand_calls_leave_nothing,
];

fn one_thread() -> ThreadPool {
    ThreadPool::with_workers(1).unwrap()
}

fn gives_results() {
    let pool = ThreadPool::new().unwrap();
    let text = String::from("moved in");
    let future = pool.submit(move || text + ", and out").unwrap();
    assert_eq!(future.result().unwrap(), "moved in, and out");
    pool.submit(|| ()).unwrap().result().unwrap();
    let large = pool.submit(|| [7_u8; 4096]).unwrap();
    assert_eq!(large.result().unwrap()[4095], 7);
    pool.shutdown().unwrap();
}

fn gives_results_at_once_inline() {
    let executor = InlineExecutor::new().unwrap();
    let here = std::thread::current().id();
    let future = executor.submit(move || std::thread::current().id() == here).unwrap();
    assert_eq!(future.state(), State::Finished);
    assert!(future.result().unwrap());
}

fn a_result_is_moved_out_once() {
    let pool = one_thread();
    let mut future = pool.submit(|| vec![1, 2, 3]).unwrap();
    assert_eq!(future.result_timeout(LONG).unwrap(), [1, 2, 3]);
    let error = future.result_timeout(LONG).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState);
    pool.shutdown().unwrap();
}

fn a_panic_is_the_error_of_its_call_alone() {
    let pool = one_thread();
    let constant = pool.submit(|| -> i32 { panic!("at once") }).unwrap();
    let formatted = pool.submit(|| -> i32 { panic!("after {} tries", 3) }).unwrap();
    let payload = pool.submit(|| -> i32 { std::panic::panic_any(42_u64) }).unwrap();
    let error = constant.result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    assert_eq!((error.type_name(), error.message()), ("panic", "at once"));
    assert!(error.is_panic());
    assert_eq!(formatted.result().unwrap_err().to_string(), "after 3 tries");
    let payload = payload.result().unwrap_err().into_panic().unwrap();
    assert_eq!(*payload.downcast::<u64>().unwrap(), 42);
    assert_eq!(pool.submit(|| 1).unwrap().result().unwrap(), 1);
    pool.shutdown().unwrap();
}

#[derive(Debug, PartialEq)]
struct Refused(u32);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "refused {} times", self.0)
    }
}

impl std::error::Error for Refused {}

fn an_error_is_the_error_of_the_future() {
    let pool = one_thread();
    let fine = pool.try_submit(|| Ok::<_, Refused>(5)).unwrap();
    let refused = pool.try_submit(|| Err::<i32, _>(Refused(3))).unwrap();
    let text = pool.try_submit(|| Err::<i32, _>("only a text")).unwrap();
    assert_eq!(fine.result().unwrap(), 5);
    let error = refused.result().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    assert!(error.type_name().ends_with("Refused"), "{}", error.type_name());
    assert_eq!(error.message(), "refused 3 times");
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused(3)));
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(text.result().unwrap_err().message(), "only a text");
    pool.shutdown().unwrap();
}

fn an_error_knows_the_name_of_its_call() {
    let pool = one_thread();
    let options = SubmitOptions::new().name("load");
    let error =
        pool.submit_with(&options, || -> () { panic!("no") }).unwrap().result().unwrap_err();
    assert_eq!(error.function(), "load");
    assert_ne!(error.task_id(), 0);
    assert!(pool.submit_with(&SubmitOptions::new().name("nul\0"), || ()).is_err());
    pool.shutdown().unwrap();
}

fn a_queued_call_can_be_cancelled() {
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let running = pool.submit(move || gated.pass()).unwrap();
    gate.wait_until_started();
    let queued = pool.submit(|| panic!("it ran")).unwrap();
    assert_eq!(queued.state(), State::Pending);
    assert!(queued.cancel());
    assert!(queued.cancelled() && queued.done());
    assert_eq!(queued.result().unwrap_err().kind(), ErrorKind::Cancelled);
    gate.open();
    running.result().unwrap();
    pool.shutdown().unwrap();
}

fn a_running_call_cannot_be_cancelled() {
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let running = pool.submit(move || gated.pass()).unwrap();
    gate.wait_until_started();
    assert_eq!(running.state(), State::Running);
    assert!(!running.cancel());
    gate.open();
    running.result().unwrap();
    pool.shutdown().unwrap();
}

fn stop_when_asked(gated: Gated) -> bool {
    gated.pass();
    while !task::cancel_requested() {
        std::thread::yield_now();
    }
    true
}

fn a_running_call_can_be_asked_to_stop() {
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let running = pool.submit(move || stop_when_asked(gated)).unwrap();
    gate.wait_until_started();
    gate.open();
    running.cancel_running().unwrap();
    running.wait().unwrap();
    assert_eq!(running.cancel_running().unwrap_err().kind(), ErrorKind::InvalidState);
    assert!(running.result().unwrap());
    assert!(!task::cancel_requested(), "this is no task");
    assert_eq!((task::id(), task::worker_id(), task::time_left()), (0, 0, None));
    let ids = pool.submit(|| (task::id(), task::worker_id())).unwrap();
    let id = ids.task_id();
    assert_eq!(ids.result().unwrap(), (id, 1));
    pool.shutdown().unwrap();
}

fn a_deadline_asks_a_running_call_to_stop() {
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let options = SubmitOptions::new().deadline(SHORT);
    let body = move || (task::time_left().is_some(), stop_when_asked(gated), task::time_left());
    let running = pool.submit_with(&options, body).unwrap();
    match gate.try_wait_until_started() {
        true => {
            gate.open();
            let outcome = running.result().unwrap();
            assert_eq!(outcome, (true, true, Some(std::time::Duration::ZERO)));
        }
        // The machine was too slow: then it has not started at all.
        false => {
            assert_eq!(running.result().unwrap_err().kind(), ErrorKind::DeadlineExceeded);
        }
    }
    pool.shutdown().unwrap();
}

fn a_call_past_its_deadline_does_not_start() {
    let pool = one_thread();
    let (value, drops) = Counted::new();
    let options = SubmitOptions::new().deadline(std::time::Duration::ZERO);
    let late = pool.submit_with(&options, move || value.touch()).unwrap();
    assert_eq!(late.result().unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    pool.shutdown().unwrap();
    assert_eq!(times(&drops), 1);
}

fn a_wait_that_times_out_leaves_the_call_alone() {
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let mut future = pool.submit(move || {
        gated.pass();
        9
    });
    let future = future.as_mut().unwrap();
    assert_eq!(future.result_timeout(SHORT).unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(future.wait_timeout(SHORT).unwrap_err().kind(), ErrorKind::Timeout);
    gate.open();
    assert_eq!(future.result_timeout(LONG).unwrap(), 9);
    pool.shutdown().unwrap();
}

fn a_closure_is_dropped_once_when_it_has_run() {
    let pool = one_thread();
    let (value, drops) = Counted::new();
    let future = pool.submit(move || value.touch()).unwrap();
    future.wait().unwrap();
    assert_eq!(times(&drops), 1, "before the future is done");
    drop(future);
    pool.shutdown().unwrap();
    assert_eq!(times(&drops), 1);
}

fn a_closure_is_dropped_once_when_it_panicked() {
    let pool = one_thread();
    let (value, drops) = Counted::new();
    let future = pool.submit(move || {
        value.touch();
        panic!("with the value at hand");
    });
    let future: Future<()> = future.unwrap();
    assert!(future.result().unwrap_err().is_panic());
    assert_eq!(times(&drops), 1);
    pool.shutdown().unwrap();
}

fn a_closure_is_dropped_once_when_it_was_cancelled() {
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let running = pool.submit(move || gated.pass()).unwrap();
    gate.wait_until_started();
    let (value, drops) = Counted::new();
    let queued = pool.submit(move || value.touch()).unwrap();
    assert!(queued.cancel());
    assert_eq!(times(&drops), 1, "by the thread that cancels");
    gate.open();
    running.result().unwrap();
    pool.shutdown().unwrap();
    drop(queued);
    assert_eq!(times(&drops), 1);
}

fn a_closure_is_dropped_once_when_it_was_refused() {
    let pool = one_thread();
    pool.shutdown().unwrap();
    let (value, drops) = Counted::new();
    let error = pool.submit(move || value.touch()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShutDown);
    assert_eq!(times(&drops), 1);
}

fn a_closure_is_dropped_once_when_the_pool_is_broken() {
    let pool = ThreadPool::builder().initializer(|| panic!("no tools")).build().unwrap();
    let (value, drops) = Counted::new();
    // Whether the pool is broken already decides the thread that starts.
    match pool.submit(move || value.touch()) {
        Ok(future) => assert_eq!(future.result().unwrap_err().kind(), ErrorKind::BrokenExecutor),
        Err(error) => assert_eq!(error.kind(), ErrorKind::BrokenExecutor),
    }
    assert_eq!(times(&drops), 1);
    pool.shutdown().unwrap();
}

fn a_closure_is_dropped_once_at_shutdown() {
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let running = pool.submit(move || gated.pass()).unwrap();
    gate.wait_until_started();
    let (value, drops) = Counted::new();
    let queued = pool.submit(move || value.touch()).unwrap();
    pool.shutdown_with(&Shutdown::new().wait(false).cancel_futures(true)).unwrap();
    assert_eq!(queued.result().unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(times(&drops), 1);
    gate.open();
    running.result().unwrap();
    pool.shutdown().unwrap();
}

fn a_result_that_nobody_reads_is_dropped_once() {
    let pool = one_thread();
    let (value, drops) = Counted::new();
    let future = pool.submit(move || value).unwrap();
    future.wait().unwrap();
    assert_eq!(times(&drops), 0);
    drop(future);
    let (other, other_drops) = Counted::new();
    drop(pool.submit(move || other).unwrap());
    pool.shutdown().unwrap();
    assert_eq!((times(&drops), times(&other_drops)), (1, 1));
}

fn a_panic_while_a_closure_is_dropped_ends_nothing() {
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let running = pool.submit(move || gated.pass()).unwrap();
    gate.wait_until_started();
    let grenade = Grenade;
    let queued = pool.submit(move || drop(grenade)).unwrap();
    assert!(queued.cancel());
    gate.open();
    running.result().unwrap();
    let result = pool.submit(|| Grenade).unwrap();
    result.wait().unwrap();
    drop(result);
    assert_eq!(pool.submit(|| 1).unwrap().result().unwrap(), 1);
    pool.shutdown().unwrap();
}

fn dropping_a_pool_lets_accepted_work_finish() {
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let running = pool.submit(move || gated.pass()).unwrap();
    let queued = pool.submit(|| 4).unwrap();
    let same = pool.clone();
    drop(pool);
    gate.wait_until_started();
    drop(same);
    gate.open();
    running.result().unwrap();
    assert_eq!(queued.result().unwrap(), 4);
    // Its thread is not waited for by anybody: it ends by itself.
    while std::fs::read_dir("/proc/self/task").unwrap().count() > 1 {
        std::thread::yield_now();
    }
}

fn shutdown_takes_a_timeout() {
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let running = pool.submit(move || gated.pass()).unwrap();
    gate.wait_until_started();
    let error = pool.shutdown_with(&Shutdown::new().timeout(SHORT)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    gate.open();
    pool.shutdown().unwrap();
    running.result().unwrap();
}

fn a_shut_down_pool_takes_nothing() {
    let pool = one_thread();
    pool.shutdown().unwrap();
    pool.shutdown().unwrap();
    assert_eq!(pool.submit(|| ()).unwrap_err().kind(), ErrorKind::ShutDown);
    assert_eq!(pool.map(|n: i32| n, [1]).map(drop).unwrap_err().kind(), ErrorKind::ShutDown);
}

fn an_initializer_runs_once_in_each_thread() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let initializer = move || {
        counter.fetch_add(1, Ordering::SeqCst);
    };
    let pool = ThreadPool::builder().max_workers(1).initializer(initializer).build().unwrap();
    for _ in 0..3 {
        pool.submit(|| ()).unwrap().result().unwrap();
    }
    pool.shutdown().unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 1);
    drop(pool);
    assert_eq!(Arc::strong_count(&count), 1, "the initializer goes with the pool");
}

fn an_initializer_that_panics_breaks_the_pool() {
    let pool = ThreadPool::builder().initializer(|| panic!("no tools")).build().unwrap();
    if let Ok(future) = pool.submit(|| ()) {
        assert_eq!(future.result().unwrap_err().kind(), ErrorKind::BrokenExecutor);
    }
    assert_eq!(pool.submit(|| ()).unwrap_err().kind(), ErrorKind::BrokenExecutor);
    pool.shutdown().unwrap();
}

fn threads_have_names() {
    let pool = ThreadPool::builder().max_workers(1).name_prefix("crunch").build().unwrap();
    let name = pool.submit(|| std::fs::read_to_string("/proc/thread-self/comm").unwrap()).unwrap();
    assert!(name.result().unwrap().starts_with("crunch_"));
    pool.shutdown().unwrap();
}

fn callbacks_run_once_and_may_panic() {
    let pool = one_thread();
    let (gate, gated) = Gate::new();
    let future = pool.submit(move || gated.pass()).unwrap();
    let (sender, receiver) = channel();
    let (value, drops) = Counted::new();
    let late = sender.clone();
    future
        .on_done(move |outcome| {
            value.touch();
            sender.send(outcome.is_ok()).unwrap();
            panic!("in a callback");
        })
        .unwrap();
    gate.open();
    assert!(receiver.recv_timeout(LONG).unwrap());
    future.wait().unwrap();
    future.on_done(move |outcome| late.send(outcome.is_ok()).unwrap()).unwrap();
    assert!(receiver.try_recv().unwrap(), "at once, in this thread");
    pool.shutdown().unwrap();
    assert_eq!(times(&drops), 1);
    assert!(receiver.recv_timeout(LONG).is_err(), "each ran once");
}

fn callbacks_hear_of_failures() {
    let pool = one_thread();
    let future = pool.try_submit(|| Err::<(), _>("no luck")).unwrap();
    let (sender, receiver) = channel();
    future.on_done(move |outcome| sender.send(outcome.unwrap_err().to_string()).unwrap()).unwrap();
    assert_eq!(receiver.recv_timeout(LONG).unwrap(), "no luck");
    pool.shutdown().unwrap();
}

fn continuations_get_the_outcome() {
    let pool = one_thread();
    let length = pool
        .submit(|| String::from("four"))
        .unwrap()
        .then(&pool, |text| text.unwrap().len())
        .unwrap();
    assert_eq!(length.result().unwrap(), 4);
    let failure = pool
        .try_submit(|| Err::<(), _>(Refused(1)))
        .unwrap()
        .then(&pool, |outcome| outcome.unwrap_err().downcast_ref::<Refused>().unwrap().0)
        .unwrap();
    assert_eq!(failure.result().unwrap(), 1);
    pool.shutdown().unwrap();
}

fn continuations_of_a_shut_down_pool_say_so() {
    let (pool, other) = (one_thread(), one_thread());
    let (value, drops) = Counted::new();
    other.shutdown().unwrap();
    let after = pool.submit(|| 1).unwrap().then(&other, move |_| value.touch()).unwrap();
    assert_eq!(after.result().unwrap_err().kind(), ErrorKind::ShutDown);
    assert_eq!(times(&drops), 1);
    pool.shutdown().unwrap();
}

fn promises_are_kept() {
    let (promise, future) = Promise::new().unwrap();
    let writer = std::thread::spawn(move || promise.set(vec![8]).unwrap());
    assert_eq!(future.result().unwrap(), [8]);
    writer.join().unwrap();
    let (promise, future) = Promise::<i32>::new().unwrap();
    promise.fail(Refused(2)).unwrap();
    assert_eq!(future.result().unwrap_err().downcast_ref::<Refused>(), Some(&Refused(2)));
    let (value, drops) = Counted::new();
    let (promise, future) = Promise::new().unwrap();
    promise.set(value).unwrap_or_else(|_| unreachable!());
    drop(future);
    assert_eq!(times(&drops), 1);
}

fn promises_are_broken() {
    let (promise, future) = Promise::<i32>::new().unwrap();
    drop(promise);
    assert_eq!(future.result().unwrap_err().kind(), ErrorKind::BrokenPromise);
}

fn cancelled_promises_cannot_be_kept() {
    let (promise, future) = Promise::new().unwrap();
    assert!(future.cancel());
    assert!(!promise.set_running());
    let (value, drops) = Counted::new();
    assert_eq!(promise.set(value).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(times(&drops), 1);
    assert_eq!(future.result().map(drop).unwrap_err().kind(), ErrorKind::Cancelled);
}

fn bad_options_are_refused() {
    for workers in [0, usize::MAX] {
        let error = ThreadPool::with_workers(workers).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    assert!(ThreadPool::builder().name_prefix("a\0b").build().is_err());
}

fn a_hundred_thousand_calls_leave_nothing() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let (value, drops) = Counted::new();
    let value = Arc::new(value);
    let mut sum = 0;
    for _ in 0..100 {
        let futures: Vec<_> = (0..1000_u64)
            .map(|n| {
                let value = Arc::clone(&value);
                pool.submit(move || {
                    value.touch();
                    Box::new(n)
                })
                .unwrap()
            })
            .collect();
        sum += futures.into_iter().map(|future| *future.result().unwrap()).sum::<u64>();
    }
    assert_eq!(sum, 100 * 499_500);
    assert_eq!(Arc::strong_count(&value), 1);
    drop(value);
    assert_eq!(times(&drops), 1);
    pool.shutdown().unwrap();
}

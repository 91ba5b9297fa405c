//! Futures as std::future::Future.

use crate::harness::{tests, times, Counted, Gate};
use cfutures::prelude::*;
use cfutures::ErrorKind;
use std::future::Future as _;
use std::pin::{pin, Pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

tests![
    awaits_results_and_errors,
    awaits_many_at_a_time,
    the_last_poll_decides_who_is_woken,
    a_dropped_future_lets_go_of_its_waker,
    a_result_is_given_once,
    a_thousand_are_awaited,
];

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor of coroutines: polls when it is woken.
fn block_on<T>(future: impl std::future::Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        thread::park();
    }
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn poll<T>(future: &mut Future<T>, wakes: &Arc<Wakes>) -> Poll<Result<T, cfutures::Error>> {
    let waker = Waker::from(Arc::clone(wakes));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

fn awaits_results_and_errors() {
    let pool = ThreadPool::with_workers(1).unwrap();
    let sum = block_on(async {
        let two = pool.submit(|| 2).unwrap().await.unwrap();
        let three = pool.submit(move || two + 1).unwrap().await.unwrap();
        two + three
    });
    assert_eq!(sum, 5);
    let error = block_on(pool.try_submit(|| Err::<(), _>("no")).unwrap()).unwrap_err();
    assert_eq!(error.message(), "no");
    pool.shutdown().unwrap();
}

fn awaits_many_at_a_time() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let (gate, gated) = Gate::new();
    let slow = pool.submit(move || gated.pass()).unwrap();
    let other = pool.clone();
    block_on(async {
        let quick = other.submit(|| 1).unwrap().await.unwrap();
        assert_eq!(quick, 1);
        gate.open();
        slow.await.unwrap();
    });
    pool.shutdown().unwrap();
}

fn the_last_poll_decides_who_is_woken() {
    let pool = ThreadPool::with_workers(1).unwrap();
    let (gate, gated) = Gate::new();
    let mut future = pool.submit(move || gated.pass()).unwrap();
    let (first, last) = (Arc::<Wakes>::default(), Arc::<Wakes>::default());
    gate.wait_until_started();
    assert!(poll(&mut future, &first).is_pending());
    assert!(poll(&mut future, &last).is_pending());
    gate.open();
    pool.shutdown().unwrap();
    assert_eq!(first.0.load(Ordering::SeqCst), 0);
    assert_eq!(last.0.load(Ordering::SeqCst), 1);
    assert!(matches!(poll(&mut future, &last), Poll::Ready(Ok(()))));
}

fn a_dropped_future_lets_go_of_its_waker() {
    let pool = ThreadPool::with_workers(1).unwrap();
    let (gate, gated) = Gate::new();
    let (value, drops) = Counted::new();
    let mut future = pool
        .submit(move || {
            gated.pass();
            value
        })
        .unwrap();
    let wakes = Arc::<Wakes>::default();
    gate.wait_until_started();
    assert!(poll(&mut future, &wakes).is_pending());
    drop(future);
    assert_eq!(Arc::strong_count(&wakes), 1);
    gate.open();
    pool.shutdown().unwrap();
    assert_eq!(wakes.0.load(Ordering::SeqCst), 0);
    assert_eq!(times(&drops), 1);
}

fn a_result_is_given_once() {
    let executor = InlineExecutor::new().unwrap();
    let wakes = Arc::<Wakes>::default();
    let mut future = executor.submit(|| 3).unwrap();
    assert!(matches!(poll(&mut future, &wakes), Poll::Ready(Ok(3))));
    match poll(&mut future, &wakes) {
        Poll::Ready(Err(error)) => assert_eq!(error.kind(), ErrorKind::InvalidState),
        other => panic!("{other:?}"),
    }
}

fn a_thousand_are_awaited() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let sum = block_on(async {
        let mut sum = 0;
        for n in 0..1000 {
            sum += pool.submit(move || n).unwrap().await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 499_500);
    pool.shutdown().unwrap();
}

//! Scopes: closures that borrow.

use crate::harness::{tests, times, Counted, Gate};
use cfutures::prelude::*;
use cfutures::ErrorKind;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};

tests![
    closures_borrow_what_outlives_the_scope,
    a_scope_waits_for_what_nobody_took,
    a_panic_in_a_closure_is_its_error,
    a_panic_in_the_scope_waits_for_its_closures,
    a_cancelled_closure_is_gone,
    a_refused_closure_is_gone,
    a_task_may_open_a_scope_in_its_own_pool,
    results_may_borrow,
];

fn closures_borrow_what_outlives_the_scope() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let mut numbers = vec![1, 2, 3, 4];
    let (low, high) = numbers.split_at_mut(2);
    let sum = pool.scope(|scope| {
        let low = scope.submit(|| {
            low.iter_mut().for_each(|n| *n *= 10);
            low.iter().sum::<i32>()
        });
        let high = scope.submit(|| high.iter().sum::<i32>());
        low.unwrap().result().unwrap() + high.unwrap().result().unwrap()
    });
    assert_eq!(sum, 37);
    assert_eq!(numbers, [10, 20, 3, 4]);
    pool.shutdown().unwrap();
}

fn a_scope_waits_for_what_nobody_took() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let count = AtomicUsize::new(0);
    pool.scope(|scope| {
        for _ in 0..100 {
            let future = scope.submit(|| count.fetch_add(1, Ordering::SeqCst)).unwrap();
            std::mem::forget(future);
        }
    });
    assert_eq!(count.load(Ordering::SeqCst), 100);
    pool.shutdown().unwrap();
}

fn a_panic_in_a_closure_is_its_error() {
    let pool = ThreadPool::with_workers(1).unwrap();
    pool.scope(|scope| {
        let error = scope.submit(|| -> i32 { panic!("inside") }).unwrap().result().unwrap_err();
        assert!(error.is_panic());
        assert_eq!(*error.into_panic().unwrap().downcast::<&str>().unwrap(), "inside");
    });
    pool.shutdown().unwrap();
}

fn a_panic_in_the_scope_waits_for_its_closures() {
    let pool = ThreadPool::with_workers(1).unwrap();
    let done = AtomicUsize::new(0);
    let (gate, gated) = Gate::new();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        pool.scope(|scope| {
            let _first = scope.submit(|| gated.pass()).unwrap();
            let _second = scope.submit(|| done.fetch_add(1, Ordering::SeqCst)).unwrap();
            gate.wait_until_started();
            gate.open();
            panic!("of the scope itself");
        })
    }));
    assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "of the scope itself");
    assert_eq!(done.load(Ordering::SeqCst), 1);
    pool.shutdown().unwrap();
}

fn a_cancelled_closure_is_gone() {
    let pool = ThreadPool::with_workers(1).unwrap();
    let (gate, gated) = Gate::new();
    let (value, drops) = Counted::new();
    pool.scope(|scope| {
        let _running = scope.submit(|| gated.pass()).unwrap();
        gate.wait_until_started();
        let queued = scope.submit(move || value.touch()).unwrap();
        assert!(queued.cancel());
        assert!(queued.done());
        assert_eq!(times(&drops), 1);
        assert_eq!(queued.result().unwrap_err().kind(), ErrorKind::Cancelled);
        gate.open();
    });
    pool.shutdown().unwrap();
}

fn a_refused_closure_is_gone() {
    let pool = ThreadPool::with_workers(1).unwrap();
    pool.shutdown().unwrap();
    let (value, drops) = Counted::new();
    pool.scope(|scope| {
        let refused = scope.submit(move || value.touch()).map(drop).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ShutDown);
    });
    assert_eq!(times(&drops), 1);
}

fn a_task_may_open_a_scope_in_its_own_pool() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let inner = pool.clone();
    let future = pool.submit(move || {
        let numbers = [1, 2, 3];
        inner.scope(|scope| {
            let futures: Vec<_> =
                numbers.iter().map(|n| scope.submit(move || n * 2).unwrap()).collect();
            futures.into_iter().map(|future| future.result().unwrap()).sum::<i32>()
        })
    });
    assert_eq!(future.unwrap().result().unwrap(), 12);
    pool.shutdown().unwrap();
}

fn results_may_borrow() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let words = ["to", "be", "or", "not"];
    let longest = pool.scope(|scope| {
        let longest = scope.submit(|| words.iter().max_by_key(|word| word.len()).unwrap()).unwrap();
        *longest.result().unwrap()
    });
    assert_eq!(longest, "not");
    pool.shutdown().unwrap();
}

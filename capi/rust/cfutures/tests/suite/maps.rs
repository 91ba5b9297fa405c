//! Maps of closures.

use crate::harness::{tests, times, Counted, Gate, LONG, SHORT};
use cfutures::prelude::*;
use cfutures::{ErrorKind, MapOptions};
use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Mutex;

tests![
    results_come_in_the_order_of_the_input,
    the_input_may_be_endless_and_borrow,
    a_failed_item_does_not_end_the_map,
    a_panic_of_the_input_reaches_the_caller,
    unordered_results_come_as_they_complete,
    a_timeout_is_the_last_item,
    a_window_is_never_exceeded,
    dropping_a_map_cancels_what_has_not_started,
];

fn results_come_in_the_order_of_the_input() {
    let pool = ThreadPool::new().unwrap();
    let squares: Result<Vec<_>, _> = pool.map(|n| n * n, 0..1000_u64).unwrap().collect();
    assert_eq!(squares.unwrap(), (0..1000).map(|n| n * n).collect::<Vec<u64>>());
    assert_eq!(pool.map(|n: u64| n, []).unwrap().count(), 0);
    pool.shutdown().unwrap();
}

fn the_input_may_be_endless_and_borrow() {
    let pool = ThreadPool::new().unwrap();
    let asked = Cell::new(0_u64);
    let endless = std::iter::from_fn(|| {
        asked.set(asked.get() + 1);
        Some(asked.get())
    });
    let map = pool.map(|n| n + 1, endless).unwrap();
    let first: Vec<_> = map.take(3).map(Result::unwrap).collect();
    assert_eq!(first, [2, 3, 4]);
    assert!(asked.get() < 1000, "the input was read far ahead: {}", asked.get());
    pool.shutdown().unwrap();
}

fn a_failed_item_does_not_end_the_map() {
    let pool = ThreadPool::new().unwrap();
    let body = |n: i32| if n == 2 { panic!("not two") } else { n };
    let outcomes: Vec<_> = pool.map(body, 1..=3).unwrap().collect();
    assert_eq!(*outcomes[0].as_ref().unwrap(), 1);
    assert_eq!(outcomes[1].as_ref().unwrap_err().message(), "not two");
    assert_eq!(*outcomes[2].as_ref().unwrap(), 3);
    pool.shutdown().unwrap();
}

fn a_panic_of_the_input_reaches_the_caller() {
    let pool = ThreadPool::with_workers(1).unwrap();
    let (value, drops) = Counted::new();
    let input = (0..100).inspect(|n| {
        value.touch();
        assert!(*n < 50, "no more");
    });
    let mut map = pool.map_with(&MapOptions::new().window(8), |n| n, input).unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        for result in &mut map {
            result.unwrap();
        }
    }));
    let text = *panic.unwrap_err().downcast::<&'static str>().unwrap();
    assert_eq!(text, "no more");
    drop(map);
    let at_once = (0..1).inspect(|_| panic!("nothing at all"));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(pool.map(|n| n, at_once)))).is_err());
    drop(value);
    assert_eq!(times(&drops), 1);
    pool.shutdown().unwrap();
}

fn unordered_results_come_as_they_complete() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let (gate, gated) = Gate::new();
    let body = move |n: i32| {
        if n == 0 {
            gated.pass();
        }
        n
    };
    let mut map = pool.map_with(&MapOptions::new().unordered(true), body, 0..3).unwrap();
    gate.wait_until_started();
    let mut early = [map.next().unwrap().unwrap(), map.next().unwrap().unwrap()];
    early.sort_unstable();
    assert_eq!(early, [1, 2]);
    gate.open();
    assert_eq!(map.next().unwrap().unwrap(), 0);
    assert!(map.next().is_none());
    drop(map);
    pool.shutdown().unwrap();
}

fn a_timeout_is_the_last_item() {
    let pool = ThreadPool::with_workers(1).unwrap();
    let (gate, gated) = Gate::new();
    let body = move |()| gated.pass();
    let mut map = pool.map_with(&MapOptions::new().timeout(SHORT), body, [()]).unwrap();
    gate.wait_until_started();
    assert_eq!(map.next().unwrap().unwrap_err().kind(), ErrorKind::Timeout);
    assert!(map.next().is_none());
    drop(map);
    gate.open();
    pool.shutdown().unwrap();

    let pool = ThreadPool::with_workers(1).unwrap();
    let mut map = pool.map(|n| n * 2, [21]).unwrap();
    let (index, future) = map.next_timeout(LONG).unwrap().unwrap();
    assert_eq!((index, future.result().unwrap()), (0, 42));
    assert!(map.next_timeout(LONG).unwrap().is_none());
    drop(map);
    pool.shutdown().unwrap();
}

fn a_window_is_never_exceeded() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let asked = Cell::new(0);
    let input = (0..50).inspect(|_| asked.set(asked.get() + 1));
    let map = pool.map_with(&MapOptions::new().window(5), |n| n, input).unwrap();
    for (taken, result) in map.enumerate() {
        assert_eq!(result.unwrap(), taken);
        assert!(asked.get() <= taken + 1 + 5, "{} at {taken}", asked.get());
    }
    pool.shutdown().unwrap();
}

fn dropping_a_map_cancels_what_has_not_started() {
    let pool = ThreadPool::with_workers(1).unwrap();
    let (gate, gated) = Gate::new();
    let (values, drops): (Vec<_>, Vec<_>) = (0..4).map(|_| Counted::new()).unzip();
    let ran = std::sync::Arc::new(Mutex::new(0));
    let count = std::sync::Arc::clone(&ran);
    let body = move |value: Counted| {
        value.touch();
        *count.lock().unwrap() += 1;
        gated.pass();
    };
    let map = pool.map(body, values).unwrap();
    gate.wait_until_started();
    drop(map);
    assert_eq!(drops.iter().map(times).sum::<isize>(), 3, "the running one is left");
    gate.open();
    pool.shutdown().unwrap();
    assert_eq!(*ran.lock().unwrap(), 1);
    assert!(drops.iter().all(|drops| times(drops) == 1));
}

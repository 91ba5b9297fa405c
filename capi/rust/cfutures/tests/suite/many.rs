//! Several futures at once.

use crate::harness::{tests, Gate, LONG, SHORT};
use cfutures::prelude::*;
use cfutures::{as_completed, wait, CompletionQueue, ErrorKind, ReturnWhen};
use std::os::fd::AsRawFd;

tests![
    waits_for_the_first_the_failed_and_all,
    as_completed_gives_a_thousand_each_once,
    as_completed_gives_a_fast_one_before_a_slow_one,
    queues_take_futures_at_any_time,
    the_descriptor_of_a_queue_is_readable_while_it_holds_a_done_future,
];

fn waits_for_the_first_the_failed_and_all() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let (gate, gated) = Gate::new();
    let slow = pool.submit(move || gated.pass()).unwrap();
    gate.wait_until_started();
    let futures = [slow, pool.submit(|| panic!("quick")).unwrap()];
    for when in [ReturnWhen::FirstCompleted, ReturnWhen::FirstException] {
        let waited = wait(&futures, when, Some(LONG)).unwrap();
        assert_eq!((waited.done, waited.timed_out), (vec![false, true], false));
    }
    let waited = wait(&futures, ReturnWhen::AllCompleted, Some(SHORT)).unwrap();
    assert_eq!((waited.done, waited.timed_out), (vec![false, true], true));
    gate.open();
    let waited = wait(&futures, ReturnWhen::AllCompleted, None).unwrap();
    assert_eq!((waited.done, waited.timed_out), (vec![true, true], false));
    pool.shutdown().unwrap();
}

fn as_completed_gives_a_thousand_each_once() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let futures: Vec<_> = (0..1000).map(|n| pool.submit(move || n).unwrap()).collect();
    let mut seen = vec![false; 1000];
    for (index, future) in as_completed(futures).unwrap() {
        assert!(future.done());
        assert_eq!(future.result().unwrap(), index);
        assert!(!std::mem::replace(&mut seen[index], true));
    }
    assert!(seen.into_iter().all(|seen| seen));
    pool.shutdown().unwrap();
}

fn as_completed_gives_a_fast_one_before_a_slow_one() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let (gate, gated) = Gate::new();
    let slow = pool.submit(move || gated.pass()).unwrap();
    let mut completed = as_completed([slow, pool.submit(|| ()).unwrap()]).unwrap();
    assert_eq!(completed.next().unwrap().0, 1);
    assert_eq!(completed.next_timeout(SHORT).unwrap_err().kind(), ErrorKind::Timeout);
    gate.open();
    assert_eq!(completed.next().unwrap().0, 0);
    assert!(completed.next().is_none());
    pool.shutdown().unwrap();
}

fn queues_take_futures_at_any_time() {
    let pool = ThreadPool::with_workers(2).unwrap();
    let queue = CompletionQueue::new().unwrap();
    assert!(queue.next().unwrap().is_none());
    queue.add("one", pool.submit(|| 1).unwrap()).unwrap();
    let (key, future) = queue.next().unwrap().unwrap();
    assert_eq!((key, future.result().unwrap()), ("one", 1));
    for (key, n) in [("two", 2), ("three", 3)] {
        queue.add(key, pool.submit(move || n).unwrap()).unwrap();
    }
    let mut sum = 0;
    while let Some((_, future)) = queue.next_timeout(LONG).unwrap() {
        sum += future.result().unwrap();
    }
    assert_eq!(sum, 5);
    // What nobody takes goes with the queue.
    queue.add("left", pool.submit(|| 4).unwrap()).unwrap();
    drop(queue);
    pool.shutdown().unwrap();
}

fn the_descriptor_of_a_queue_is_readable_while_it_holds_a_done_future() {
    let pool = ThreadPool::with_workers(1).unwrap();
    let queue = CompletionQueue::new().unwrap();
    let descriptor = queue.descriptor().unwrap().as_raw_fd();
    let readable = |timeout: i32| {
        let mut poll = libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid element.
        unsafe { libc::poll(&mut poll, 1, timeout) == 1 }
    };
    let (gate, gated) = Gate::new();
    queue.add((), pool.submit(move || gated.pass()).unwrap()).unwrap();
    gate.wait_until_started();
    assert!(!readable(0));
    gate.open();
    assert!(readable(LONG.as_millis() as i32));
    queue.next().unwrap().unwrap().1.result().unwrap();
    assert!(!readable(0));
    drop(queue);
    pool.shutdown().unwrap();
}

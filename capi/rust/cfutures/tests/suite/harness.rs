//! What the tests stand on: what is left behind, values that are counted, gates.

use std::fs;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub type Test = (&'static str, fn());

/// A list of tests by name.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub const TESTS: &[$crate::harness::Test] =
            &[$((concat!(module_path!(), "::", stringify!($name)), $name)),*];
    };
}
pub(crate) use tests;

/// For what must happen; running out of it is a failure.
pub const LONG: Duration = Duration::from_secs(60);
/// For waits that are to run out.
pub const SHORT: Duration = Duration::from_millis(20);

#[derive(Debug, PartialEq, Eq)]
pub struct Leftovers {
    threads: usize,
    descriptors: usize,
    children: usize,
    values: isize,
}

/// What this process has at this moment.
pub fn leftovers() -> Leftovers {
    let entries = |folder: &str| fs::read_dir(folder).map_or(0, Iterator::count);
    let children = fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .map(|pids| pids.split_whitespace().count())
        .sum();
    Leftovers {
        threads: entries("/proc/self/task"),
        descriptors: entries("/proc/self/fd"),
        children,
        values: VALUES.load(Ordering::SeqCst),
    }
}

static VALUES: AtomicIsize = AtomicIsize::new(0);

/// A value whose copies are counted, one more for each and one less when it is dropped: a value that is
/// freed twice or never shows in the leftovers, and in `drops`.
pub struct Counted {
    drops: Arc<AtomicIsize>,
}

impl Counted {
    /// A value, and how often it has been dropped.
    pub fn new() -> (Self, Arc<AtomicIsize>) {
        VALUES.fetch_add(1, Ordering::SeqCst);
        let drops = Arc::new(AtomicIsize::new(0));
        (Counted { drops: Arc::clone(&drops) }, drops)
    }
    pub fn touch(&self) {
        assert_eq!(self.drops.load(Ordering::SeqCst), 0, "the value was dropped before");
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
        VALUES.fetch_sub(1, Ordering::SeqCst);
    }
}

pub fn times(drops: &Arc<AtomicIsize>) -> isize {
    drops.load(Ordering::SeqCst)
}

/// Holds a task until the test lets it go, and tells the test that it has started.
pub struct Gate {
    started: Receiver<()>,
    open: Sender<()>,
}

/// The task's side of a gate.
pub struct Gated {
    started: Sender<()>,
    open: Mutex<Receiver<()>>,
}

impl Gate {
    pub fn new() -> (Self, Gated) {
        let (started_sender, started) = channel();
        let (open, open_receiver) = channel();
        (Gate { started, open }, Gated { started: started_sender, open: Mutex::new(open_receiver) })
    }
    /// Waits until the task is in the gate.
    pub fn wait_until_started(&self) {
        self.started.recv_timeout(LONG).expect("the task has not started");
    }
    /// The same; false when the task was dropped without being run.
    pub fn try_wait_until_started(&self) -> bool {
        self.started.recv_timeout(LONG).is_ok()
    }
    pub fn open(&self) {
        self.open.send(()).expect("the task is gone");
    }
}

impl Gated {
    pub fn pass(&self) {
        self.started.send(()).expect("the test is gone");
        self.open.lock().unwrap().recv_timeout(LONG).expect("the gate was never opened");
    }
}

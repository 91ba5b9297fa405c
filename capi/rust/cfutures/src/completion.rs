//! Done futures in the order of completion.

use crate::error::{Error, ErrorKind};
use crate::future::Future;
use crate::native::{check, create, nanoseconds, owned_handle, FutureHandle};
use cfutures_sys as sys;
use std::os::fd::BorrowedFd;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A queue from which done futures are taken in the order of completion. Futures can be added at any
/// time, each with a key that comes back with it.
pub struct CompletionQueue<T, K = ()> {
    handle: QueueHandle,
    entries: Mutex<Entries<(K, Future<T>)>>,
}

owned_handle!(QueueHandle, sys::cf_completion_queue_t, sys::cf_completion_queue_release);

/// What the library's tags stand for.
struct Entries<E> {
    entries: Vec<Option<E>>,
    free: Vec<usize>,
}

impl<E> Entries<E> {
    fn insert(&mut self, entry: E) -> usize {
        match self.free.pop() {
            Some(index) => {
                self.entries[index] = Some(entry);
                index
            }
            None => {
                self.entries.push(Some(entry));
                self.entries.len() - 1
            }
        }
    }
    fn remove(&mut self, index: usize) -> Option<E> {
        let entry = self.entries.get_mut(index)?.take()?;
        self.free.push(index);
        Some(entry)
    }
}

impl<T, K> CompletionQueue<T, K> {
    /// An empty queue.
    pub fn new() -> Result<Self, Error> {
        let handle = create(QueueHandle::from_raw, |out, error| {
            // SAFETY: both are written by the call alone.
            unsafe { sys::cf_completion_queue_create(out, error) }
        })?;
        let entries = Mutex::new(Entries { entries: Vec::new(), free: Vec::new() });
        Ok(CompletionQueue { handle, entries })
    }

    fn entries(&self) -> MutexGuard<'_, Entries<(K, Future<T>)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a future.
    pub fn add(&self, key: K, future: Future<T>) -> Result<(), Error> {
        let raw = future.as_ptr();
        let tag = self.entries().insert((key, future));
        // SAFETY: the entry keeps the future alive: nobody takes it out before it was added.
        let added = check(|error| unsafe {
            sys::cf_completion_queue_add(self.handle.as_ptr(), raw, tag as u64, error)
        });
        if added.is_err() {
            let entry = self.entries().remove(tag);
            drop(entry); // not under the lock
        }
        added.map(drop)
    }

    /// Blocks for the next done future; None when the queue holds none.
    pub fn next(&self) -> Result<Option<(K, Future<T>)>, Error> {
        self.next_within(None)
    }

    /// The same for a limited time, zero to look only; then [`ErrorKind::Timeout`].
    pub fn next_timeout(&self, timeout: Duration) -> Result<Option<(K, Future<T>)>, Error> {
        self.next_within(Some(timeout))
    }

    fn next_within(&self, timeout: Option<Duration>) -> Result<Option<(K, Future<T>)>, Error> {
        let (mut raw, mut tag) = (ptr::null_mut(), 0);
        // SAFETY: the handle is alive.
        let status = check(|error| unsafe {
            sys::cf_completion_queue_next(
                self.handle.as_ptr(),
                nanoseconds(timeout),
                &mut raw,
                &mut tag,
                error,
            )
        })?;
        if status == sys::CF_STATUS_END {
            return Ok(None);
        }
        drop(FutureHandle::from_raw(raw)); // the entry has a reference of its own
        let entry = self.entries().remove(tag as usize);
        entry.map(Some).ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the queue gave a future it did not have")
        })
    }

    /// A descriptor for event loops, readable while the queue holds a done future. It is the queue's:
    /// do not read, change or close it.
    pub fn descriptor(&self) -> Result<BorrowedFd<'_>, Error> {
        let mut descriptor = -1;
        // SAFETY: the handle is alive.
        check(|error| unsafe {
            sys::cf_completion_queue_descriptor(self.handle.as_ptr(), &mut descriptor, error)
        })?;
        // SAFETY: it is open as long as the queue, which the result borrows.
        Ok(unsafe { BorrowedFd::borrow_raw(descriptor) })
    }
}

/// Gives futures as they become done, each with its place in the input; blocks for the next one.
///
/// ```no_run
/// # use cfutures::prelude::*;
/// # fn main() -> Result<(), cfutures::Error> {
/// let pool = ThreadPool::new()?;
/// let futures = ["a", "b"].map(|name| pool.submit(move || name.to_uppercase()));
/// for (index, future) in cfutures::as_completed(futures.into_iter().collect::<Result<Vec<_>, _>>()?)? {
///     println!("{index}: {}", future.result()?);
/// }
/// # Ok(()) }
/// ```
pub fn as_completed<T>(
    futures: impl IntoIterator<Item = Future<T>>,
) -> Result<AsCompleted<T>, Error> {
    let queue = CompletionQueue::new()?;
    for (index, future) in futures.into_iter().enumerate() {
        queue.add(index, future)?;
    }
    Ok(AsCompleted { queue })
}

/// The iterator of [`as_completed`].
#[must_use = "iterators do nothing unless they are asked"]
pub struct AsCompleted<T> {
    queue: CompletionQueue<T, usize>,
}

impl<T> AsCompleted<T> {
    /// The next one for a limited time; after [`ErrorKind::Timeout`] it can be asked again.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<(usize, Future<T>)>, Error> {
        self.queue.next_timeout(timeout)
    }
}

impl<T> Iterator for AsCompleted<T> {
    type Item = (usize, Future<T>);

    fn next(&mut self) -> Option<Self::Item> {
        self.queue.next().expect("a wait without timeout ends with a future or at the end")
    }
}

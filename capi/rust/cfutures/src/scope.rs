//! Scopes: closures that borrow, and are done when the scope ends.

use crate::error::Error;
use crate::native::{ExecutorHandle, FutureHandle};
use crate::outcome::{Failure, Outcome};
use crate::prepared::{prepare, Prepared};
use cfutures_sys as sys;
use std::marker::PhantomData;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Submits closures that may borrow what outlives the scope; see
/// [`LocalExecutor::scope`](crate::LocalExecutor::scope).
pub struct Scope<'scope, 'env: 'scope> {
    executor: &'scope ExecutorHandle,
    alive: Arc<Alive>,
    futures: Mutex<Vec<FutureHandle>>,
    // Both invariant, as in std::thread::Scope: nobody may shorten or lengthen them.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// How many closures of a scope exist: submitted, and neither run to their end nor dropped.
#[derive(Default)]
struct Alive {
    count: Mutex<usize>,
    none: Condvar,
}

impl Alive {
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one closure. It is the last field of what it counts, so nothing borrowed outlives it.
struct Counted(Arc<Alive>);

impl Counted {
    fn new(alive: &Arc<Alive>) -> Self {
        *alive.lock() += 1;
        Counted(Arc::clone(alive))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut count = self.0.lock();
        *count -= 1;
        if *count == 0 {
            self.0.none.notify_all();
        }
    }
}

/// The outcome of a closure of a scope.
#[must_use = "the call goes on, but nobody will see its outcome"]
pub struct ScopedFuture<'scope, T> {
    future: Prepared<()>,
    slot: Arc<Slot<T>>,
    scope: PhantomData<&'scope ()>,
}

/// Where the result waits. It is not in the C library's future, which may outlive the scope.
type Slot<T> = Mutex<Outcome<T>>;

/// A closure of a scope. Fields are dropped in this order: the count goes last.
struct ScopedCall<T, F> {
    body: F,
    slot: Arc<Slot<T>>,
    counted: Counted,
}

impl<T, F: FnOnce() -> T> ScopedCall<T, F> {
    fn run(self) -> Result<(), Failure> {
        let ScopedCall { body, slot, counted } = self;
        let outcome = catch_unwind(AssertUnwindSafe(body));
        let panicked = outcome.is_err();
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = match outcome {
            Ok(value) => Outcome::Value(value),
            Err(payload) => Outcome::Panicked(payload),
        };
        // The last reference drops the result, which may borrow: before the count goes.
        drop(slot);
        drop(counted);
        if panicked {
            return Err(Failure {
                type_name: "panic",
                error: "a closure of a scope panicked".into(),
            });
        }
        Ok(())
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Runs a closure on a worker, as [`LocalExecutor::submit`](crate::LocalExecutor::submit).
    pub fn submit<T, F>(&'scope self, body: F) -> Result<ScopedFuture<'scope, T>, Error>
    where
        T: Send + 'scope,
        F: FnOnce() -> T + Send + 'scope,
    {
        let slot = Arc::new(Slot::new(Outcome::Empty));
        let call = ScopedCall { body, slot: Arc::clone(&slot), counted: Counted::new(&self.alive) };
        let boxed: Box<dyn FnOnce() -> Result<(), Failure> + Send + 'scope> =
            Box::new(move || call.run());
        // SAFETY: the closure is gone before the scope ends, since run() below waits until it is not
        // counted any more: when it has run, or was dropped without.
        let boxed: Box<dyn FnOnce() -> Result<(), Failure> + Send + 'static> =
            unsafe { std::mem::transmute(boxed) };
        let future = prepare(self.executor, None, boxed)?;
        future.submit_only(self.executor)?;
        let handle = future.future.clone(); // for the end of the scope
        self.futures.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        Ok(ScopedFuture { future, slot, scope: PhantomData })
    }
}

impl<T> ScopedFuture<'_, T> {
    /// Whether it is finished or cancelled.
    pub fn done(&self) -> bool {
        // SAFETY: the handle is alive.
        unsafe { sys::cf_future_done(self.future.future.as_ptr()) != 0 }
    }

    /// Cancels the call if it has not started: then it never runs, its closure is dropped here, and
    /// this is true.
    pub fn cancel(&self) -> bool {
        // SAFETY: the handle is alive.
        unsafe { sys::cf_future_cancel(self.future.future.as_ptr()) != 0 }
    }

    /// Blocks for the result.
    pub fn result(self) -> Result<T, Error> {
        let native = self.future.into_future().result();
        let outcome = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        outcome.join(native)
    }
}

pub(crate) fn run<'env, R, F>(executor: &ExecutorHandle, body: F) -> R
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
{
    let scope = Scope {
        executor,
        alive: Arc::default(),
        futures: Mutex::default(),
        scope: PhantomData,
        env: PhantomData,
    };
    let result = catch_unwind(AssertUnwindSafe(|| body(&scope)));
    scope.wait();
    result.unwrap_or_else(|payload| resume_unwind(payload))
}

impl Scope<'_, '_> {
    /// Waits until no closure is left. The library's wait comes first: it lets a task that waits in
    /// its own pool help.
    fn wait(&self) {
        let futures =
            std::mem::take(&mut *self.futures.lock().unwrap_or_else(PoisonError::into_inner));
        for future in &futures {
            // SAFETY: the handle is alive. A wait that could never end is refused: then the call may
            // not have started, and must not.
            unsafe {
                if sys::cf_future_wait(future.as_ptr(), -1) != sys::CF_STATUS_OK {
                    sys::cf_future_cancel(future.as_ptr());
                }
            }
        }
        let mut count = self.alive.lock();
        while *count != 0 {
            count = self.alive.none.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

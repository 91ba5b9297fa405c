//! Future: the outcome of one call.

use crate::error::{Error, ErrorKind};
use crate::executor::LocalExecutor;
use crate::native::{check, drop_box, nanoseconds, swallow_panic, FutureHandle};
use crate::prepared::prepare;
use cfutures_sys as sys;
use std::ffi::c_void;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Reads the result of a done future, once. The second argument is how the C library saw it end.
pub(crate) type Take<T> = unsafe fn(&FutureHandle, Result<(), Error>) -> Result<T, Error>;

/// The states of a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Not started: it can be cancelled.
    Pending,
    /// A worker has started it.
    Running,
    /// Cancelled before it started.
    Cancelled,
    /// Ended, with a result or an error.
    Finished,
}

/// The outcome of one call, now or later.
///
/// It owns the result: [`result`](Self::result), [`result_timeout`](Self::result_timeout) or `.await`
/// move it out, once. Dropping it neither waits nor cancels.
#[must_use = "the call goes on, but nobody will see its outcome"]
pub struct Future<T> {
    handle: FutureHandle,
    take: Take<T>,
    taken: bool,
    waker: Option<Arc<WakerSlot>>,
}

/// Where the done callback finds whom to wake; the last `poll` decides.
type WakerSlot = Mutex<Option<Waker>>;

fn replace(slot: &WakerSlot, waker: Option<Waker>) -> Option<Waker> {
    std::mem::replace(&mut *slot.lock().unwrap_or_else(PoisonError::into_inner), waker)
}

impl<T> Future<T> {
    /// # Safety
    /// `take` fits what the future holds, and no other `Future` shares that.
    pub(crate) unsafe fn new(handle: FutureHandle, take: Take<T>) -> Self {
        Future { handle, take, taken: false, waker: None }
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::cf_future_t {
        self.handle.as_ptr()
    }

    /// The state at this moment.
    pub fn state(&self) -> State {
        // SAFETY: the handle is alive.
        match unsafe { sys::cf_future_state(self.as_ptr()) } {
            sys::CF_FUTURE_STATE_PENDING => State::Pending,
            sys::CF_FUTURE_STATE_RUNNING => State::Running,
            sys::CF_FUTURE_STATE_CANCELLED => State::Cancelled,
            _ => State::Finished,
        }
    }

    /// Whether it is finished or cancelled.
    pub fn done(&self) -> bool {
        // SAFETY: the handle is alive.
        unsafe { sys::cf_future_done(self.as_ptr()) != 0 }
    }

    /// Whether it was cancelled.
    pub fn cancelled(&self) -> bool {
        self.state() == State::Cancelled
    }

    /// The id of the call, unique in its executor; 0 for the future of a promise.
    pub fn task_id(&self) -> u64 {
        // SAFETY: the handle is alive.
        unsafe { sys::cf_future_task_id(self.as_ptr()) }
    }

    /// Cancels the call if it has not started: then it never runs, its closure is dropped here, and
    /// this is true. Callbacks run on this thread.
    pub fn cancel(&self) -> bool {
        // SAFETY: the handle is alive.
        unsafe { sys::cf_future_cancel(self.as_ptr()) != 0 }
    }

    /// Cancels the call if it has not started, and stops it if it runs. On threads it is asked to stop,
    /// which it sees in [`task::cancel_requested`](crate::task::cancel_requested), and its outcome is
    /// what it makes of it; in a process pool its worker is killed. Wait for the outcome.
    /// [`ErrorKind::InvalidState`] when it is finished.
    pub fn cancel_running(&self) -> Result<(), Error> {
        // SAFETY: the handle is alive.
        check(|error| unsafe { sys::cf_future_cancel_running(self.as_ptr(), error) }).map(drop)
    }

    /// Blocks until the future is done, whatever its outcome.
    pub fn wait(&self) -> Result<(), Error> {
        self.wait_for(None)
    }

    /// The same for a limited time; [`ErrorKind::Timeout`] leaves the call as it is.
    pub fn wait_timeout(&self, timeout: Duration) -> Result<(), Error> {
        self.wait_for(Some(timeout))
    }

    fn wait_for(&self, timeout: Option<Duration>) -> Result<(), Error> {
        // SAFETY: the handle is alive.
        match unsafe { sys::cf_future_wait(self.as_ptr(), nanoseconds(timeout)) } {
            sys::CF_STATUS_OK => Ok(()),
            status => Err(Error::from_raw(status, std::ptr::null_mut())),
        }
    }

    /// Blocks for the result.
    pub fn result(mut self) -> Result<T, Error> {
        self.wait()?;
        self.settle()
    }

    /// Blocks for the result for a limited time. After [`ErrorKind::Timeout`] the future is as it was;
    /// after anything else its outcome was taken.
    pub fn result_timeout(&mut self, timeout: Duration) -> Result<T, Error> {
        self.wait_timeout(timeout)?;
        self.settle()
    }

    /// The outcome of a done future.
    pub(crate) fn settle(&mut self) -> Result<T, Error> {
        if std::mem::replace(&mut self.taken, true) {
            return Err(Error::new(ErrorKind::InvalidState, "the result was taken before"));
        }
        // SAFETY: the future is done, this is its only reader, and it reads once.
        unsafe { (self.take)(&self.handle, native_outcome(self.as_ptr())) }
    }

    /// Calls a closure when the future is done, with its error if it failed: on the worker that
    /// finished it, on the callback thread of a process pool, on the thread that cancelled it, or at
    /// once if it is done. A panic in it is reported and ignored.
    pub fn on_done<F>(&self, callback: F) -> Result<(), Error>
    where
        F: FnOnce(Result<(), Error>) + Send + 'static,
    {
        // SAFETY: the callback gets the future alive.
        add_done_callback(&self.handle, move |future| callback(unsafe { native_outcome(future) }))
    }

    /// Calls a closure on an executor when this future is done, with its outcome. When the executor is
    /// shut down by then, the new future says so.
    pub fn then<U, F>(self, executor: &impl LocalExecutor, body: F) -> Result<Future<U>, Error>
    where
        T: Send + 'static,
        U: Send + 'static,
        F: FnOnce(Result<T, Error>) -> U + Send + 'static,
    {
        // The antecedent goes into the closure; a second reference names it to the library.
        let antecedent = self.handle.clone();
        let executor = executor.native();
        let mut this = self;
        let prepared = prepare(executor, None, move || Ok(body(this.settle())))?;
        // SAFETY: all handles are alive.
        check(|error| unsafe {
            sys::cf_future_then_prepared(
                antecedent.as_ptr(),
                executor.as_ptr(),
                0,
                prepared.future.as_ptr(),
                error,
            )
        })?;
        Ok(prepared.into_future())
    }
}

/// How the C library saw a done future end.
///
/// # Safety
/// The handle is alive.
unsafe fn native_outcome(future: *mut sys::cf_future_t) -> Result<(), Error> {
    // SAFETY: the caller's promise. The error is borrowed from the future; retain makes it ours.
    unsafe {
        match sys::cf_future_outcome(future) {
            sys::CF_STATUS_OK => Ok(()),
            status => {
                Err(Error::from_raw(status, sys::cf_error_retain(sys::cf_future_error(future))))
            }
        }
    }
}

/// The callback gets the future, borrowed and done.
fn add_done_callback<F>(future: &FutureHandle, callback: F) -> Result<(), Error>
where
    F: FnOnce(*mut sys::cf_future_t) + Send + 'static,
{
    unsafe extern "C" fn done<F>(future: *mut sys::cf_future_t, data: *mut c_void)
    where
        F: FnOnce(*mut sys::cf_future_t),
    {
        // SAFETY: data is the Box<Option<F>> below, and callbacks run once.
        if let Some(callback) = unsafe { &mut *data.cast::<Option<F>>() }.take() {
            swallow_panic(move || callback(future));
        }
    }
    let data = Box::into_raw(Box::new(Some(callback)));
    // SAFETY: data belongs to the library from here on, on every path.
    check(|error| unsafe {
        sys::cf_future_add_done_callback(
            future.as_ptr(),
            Some(done::<F>),
            data.cast(),
            Some(drop_box::<Option<F>>),
            error,
        )
    })?;
    Ok(())
}

impl<T> std::future::Future for Future<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if this.done() {
            return Poll::Ready(this.settle());
        }
        let waker = Some(context.waker().clone());
        if let Some(slot) = &this.waker {
            drop(replace(slot, waker));
        } else {
            let slot = Arc::new(Mutex::new(waker));
            this.waker = Some(Arc::clone(&slot));
            let wake = move |_| {
                if let Some(waker) = replace(&slot, None) {
                    waker.wake();
                }
            };
            if let Err(error) = add_done_callback(&this.handle, wake) {
                return Poll::Ready(Err(error));
            }
        }
        // It may have become done before the waker was there to be seen.
        if this.done() {
            return Poll::Ready(this.settle());
        }
        Poll::Pending
    }
}

impl<T> Drop for Future<T> {
    fn drop(&mut self) {
        // The callback lives until the call ends; whom it would have woken does not have to.
        if let Some(slot) = &self.waker {
            drop(replace(slot, None));
        }
    }
}

impl<T> std::fmt::Debug for Future<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Future")
            .field("task_id", &self.task_id())
            .field("state", &self.state())
            .finish()
    }
}

//! Promise: a future that the program completes itself.

use crate::error::{BoxError, Error, ErrorKind};
use crate::future::Future;
use crate::native::{check, owned_handle, swallow_panic, FutureHandle};
use crate::outcome::{Failure, Outcome};
use crate::prepared::take_payload;
use cfutures_sys as sys;
use std::ffi::{c_void, CString};
use std::marker::PhantomData;
use std::ptr;

/// The writing side of a [`Future`] that no executor completes. Dropped before it is kept, it fails the
/// future with [`ErrorKind::BrokenPromise`].
pub struct Promise<T> {
    handle: PromiseHandle,
    payload: *mut Outcome<T>, // in the future, which the handle keeps
    result: PhantomData<T>,
}

owned_handle!(PromiseHandle, sys::cf_promise_t, sys::cf_promise_release);

// SAFETY: it is a handle and the only access to the payload until it is kept.
unsafe impl<T: Send> Send for Promise<T> {}

impl<T: Send + 'static> Promise<T> {
    /// A promise and its future.
    pub fn new() -> Result<(Self, Future<T>), Error> {
        let (mut payload, mut promise) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the payload is initialised at once.
        check(|error| unsafe {
            sys::cf_promise_create_with_payload(
                size_of::<Outcome<T>>(),
                align_of::<Outcome<T>>(),
                Some(destroy::<T>),
                &mut payload,
                &mut promise,
                error,
            )
        })?;
        let payload = payload.cast::<Outcome<T>>();
        // SAFETY: the payload has the size and alignment that were asked for.
        unsafe { payload.write(Outcome::Empty) };
        let handle = PromiseHandle::from_raw(promise).expect("create gives a promise");
        // SAFETY: the handle is alive, and this is the only Future of it.
        let future = unsafe {
            let raw = sys::cf_promise_future(handle.as_ptr());
            let raw = FutureHandle::from_raw(raw).expect("a promise has a future");
            Future::new(raw, take_payload::<T>)
        };
        Ok((Promise { handle, payload, result: PhantomData }, future))
    }

    /// Says that the work starts: from now on it cannot be cancelled. False when it was cancelled: then
    /// do not start.
    pub fn set_running(&self) -> bool {
        // SAFETY: the handle is alive.
        let status = unsafe { sys::cf_promise_set_running_or_notify_cancel(self.handle.as_ptr()) };
        status != sys::CF_STATUS_CANCELLED
    }

    /// Keeps it with a result. [`ErrorKind::Cancelled`] when the future was cancelled before.
    pub fn set(self, value: T) -> Result<(), Error> {
        self.keep(Outcome::Value(value), |promise, error| {
            // SAFETY: the handle is alive.
            unsafe { sys::cf_promise_set_result_pointer(promise, ptr::null_mut(), None, error) }
        })
    }

    /// Keeps it with a failure, which readers find with [`Error::downcast_ref`].
    pub fn fail<E: Into<BoxError>>(self, failure: E) -> Result<(), Error> {
        let Failure { type_name, error: failure } = Failure::new(failure);
        let text = |text: &str| CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default();
        let (type_name, message) = (text(type_name), text(&failure.to_string()));
        let mut raw = ptr::null_mut();
        // SAFETY: the texts live during the call.
        check(|error| unsafe {
            *error = ptr::null_mut();
            sys::cf_error_create(
                sys::CF_STATUS_TASK_FAILED,
                type_name.as_ptr(),
                message.as_ptr(),
                ptr::null(),
                &mut raw,
            )
        })?;
        let native = Error::from_raw(sys::CF_STATUS_TASK_FAILED, raw);
        self.keep(Outcome::Failed(failure), |promise, error| {
            // SAFETY: both handles are alive.
            unsafe { sys::cf_promise_set_error(promise, native.native(), error) }
        })
    }

    /// Writes the outcome while nobody else can look at it: a running future is neither done nor to be
    /// cancelled.
    fn keep(
        self,
        outcome: Outcome<T>,
        tell: impl FnOnce(*mut sys::cf_promise_t, *mut *mut sys::cf_error_t) -> sys::cf_status_t,
    ) -> Result<(), Error> {
        if !self.set_running() {
            return Err(Error::new(ErrorKind::Cancelled, "the future was cancelled"));
        }
        // SAFETY: see above; the handle keeps the future and with it the payload.
        unsafe { *self.payload = outcome };
        check(|error| tell(self.handle.as_ptr(), error)).map(drop)
    }
}

unsafe extern "C" fn destroy<T>(payload: *mut c_void) {
    // SAFETY: the library calls it once, when no reference is left.
    swallow_panic(|| unsafe { ptr::drop_in_place(payload.cast::<Outcome<T>>()) });
}

//! What every file needs of the C library: owned handles, checked calls, and the border that no panic
//! crosses.

use crate::error::{Error, ErrorKind};
use cfutures_sys as sys;
use std::any::Any;
use std::ffi::{c_char, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;
use std::time::Duration;

/// One reference to a handle of the C library, given back when it goes.
macro_rules! owned_handle {
    ($(#[$doc:meta])* $name:ident, $raw:ty, $release:path) => {
        $(#[$doc])*
        pub(crate) struct $name(std::ptr::NonNull<$raw>);

        // SAFETY: the C library counts references atomically and allows every function on handles
        // from any thread; what is not so is &mut or unsafe where it is used.
        unsafe impl Send for $name {}
        // SAFETY: as above.
        unsafe impl Sync for $name {}

        impl $name {
            /// Takes over one reference.
            pub(crate) fn from_raw(raw: *mut $raw) -> Option<Self> {
                std::ptr::NonNull::new(raw).map(Self)
            }
            pub(crate) fn as_ptr(&self) -> *mut $raw {
                self.0.as_ptr()
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: this reference is ours, and it is not used again.
                unsafe { $release(self.0.as_ptr()) }
            }
        }
    };
}
pub(crate) use owned_handle;

owned_handle!(
    /// A future, whatever it holds.
    FutureHandle, sys::cf_future_t, sys::cf_future_release
);
owned_handle!(
    /// An executor of any kind.
    ExecutorHandle, sys::cf_executor_t, sys::cf_executor_release
);

impl Clone for ExecutorHandle {
    fn clone(&self) -> Self {
        // SAFETY: the handle is alive; one more reference is ours.
        unsafe { sys::cf_executor_retain(self.as_ptr()) };
        ExecutorHandle(self.0)
    }
}

impl Clone for FutureHandle {
    fn clone(&self) -> Self {
        // SAFETY: the handle is alive; one more reference is ours.
        unsafe { sys::cf_future_retain(self.as_ptr()) };
        FutureHandle(self.0)
    }
}

/// Calls a function whose last parameter is error_out. A negative status is the error.
pub(crate) fn check(
    function: impl FnOnce(*mut *mut sys::cf_error_t) -> sys::cf_status_t,
) -> Result<sys::cf_status_t, Error> {
    let mut error = ptr::null_mut();
    match function(&mut error) {
        status if status >= 0 => Ok(status),
        status => Err(Error::from_raw(status, error)),
    }
}

/// Calls a function that also writes a handle.
pub(crate) fn create<Raw, Handle>(
    from_raw: impl FnOnce(*mut Raw) -> Option<Handle>,
    function: impl FnOnce(*mut *mut Raw, *mut *mut sys::cf_error_t) -> sys::cf_status_t,
) -> Result<Handle, Error> {
    let mut raw = ptr::null_mut();
    check(|error| function(&mut raw, error))?;
    from_raw(raw).ok_or_else(|| Error::new(ErrorKind::Internal, "a function gave no handle"))
}

/// A text as C wants it.
pub(crate) fn c_string(text: &str) -> Result<CString, Error> {
    CString::new(text)
        .map_err(|_| Error::new(ErrorKind::InvalidArgument, "a text holds a NUL character"))
}

/// A text that C gave; "" for NULL.
///
/// # Safety
/// It is NULL or a text that lives as long as 'a.
pub(crate) unsafe fn text<'a>(text: *const c_char) -> &'a str {
    if text.is_null() {
        return "";
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("")
}

/// Nanoseconds as C wants them; what is longer than 292 years waits for ever.
pub(crate) fn nanoseconds(duration: Option<Duration>) -> i64 {
    duration.map_or(-1, |d| i64::try_from(d.as_nanos()).unwrap_or(-1))
}

/// The border: runs `body`, and gives its panic instead of passing it on.
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    // What a panic leaves half done is dropped with its call, or was shared by the user's own means.
    catch_unwind(AssertUnwindSafe(body))
}

/// The border for code that has nobody to report to: destructors, callbacks, wakers. The panic hook
/// has told of the panic already.
pub(crate) fn swallow_panic(body: impl FnOnce()) {
    if let Err(payload) = catch(body) {
        // A payload may panic once more when it is dropped.
        let _ = catch(move || drop(payload)).map_err(std::mem::forget);
    }
}

/// What a panic says, where it says it in words.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("the task panicked")
}

/// Frees a `Box<T>` that is the user_data of a callback.
pub(crate) unsafe extern "C" fn drop_box<T>(data: *mut std::ffi::c_void) {
    // SAFETY: user_data came from Box<T>::into_raw and destroy runs once.
    swallow_panic(|| drop(unsafe { Box::from_raw(data.cast::<T>()) }));
}

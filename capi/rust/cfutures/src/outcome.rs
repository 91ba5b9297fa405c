//! What a call of this process came to, in Rust's own terms, and how the C library is told.

use crate::error::{BoxError, Error, ErrorKind};
use crate::native::{catch, panic_text};
use crate::task::Running;
use cfutures_sys as sys;
use std::any::Any;
use std::ffi::CString;
use std::ptr;

/// What a fallible callable fails with, and the name of the type it had.
pub(crate) struct Failure {
    pub(crate) type_name: &'static str,
    pub(crate) error: BoxError,
}

impl Failure {
    pub(crate) fn new<E: Into<BoxError>>(error: E) -> Self {
        Failure { type_name: std::any::type_name::<E>(), error: error.into() }
    }
}

pub(crate) enum Outcome<T> {
    /// Not there yet, or taken.
    Empty,
    Value(T),
    Failed(BoxError),
    Panicked(Box<dyn Any + Send>),
}

impl<T> Outcome<T> {
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Outcome::Empty)
    }

    /// Joins it with what the C library says of the same call.
    pub(crate) fn join(self, native: Result<(), Error>) -> Result<T, Error> {
        match (native, self) {
            (Ok(()), Outcome::Value(value)) => Ok(value),
            (Ok(()), _) => Err(Error::new(ErrorKind::Internal, "a finished call left no result")),
            (Err(error), Outcome::Failed(source)) => Err(error.with_source(source)),
            (Err(error), Outcome::Panicked(payload)) => Err(error.with_panic(payload)),
            (Err(error), _) => Err(error),
        }
    }
}

/// Runs a task's callable and tells the C library how it failed, if it did.
///
/// # Safety
/// `task` is the running task.
pub(crate) unsafe fn run<T>(
    task: *mut sys::cf_task_t,
    body: impl FnOnce() -> Result<T, Failure>,
) -> (sys::cf_status_t, Outcome<T>) {
    let _running = Running::new(task);
    match catch(body) {
        Ok(Ok(value)) => (sys::CF_STATUS_OK, Outcome::Value(value)),
        Ok(Err(Failure { type_name, error })) => {
            // Display is user code, too.
            let message = catch(|| error.to_string()).unwrap_or_default();
            // SAFETY: the caller's promise.
            (unsafe { fail(task, type_name, &message) }, Outcome::Failed(error))
        }
        Err(payload) => {
            // SAFETY: the caller's promise.
            let status = unsafe { fail(task, "panic", panic_text(&*payload)) };
            (status, Outcome::Panicked(payload))
        }
    }
}

/// Fails the running task.
///
/// # Safety
/// `task` is the running task.
pub(crate) unsafe fn fail(
    task: *mut sys::cf_task_t,
    type_name: &str,
    message: &str,
) -> sys::cf_status_t {
    let c = |text: &str| CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default();
    let (type_name, message) = (c(type_name), c(message));
    // SAFETY: the texts live during the call.
    unsafe { sys::cf_task_fail(task, type_name.as_ptr(), message.as_ptr(), ptr::null()) }
}

//! wait(): for several futures at once.

use crate::error::{Error, ErrorKind};
use crate::future::Future;
use crate::native::{check, nanoseconds};
use cfutures_sys as sys;
use std::time::Duration;

/// When [`wait`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnWhen {
    /// One is done.
    FirstCompleted,
    /// One has failed, or all are done. A cancelled one has not failed.
    FirstException,
    /// All are done.
    AllCompleted,
}

/// What [`wait`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waited {
    /// For each future whether it is done.
    pub done: Vec<bool>,
    /// Whether the wait ended by its timeout.
    pub timed_out: bool,
}

/// Blocks until the condition holds. A timeout is no failure of the calls.
pub fn wait<T>(
    futures: &[Future<T>],
    return_when: ReturnWhen,
    timeout: Option<Duration>,
) -> Result<Waited, Error> {
    let when = match return_when {
        ReturnWhen::FirstCompleted => sys::CF_RETURN_WHEN_FIRST_COMPLETED,
        ReturnWhen::FirstException => sys::CF_RETURN_WHEN_FIRST_EXCEPTION,
        ReturnWhen::AllCompleted => sys::CF_RETURN_WHEN_ALL_COMPLETED,
    };
    let raw: Vec<_> = futures.iter().map(Future::as_ptr).collect();
    let mut done = vec![0_u8; raw.len()];
    // SAFETY: the arrays have the same length and live during the call.
    let waited = check(|error| unsafe {
        sys::cf_wait(
            raw.as_ptr(),
            raw.len(),
            when,
            nanoseconds(timeout),
            done.as_mut_ptr(),
            std::ptr::null_mut(),
            error,
        )
    });
    let timed_out = match waited {
        Ok(_) => false,
        Err(error) if error.kind() == ErrorKind::Timeout => true,
        Err(error) => return Err(error),
    };
    Ok(Waited { done: done.into_iter().map(|flag| flag != 0).collect(), timed_out })
}

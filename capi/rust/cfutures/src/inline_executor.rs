//! InlineExecutor: calls at once, in the thread that submits.

use crate::error::Error;
use crate::executor::{executor, LocalExecutor};
use crate::native::{create, ExecutorHandle};
use cfutures_sys as sys;

/// Runs each call in the submitting thread, before submit returns: for tests, for debugging, and for
/// continuations that run where the call before them ended.
#[derive(Clone)]
pub struct InlineExecutor {
    handle: ExecutorHandle,
}

executor!(InlineExecutor);
impl LocalExecutor for InlineExecutor {}

impl InlineExecutor {
    /// Makes one.
    pub fn new() -> Result<Self, Error> {
        let handle = create(ExecutorHandle::from_raw, |out, error| {
            // SAFETY: both are written by the call alone.
            unsafe { sys::cf_inline_executor_create(out, error) }
        })?;
        Ok(InlineExecutor { handle })
    }
}

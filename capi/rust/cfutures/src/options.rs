//! What calls, maps and shutdowns may be given.

use crate::error::Error;
use crate::native::{c_string, check, create, nanoseconds, owned_handle};
use cfutures_sys as sys;
use std::time::Duration;

/// What a call may be given beside its arguments.
#[derive(Clone, Debug, Default)]
pub struct SubmitOptions {
    name: Option<String>,
    deadline: Option<Duration>,
}

impl SubmitOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// A name for the call in errors and logs. Default: the registered name, or none.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How long the call may take from its submit on. One that has not started by then fails with
    /// [`ErrorKind::DeadlineExceeded`](crate::ErrorKind::DeadlineExceeded); one that runs is asked to
    /// stop (see [`task`](crate::task)).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    pub(crate) fn to_native(&self) -> Result<NativeSubmitOptions, Error> {
        let options = create(NativeSubmitOptions::from_raw, |out, error| {
            // SAFETY: both are written by the call alone.
            unsafe { sys::cf_submit_options_create(out, error) }
        })?;
        if let Some(name) = &self.name {
            let name = c_string(name)?;
            // SAFETY: the text is copied.
            check(|error| unsafe {
                sys::cf_submit_options_set_name(options.as_ptr(), name.as_ptr(), error)
            })?;
        }
        if self.deadline.is_some() {
            let deadline = nanoseconds(self.deadline);
            // SAFETY: the options are alive and used by this thread alone.
            check(|error| unsafe {
                sys::cf_submit_options_set_deadline(options.as_ptr(), deadline, error)
            })?;
        }
        Ok(options)
    }
}

owned_handle!(NativeSubmitOptions, sys::cf_submit_options_t, sys::cf_submit_options_release);

/// How a map goes about its items.
#[derive(Clone, Debug, Default)]
pub struct MapOptions {
    timeout: Option<Duration>,
    chunk_size: Option<usize>,
    window: Option<usize>,
    unordered: bool,
    keep_on_drop: bool,
}

impl MapOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }
    /// For the whole map, counted from the call. Default: none.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
    /// How many items travel in one message of a process pool. Default: chosen by the library.
    pub fn chunk_size(mut self, chunk_size: usize) -> Self {
        self.chunk_size = Some(chunk_size);
        self
    }
    /// How many items may be submitted whose results were not taken. Default: a small multiple of the
    /// workers.
    pub fn window(mut self, window: usize) -> Self {
        self.window = Some(window);
        self
    }
    /// Results in the order of completion instead of that of the input.
    pub fn unordered(mut self, unordered: bool) -> Self {
        self.unordered = unordered;
        self
    }
    /// Whether dropping the map cancels what has not started. Default: yes.
    pub fn cancel_on_drop(mut self, cancel: bool) -> Self {
        self.keep_on_drop = !cancel;
        self
    }

    pub(crate) fn to_native(&self) -> Result<NativeMapOptions, Error> {
        let options = create(NativeMapOptions::from_raw, |out, error| {
            // SAFETY: both are written by the call alone.
            unsafe { sys::cf_map_options_create(out, error) }
        })?;
        let raw = options.as_ptr();
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        // SAFETY: the options are alive and used by this thread alone.
        unsafe {
            if self.timeout.is_some() {
                check(|e| sys::cf_map_options_set_timeout(raw, nanoseconds(self.timeout), e))?;
            }
            if let Some(size) = self.chunk_size {
                check(|e| sys::cf_map_options_set_chunk_size(raw, number(size), e))?;
            }
            if let Some(window) = self.window {
                check(|e| sys::cf_map_options_set_window(raw, number(window), e))?;
            }
            check(|e| sys::cf_map_options_set_unordered(raw, self.unordered.into(), e))?;
            let cancel = (!self.keep_on_drop).into();
            check(|e| sys::cf_map_options_set_cancel_on_release(raw, cancel, e))?;
        }
        Ok(options)
    }
}

owned_handle!(NativeMapOptions, sys::cf_map_options_t, sys::cf_map_options_release);

/// How to shut an executor down. By default: wait, without end, until all accepted work is done.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    no_wait: bool,
    cancel_futures: bool,
    timeout: Option<Duration>,
}

impl Shutdown {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }
    /// Whether to wait at all.
    pub fn wait(mut self, wait: bool) -> Self {
        self.no_wait = !wait;
        self
    }
    /// Cancel every call that has not started.
    pub fn cancel_futures(mut self, cancel: bool) -> Self {
        self.cancel_futures = cancel;
        self
    }
    /// Bounds the waiting.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(crate) fn flags(&self) -> sys::cf_shutdown_flags_t {
        let wait = if self.no_wait { 0 } else { sys::CF_SHUTDOWN_WAIT };
        let cancel = if self.cancel_futures { sys::CF_SHUTDOWN_CANCEL_FUTURES } else { 0 };
        wait | cancel
    }
    pub(crate) fn timeout_ns(&self) -> i64 {
        nanoseconds(self.timeout)
    }
}

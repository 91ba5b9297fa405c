//! ThreadPool: calls on threads of this process.

use crate::error::Error;
use crate::executor::{executor, LocalExecutor};
use crate::native::{
    c_string, catch, check, create, drop_box, owned_handle, swallow_panic, ExecutorHandle,
};
use cfutures_sys as sys;
use std::ffi::c_void;

/// A pool of threads. Threads start when work arrives.
#[derive(Clone)]
pub struct ThreadPool {
    handle: ExecutorHandle,
}

executor!(ThreadPool);
impl LocalExecutor for ThreadPool {}

impl ThreadPool {
    /// A pool of [`default_thread_count`](crate::default_thread_count) threads.
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// A pool of at most so many threads.
    pub fn with_workers(max_workers: usize) -> Result<Self, Error> {
        Self::builder().max_workers(max_workers).build()
    }

    /// A pool with more options.
    pub fn builder() -> ThreadPoolBuilder {
        ThreadPoolBuilder::default()
    }
}

type Initializer = Box<dyn Fn() + Send + Sync>;

/// Options of a [`ThreadPool`].
#[derive(Default)]
#[must_use = "build() makes the pool"]
pub struct ThreadPoolBuilder {
    max_workers: Option<usize>,
    name_prefix: Option<String>,
    initializer: Option<Initializer>,
}

impl ThreadPoolBuilder {
    /// How many threads at most.
    pub fn max_workers(mut self, max_workers: usize) -> Self {
        self.max_workers = Some(max_workers);
        self
    }

    /// Names of threads: prefix, "_", number; the system shows the first 15 bytes.
    pub fn name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.name_prefix = Some(prefix.into());
        self
    }

    /// What each thread does before its first call. When it panics, the pool is broken.
    pub fn initializer(mut self, initializer: impl Fn() + Send + Sync + 'static) -> Self {
        self.initializer = Some(Box::new(initializer));
        self
    }

    /// Makes the pool.
    pub fn build(self) -> Result<ThreadPool, Error> {
        let options = create(ThreadPoolOptions::from_raw, |out, error| {
            // SAFETY: both are written by the call alone.
            unsafe { sys::cf_thread_pool_options_create(out, error) }
        })?;
        let raw = options.as_ptr();
        if let Some(count) = self.max_workers {
            let count = worker_count(count);
            // SAFETY: the options are alive and used by this thread alone; so below.
            check(|error| unsafe {
                sys::cf_thread_pool_options_set_max_workers(raw, count, error)
            })?;
        }
        if let Some(prefix) = &self.name_prefix {
            let prefix = c_string(prefix)?;
            // SAFETY: the text is copied.
            check(|error| unsafe {
                sys::cf_thread_pool_options_set_name_prefix(raw, prefix.as_ptr(), error)
            })?;
        }
        if let Some(initializer) = self.initializer {
            let data = Box::into_raw(Box::new(initializer)).cast();
            // SAFETY: data belongs to the library from here on, on every path.
            check(|error| unsafe {
                sys::cf_thread_pool_options_set_initializer(
                    raw,
                    Some(initialize),
                    data,
                    Some(drop_box::<Initializer>),
                    error,
                )
            })?;
        }
        let handle = create(ExecutorHandle::from_raw, |out, error| {
            // SAFETY: the options are alive.
            unsafe { sys::cf_thread_pool_create(raw, out, error) }
        })?;
        Ok(ThreadPool { handle })
    }
}

unsafe extern "C" fn initialize(data: *mut c_void) -> i32 {
    // SAFETY: data is the initializer, which threads share.
    let initializer = unsafe { &*data.cast::<Initializer>() };
    match catch(initializer) {
        Ok(()) => sys::CF_STATUS_OK,
        Err(payload) => {
            swallow_panic(move || drop(payload));
            sys::CF_STATUS_TASK_FAILED
        }
    }
}

/// What does not fit is refused by the library, as is what is too many.
pub(crate) fn worker_count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

owned_handle!(
    ThreadPoolOptions,
    sys::cf_thread_pool_options_t,
    sys::cf_thread_pool_options_release
);

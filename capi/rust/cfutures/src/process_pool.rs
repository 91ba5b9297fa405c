//! ProcessPool: calls in worker processes.

use crate::error::Error;
use crate::executor::executor;
use crate::function::{function_name, Arguments, Function};
use crate::native::{c_string, check, create, nanoseconds, owned_handle, ExecutorHandle};
use crate::thread_pool::worker_count;
use cfutures_sys as sys;
use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

/// A pool of worker processes. When one crashes, only the call it ran fails.
///
/// By default the workers are this program, run again: main calls
/// [`Worker::entry`](crate::Worker::entry) first.
#[derive(Clone)]
pub struct ProcessPool {
    handle: ExecutorHandle,
}

executor!(ProcessPool);

impl ProcessPool {
    /// A pool of [`default_process_count`](crate::default_process_count) workers.
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// A pool of at most so many workers.
    pub fn with_workers(max_workers: usize) -> Result<Self, Error> {
        Self::builder().max_workers(max_workers).build()
    }

    /// A pool with more options.
    pub fn builder() -> ProcessPoolBuilder {
        ProcessPoolBuilder::default()
    }
}

/// Options of a [`ProcessPool`].
#[derive(Default)]
#[must_use = "build() makes the pool"]
pub struct ProcessPoolBuilder {
    max_workers: Option<usize>,
    libraries: Vec<PathBuf>,
    command: Vec<OsString>,
    initializer: Option<(&'static str, Result<String, Error>)>,
    max_tasks_per_child: Option<u64>,
    start_timeout: Option<Duration>,
    max_message_size: Option<usize>,
}

impl ProcessPoolBuilder {
    /// How many workers at most.
    pub fn max_workers(mut self, max_workers: usize) -> Self {
        self.max_workers = Some(max_workers);
        self
    }

    /// Workers are the installed `cfutures-worker`, which loads this library, and others that are
    /// named so; the path is absolute.
    pub fn worker_library(mut self, library: impl Into<PathBuf>) -> Self {
        self.libraries.push(library.into());
        self
    }

    /// Workers are a program that speaks the library's protocol, with its arguments.
    pub fn worker_command<S: Into<OsString>>(
        mut self,
        command: impl IntoIterator<Item = S>,
    ) -> Self {
        self.command = command.into_iter().map(Into::into).collect();
        self
    }

    /// A registered function that each worker calls before its first call. When it panics, the pool is
    /// broken.
    pub fn initializer<A, F>(mut self, function: F, arguments: A) -> Self
    where
        A: Arguments,
        F: Function<A>,
    {
        let _ = function;
        self.initializer = Some((function_name::<F>(), arguments.to_json()));
        self
    }

    /// After how many calls a worker is replaced. Default: never.
    pub fn max_tasks_per_child(mut self, max_tasks: u64) -> Self {
        self.max_tasks_per_child = Some(max_tasks);
        self
    }

    /// How long a worker may take from its start to its readiness. Default: 30 s.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = Some(timeout);
        self
    }

    /// The largest JSON text, in bytes, that may travel in one message. Default: 256 MiB.
    pub fn max_message_size(mut self, size: usize) -> Self {
        self.max_message_size = Some(size);
        self
    }

    /// Makes the pool.
    pub fn build(self) -> Result<ProcessPool, Error> {
        let options = create(ProcessPoolOptions::from_raw, |out, error| {
            // SAFETY: both are written by the call alone.
            unsafe { sys::cf_process_pool_options_create(out, error) }
        })?;
        self.apply(&options)?;
        let handle = create(ExecutorHandle::from_raw, |out, error| {
            // SAFETY: the options are alive.
            unsafe { sys::cf_process_pool_create(options.as_ptr(), out, error) }
        })?;
        Ok(ProcessPool { handle })
    }

    fn apply(self, options: &ProcessPoolOptions) -> Result<(), Error> {
        let raw = options.as_ptr();
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        // SAFETY: the options are alive and used by this thread alone; all texts are copied.
        unsafe {
            if let Some(count) = self.max_workers {
                let count = worker_count(count);
                check(|e| sys::cf_process_pool_options_set_max_workers(raw, count, e))?;
            }
            if !self.libraries.is_empty() {
                let paths = c_strings(self.libraries.into_iter().map(PathBuf::into_os_string))?;
                let paths: Vec<_> = paths.iter().map(|path| path.as_ptr()).collect();
                check(|e| {
                    sys::cf_process_pool_options_set_worker_libraries(
                        raw,
                        paths.as_ptr(),
                        paths.len(),
                        e,
                    )
                })?;
            }
            if !self.command.is_empty() {
                let words = c_strings(self.command)?;
                let words: Vec<_> = words.iter().map(|word| word.as_ptr()).collect();
                check(|e| {
                    sys::cf_process_pool_options_set_worker_command(
                        raw,
                        words.as_ptr(),
                        words.len(),
                        e,
                    )
                })?;
            }
            if let Some((name, arguments)) = self.initializer {
                let (name, arguments) = (c_string(name)?, arguments?);
                check(|e| {
                    sys::cf_process_pool_options_set_initializer(
                        raw,
                        name.as_ptr(),
                        arguments.as_ptr().cast(),
                        arguments.len() as i64,
                        e,
                    )
                })?;
            }
            if let Some(max_tasks) = self.max_tasks_per_child {
                let max_tasks = number(max_tasks);
                check(|e| sys::cf_process_pool_options_set_max_tasks_per_child(raw, max_tasks, e))?;
            }
            if self.start_timeout.is_some() {
                let timeout = nanoseconds(self.start_timeout);
                check(|e| sys::cf_process_pool_options_set_start_timeout(raw, timeout, e))?;
            }
            if let Some(size) = self.max_message_size {
                let size = number(size as u64);
                check(|e| sys::cf_process_pool_options_set_max_message_size(raw, size, e))?;
            }
        }
        Ok(())
    }
}

/// Paths and words as the system has them, UTF-8 or not.
fn c_strings(words: impl IntoIterator<Item = OsString>) -> Result<Vec<CString>, Error> {
    words
        .into_iter()
        .map(|word| {
            CString::new(word.into_vec()).map_err(|_| {
                Error::new(crate::ErrorKind::InvalidArgument, "a word holds a NUL character")
            })
        })
        .collect()
}

owned_handle!(
    ProcessPoolOptions,
    sys::cf_process_pool_options_t,
    sys::cf_process_pool_options_release
);

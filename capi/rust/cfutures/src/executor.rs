//! The verbs of executors: Executor for all, LocalExecutor for those of this process.

use crate::error::{BoxError, Error};
use crate::function::{function_name, submit_text, take_json, Arguments, Function};
use crate::future::Future;
use crate::map::{self, Map};
use crate::native::{c_string, check};
use crate::options::{MapOptions, Shutdown, SubmitOptions};
use crate::outcome::Failure;
use crate::prepared::prepare;
use crate::scope::{self, Scope};
use cfutures_sys as sys;
use serde::de::DeserializeOwned;
use serde::Serialize;

pub(crate) mod sealed {
    /// An executor of the C library. Nobody else implements it.
    pub trait Native {
        #[doc(hidden)]
        #[allow(private_interfaces)]
        fn native(&self) -> &crate::native::ExecutorHandle;
    }
}

/// What every executor does: call registered functions (see [`Worker`](crate::Worker)). A program that
/// takes an `&impl Executor` runs on threads or in processes by the line that makes the executor.
///
/// Executors are handles: a clone is the same executor. Dropping the last one takes no new calls but
/// lets accepted ones finish, in the background.
pub trait Executor: sealed::Native {
    /// Calls a registered function. Arguments and result travel as JSON.
    fn call<A, F>(&self, function: F, arguments: A) -> Result<Future<F::Output>, Error>
    where
        A: Arguments,
        F: Function<A>,
        F::Output: DeserializeOwned,
    {
        let _ = function;
        submit_text(self.native(), None, function_name::<F>(), &arguments.to_json()?)
    }

    /// The same with options.
    fn call_with<A, F>(
        &self,
        options: &SubmitOptions,
        function: F,
        arguments: A,
    ) -> Result<Future<F::Output>, Error>
    where
        A: Arguments,
        F: Function<A>,
        F::Output: DeserializeOwned,
    {
        let _ = function;
        let options = options.to_native()?;
        submit_text(self.native(), Some(&options), function_name::<F>(), &arguments.to_json()?)
    }

    /// Calls a function that was registered with [`Worker::try_function`](crate::Worker::try_function):
    /// its error is the future's error.
    fn try_call<A, F, T, E>(&self, function: F, arguments: A) -> Result<Future<T>, Error>
    where
        A: Arguments,
        F: Function<A, Output = Result<T, E>>,
        T: DeserializeOwned,
    {
        let _ = function;
        submit_text(self.native(), None, function_name::<F>(), &arguments.to_json()?)
    }

    /// Calls a function by name, which a worker in any language may have. The arguments are written as
    /// a JSON array or object.
    fn call_named<T>(&self, name: &str, arguments: &impl Serialize) -> Result<Future<T>, Error>
    where
        T: DeserializeOwned,
    {
        let text = serde_json::to_string(arguments).map_err(crate::function::encode_error)?;
        submit_text(self.native(), None, name, &text)
    }

    /// Calls a registered function of one argument with each item, in parallel, and gives the results
    /// in the order of the input. The input may be endless: it is read as results are taken.
    fn map_call<F, I>(&self, function: F, inputs: I) -> Result<Map<I::IntoIter, F::Output>, Error>
    where
        I: IntoIterator,
        F: Function<(I::Item,)>,
        (I::Item,): Arguments,
        F::Output: DeserializeOwned,
    {
        self.map_call_with(&MapOptions::new(), function, inputs)
    }

    /// The same with options.
    fn map_call_with<F, I>(
        &self,
        options: &MapOptions,
        function: F,
        inputs: I,
    ) -> Result<Map<I::IntoIter, F::Output>, Error>
    where
        I: IntoIterator,
        F: Function<(I::Item,)>,
        (I::Item,): Arguments,
        F::Output: DeserializeOwned,
    {
        let _ = function;
        let name = c_string(function_name::<F>())?;
        let input = map::texts(inputs.into_iter(), |item| (item,).to_json());
        let next = map::next_text_of(&input);
        let take = take_json::<F::Output>;
        Map::start(options, input, take, next, |options, next, data, free, out, error| {
            // SAFETY: next, data and free belong together.
            unsafe {
                sys::cf_executor_map_call_lazy(
                    self.native().as_ptr(),
                    options,
                    name.as_ptr(),
                    Some(next),
                    data,
                    Some(free),
                    out,
                    error,
                )
            }
        })
    }

    /// Takes no new calls and waits until all accepted ones are done. May be repeated.
    fn shutdown(&self) -> Result<(), Error> {
        self.shutdown_with(&Shutdown::new())
    }

    /// The same with options. After Ok of a shutdown that waits, every future is done, every callback
    /// has returned, and every thread and worker process is gone.
    fn shutdown_with(&self, options: &Shutdown) -> Result<(), Error> {
        let (flags, timeout) = (options.flags(), options.timeout_ns());
        // SAFETY: the handle is alive.
        check(|error| unsafe {
            sys::cf_executor_shutdown(self.native().as_ptr(), flags, timeout, error)
        })
        .map(drop)
    }
}

/// What executors of this process do beside that: run closures.
pub trait LocalExecutor: Executor {
    /// Runs a closure on a worker. It is dropped there, before the future is done, or by the thread
    /// that cancels it. A panic is the future's error.
    fn submit<T, F>(&self, body: F) -> Result<Future<T>, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        prepare(self.native(), None, move || Ok(body()))?.submit(self.native())
    }

    /// The same with options.
    fn submit_with<T, F>(&self, options: &SubmitOptions, body: F) -> Result<Future<T>, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let options = options.to_native()?;
        prepare(self.native(), Some(&options), move || Ok(body()))?.submit(self.native())
    }

    /// Runs a closure that may fail: its error is the future's error, where
    /// [`Error::downcast_ref`] finds it again.
    fn try_submit<T, E, F>(&self, body: F) -> Result<Future<T>, Error>
    where
        T: Send + 'static,
        E: Into<BoxError>,
        F: FnOnce() -> Result<T, E> + Send + 'static,
    {
        prepare(self.native(), None, move || body().map_err(Failure::new))?.submit(self.native())
    }

    /// Calls a closure with each item, in parallel, and gives the results in the order of the input.
    /// The input may be endless: it is read as results are taken, in the thread that takes them.
    fn map<T, F, I>(&self, body: F, inputs: I) -> Result<Map<I::IntoIter, T>, Error>
    where
        T: Send + 'static,
        I: IntoIterator,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> T + Send + Sync + 'static,
    {
        self.map_with(&MapOptions::new(), body, inputs)
    }

    /// The same with options.
    fn map_with<T, F, I>(
        &self,
        options: &MapOptions,
        body: F,
        inputs: I,
    ) -> Result<Map<I::IntoIter, T>, Error>
    where
        T: Send + 'static,
        I: IntoIterator,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> T + Send + Sync + 'static,
    {
        crate::map::local(self.native(), options, body, inputs.into_iter())
    }

    /// Runs closures that borrow: returns when all of them are done.
    ///
    /// ```no_run
    /// # use cfutures::prelude::*;
    /// # fn main() -> Result<(), cfutures::Error> {
    /// let pool = ThreadPool::new()?;
    /// let words = vec!["to", "be"];
    /// let letters: usize = pool.scope(|scope| {
    ///     let lengths: Vec<_> = words.iter().map(|word| scope.submit(move || word.len())).collect();
    ///     lengths.into_iter().map(|length| length?.result()).sum::<Result<_, cfutures::Error>>()
    /// })?;
    /// # Ok(()) }
    /// ```
    fn scope<'env, R, F>(&self, body: F) -> R
    where
        F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
    {
        scope::run(self.native(), body)
    }
}

/// Handles of executors are counted: see `ExecutorHandle`.
macro_rules! executor {
    ($name:ident) => {
        impl $crate::executor::sealed::Native for $name {
            #[allow(private_interfaces)]
            fn native(&self) -> &$crate::native::ExecutorHandle {
                &self.handle
            }
        }
        impl $crate::executor::Executor for $name {}
        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(stringify!($name))
            }
        }
    };
}
pub(crate) use executor;

//! Registered functions: what can be called by name, also in other processes.

use crate::error::{BoxError, Error, ErrorKind};
use crate::future::Future;
use crate::native::{c_string, check, create, ExecutorHandle, FutureHandle};
use crate::options::NativeSubmitOptions;
use crate::outcome::{self, Failure};
use cfutures_sys as sys;
use serde::de::DeserializeOwned;
use serde::Serialize;
use std::ffi::{c_char, c_void};
use std::ptr;

/// A function whose arguments are the tuple `A`: a plain `fn`, or a closure that captures nothing. Its
/// name between processes is its path in the program.
pub trait Function<A>: Copy + Send + Sync + 'static {
    /// What it returns.
    type Output;
    /// Calls it.
    fn invoke(self, arguments: A) -> Self::Output;
}

/// Tuples of values that serde reads and writes: the arguments of a call, a JSON array.
pub trait Arguments: Sized {
    /// Writes them.
    fn to_json(&self) -> Result<String, Error>;
    /// Reads them.
    fn from_json(text: &[u8]) -> Result<Self, BoxError>;
}

macro_rules! arity {
    ($($argument:ident)*) => {
        impl<Fun, Output, $($argument,)*> Function<($($argument,)*)> for Fun
        where
            Fun: Fn($($argument),*) -> Output + Copy + Send + Sync + 'static,
        {
            type Output = Output;
            #[allow(non_snake_case)]
            fn invoke(self, ($($argument,)*): ($($argument,)*)) -> Output {
                self($($argument),*)
            }
        }
    };
}

macro_rules! arguments {
    ($($argument:ident)+) => {
        impl<$($argument: Serialize + DeserializeOwned),+> Arguments for ($($argument,)+) {
            fn to_json(&self) -> Result<String, Error> {
                serde_json::to_string(self).map_err(encode_error)
            }
            fn from_json(text: &[u8]) -> Result<Self, BoxError> {
                Ok(serde_json::from_slice(text)?)
            }
        }
    };
}

/// No arguments: serde would write () as null.
impl Arguments for () {
    fn to_json(&self) -> Result<String, Error> {
        Ok("[]".to_string())
    }
    fn from_json(text: &[u8]) -> Result<Self, BoxError> {
        let [] = serde_json::from_slice::<[(); 0]>(text)?;
        Ok(())
    }
}

arity!();
macro_rules! both {
    ($($argument:ident)+) => {
        arity!($($argument)+);
        arguments!($($argument)+);
    };
}
both!(A);
both!(A B);
both!(A B C);
both!(A B C D);
both!(A B C D E);
both!(A B C D E F);
both!(A B C D E F G);
both!(A B C D E F G H);

pub(crate) fn encode_error(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::EncodeError, &error.to_string())
}

/// The name of a function between processes. They run the same program, so the compiler spells it the
/// same way in all of them.
pub(crate) fn function_name<F>() -> &'static str {
    const { assert!(size_of::<F>() == 0, "a function pointer has no name: pass the function itself") };
    std::any::type_name::<F>()
}

/// Registers functions and serves calls: how a program becomes the worker of its own process pools.
///
/// ```no_run
/// fn half(n: i64) -> i64 { n / 2 }
///
/// fn main() -> Result<(), cfutures::Error> {
///     cfutures::Worker::new().function(half).entry()?;
///     // ... the program
///     Ok(())
/// }
/// ```
#[must_use = "entry() is what registers the functions and serves calls"]
pub struct Worker {
    result: Result<(), Error>,
}

impl Default for Worker {
    fn default() -> Self {
        Self::new()
    }
}

impl Worker {
    /// No functions yet.
    pub fn new() -> Self {
        Worker { result: Ok(()) }
    }

    /// Registers a function. A panic in it fails the call and nothing else.
    pub fn function<A, F>(self, function: F) -> Self
    where
        A: Arguments,
        F: Function<A>,
        F::Output: Serialize,
    {
        self.named_function(function_name::<F>(), function)
    }

    /// Registers a function under a name that other programs and languages call it by.
    pub fn named_function<A, F>(mut self, name: &str, function: F) -> Self
    where
        A: Arguments,
        F: Function<A>,
        F::Output: Serialize,
    {
        const { assert!(size_of::<F>() == 0) };
        let _ = function;
        self.result = self.result.and_then(|()| register(name, run_function::<A, F>));
        self
    }

    /// Registers a function that may fail, for [`Executor::try_call`](crate::Executor::try_call): its
    /// error is the error of the call.
    pub fn try_function<A, F, T, E>(mut self, function: F) -> Self
    where
        A: Arguments,
        F: Function<A, Output = Result<T, E>>,
        T: Serialize,
        E: Into<BoxError>,
    {
        let _ = function;
        self.result =
            self.result.and_then(|()| register(function_name::<F>(), run_fallible::<A, F, T, E>));
        self
    }

    /// Call it early in main, before any thread is started. In a process that a pool started as its
    /// worker it serves calls and does not return; in every other it returns at once, and process
    /// pools may be made from then on.
    pub fn entry(self) -> Result<(), Error> {
        self.result?;
        // SAFETY: no preconditions.
        unsafe { sys::cf_worker_entry() };
        Ok(())
    }

    /// Only registers the functions, for executors of this process.
    pub fn register(self) -> Result<(), Error> {
        self.result
    }
}

type TaskFunction = unsafe extern "C" fn(*mut sys::cf_task_t, *mut c_void) -> i32;

fn register(name: &str, task: TaskFunction) -> Result<(), Error> {
    let name = c_string(name)?;
    // SAFETY: the task needs no user_data.
    check(|error| unsafe {
        sys::cf_function_register(name.as_ptr(), Some(task), ptr::null_mut(), None, error)
    })
    .map(drop)
}

/// The value of a type that has only one.
///
/// # Safety
/// The type is that of a function that somebody has passed to us, by value: so there is a value, it is
/// `Copy`, and it holds nothing.
unsafe fn function_value<F: Copy>() -> F {
    const { assert!(size_of::<F>() == 0) };
    // SAFETY: reading nothing from an aligned address.
    unsafe { ptr::NonNull::<F>::dangling().as_ptr().read() }
}

unsafe extern "C" fn run_function<A, F>(task: *mut sys::cf_task_t, _: *mut c_void) -> i32
where
    A: Arguments,
    F: Function<A>,
    F::Output: Serialize,
{
    // SAFETY: the library passes the running task; named_function() had the function.
    unsafe { serve(task, |arguments: A| Ok(function_value::<F>().invoke(arguments))) }
}

unsafe extern "C" fn run_fallible<A, F, T, E>(task: *mut sys::cf_task_t, _: *mut c_void) -> i32
where
    A: Arguments,
    F: Function<A, Output = Result<T, E>>,
    T: Serialize,
    E: Into<BoxError>,
{
    // SAFETY: the library passes the running task; try_function() had the function.
    unsafe {
        serve(task, |arguments: A| function_value::<F>().invoke(arguments).map_err(Failure::new))
    }
}

/// Runs a registered function: arguments and result are JSON texts.
unsafe fn serve<A, T>(
    task: *mut sys::cf_task_t,
    function: impl FnOnce(A) -> Result<T, Failure>,
) -> i32
where
    A: Arguments,
    T: Serialize,
{
    let mut text: *const c_char = ptr::null();
    let mut size = 0;
    // SAFETY: the caller's promise; the text is borrowed for the call.
    let arguments = unsafe {
        let status = sys::cf_task_arguments(task, &mut text, &mut size);
        if status != sys::CF_STATUS_OK || text.is_null() {
            return outcome::fail(task, "TypeError", "the call has no arguments");
        }
        std::slice::from_raw_parts(text.cast::<u8>(), size)
    };
    // SAFETY: the caller's promise.
    let (status, outcome) = unsafe {
        outcome::run(task, || {
            let arguments = A::from_json(arguments)
                .map_err(|error| Failure { type_name: "TypeError", error })?;
            let result = function(arguments)?;
            serde_json::to_string(&result)
                .map_err(|error| Failure { type_name: "EncodeError", error: error.into() })
        })
    };
    match outcome {
        outcome::Outcome::Value(json) => {
            let size = json.len() as i64;
            // SAFETY: the text is copied. A text that the library refuses fails the call.
            unsafe { sys::cf_task_return_json(task, json.as_ptr().cast(), size) }
        }
        // Nobody in this process reads it.
        failed => {
            crate::native::swallow_panic(move || drop(failed));
            status
        }
    }
}

/// Submits a call by name.
pub(crate) fn submit_text<T: DeserializeOwned>(
    executor: &ExecutorHandle,
    options: Option<&NativeSubmitOptions>,
    name: &str,
    arguments: &str,
) -> Result<Future<T>, Error> {
    let name = c_string(name)?;
    let handle = create(FutureHandle::from_raw, |out, error| {
        // SAFETY: the texts are copied.
        unsafe {
            sys::cf_executor_submit_call(
                executor.as_ptr(),
                options.map_or(ptr::null(), |options| options.as_ptr() as *const _),
                name.as_ptr(),
                arguments.as_ptr().cast(),
                arguments.len() as i64,
                out,
                error,
            )
        }
    })?;
    // SAFETY: the result of a named call is a JSON text.
    Ok(unsafe { Future::new(handle, take_json::<T>) })
}

/// Reads a result that is JSON.
///
/// # Safety
/// The future is done.
pub(crate) unsafe fn take_json<T: DeserializeOwned>(
    future: &FutureHandle,
    native: Result<(), Error>,
) -> Result<T, Error> {
    native?;
    let mut text: *const c_char = ptr::null();
    let mut size = 0;
    // SAFETY: the text lives as long as the future.
    let text = unsafe {
        check(|error| sys::cf_future_result_json(future.as_ptr(), 0, &mut text, &mut size, error))?;
        std::slice::from_raw_parts(text.cast::<u8>(), size)
    };
    serde_json::from_slice(text)
        .map_err(|error| Error::new(ErrorKind::DecodeError, &format!("the result: {error}")))
}

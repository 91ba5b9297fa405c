//! Python's `concurrent.futures`: executors, and a future for each call.
//!
//! An executor runs calls elsewhere: [`ThreadPool`] on threads, [`ProcessPool`] in worker processes,
//! [`InlineExecutor`] at once in the calling thread. A [`Future`] is the call's outcome, now or later:
//! block for it with [`Future::result`], `.await` it, cancel it, or take many as they complete.
//!
//! ```no_run
//! use cfutures::prelude::*;
//!
//! fn square(n: i64) -> i64 {
//!     n * n
//! }
//!
//! fn main() -> Result<(), cfutures::Error> {
//!     // The workers of a process pool are this program, run again: they do not get past here.
//!     cfutures::Worker::new().function(square).entry()?;
//!
//!     let threads = ThreadPool::new()?;
//!     let hello = threads.submit(|| "hello".to_string())?; // any closure
//!     println!("{}", hello.result()?);
//!
//!     let processes = ProcessPool::new()?;
//!     let nine = processes.call(square, (3,))?; // a registered function, in another process
//!     println!("{}", nine.result()?);
//!     Ok(())
//! }
//! ```
//!
//! # Which verb
//!
//! | the callable | its result is `T` | it returns `Result<T, E>`, and `E` is the future's error |
//! |---|---|---|
//! | a closure, on this process's executors | [`submit`](LocalExecutor::submit) | [`try_submit`](LocalExecutor::try_submit) |
//! | a registered function, on every executor | [`call`](Executor::call) | [`try_call`](Executor::try_call) |
//!
//! # Threads, blocking, ownership
//!
//! Closures run on a worker thread of the pool and are dropped there, before their future is done; a
//! cancelled one is dropped by the thread that cancels. A panic in one fails its future and nothing
//! else. Callbacks ([`Future::on_done`]) run on the worker that finished the call, in a process pool on
//! its one callback thread, or at once when the future is done. Wakers of `.await` are woken there too.
//!
//! Dropping a future or a pool never blocks and cancels nothing: accepted work goes on, and is finished
//! before the program ends. [`Executor::shutdown`] waits. What borrows needs [`LocalExecutor::scope`].
#![deny(unsafe_op_in_unsafe_fn)]

mod completion;
mod error;
mod executor;
mod function;
mod future;
mod inline_executor;
mod map;
mod native;
mod options;
mod outcome;
mod prepared;
mod process_pool;
mod promise;
mod scope;
pub mod task;
mod thread_pool;
mod wait;

pub use completion::{as_completed, AsCompleted, CompletionQueue};
pub use error::{BoxError, Error, ErrorKind};
pub use executor::{Executor, LocalExecutor};
pub use function::{Arguments, Function, Worker};
pub use future::{Future, State};
pub use inline_executor::InlineExecutor;
pub use map::Map;
pub use options::{MapOptions, Shutdown, SubmitOptions};
pub use process_pool::{ProcessPool, ProcessPoolBuilder};
pub use promise::Promise;
pub use scope::{Scope, ScopedFuture};
pub use thread_pool::{ThreadPool, ThreadPoolBuilder};
pub use wait::{wait, ReturnWhen, Waited};

/// The executors and the traits with their verbs, to be imported together.
pub mod prelude {
    pub use crate::{Executor, Future, InlineExecutor, LocalExecutor, ProcessPool, ThreadPool};
}

/// The version of the library that runs, "MAJOR.MINOR.PATCH".
pub fn version() -> &'static str {
    // SAFETY: the text is static.
    unsafe { native::text(cfutures_sys::cf_version_string()) }
}

/// How many workers a thread pool has by default.
pub fn default_thread_count() -> usize {
    // SAFETY: no preconditions.
    unsafe { cfutures_sys::cf_default_thread_count() as usize }
}

/// How many workers a process pool has by default.
pub fn default_process_count() -> usize {
    // SAFETY: no preconditions.
    unsafe { cfutures_sys::cf_default_process_count() as usize }
}

/// What must not compile.
///
/// A closure that borrows needs a scope:
/// ```compile_fail,E0597
/// # use cfutures::prelude::*;
/// # let pool = ThreadPool::new().unwrap();
/// let text = String::from("gone too early");
/// let borrowed: &str = &text;
/// pool.submit(move || borrowed.len()).unwrap();
/// ```
/// What is not `Send` stays on its thread:
/// ```compile_fail,E0277
/// # use cfutures::prelude::*;
/// # let pool = ThreadPool::new().unwrap();
/// let shared = std::rc::Rc::new(1);
/// pool.submit(move || *shared).unwrap();
/// ```
/// So do results:
/// ```compile_fail,E0277
/// # use cfutures::prelude::*;
/// # let pool = ThreadPool::new().unwrap();
/// pool.submit(|| std::rc::Rc::new(1)).unwrap();
/// ```
/// What a scope's closures borrow outlives the scope:
/// ```compile_fail,E0597
/// # use cfutures::prelude::*;
/// # let pool = ThreadPool::new().unwrap();
/// pool.scope(|scope| {
///     let inside = 1;
///     scope.submit(|| &inside == &1).unwrap();
/// });
/// ```
/// The future of a scope stays in it:
/// ```compile_fail
/// # use cfutures::prelude::*;
/// # let pool = ThreadPool::new().unwrap();
/// let escaped = pool.scope(|scope| scope.submit(|| 1).unwrap());
/// ```
/// A function pointer has no name:
/// ```compile_fail
/// # use cfutures::prelude::*;
/// # let pool = ThreadPool::new().unwrap();
/// let pointer: fn(i64) -> i64 = i64::abs;
/// pool.call(pointer, (1,)).unwrap();
/// ```
#[cfg(doctest)]
pub struct MustNotCompile;

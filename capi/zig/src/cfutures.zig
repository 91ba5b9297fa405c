//! Executors and futures: Python's concurrent.futures over the C ABI of libcfutures.
//!
//! An `Executor` runs calls on threads, in other processes, or at once in the calling thread; each
//! call has a `Future`, which gives the function's own result or error. `submit` takes any function
//! and its arguments and keeps both in this process; `call` takes a `Named` function, whose
//! arguments and result travel as JSON, and so works on every executor.
//!
//! Who owns what: `defer pool.deinit()` finishes all work and ends the workers. A future is a handle
//! that is let go of by `deinit`; what its result points to lives until then. Times are nanoseconds;
//! null waits for ever and 0 does not wait.
const errors = @import("errors.zig");
const executor = @import("executor.zig");
const future = @import("future.zig");
const many = @import("many.zig");
const named = @import("named.zig");
const options = @import("options.zig");
const task = @import("task.zig");

/// The C ABI itself, for what has no Zig of its own here.
pub const c = @import("c");

pub const Error = errors.Error;
pub const Failure = errors.Failure;
pub const Diagnostics = errors.Diagnostics;

pub const Executor = executor.Executor;
pub const ThreadPoolOptions = options.ThreadPoolOptions;
pub const ProcessPoolOptions = options.ProcessPoolOptions;
pub const ShutdownOptions = options.ShutdownOptions;
pub const SubmitOptions = options.SubmitOptions;
pub const MapOptions = options.MapOptions;
pub const threadPool = executor.threadPool;
pub const processPool = executor.processPool;
pub const inlineExecutor = executor.inlineExecutor;

pub const Task = task.Task;
pub const Future = future.Future;
pub const FutureOf = future.FutureOf;
pub const State = future.State;
pub const Map = many.Map;
pub const ReturnWhen = many.ReturnWhen;
pub const wait = many.wait;
pub const AsCompleted = many.AsCompleted;
pub const asCompleted = many.asCompleted;

pub const Named = named.Named;
pub const workerEntry = named.workerEntry;

/// The version of the library that runs, "MAJOR.MINOR.PATCH".
pub fn version() [:0]const u8 {
    return @import("std").mem.span(c.cf_version_string());
}

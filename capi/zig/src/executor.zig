const std = @import("std");
const c = @import("c");
const block = @import("block.zig");
const errors = @import("errors.zig");
const many = @import("many.zig");
const named = @import("named.zig");
const opts = @import("options.zig");
const signature = @import("signature.zig");
const Error = errors.Error;
const Future = @import("future.zig").Future;

/// Makes a pool of threads, which start when work arrives.
pub fn threadPool(options: opts.ThreadPoolOptions) Error!Executor {
    const made = try opts.makeThreadPoolOptions(options);
    defer c.cf_thread_pool_options_release(made);
    var handle: ?*c.cf_executor_t = null;
    try errors.check(c.cf_thread_pool_create(made, &handle, errors.errorOut(options.diagnostics)));
    return .{ .handle = handle.? };
}

/// Makes a pool of worker processes, which start when work arrives.
pub fn processPool(options: opts.ProcessPoolOptions) Error!Executor {
    const made = try opts.makeProcessPoolOptions(options);
    defer c.cf_process_pool_options_release(made);
    var handle: ?*c.cf_executor_t = null;
    try errors.check(c.cf_process_pool_create(made, &handle, errors.errorOut(options.diagnostics)));
    return .{ .handle = handle.? };
}

/// Makes an executor that runs each call in the calling thread, before submit returns.
pub fn inlineExecutor() Error!Executor {
    var handle: ?*c.cf_executor_t = null;
    try errors.check(c.cf_inline_executor_create(&handle, null));
    return .{ .handle = handle.? };
}

/// Runs calls. It may be copied and used by any number of threads until `deinit`.
pub const Executor = struct {
    handle: *c.cf_executor_t,

    /// Finishes all accepted work and ends the workers. Not for a task or callback of the executor
    /// itself: there it begins the shutdown and does not wait.
    pub fn deinit(executor: Executor) void {
        executor.shutdown(.{}) catch {};
        c.cf_executor_release(executor.handle);
    }

    /// Takes no new calls from now on. May be repeated; each one with `wait` really waits.
    pub fn shutdown(executor: Executor, options: opts.ShutdownOptions) Error!void {
        var flags: c.cf_shutdown_flags_t = 0;
        if (options.wait) flags |= c.CF_SHUTDOWN_WAIT;
        if (options.cancel_futures) flags |= c.CF_SHUTDOWN_CANCEL_FUTURES;
        const timeout_ns = opts.nanoseconds(options.timeout_ns);
        try errors.check(c.cf_executor_shutdown(executor.handle, flags, timeout_ns, null));
    }

    /// Runs `function(args...)` later, in this process. The arguments are copied; what they point to
    /// has to live until the call is done. A function whose first parameter is a `*Task` gets it,
    /// and memory that lives as long as the future.
    pub fn submit(
        executor: Executor,
        comptime function: anytype,
        args: anytype,
    ) Error!Future(signature.Return(@TypeOf(function))) {
        return executor.submitWith(.{}, function, args);
    }

    pub fn submitWith(
        executor: Executor,
        options: opts.SubmitOptions,
        comptime function: anytype,
        args: anytype,
    ) Error!Future(signature.Return(@TypeOf(function))) {
        const Call = block.FunctionCall(function);
        return executor.start(options, Call{ .args = signature.arguments(@TypeOf(function), args) });
    }

    /// Runs `closure.run(task)` later, in this process, and owns the closure from now on: its
    /// `deinit` runs exactly once, when the call has ended and no handle of its future is left, or
    /// here when this fails. What `run` returns may point into the closure.
    pub fn submitOwned(
        executor: Executor,
        options: opts.SubmitOptions,
        closure: anytype,
    ) Error!Future(signature.Return(@TypeOf(@TypeOf(closure).run))) {
        return executor.start(options, closure);
    }

    fn start(
        executor: Executor,
        options: opts.SubmitOptions,
        content: anytype,
    ) Error!Future(signature.Return(@TypeOf(@TypeOf(content).run))) {
        const R = signature.Return(@TypeOf(@TypeOf(content).run));
        const Block = block.Block(@TypeOf(content), R);
        var memory: ?*anyopaque = null;
        var handle: ?*c.cf_future_t = null;
        executor.prepare(Block, options, &memory, &handle) catch |err| {
            var refused = content;
            refused.deinit();
            return err;
        };
        Block.init(memory.?, content);
        errdefer c.cf_future_release(handle);
        const out = errors.errorOut(options.diagnostics);
        try errors.check(c.cf_executor_submit_prepared(executor.handle, handle, out));
        return .{ .handle = handle.? };
    }

    fn prepare(
        executor: Executor,
        comptime Block: type,
        options: opts.SubmitOptions,
        memory: *?*anyopaque,
        handle: *?*c.cf_future_t,
    ) Error!void {
        const made = try opts.makeSubmitOptions(options);
        defer c.cf_submit_options_release(made);
        try errors.check(c.cf_executor_prepare(
            executor.handle,
            made,
            Block.size,
            Block.alignment,
            Block.run,
            null,
            Block.deinit,
            memory,
            handle,
            errors.errorOut(options.diagnostics),
        ));
    }

    /// Runs a `Named` function later, on any executor. Arguments and result travel as JSON.
    pub fn call(executor: Executor, comptime Function: type, args: anytype) Error!Future(Function.Return) {
        return executor.callWith(.{}, Function, args);
    }

    pub fn callWith(
        executor: Executor,
        options: opts.SubmitOptions,
        comptime Function: type,
        args: anytype,
    ) Error!Future(Function.Return) {
        const converted = signature.arguments(@TypeOf(Function.function), args);
        const text = try named.encode(std.heap.c_allocator, converted);
        defer std.heap.c_allocator.free(text);
        const made = try opts.makeSubmitOptions(options);
        defer c.cf_submit_options_release(made);
        var handle: ?*c.cf_future_t = null;
        try errors.check(c.cf_executor_submit_call(
            executor.handle,
            made,
            Function.name,
            text.ptr,
            @intCast(text.len),
            &handle,
            errors.errorOut(options.diagnostics),
        ));
        return .{ .handle = handle.? };
    }

    /// Runs `function(item)` for each of `items`, in this process; an item that is a tuple is spread
    /// over the parameters. The items have to live until the map has ended.
    pub fn map(
        executor: Executor,
        options: opts.MapOptions,
        comptime function: anytype,
        items: anytype,
    ) Error!many.Map(signature.Return(@TypeOf(function))) {
        return many.mapLocal(executor.handle, options, function, items);
    }

    /// The same with a `Named` function, on any executor. The items are copied.
    pub fn mapCall(
        executor: Executor,
        options: opts.MapOptions,
        comptime Function: type,
        items: anytype,
    ) Error!many.Map(Function.Return) {
        return many.mapNamed(executor.handle, options, Function, items);
    }
};

//! Named calls: the same on threads and in worker processes.
const std = @import("std");
const cf = @import("cfutures");
const functions = @import("functions.zig");
const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectEqualStrings = std.testing.expectEqualStrings;
const expectError = std.testing.expectError;

/// Everything but what makes the executor is the same.
fn callAll(pool: cf.Executor) !void {
    var three = try pool.call(functions.Half, .{6});
    defer three.deinit();
    var odd = try pool.call(functions.Half, .{7});
    defer odd.deinit();
    var point = try pool.call(functions.Mirror, .{functions.Point{ .x = 1, .y = 2, .label = "a\"bc" }});
    defer point.deinit();
    var found = try pool.call(functions.Find, .{"grail"});
    defer found.deinit();
    var nothing = try pool.call(functions.Nothing, .{});
    defer nothing.deinit();

    try expectEqual(3, try three.result(null));
    try expectError(error.Odd, odd.result(null));
    try expectEqualStrings("half", odd.failure().?.function());
    try expectEqual(2, (try point.result(null)).x);
    try expectEqualStrings("cb\"a", (try point.result(0)).label);
    try expectError(error.NotFound, found.result(null));
    try expectEqualStrings("there is no grail of 7", found.failure().?.message());
    try nothing.result(null);
}

test "calls on every executor" {
    inline for (.{ cf.threadPool(.{}), cf.processPool(.{}), cf.inlineExecutor() }) |made| {
        const executor = try made;
        defer executor.deinit();
        try callAll(executor);
    }
}

test "a crash fails the one call that ran" {
    const pool = try cf.processPool(.{ .max_workers = 1 });
    defer pool.deinit();
    var lost = try pool.call(functions.Crash, .{});
    defer lost.deinit();
    var after = try pool.call(functions.Half, .{6});
    defer after.deinit();
    try expectError(error.WorkerLost, lost.result(null));
    const failure = lost.failure().?;
    try expectEqual(11, failure.workerSignal().?); // SIGSEGV
    try expect(failure.workerPid().? > 0);
    try expect(failure.workerExitStatus() == null);
    try expectEqualStrings("crash", failure.function());
    try expectEqual(3, try after.result(null));
}

/// The test's side of `functions.hold`.
const Fifo = struct {
    buffer: [64]u8 = undefined,
    path: [:0]const u8 = "",

    fn make(fifo: *Fifo) !void {
        fifo.path = try std.fmt.bufPrintSentinel(&fifo.buffer, "/tmp/cfutures-zig-{d}", .{std.os.linux.getpid()}, 0);
        const made = std.os.linux.mknod(fifo.path, std.os.linux.S.IFIFO | 0o600, 0);
        try expectEqual(.SUCCESS, std.os.linux.errno(made));
    }

    fn deinit(fifo: *Fifo) void {
        _ = std.os.linux.unlink(fifo.path);
    }

    /// Waits until a call is held, until the descriptor is closed.
    fn waitUntilStarted(fifo: *Fifo) !i32 {
        var name: [std.posix.PATH_MAX]u8 = undefined;
        return functions.open(&name, fifo.path, .{ .ACCMODE = .WRONLY });
    }
};

test "a queued call of a process pool is cancelled, and a wait times out" {
    const pool = try cf.processPool(.{ .max_workers = 1 });
    defer pool.deinit();
    var fifo: Fifo = .{};
    try fifo.make();
    defer fifo.deinit();
    var held = try pool.call(functions.Hold, .{@as([]const u8, fifo.path)});
    defer held.deinit();
    const started = try fifo.waitUntilStarted();
    try expectError(error.Timeout, held.result(1_000_000));
    var queued = try pool.call(functions.Crash, .{});
    defer queued.deinit();
    try expect(queued.cancel());
    try expectError(error.Cancelled, queued.result(null));
    _ = std.os.linux.close(started);
    try expect(try held.result(null) > 0);
}

test "a deadline, and a request, end the worker of a call that runs" {
    const pool = try cf.processPool(.{ .max_workers = 1 });
    defer pool.deinit();
    var first = try pool.call(functions.Pid, .{});
    defer first.deinit();
    var fifo: Fifo = .{};
    try fifo.make();
    defer fifo.deinit();
    const before = try first.result(null);
    var after = before;
    // Nobody ever opens the other side. A deadline that comes before the start ends no worker.
    var deadline_ns: u63 = 20_000_000;
    while (after == before) : (deadline_ns *= 4) {
        var late = try pool.callWith(.{ .deadline_ns = deadline_ns }, functions.Hold, .{@as([]const u8, fifo.path)});
        defer late.deinit();
        try expectError(error.DeadlineExceeded, late.result(null));
        var next = try pool.call(functions.Pid, .{});
        defer next.deinit();
        after = try next.result(null);
    }

    var held = try pool.call(functions.Hold, .{@as([]const u8, fifo.path)});
    defer held.deinit();
    const started = try fifo.waitUntilStarted();
    defer _ = std.os.linux.close(started);
    try held.cancelRunning();
    try expectError(error.WorkerKilled, held.result(null));
    try expectEqual(after, held.failure().?.workerPid().?);
}

test "a thousand calls of a process pool as they complete" {
    const pool = try cf.processPool(.{});
    defer pool.deinit();
    var futures: [1000]cf.Future(i64) = undefined;
    for (&futures, 0..) |*future, i| future.* = try pool.call(functions.Add, .{ @as(i64, @intCast(i)), 1 });
    defer for (&futures) |*future| future.deinit();
    const completed = try cf.asCompleted(&futures, null);
    defer completed.deinit();
    var sum: i64 = 0;
    while (try completed.next()) |i| sum += try futures[i].result(0);
    try expectEqual(500_500, sum);
}

test "a function of this process cannot be sent" {
    const pool = try cf.processPool(.{});
    defer pool.deinit();
    try expectError(error.Unsupported, pool.submit(functions.half, .{6}));
}

test "arguments that do not fit" {
    const pool = try cf.threadPool(.{});
    defer pool.deinit();
    var handle: ?*cf.c.cf_future_t = null;
    try expectEqual(cf.c.CF_STATUS_OK, cf.c.cf_executor_submit_call(pool.handle, null, "add", "[1]", -1, &handle, null));
    var future: cf.Future(i64) = .{ .handle = handle.? };
    defer future.deinit();
    try expectError(error.TaskFailed, future.result(null));
    try expectEqualStrings("TypeError", future.failure().?.typeName());
}

fn notRegistered() void {}

test "a name that nobody registered" {
    const pool = try cf.threadPool(.{});
    defer pool.deinit();
    var diagnostics: cf.Diagnostics = .{};
    defer diagnostics.deinit();
    const Nobody = cf.Named("nobody", notRegistered);
    try expectError(error.UnknownFunction, pool.callWith(.{ .diagnostics = &diagnostics }, Nobody, .{}));
    try expect(std.mem.find(u8, diagnostics.failure().?.message(), "nobody") != null);
}

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

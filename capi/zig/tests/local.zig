//! Calls in this process.
const std = @import("std");
const cf = @import("cfutures");
const functions = @import("functions.zig");
const Gate = @import("gate.zig").Gate;
const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectEqualStrings = std.testing.expectEqualStrings;
const expectError = std.testing.expectError;

fn waitFor(gate: *const Gate) void {
    gate.wait();
}

/// Opens one gate, and returns when the other one is open.
fn meet(here: *const Gate, there: *const Gate) void {
    here.open();
    there.wait();
}

test "a result, and the function's own error" {
    for (0..2) |kind| {
        const executor = if (kind == 0) try cf.threadPool(.{}) else try cf.inlineExecutor();
        defer executor.deinit();
        var three = try executor.submit(functions.half, .{6});
        defer three.deinit();
        var odd = try executor.submit(functions.half, .{7});
        defer odd.deinit();
        try expectEqual(3, try three.result(null));
        try expectEqual(3, try three.result(0));
        try expectError(error.Odd, odd.result(null));
        try expectEqualStrings("Odd", odd.failure().?.typeName());
        try expect(three.failure() == null);
        try expectEqual(cf.State.finished, odd.state());
    }
}

test "what a task allocates lives as long as its future" {
    const pool = try cf.threadPool(.{});
    defer pool.deinit();
    var future = try pool.submit(functions.mirror, .{functions.Point{ .x = 1, .y = 2, .label = "abc" }});
    defer future.deinit();
    const point = try future.result(null);
    try expectEqual(2, point.x);
    try expectEqualStrings("cba", point.label);
}

test "a failure has a message" {
    const pool = try cf.threadPool(.{});
    defer pool.deinit();
    var known = try pool.submitWith(.{ .name = "a search" }, functions.find, .{"grail"});
    defer known.deinit();
    try expectError(error.NotFound, known.result(null));
    try expectEqualStrings("there is no grail of 7", known.failure().?.message());
    try expectEqualStrings("a search", known.failure().?.function());
    var other = try pool.submit(functions.find, .{""});
    defer other.deinit();
    try expectError(error.TaskFailed, other.result(null));
    try expectEqualStrings("SomethingElse", other.failure().?.typeName());
}

test "a timeout of a wait is not one of a task" {
    const gate: Gate = .init();
    defer gate.deinit();
    const pool = try cf.threadPool(.{ .max_workers = 1 });
    defer pool.deinit();
    defer gate.open();
    var slow = try pool.submit(waitFor, .{&gate});
    defer slow.deinit();
    try expectError(error.Timeout, slow.result(0));
    try expect(!slow.done());

    const now = try cf.inlineExecutor();
    defer now.deinit();
    var raised = try now.submit(functions.raisesTimeout, .{});
    defer raised.deinit();
    try expectError(error.Timeout, raised.result(null));
    try expect(raised.done());
}

test "a queued call is cancelled" {
    const gate: Gate = .init();
    defer gate.deinit();
    const pool = try cf.threadPool(.{ .max_workers = 1 });
    defer pool.deinit();
    defer gate.open();
    var first = try pool.submit(waitFor, .{&gate});
    defer first.deinit();
    var second = try pool.submit(functions.half, .{6});
    defer second.deinit();
    try expect(second.cancel());
    try expect(second.cancelled() and second.done() and !second.running());
    try expectError(error.Cancelled, second.result(null));
    try expect(second.failure() == null);
}

fn untilAsked(task: *cf.Task, started: *const Gate) error{TaskFailed}!void {
    started.open();
    while (!task.cancelRequested()) std.Thread.yield() catch {};
    return task.fail("Stopped", "after {?d}", .{task.timeLeft()});
}

test "a running call is asked to stop, by its future or its deadline" {
    const started: Gate = .init();
    defer started.deinit();
    const pool = try cf.threadPool(.{});
    defer pool.deinit();
    var asked = try pool.submit(untilAsked, .{&started});
    defer asked.deinit();
    started.wait();
    try expect(asked.running() and !asked.cancel());
    try asked.cancelRunning();
    try expectError(error.TaskFailed, asked.result(null));
    try expectEqualStrings("after null", asked.failure().?.message());

    // The deadline may come before the start.
    var late = try pool.submitWith(.{ .deadline_ns = 1_000_000 }, untilAsked, .{&started});
    defer late.deinit();
    if (late.result(null)) |_| return error.TestUnexpectedResult else |err| switch (err) {
        error.TaskFailed => try expectEqualStrings("after 0", late.failure().?.message()),
        error.DeadlineExceeded => {},
        else => return err,
    }
    var never = try pool.submitWith(.{ .deadline_ns = 0 }, functions.half, .{2});
    defer never.deinit();
    try expectError(error.DeadlineExceeded, never.result(null));
}

/// Owns memory of the testing allocator, which counts.
const Owner = struct {
    text: []u8,
    ends: *std.atomic.Value(u32),
    mode: enum { succeed, fail } = .succeed,
    gate: ?*const Gate = null,

    fn init(ends: *std.atomic.Value(u32)) !Owner {
        return .{ .text = try std.testing.allocator.dupe(u8, "owned"), .ends = ends };
    }

    pub fn run(owner: *Owner, _: *cf.Task) error{Wanted}![]const u8 {
        if (owner.mode == .fail) return error.Wanted;
        if (owner.gate) |gate| gate.wait();
        return owner.text[1..];
    }

    pub fn deinit(owner: *Owner) void {
        std.testing.allocator.free(owner.text);
        _ = owner.ends.fetchAdd(1, .seq_cst);
    }
};

/// Whether all closures have ended, since a worker may hold a future a little longer than we do.
fn expectEnds(pool: cf.Executor, ends: *std.atomic.Value(u32), wanted: u32) !void {
    try pool.shutdown(.{});
    pool.deinit();
    try expectEqual(wanted, ends.swap(0, .seq_cst));
}

test "a closure that ran is freed once, after its result, which points into it" {
    var ends: std.atomic.Value(u32) = .init(0);
    const pool = try cf.threadPool(.{});
    {
        var future = try pool.submitOwned(.{}, try Owner.init(&ends));
        defer future.deinit();
        try expectEqualStrings("wned", try future.result(null));
        try expectEqual(0, ends.load(.seq_cst));
    }
    try expectEnds(pool, &ends, 1);
}

test "a closure that failed is freed once" {
    var ends: std.atomic.Value(u32) = .init(0);
    const pool = try cf.threadPool(.{});
    {
        var owner: Owner = try .init(&ends);
        owner.mode = .fail;
        var future = try pool.submitOwned(.{}, owner);
        defer future.deinit();
        try expectError(error.Wanted, future.result(null));
    }
    try expectEnds(pool, &ends, 1);
}

test "a closure that is cancelled, and one whose future goes before it has run, are freed once" {
    var ends: std.atomic.Value(u32) = .init(0);
    const gate: Gate = .init();
    defer gate.deinit();
    const pool = try cf.threadPool(.{ .max_workers = 1 });
    var owner: Owner = try .init(&ends);
    owner.gate = &gate;
    var running = try pool.submitOwned(.{}, owner);
    var queued = try pool.submitOwned(.{}, try Owner.init(&ends));
    try expect(queued.cancel());
    queued.deinit();
    running.deinit();
    gate.open();
    try expectEnds(pool, &ends, 2);
}

test "a closure that is refused is freed once, at once" {
    var ends: std.atomic.Value(u32) = .init(0);
    const pool = try cf.threadPool(.{});
    defer pool.deinit();
    try pool.shutdown(.{});
    try expectError(error.ShutDown, pool.submitOwned(.{}, try Owner.init(&ends)));
    try expectEqual(1, ends.load(.seq_cst));
    const processes = try cf.processPool(.{});
    defer processes.deinit();
    try expectError(error.Unsupported, processes.submitOwned(.{}, try Owner.init(&ends)));
    try expectEqual(2, ends.load(.seq_cst));
}

fn count(counter: *std.atomic.Value(u32), future: *cf.Future(error{Odd}!i64)) void {
    const n = future.result(0) catch 1000;
    _ = counter.fetchAdd(@intCast(n), .seq_cst);
}

test "a callback sees the outcome once" {
    var counter: std.atomic.Value(u32) = .init(0);
    const pool = try cf.threadPool(.{});
    var three = try pool.submit(functions.half, .{6});
    defer three.deinit();
    try three.onDone(&counter, count);
    var odd = try pool.submit(functions.half, .{7});
    defer odd.deinit();
    try odd.onDone(&counter, count);
    pool.deinit();
    try expectEqual(1003, counter.load(.seq_cst));
    try three.onDone(&counter, count);
    try expectEqual(1006, counter.load(.seq_cst));
}

test "a clone is another handle of the same call" {
    const pool = try cf.threadPool(.{});
    defer pool.deinit();
    var one = try pool.submit(functions.add, .{ 2, 3 });
    var two = one.clone();
    defer two.deinit();
    try expectEqual(one.taskId(), two.taskId());
    one.deinit();
    try expectEqual(5, try two.result(null));
}

fn refuse() anyerror!void {
    return error.Refused;
}

test "an initializer that fails breaks the pool" {
    const pool = try cf.threadPool(.{ .initializer = refuse });
    defer pool.deinit();
    var future = try pool.submit(functions.half, .{6});
    defer future.deinit();
    try expectError(error.BrokenExecutor, future.result(null));
}

test "what is wrong with options is told" {
    var diagnostics: cf.Diagnostics = .{};
    defer diagnostics.deinit();
    try expectError(
        error.InvalidArgument,
        cf.threadPool(.{ .max_workers = 5000, .diagnostics = &diagnostics }),
    );
    try expect(diagnostics.failure().?.message().len > 0);
    try expectEqual(error.InvalidArgument, diagnostics.failure().?.status());
}

test "a shutdown waits, or says that it did not" {
    const started: Gate = .init();
    defer started.deinit();
    const gate: Gate = .init();
    defer gate.deinit();
    const pool = try cf.threadPool(.{ .max_workers = 1 });
    defer pool.deinit();
    var future = try pool.submit(meet, .{ &started, &gate });
    defer future.deinit();
    started.wait();
    var queued = try pool.submit(functions.half, .{6});
    defer queued.deinit();
    try expectError(error.Timeout, pool.shutdown(.{ .timeout_ns = 0, .cancel_futures = true }));
    try expect(queued.cancelled());
    gate.open();
    try pool.shutdown(.{});
    try expectError(error.ShutDown, pool.submit(functions.half, .{6}));
}

test "a hundred thousand calls" {
    const pool = try cf.threadPool(.{});
    defer pool.deinit();
    const gpa = std.testing.allocator;
    const futures = try gpa.alloc(cf.Future(i64), 1000);
    defer gpa.free(futures);
    var sum: i64 = 0;
    for (0..100) |_| {
        for (futures, 0..) |*future, i| future.* = try pool.submit(functions.add, .{ @as(i64, @intCast(i)), 1 });
        for (futures) |*future| {
            defer future.deinit();
            sum += try future.result(null);
        }
    }
    try expectEqual(100 * 1000 * 1001 / 2, sum);
}

//! Many futures at once.
const std = @import("std");
const cf = @import("cfutures");
const functions = @import("functions.zig");
const Gate = @import("gate.zig").Gate;
const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectError = std.testing.expectError;

fn pass(gate: *const Gate) void {
    gate.wait();
}

test "wait for the first, and for all" {
    const gates = [_]Gate{ .init(), .init() };
    defer for (gates) |gate| gate.deinit();
    const pool = try cf.threadPool(.{ .max_workers = 2 });
    defer pool.deinit();
    var futures: [2]cf.Future(void) = undefined;
    for (&futures, &gates) |*future, *gate| future.* = try pool.submit(pass, .{gate});
    defer for (&futures) |*future| future.deinit();
    try expectError(error.Timeout, cf.wait(&futures, .first_completed, 0));
    gates[1].open();
    try cf.wait(&futures, .first_completed, null);
    try expect(futures[1].done() and !futures[0].done());
    gates[0].open();
    try cf.wait(&futures, .all_completed, null);
    try expect(futures[0].done());
}

test "as completed gives the first one first" {
    const gates = [_]Gate{ .init(), .init() };
    defer for (gates) |gate| gate.deinit();
    const pool = try cf.threadPool(.{ .max_workers = 2 });
    defer pool.deinit();
    var futures: [2]cf.Future(void) = undefined;
    for (&futures, &gates) |*future, *gate| future.* = try pool.submit(pass, .{gate});
    defer for (&futures) |*future| future.deinit();
    const completed = try cf.asCompleted(&futures, null);
    defer completed.deinit();
    gates[1].open();
    try expectEqual(1, try completed.next());
    gates[0].open();
    try expectEqual(0, try completed.next());
    try expectEqual(null, try completed.next());
}

test "as completed over a thousand" {
    const pool = try cf.threadPool(.{});
    defer pool.deinit();
    const gpa = std.testing.allocator;
    const futures = try gpa.alloc(cf.Future(i64), 1000);
    defer gpa.free(futures);
    for (futures, 0..) |*future, i| future.* = try pool.submit(functions.add, .{ @as(i64, @intCast(i)), 0 });
    defer for (futures) |*future| future.deinit();
    const completed = try cf.asCompleted(futures, null);
    defer completed.deinit();
    var seen: std.bit_set.Static(1000) = .empty;
    while (try completed.next()) |i| {
        try expect(!seen.isSet(i));
        seen.set(i);
        try expectEqual(@as(i64, @intCast(i)), try futures[i].result(0));
    }
    try expectEqual(1000, seen.count());
}

test "a map gives results in order, and goes on after a failure" {
    const items = [_]i64{ 2, 3, 4 };
    inline for (.{ cf.threadPool(.{}), cf.processPool(.{}) }) |made| {
        const pool = try made;
        defer pool.deinit();
        var results = try pool.mapCall(.{}, functions.Half, &items);
        defer results.deinit();
        try expectHalves(&results);
    }
    const pool = try cf.threadPool(.{});
    defer pool.deinit();
    var results = try pool.map(.{}, functions.half, &items);
    defer results.deinit();
    try expectHalves(&results);
}

fn expectHalves(results: *cf.Map(error{Odd}!i64)) !void {
    const expected = [_]anyerror!i64{ 1, error.Odd, 2 };
    for (expected, 0..) |wanted, i| {
        var future = (try results.next()).?;
        defer future.deinit();
        try expectEqual(i, results.index);
        try std.testing.expectEqual(wanted, @as(anyerror!i64, future.result(0)));
    }
    try expect(try results.next() == null);
}

test "a map over tuples, and one that is dropped in the middle" {
    const pool = try cf.threadPool(.{ .max_workers = 1 });
    defer pool.deinit();
    const pairs = [_]struct { i64, i64 }{ .{ 1, 2 }, .{ 3, 4 }, .{ 5, 6 }, .{ 7, 8 } };
    var sums = try pool.map(.{ .window = 2 }, functions.add, &pairs);
    defer sums.deinit();
    var first = (try sums.next()).?;
    defer first.deinit();
    try expectEqual(3, try first.result(0));
    // Neither what is queued nor what was not asked for is lost: the leak check sees it.
}

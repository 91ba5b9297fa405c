//! W1 and P1 through the Zig package.
const std = @import("std");
const cf = @import("cfutures");

const workers = 2;

fn giveBack(i: i64) i64 {
    return i;
}

fn increment(n: i64) i64 {
    return n + 1;
}
const Increment = cf.Named("increment", increment);

const Clock = struct {
    io: std.Io,

    fn now(clock: Clock) std.Io.Timestamp {
        return .now(clock.io, .awake);
    }
};

/// ns a call.
fn submitAndGet(
    clock: Clock,
    executor: cf.Executor,
    size: usize,
    expected: i64,
    comptime submit: anytype,
) !f64 {
    const Future = @typeInfo(@typeInfo(@TypeOf(submit)).@"fn".return_type.?).error_union.payload;
    const futures = try std.heap.page_allocator.alloc(Future, size);
    defer std.heap.page_allocator.free(futures);
    const start = clock.now();
    for (futures, 0..) |*future, i| future.* = try submit(executor, @as(i64, @intCast(i)));
    var sum: i64 = 0;
    for (futures) |*future| {
        sum += try future.result(null);
        future.deinit();
    }
    const elapsed = start.durationTo(clock.now()).toNanoseconds();
    if (sum != expected) return error.WrongSum;
    return @as(f64, @floatFromInt(elapsed)) / @as(f64, @floatFromInt(size));
}

fn submitHere(executor: cf.Executor, i: i64) !cf.FutureOf(giveBack) {
    return executor.submit(giveBack, .{i});
}

fn callThere(executor: cf.Executor, i: i64) !cf.FutureOf(increment) {
    return executor.call(Increment, .{i});
}

fn run(clock: Clock, workload: []const u8, size: usize, warmups: usize) !f64 {
    const n: i64 = @intCast(size);
    var figure: f64 = 0;
    if (std.mem.eql(u8, workload, "W1")) {
        const pool = try cf.threadPool(.{ .max_workers = workers });
        defer pool.deinit();
        for (0..warmups + 1) |_| {
            figure = try submitAndGet(clock, pool, size, @divExact(n * (n - 1), 2), submitHere);
        }
    } else {
        const pool = try cf.processPool(.{ .max_workers = workers });
        defer pool.deinit();
        for (0..warmups + 1) |_| {
            figure = try submitAndGet(clock, pool, size, @divExact(n * (n + 1), 2), callThere);
        }
    }
    return figure;
}

pub fn main(init: std.process.Init) !void {
    try cf.workerEntry(.{Increment});
    const arguments = try init.minimal.args.toSlice(init.arena.allocator());
    var buffer: [256]u8 = undefined;
    var stdout: std.Io.File.Writer = .initStreaming(.stdout(), init.io, &buffer);
    if (arguments.len == 4) {
        const size = try std.fmt.parseInt(usize, arguments[2], 10);
        const warmups = try std.fmt.parseInt(usize, arguments[3], 10);
        const figure = try run(.{ .io = init.io }, arguments[1], size, warmups);
        try stdout.interface.print("{{\"value\": {d:.6}}}\n", .{figure});
    } else {
        try stdout.interface.print("W1\nP1\n", .{});
    }
    try stdout.interface.flush();
}

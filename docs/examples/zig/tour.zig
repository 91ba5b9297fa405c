//! Threads, processes, errors and a crash: docs/ffi/zig.md explains what happens here.
const std = @import("std");
const cf = @import("cfutures");

/// A function as any other: it goes to every executor under its name.
fn half(n: i64) error{Odd}!i64 {
    return if (@mod(n, 2) == 0) @divExact(n, 2) else error.Odd;
}
const Half = cf.Named("half", half);

fn crash() void {
    std.process.abort();
}
const Crash = cf.Named("crash", crash);

/// Runs on threads or in processes: the line that makes the executor decides.
fn halves(executor: cf.Executor, where: []const u8, out: *std.Io.Writer) !void {
    var six = try executor.call(Half, .{6});
    defer six.deinit();
    var seven = try executor.call(Half, .{7});
    defer seven.deinit();
    try out.print("{s}: half of 6 is {d}, ", .{ where, try six.result(null) });
    _ = seven.result(null) catch |err| switch (err) {
        error.Odd => try out.print("of 7: 7 is odd\n", .{}),
        else => return err,
    };
}

/// A closure owns what it holds: the call's end frees it, exactly once.
const Greeting = struct {
    allocator: std.mem.Allocator,
    text: []u8,

    pub fn run(greeting: *Greeting, task: *cf.Task) error{OutOfMemory}![]const u8 {
        // What a task allocates lives as long as its future.
        return task.allocator().print("{s} from a closure", .{greeting.text});
    }

    pub fn deinit(greeting: *Greeting) void {
        greeting.allocator.free(greeting.text);
    }
};

pub fn main(init: std.process.Init) !void {
    // The workers of a process pool are this program, run again: they do not get past here.
    try cf.workerEntry(.{ Half, Crash });

    var buffer: [256]u8 = undefined;
    var stdout: std.Io.File.Writer = .initStreaming(.stdout(), init.io, &buffer);
    const out = &stdout.interface;

    const threads = try cf.threadPool(.{ .max_workers = 2 });
    defer threads.deinit();
    const text = try init.gpa.dupe(u8, "hello");
    var greeting = try threads.submitOwned(.{}, Greeting{ .allocator = init.gpa, .text = text });
    defer greeting.deinit();
    try out.print("{s}\n", .{try greeting.result(null)});
    try halves(threads, "on threads", out);

    const processes = try cf.processPool(.{ .max_workers = 2 });
    defer processes.deinit();
    try halves(processes, "in processes", out);
    var lost = try processes.call(Crash, .{});
    defer lost.deinit();
    lost.result(null) catch |err| switch (err) {
        error.WorkerLost => try out.print("crash: worker lost\n", .{}),
        else => return err,
    };
    try halves(processes, "the pool goes on", out);
    try out.flush();
}

//! What the tests run, here and in worker processes.
const std = @import("std");
const cf = @import("cfutures");

pub const Point = struct { x: i32, y: i32, label: []const u8 };

pub fn half(n: i64) error{Odd}!i64 {
    if (@mod(n, 2) != 0) return error.Odd;
    return @divExact(n, 2);
}

pub fn add(a: i64, b: i64) i64 {
    return a + b;
}

pub fn nothing() void {}

pub fn mirror(task: *cf.Task, point: Point) error{OutOfMemory}!Point {
    const label = try task.allocator().dupe(u8, point.label);
    std.mem.reverse(u8, label);
    return .{ .x = point.y, .y = point.x, .label = label };
}

/// Not an error that `find` knows by its name.
pub fn find(task: *cf.Task, name: []const u8) error{ TaskFailed, NotFound }!u32 {
    if (name.len == 0) return task.fail("SomethingElse", "no name", .{});
    return task.fail("NotFound", "there is no {s} of {d}", .{ name, 7 });
}

pub fn crash() void {
    std.posix.raise(.SEGV) catch {};
}

/// Tells that it runs by opening the FIFO, and waits until the other side closes it.
pub fn hold(path: []const u8) error{Fifo}!i64 {
    var name: [std.posix.PATH_MAX]u8 = undefined;
    const fifo = open(&name, path, .{ .ACCMODE = .RDONLY }) catch return error.Fifo;
    defer _ = std.os.linux.close(fifo);
    var byte: [1]u8 = undefined;
    _ = std.os.linux.read(fifo, &byte, 1);
    return std.os.linux.getpid();
}

/// Opens a file; a FIFO when the other side does.
pub fn open(name: *[std.posix.PATH_MAX]u8, path: []const u8, flags: std.os.linux.O) !i32 {
    @memcpy(name[0..path.len], path);
    name[path.len] = 0;
    const result = std.os.linux.open(name[0..path.len :0], flags, 0);
    return if (std.os.linux.errno(result) == .SUCCESS) @intCast(result) else error.Open;
}

pub fn pid() i64 {
    return std.os.linux.getpid();
}

pub fn raisesTimeout() error{Timeout}!void {
    return error.Timeout;
}

pub const Half = cf.Named("half", half);
pub const Add = cf.Named("add", add);
pub const Nothing = cf.Named("nothing", nothing);
pub const Mirror = cf.Named("mirror", mirror);
pub const Find = cf.Named("find", find);
pub const Crash = cf.Named("crash", crash);
pub const Hold = cf.Named("hold", hold);
pub const Pid = cf.Named("pid", pid);

pub const all = .{ Half, Add, Nothing, Mirror, Find, Crash, Hold, Pid };

//! Functions with names, under which they can be called in other processes too.
const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");
const signature = @import("signature.zig");
const Task = @import("task.zig").Task;

/// A function under a name: `const Half = Named("half", half);`. Its parameters and its result are
/// what std.json reads and writes.
pub fn Named(comptime function_name: [*:0]const u8, comptime function_value: anytype) type {
    return struct {
        pub const name = function_name;
        pub const function = function_value;
        pub const Return = signature.Return(@TypeOf(function));
        pub const Arguments = signature.Arguments(@TypeOf(function));

        /// For this process and for good. `workerEntry` does it for all that it is given.
        pub fn register() errors.Error!void {
            try errors.check(c.cf_function_register(name, run, null, null, null));
        }

        fn run(handle: ?*c.cf_task_t, _: ?*anyopaque) callconv(.c) i32 {
            var arena: std.heap.ArenaAllocator = .init(std.heap.c_allocator);
            defer arena.deinit();
            var task: Task = .{ .handle = handle.?, .arena = &arena };
            return answer(&task) catch |err| task.failWith(err);
        }

        fn answer(task: *Task) anyerror!i32 {
            var text: [*c]const u8 = null;
            var size: usize = 0;
            try errors.check(c.cf_task_arguments(task.handle, &text, &size));
            const args = std.json.parseFromSliceLeaky(Arguments, task.allocator(), text[0..size], .{}) catch |err| {
                if (err == error.OutOfMemory) return err;
                return task.fail("TypeError", "{s} wants {s}: {t}", .{ name, @typeName(Arguments), err });
            };
            const outcome = signature.invoke(function, task, args);
            const value = if (@typeInfo(Return) == .error_union) try outcome else outcome;
            if (@TypeOf(value) == void) return c.CF_STATUS_OK;
            const json = try std.json.Stringify.valueAlloc(task.allocator(), value, .{});
            errors.check(c.cf_task_return_json(task.handle, json.ptr, @intCast(json.len))) catch |err| {
                return task.fail("EncodeError", "the result of {s} is no JSON: {t}", .{ name, err });
            };
            return c.CF_STATUS_OK;
        }
    };
}

/// The worker entry: registers the functions, a tuple of `Named` types. In a process that a pool
/// started as its worker it serves calls and does not return. Call it first in main, before there
/// are other threads; from then on this process may make process pools whose worker is the program.
pub fn workerEntry(comptime functions: anytype) errors.Error!void {
    inline for (functions) |function| try function.register();
    c.cf_worker_entry();
}

/// The arguments of a call as a JSON array, zero-terminated.
pub fn encode(allocator: std.mem.Allocator, args: anytype) error{OutOfMemory}![:0]u8 {
    var text: std.Io.Writer.Allocating = .init(allocator);
    errdefer text.deinit();
    // An empty tuple would be an object.
    if (args.len == 0) {
        text.writer.writeAll("[]") catch return error.OutOfMemory;
    } else {
        std.json.Stringify.value(args, .{}, &text.writer) catch return error.OutOfMemory;
    }
    return text.toOwnedSliceSentinel(0);
}

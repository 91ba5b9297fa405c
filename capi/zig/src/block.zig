//! A local call in one block of memory: first the slot that its future reads, whose type follows
//! from the function's result alone, then what runs. The block is the payload of a prepared call,
//! or the result of an item of a map, and is freed with the future.
const std = @import("std");
const c = @import("c");
const signature = @import("signature.zig");
const Task = @import("task.zig").Task;

/// What a call leaves behind. `value` is there when the future has succeeded.
pub fn Slot(comptime R: type) type {
    return struct {
        arena: std.heap.ArenaAllocator,
        value: signature.Payload(R),
    };
}

/// `Body` has `run(*Body, *Task) R` and `deinit(*Body) void`.
pub fn Block(comptime Body: type, comptime R: type) type {
    return struct {
        pub const alignment = @max(@alignOf(Slot(R)), @alignOf(Body));
        pub const size = body_offset + @sizeOf(Body);
        const body_offset = std.mem.alignForward(usize, @sizeOf(Slot(R)), @alignOf(Body));

        pub fn slot(block: *anyopaque) *Slot(R) {
            return @ptrCast(@alignCast(block));
        }

        pub fn body(block: *anyopaque) *Body {
            return @ptrCast(@alignCast(@as([*]u8, @ptrCast(block)) + body_offset));
        }

        pub fn init(block: *anyopaque, content: Body) void {
            slot(block).arena = .init(std.heap.c_allocator);
            body(block).* = content;
        }

        /// The task of the C ABI; its user_data is the block.
        pub fn run(handle: ?*c.cf_task_t, block: ?*anyopaque) callconv(.c) i32 {
            var task: Task = .{ .handle = handle.?, .arena = &slot(block.?).arena };
            const outcome = body(block.?).run(&task);
            slot(block.?).value = if (@typeInfo(R) == .error_union)
                outcome catch |err| return task.failWith(err)
            else
                outcome;
            return c.CF_STATUS_OK;
        }

        /// The destroy function of the C ABI: frees what is in the block, not the block.
        pub fn deinit(block: ?*anyopaque) callconv(.c) void {
            body(block.?).deinit();
            slot(block.?).arena.deinit();
        }
    };
}

/// The body of a call of a function with arguments.
pub fn FunctionCall(comptime function: anytype) type {
    return struct {
        args: signature.Arguments(@TypeOf(function)),

        pub fn run(call: *@This(), task: *Task) signature.Return(@TypeOf(function)) {
            return signature.invoke(function, task, call.args);
        }

        pub fn deinit(_: *@This()) void {}
    };
}

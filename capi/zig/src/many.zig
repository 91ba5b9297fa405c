//! Many futures at once: wait, as_completed, map.
const std = @import("std");
const c = @import("c");
const block = @import("block.zig");
const errors = @import("errors.zig");
const named = @import("named.zig");
const opts = @import("options.zig");
const signature = @import("signature.zig");
const Error = errors.Error;
const Future = @import("future.zig").Future;
const gpa = std.heap.c_allocator;

pub const ReturnWhen = enum(c.cf_return_when_t) {
    first_completed = c.CF_RETURN_WHEN_FIRST_COMPLETED,
    first_exception = c.CF_RETURN_WHEN_FIRST_EXCEPTION,
    all_completed = c.CF_RETURN_WHEN_ALL_COMPLETED,
};

/// Waits for some or all of `futures`, a slice of one type of future; which of them are done, `done`
/// says. `error.Timeout` is no failure of the calls.
pub fn wait(futures: anytype, return_when: ReturnWhen, timeout_ns: ?u63) Error!void {
    const handles = try handlesOf(futures);
    defer gpa.free(handles);
    try errors.check(c.cf_wait(
        handles.ptr,
        handles.len,
        @backingInt(return_when),
        opts.nanoseconds(timeout_ns),
        null,
        null,
        null,
    ));
}

/// Gives the places of done futures, in the order in which they are done. The timeout counts from
/// here.
///
///     var completed = try asCompleted(futures, null);
///     defer completed.deinit();
///     while (try completed.next()) |i| use(try futures[i].result(0));
pub fn asCompleted(futures: anytype, timeout_ns: ?u63) Error!AsCompleted {
    const handles = try handlesOf(futures);
    defer gpa.free(handles);
    var queue: ?*c.cf_completion_queue_t = null;
    try errors.check(c.cf_as_completed(handles.ptr, handles.len, opts.nanoseconds(timeout_ns), &queue, null));
    return .{ .queue = queue.? };
}

pub const AsCompleted = struct {
    queue: *c.cf_completion_queue_t,

    pub fn deinit(completed: AsCompleted) void {
        c.cf_completion_queue_release(completed.queue);
    }

    /// Waits for the next one; null when there are no more.
    pub fn next(completed: AsCompleted) Error!?usize {
        var future: ?*c.cf_future_t = null;
        var index: u64 = 0;
        const status = c.cf_completion_queue_next(completed.queue, -1, &future, &index, null);
        if (status == c.CF_STATUS_END) return null;
        try errors.check(status);
        c.cf_future_release(future);
        return @intCast(index);
    }
};

fn handlesOf(futures: anytype) error{OutOfMemory}![]?*c.cf_future_t {
    const handles = try gpa.alloc(?*c.cf_future_t, futures.len);
    for (handles, futures) |*handle, *future| handle.* = future.handle;
    return handles;
}

/// The outcomes of one function over many items, in the order of the items unless the options say
/// otherwise.
///
///     while (try results.next()) |item| {
///         var future = item;
///         defer future.deinit();
///         use(try future.result(0));
///     }
pub fn Map(comptime R: type) type {
    return struct {
        handle: *c.cf_map_t,
        /// The place in the input of what `next` gave last.
        index: usize = 0,

        /// Cancels what has not started, unless the options say otherwise.
        pub fn deinit(map: @This()) void {
            c.cf_map_release(map.handle);
        }

        /// Waits for the next item's future, which is done and the caller's; null when there are no
        /// more. An item that failed does not end the map.
        pub fn next(map: *@This()) Error!?Future(R) {
            var future: ?*c.cf_future_t = null;
            var index: u64 = 0;
            const status = c.cf_map_next(map.handle, -1, &future, &index, null);
            if (status == c.CF_STATUS_END) return null;
            try errors.check(status);
            map.index = @intCast(index);
            return .{ .handle = future.? };
        }
    };
}

fn isTuple(comptime T: type) bool {
    return @typeInfo(T) == .@"struct" and @typeInfo(T).@"struct".is_tuple;
}

/// An item as the tuple of the arguments.
fn spread(comptime Function: type, item: anytype) signature.Arguments(Function) {
    if (comptime isTuple(@TypeOf(item))) return signature.arguments(Function, item);
    return signature.arguments(Function, .{item});
}

pub fn mapNamed(
    executor: *c.cf_executor_t,
    options: opts.MapOptions,
    comptime Function: type,
    items: anytype,
) Error!Map(Function.Return) {
    const made = try opts.makeMapOptions(options);
    defer c.cf_map_options_release(made);
    var arena: std.heap.ArenaAllocator = .init(gpa);
    defer arena.deinit();
    const texts = try arena.allocator().alloc([*c]const u8, items.len);
    for (texts, 0..) |*text, i| {
        text.* = try named.encode(arena.allocator(), spread(@TypeOf(Function.function), items[i]));
    }
    var handle: ?*c.cf_map_t = null;
    try errors.check(c.cf_executor_map_call(
        executor,
        made,
        Function.name,
        texts.ptr,
        null,
        texts.len,
        &handle,
        errors.errorOut(options.diagnostics),
    ));
    return .{ .handle = handle.? };
}

pub fn mapLocal(
    executor: *c.cf_executor_t,
    options: opts.MapOptions,
    comptime function: anytype,
    items: anytype,
) Error!Map(signature.Return(@TypeOf(function))) {
    const R = signature.Return(@TypeOf(function));
    const Input = MapInput(function, @TypeOf(items));
    const made = try opts.makeMapOptions(options);
    defer c.cf_map_options_release(made);
    const input = try gpa.create(Input);
    input.* = .{ .items = items };
    var handle: ?*c.cf_map_t = null;
    try errors.check(c.cf_executor_map(
        executor,
        made,
        Input.run,
        Input.destroyItem,
        Input.next,
        input,
        Input.destroy,
        &handle,
        errors.errorOut(options.diagnostics),
    ));
    return @as(Map(R), .{ .handle = handle.? });
}

/// Feeds a local map, and holds the calls of its items.
fn MapInput(comptime function: anytype, comptime Items: type) type {
    const R = signature.Return(@TypeOf(function));
    const Call = block.FunctionCall(function);
    const Block = block.Block(Call, R);

    return struct {
        items: Items,
        taken: usize = 0,

        const Input = @This();

        /// An item's block lives on the heap. It is the user_data of the item's task first, and its
        /// result after success: `handed_on` says that the task's end must not free it.
        const Box = struct {
            memory: [Block.size]u8 align(Block.alignment),
            handed_on: bool,
        };

        fn next(user_data: ?*anyopaque, item_out: [*c]?*anyopaque) callconv(.c) i32 {
            const input: *Input = @ptrCast(@alignCast(user_data));
            if (input.taken == input.items.len) return 0;
            const box = gpa.create(Box) catch return c.CF_STATUS_NO_MEMORY;
            box.handed_on = false;
            const item = input.items[input.taken];
            Block.init(&box.memory, .{ .args = spread(@TypeOf(function), item) });
            input.taken += 1;
            item_out.* = box;
            return 1;
        }

        fn destroy(user_data: ?*anyopaque) callconv(.c) void {
            const input: *Input = @ptrCast(@alignCast(user_data));
            gpa.destroy(input);
        }

        fn run(task: ?*c.cf_task_t, user_data: ?*anyopaque) callconv(.c) i32 {
            const box: *Box = @ptrCast(@alignCast(user_data));
            const status = Block.run(task, &box.memory);
            if (status != c.CF_STATUS_OK) return status;
            box.handed_on = true;
            return c.cf_task_return_pointer(task, &box.memory, destroyResult);
        }

        fn destroyItem(user_data: ?*anyopaque) callconv(.c) void {
            const box: *Box = @ptrCast(@alignCast(user_data));
            if (!box.handed_on) destroyResult(&box.memory);
        }

        fn destroyResult(memory: ?*anyopaque) callconv(.c) void {
            Block.deinit(memory);
            const bytes: *[Block.size]u8 align(Block.alignment) = @ptrCast(@alignCast(memory));
            const box: *Box = @alignCast(@fieldParentPtr("memory", bytes));
            gpa.destroy(box);
        }
    };
}

const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");
const signature = @import("signature.zig");
const Slot = @import("block.zig").Slot;
const nanoseconds = @import("options.zig").nanoseconds;
const Error = errors.Error;

pub const State = enum { pending, running, cancelled, finished };

/// The future that submitting a function gives.
pub fn FutureOf(comptime function: anytype) type {
    return Future(signature.Return(@TypeOf(function)));
}

/// The outcome of one call of a function that returns `R`, now or later.
///
/// A future is one handle and is used by one thread at a time; `clone` makes another one. Do not
/// copy it: like all that has a `deinit`, it has one owner.
pub fn Future(comptime R: type) type {
    return struct {
        handle: *c.cf_future_t,
        /// The result of a named call, once it was asked for.
        decoded: ?*Decoded = null,

        const Self = @This();
        const Value = signature.Payload(R);
        const Decoded = struct { arena: std.heap.ArenaAllocator, value: Value };
        /// The function's own errors, and the library's.
        pub const ResultError = Error || signature.ErrorSet(R);

        /// Lets go of the future and of what its result points to. The call goes on.
        pub fn deinit(future: *Self) void {
            future.forget();
            c.cf_future_release(future.handle);
            future.* = undefined;
        }

        /// Another handle of the same future.
        pub fn clone(future: *const Self) Self {
            return .{ .handle = c.cf_future_retain(future.handle).? };
        }

        /// Waits for the result. An error of the function is the very same error again, by its name;
        /// `failure` tells more. What the result points to lives until `deinit`.
        ///
        /// `error.Timeout` from a function is not a wait that timed out: `done` tells them apart.
        pub fn result(future: *Self, timeout_ns: ?u63) ResultError!Value {
            try future.wait(timeout_ns);
            return switch (c.cf_future_outcome(future.handle)) {
                c.CF_STATUS_OK => future.value(),
                c.CF_STATUS_TASK_FAILED => future.taskError(),
                else => |status| errors.fromStatus(status),
            };
        }

        /// Waits until the call is done, whatever its outcome.
        pub fn wait(future: *const Self, timeout_ns: ?u63) Error!void {
            try errors.check(c.cf_future_wait(future.handle, nanoseconds(timeout_ns)));
        }

        /// Why the call failed; null when it has not, not yet, or was cancelled.
        pub fn failure(future: *const Self) ?errors.Failure {
            return .{ .handle = c.cf_future_error(future.handle) orelse return null };
        }

        pub fn state(future: *const Self) State {
            return @fromBackingInt(@intCast(c.cf_future_state(future.handle)));
        }

        pub fn done(future: *const Self) bool {
            return c.cf_future_done(future.handle) != 0;
        }

        pub fn running(future: *const Self) bool {
            return c.cf_future_running(future.handle) != 0;
        }

        pub fn cancelled(future: *const Self) bool {
            return c.cf_future_cancelled(future.handle) != 0;
        }

        /// Cancels the call if it has not started, and says whether it is cancelled now.
        pub fn cancel(future: *Self) bool {
            return c.cf_future_cancel(future.handle) != 0;
        }

        /// The same, and stops the call if it runs: a thread is asked to, a worker process is ended.
        pub fn cancelRunning(future: *Self) Error!void {
            try errors.check(c.cf_future_cancel_running(future.handle, null));
        }

        /// Unique in the executor.
        pub fn taskId(future: *const Self) u64 {
            return c.cf_future_task_id(future.handle);
        }

        /// Calls `callback(context, future)` once when the future is done, at once if it is. It runs on
        /// the worker that finished the call, on a process pool's callback thread, or on the thread that
        /// cancelled. The future is only lent to it. `context` is a pointer.
        pub fn onDone(
            future: *Self,
            context: anytype,
            comptime callback: fn (@TypeOf(context), *Self) void,
        ) Error!void {
            const Trampoline = struct {
                fn run(handle: ?*c.cf_future_t, user_data: ?*anyopaque) callconv(.c) void {
                    var lent: Self = .{ .handle = handle.? };
                    defer lent.forget();
                    callback(@ptrCast(@alignCast(user_data)), &lent);
                }
            };
            const user_data: *anyopaque = @ptrCast(@constCast(context));
            try errors.check(c.cf_future_add_done_callback(future.handle, Trampoline.run, user_data, null, null));
        }

        fn forget(future: *Self) void {
            const decoded = future.decoded orelse return;
            decoded.arena.deinit();
            std.heap.c_allocator.destroy(decoded);
            future.decoded = null;
        }

        fn value(future: *Self) Error!Value {
            if (Value == void) return;
            if (c.cf_future_payload(future.handle)) |block| return slotAt(block).value;
            if (c.cf_future_result_kind(future.handle) == c.CF_RESULT_KIND_POINTER) {
                var block: ?*anyopaque = null;
                try errors.check(c.cf_future_result_pointer(future.handle, 0, &block, null));
                return slotAt(block.?).value;
            }
            if (future.decoded == null) try future.decode();
            return future.decoded.?.value;
        }

        fn slotAt(block: *anyopaque) *Slot(R) {
            return @ptrCast(@alignCast(block));
        }

        fn decode(future: *Self) Error!void {
            var text: [*c]const u8 = null;
            var size: usize = 0;
            try errors.check(c.cf_future_result_json(future.handle, 0, &text, &size, null));
            const decoded = try std.heap.c_allocator.create(Decoded);
            errdefer std.heap.c_allocator.destroy(decoded);
            decoded.arena = .init(std.heap.c_allocator);
            errdefer decoded.arena.deinit();
            decoded.value = std.json.parseFromSliceLeaky(
                Value,
                decoded.arena.allocator(),
                text[0..size],
                .{},
            ) catch |err| return if (err == error.OutOfMemory) error.OutOfMemory else error.DecodeError;
            future.decoded = decoded;
        }

        fn taskError(future: *const Self) ResultError {
            const names = @typeInfo(signature.ErrorSet(R)).error_set.error_names orelse
                return error.TaskFailed; // anyerror
            const name = future.failure().?.typeName();
            inline for (names) |known| {
                if (std.mem.eql(u8, name, known)) return @field(signature.ErrorSet(R), known);
            }
            return error.TaskFailed;
        }
    };
}

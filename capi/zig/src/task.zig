//! The running call, for its own function.
const std = @import("std");
const c = @import("c");

/// What a function gets that has a `*Task` as its first parameter; valid until it returns.
pub const Task = struct {
    handle: *c.cf_task_t,
    arena: *std.heap.ArenaAllocator,

    /// Memory for what is returned and for whatever else the call needs. It is freed as a whole:
    /// with the call's future, or, for a `Named` function, when its result has been sent.
    pub fn allocator(task: *Task) std.mem.Allocator {
        return task.arena.allocator();
    }

    /// Fails the call with a message: `return task.fail("NotFound", "no {s} here", .{name});`
    /// If the function's errors have one of that name, the future gives it; otherwise it gives
    /// `error.TaskFailed`. The message is in `Future.failure`.
    pub fn fail(
        task: *Task,
        type_name: [*:0]const u8,
        comptime message: []const u8,
        args: anytype,
    ) error{TaskFailed} {
        const text = task.allocator().printSentinel(message, args, 0) catch null;
        _ = c.cf_task_fail(task.handle, type_name, if (text) |t| t.ptr else "out of memory", null);
        return error.TaskFailed;
    }

    /// Whether the call is asked to stop, by `Future.cancelRunning` or because its deadline passed.
    pub fn cancelRequested(task: *const Task) bool {
        return c.cf_task_cancel_requested(task.handle) != 0;
    }

    /// Nanoseconds until the deadline; null when there is none.
    pub fn timeLeft(task: *const Task) ?u63 {
        const left = c.cf_task_time_left(task.handle);
        return if (left < 0) null else @intCast(left);
    }

    /// Unique in the executor.
    pub fn id(task: *const Task) u64 {
        return c.cf_task_id(task.handle);
    }

    /// The number of the pool's thread, or the process id of the worker.
    pub fn workerId(task: *const Task) u64 {
        return c.cf_task_worker_id(task.handle);
    }

    /// How a task's function ends for the C ABI after an error of Zig.
    pub fn failWith(task: *Task, err: anyerror) i32 {
        // Task.fail has said more already.
        if (err == error.TaskFailed) return c.CF_STATUS_TASK_FAILED;
        return c.cf_task_fail(task.handle, @errorName(err), @errorName(err), null);
    }
};

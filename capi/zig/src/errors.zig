//! Statuses as errors, and the details that an error of Zig cannot carry.
const std = @import("std");
const c = @import("c");

/// Every failure of the library. `Unexpected` is a status of a newer library.
pub const Error = error{
    InvalidArgument,
    InvalidState,
    OutOfMemory,
    SystemCallFailed,
    Unsupported,
    Internal,
    Timeout,
    Cancelled,
    TaskFailed,
    TaskExited,
    WorkerLost,
    WorkerKilled,
    DeadlineExceeded,
    BrokenExecutor,
    ShutDown,
    QueueFull,
    WouldDeadlock,
    NestingLimit,
    Forked,
    UnknownFunction,
    EncodeError,
    DecodeError,
    ProtocolError,
    BrokenPromise,
    Unexpected,
};

pub fn fromStatus(status: c.cf_status_t) Error {
    return switch (status) {
        c.CF_STATUS_INVALID_ARGUMENT => error.InvalidArgument,
        c.CF_STATUS_INVALID_STATE => error.InvalidState,
        c.CF_STATUS_NO_MEMORY => error.OutOfMemory,
        c.CF_STATUS_SYSTEM => error.SystemCallFailed,
        c.CF_STATUS_UNSUPPORTED => error.Unsupported,
        c.CF_STATUS_INTERNAL => error.Internal,
        c.CF_STATUS_TIMEOUT => error.Timeout,
        c.CF_STATUS_CANCELLED => error.Cancelled,
        c.CF_STATUS_TASK_FAILED => error.TaskFailed,
        c.CF_STATUS_TASK_EXITED => error.TaskExited,
        c.CF_STATUS_WORKER_LOST => error.WorkerLost,
        c.CF_STATUS_WORKER_KILLED => error.WorkerKilled,
        c.CF_STATUS_DEADLINE_EXCEEDED => error.DeadlineExceeded,
        c.CF_STATUS_BROKEN_EXECUTOR => error.BrokenExecutor,
        c.CF_STATUS_SHUT_DOWN => error.ShutDown,
        c.CF_STATUS_QUEUE_FULL => error.QueueFull,
        c.CF_STATUS_WOULD_DEADLOCK => error.WouldDeadlock,
        c.CF_STATUS_NESTING_LIMIT => error.NestingLimit,
        c.CF_STATUS_FORKED => error.Forked,
        c.CF_STATUS_UNKNOWN_FUNCTION => error.UnknownFunction,
        c.CF_STATUS_ENCODE_ERROR => error.EncodeError,
        c.CF_STATUS_DECODE_ERROR => error.DecodeError,
        c.CF_STATUS_PROTOCOL_ERROR => error.ProtocolError,
        c.CF_STATUS_BROKEN_PROMISE => error.BrokenPromise,
        else => error.Unexpected,
    };
}

pub fn check(status: c.cf_status_t) Error!void {
    if (status < 0) return fromStatus(status);
}

/// The details of a failure: a view that lives as long as what it was read from, a future or a
/// `Diagnostics`.
pub const Failure = struct {
    handle: *const c.cf_error_t,

    pub fn status(failure: Failure) Error {
        return fromStatus(c.cf_error_status(failure.handle));
    }

    /// The name of the error that the task returned or gave to `Task.fail`; "" when it has none.
    pub fn typeName(failure: Failure) [:0]const u8 {
        return std.mem.span(c.cf_error_type(failure.handle));
    }

    pub fn message(failure: Failure) [:0]const u8 {
        return std.mem.span(c.cf_error_message(failure.handle));
    }

    /// More about it, a JSON text.
    pub fn detail(failure: Failure) ?[:0]const u8 {
        const text = c.cf_error_detail(failure.handle) orelse return null;
        return std.mem.span(@as([*:0]const u8, @ptrCast(text)));
    }

    /// The name of the function or call that failed; "" when it has none.
    pub fn function(failure: Failure) [:0]const u8 {
        return std.mem.span(c.cf_error_function(failure.handle));
    }

    /// The process that was lost.
    pub fn workerPid(failure: Failure) ?i64 {
        const pid = c.cf_error_worker_pid(failure.handle);
        return if (pid == 0) null else pid;
    }

    /// The signal that ended it.
    pub fn workerSignal(failure: Failure) ?i32 {
        const signal = c.cf_error_worker_signal(failure.handle);
        return if (signal == 0) null else signal;
    }

    /// The status it exited with.
    pub fn workerExitStatus(failure: Failure) ?i32 {
        const exit_status = c.cf_error_worker_exit_status(failure.handle);
        return if (exit_status < 0) null else exit_status;
    }

    /// The errno of a system call that failed.
    pub fn osCode(failure: Failure) ?i32 {
        const code = c.cf_error_os_code(failure.handle);
        return if (code == 0) null else code;
    }

    /// The failure behind this one.
    pub fn cause(failure: Failure) ?Failure {
        return .{ .handle = c.cf_error_cause(failure.handle) orelse return null };
    }
};

/// Receives the details when something fails that has no future: hand it over in the options.
pub const Diagnostics = struct {
    handle: ?*c.cf_error_t = null,

    pub fn deinit(diagnostics: *Diagnostics) void {
        c.cf_error_release(diagnostics.handle);
        diagnostics.handle = null;
    }

    pub fn failure(diagnostics: *const Diagnostics) ?Failure {
        return .{ .handle = diagnostics.handle orelse return null };
    }
};

/// Where a function of the library is to put its error, which is the caller's to release.
pub fn errorOut(diagnostics: ?*Diagnostics) ?*?*c.cf_error_t {
    const wanted = diagnostics orelse return null;
    wanted.deinit();
    return &wanted.handle;
}

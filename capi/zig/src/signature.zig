//! What a function's type says: its parameters without the task, what it gives, how it fails.
const std = @import("std");
const Task = @import("task.zig").Task;

/// The value of `T` or of the error union `T`.
pub fn Payload(comptime T: type) type {
    return switch (@typeInfo(T)) {
        .error_union => |info| info.payload,
        else => T,
    };
}

/// The errors of the error union `T`; none for every other type.
pub fn ErrorSet(comptime T: type) type {
    return switch (@typeInfo(T)) {
        .error_union => |info| info.error_set,
        else => error{},
    };
}

pub fn Return(comptime Function: type) type {
    return @typeInfo(Function).@"fn".return_type orelse
        @compileError("the result of " ++ @typeName(Function) ++ " depends on its arguments");
}

/// Whether a function wants to know the task it runs as: a `*Task` is its first parameter then.
pub fn wantsTask(comptime Function: type) bool {
    const types = @typeInfo(Function).@"fn".param_types;
    return types.len > 0 and types[0] == *Task;
}

/// The tuple of the arguments that a caller gives.
pub fn Arguments(comptime Function: type) type {
    const types = @typeInfo(Function).@"fn".param_types;
    const first = @intFromBool(wantsTask(Function));
    var given: [types.len - first]type = undefined;
    for (&given, types[first..]) |*slot, parameter| {
        slot.* = parameter orelse
            @compileError("functions with anytype parameters cannot be called later");
    }
    const frozen = given;
    return @Tuple(&frozen);
}

/// Converts each of `args`, a tuple, to the type of its parameter.
pub fn arguments(comptime Function: type, args: anytype) Arguments(Function) {
    var converted: Arguments(Function) = undefined;
    if (args.len != converted.len) {
        @compileError(std.fmt.comptimePrint("{s} wants {d} arguments, got {d}", .{
            @typeName(Function), converted.len, args.len,
        }));
    }
    inline for (0..args.len) |i| converted[i] = args[i];
    return converted;
}

pub fn invoke(
    comptime function: anytype,
    task: *Task,
    args: Arguments(@TypeOf(function)),
) Return(@TypeOf(function)) {
    // Apart, since the two tuples have different types.
    if (comptime wantsTask(@TypeOf(function))) return @call(.auto, function, .{task} ++ args);
    return @call(.auto, function, args);
}

const std = @import("std");
const cf = @import("cfutures");
const functions = @import("functions.zig");

test {
    _ = @import("local.zig");
    _ = @import("named.zig");
    _ = @import("many.zig");
}

comptime {
    @export(&workerEntry, .{ .name = "cfutures_tests_worker_entry" });
}

/// For runner.zig, which has no other way here.
fn workerEntry() callconv(.c) void {
    cf.workerEntry(functions.all) catch |err| std.debug.panic("the worker entry: {t}", .{err});
}

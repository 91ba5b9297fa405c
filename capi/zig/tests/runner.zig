//! Runs the tests, after the worker entry: the workers of their process pools are this program.
const builtin = @import("builtin");
const std = @import("std");

/// A crash in a worker is one, not the panic that Zig makes of it in debug builds.
pub const std_options: std.Options = .{ .enable_segfault_handler = false };

extern fn cfutures_tests_worker_entry() void;

pub fn main() u8 {
    cfutures_tests_worker_entry();
    var failed: usize = 0;
    for (builtin.test_functions) |t| {
        std.testing.allocator_instance = .init(std.heap.page_allocator, .{});
        const outcome = t.func();
        if (outcome) |_| {} else |_| if (@errorReturnTrace()) |trace| std.debug.dumpErrorReturnTrace(trace);
        const leaks = std.testing.allocator_instance.deinit();
        check(outcome, leaks) catch |err| {
            std.debug.print("FAILED {s}: {t}\n", .{ t.name, err });
            failed += 1;
        };
    }
    std.debug.print("{d} passed, {d} failed\n", .{ builtin.test_functions.len - failed, failed });
    return @intFromBool(failed != 0);
}

fn check(outcome: anyerror!void, leaks: usize) anyerror!void {
    try outcome;
    if (leaks != 0) return error.MemoryLeftBehind;
}

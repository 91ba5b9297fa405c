//! The package `cfutures`: one module of that name over the C ABI of libcfutures.
const std = @import("std");

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const optimize = b.standardOptimizeOption(.{});
    // Without this pkg-config says where the library is.
    const prefix = b.option([]const u8, "cfutures-prefix", "Where libcfutures is installed");
    const libdir = b.option([]const u8, "cfutures-libdir", "Its folder of libraries; PREFIX/lib");

    const header = b.addTranslateC(.{
        .root_source_file = b.path("src/cfutures.h"),
        .target = target,
        .optimize = optimize,
    });
    const c = header.createModule();
    if (prefix) |path| {
        const libraries: std.Build.LazyPath = .{ .cwd_relative = libdir orelse b.pathJoin(&.{ path, "lib" }) };
        header.addIncludePath(.{ .cwd_relative = b.pathJoin(&.{ path, "include" }) });
        c.addLibraryPath(libraries);
        c.addRPath(libraries);
        c.linkSystemLibrary("cfutures", .{ .use_pkg_config = .no });
    } else {
        header.linkSystemLibrary("cfutures", .{ .use_pkg_config = .force });
        c.linkSystemLibrary("cfutures", .{ .use_pkg_config = .force });
    }

    const cfutures = b.addModule("cfutures", .{
        .root_source_file = b.path("src/cfutures.zig"),
        .target = target,
        .optimize = optimize,
        .imports = &.{.{ .name = "c", .module = c }},
    });

    const tests = b.addTest(.{
        .root_module = b.createModule(.{
            .root_source_file = b.path("tests/tests.zig"),
            .target = target,
            .optimize = optimize,
            .imports = &.{.{ .name = "cfutures", .module = cfutures }},
        }),
        .test_runner = .{ .path = b.path("tests/runner.zig"), .mode = .simple },
    });
    const run_tests = b.addRunArtifact(tests);
    // What they test may have changed without a change of its name.
    run_tests.has_side_effects = true;
    b.step("test", "Run the tests").dependOn(&run_tests.step);
}

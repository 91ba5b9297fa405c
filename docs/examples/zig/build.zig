//! The programs of this folder, as any program builds that depends on the package `cfutures`.
const std = @import("std");

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const optimize = b.standardOptimizeOption(.{});
    const cfutures = b.dependency("cfutures", .{
        .target = target,
        .optimize = optimize,
        .@"cfutures-prefix" = b.option([]const u8, "cfutures-prefix", "Where libcfutures is installed"),
        .@"cfutures-libdir" = b.option([]const u8, "cfutures-libdir", "Its folder of libraries"),
    }).module("cfutures");

    const header = b.addTranslateC(.{
        .root_source_file = b.path("curl.h"),
        .target = target,
        .optimize = optimize,
    });
    header.linkSystemLibrary("libcurl", .{ .use_pkg_config = .force });
    const curl = header.createModule();

    for ([_][]const u8{ "primes", "tour", "urls" }) |name| {
        const program = b.addExecutable(.{
            .name = b.fmt("{s}_zig", .{name}),
            .root_module = b.createModule(.{
                .root_source_file = b.path(b.fmt("{s}.zig", .{name})),
                .target = target,
                .optimize = optimize,
                .imports = &.{
                    .{ .name = "cfutures", .module = cfutures },
                    .{ .name = "curl", .module = curl },
                },
            }),
        });
        b.installArtifact(program);
    }
}

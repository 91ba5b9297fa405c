const std = @import("std");

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const optimize = b.standardOptimizeOption(.{});
    const cfutures = b.dependency("cfutures", .{ .target = target, .optimize = optimize }).module("cfutures");
    b.installArtifact(b.addExecutable(.{
        .name = "subject",
        .root_module = b.createModule(.{
            .root_source_file = b.path("main.zig"),
            .target = target,
            .optimize = optimize,
            .imports = &.{.{ .name = "cfutures", .module = cfutures }},
        }),
    }));
}

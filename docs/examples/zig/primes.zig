//! Tests large numbers for primality in worker processes, one number in each at a time.
//!
//! The same program stands in the documentation of Python's concurrent.futures.
const std = @import("std");
const cf = @import("cfutures");

const primes = [_]u64{
    112272535095293, 112582705942171, 112272535095293,
    115280095190773, 115797848077099, 1099726899285419,
};

fn isPrime(n: u64) bool {
    if (n < 2) return false;
    if (n == 2) return true;
    if (n % 2 == 0) return false;
    // Up to the square root; unlike d * d, n / d does not overflow.
    var d: u64 = 3;
    while (d <= n / d) : (d += 2) {
        if (n % d == 0) return false;
    }
    return true;
}
const IsPrime = cf.Named("is_prime", isPrime);

pub fn main(init: std.process.Init) !void {
    // The workers of the pool are this program, run again. In a worker this call serves tasks and
    // does not return.
    try cf.workerEntry(.{IsPrime});

    const pool = try cf.processPool(.{});
    defer pool.deinit();
    var results = try pool.mapCall(.{}, IsPrime, &primes);
    defer results.deinit();

    var buffer: [1024]u8 = undefined;
    var stdout: std.Io.File.Writer = .initStreaming(.stdout(), init.io, &buffer);
    while (try results.next()) |item| {
        var future = item;
        defer future.deinit();
        try stdout.interface.print("{d} is prime: {s}\n", .{
            primes[results.index],
            if (try future.result(0)) "True" else "False",
        });
    }
    try stdout.interface.flush();
}

//! Fetches pages on a pool of five threads and reports each as soon as it is there.
//!
//!     urls [--timeout SECONDS] [URL...]
//!
//! The same program stands in the documentation of Python's concurrent.futures.
const std = @import("std");
const cf = @import("cfutures");
const curl = @import("curl");

const default_urls = [_][:0]const u8{
    "http://www.foxnews.com/",
    "http://www.cnn.com/",
    "http://europe.wsj.com/",
    "http://www.bbc.co.uk/",
    "http://some-made-up-domain.com/",
};

const Page = struct {
    bytes: std.ArrayList(u8) = .empty,
    allocator: std.mem.Allocator,

    /// libcurl hands over a page piece by piece; another count than it gave ends the transfer.
    fn append(piece: [*]const u8, _: usize, size: usize, page: *Page) callconv(.c) usize {
        page.bytes.appendSlice(page.allocator, piece[0..size]) catch return 0;
        return size;
    }
};

/// The task: runs on a thread of the pool, and its result is the page, in memory that lives as long
/// as the future.
fn loadUrl(task: *cf.Task, url: [:0]const u8, timeout: c_long) error{ TaskFailed, OutOfMemory }![]const u8 {
    const handle = curl.curl_easy_init() orelse return error.OutOfMemory;
    defer curl.curl_easy_cleanup(handle);
    var page: Page = .{ .allocator = task.allocator() };
    var reason = std.mem.zeroes([curl.CURL_ERROR_SIZE]u8);
    _ = curl.curl_easy_setopt(handle, curl.CURLOPT_URL, url.ptr);
    _ = curl.curl_easy_setopt(handle, curl.CURLOPT_FOLLOWLOCATION, @as(c_long, 1));
    _ = curl.curl_easy_setopt(handle, curl.CURLOPT_TIMEOUT, timeout);
    _ = curl.curl_easy_setopt(handle, curl.CURLOPT_NOSIGNAL, @as(c_long, 1)); // signals and threads do not mix
    _ = curl.curl_easy_setopt(handle, curl.CURLOPT_WRITEFUNCTION, &Page.append);
    _ = curl.curl_easy_setopt(handle, curl.CURLOPT_WRITEDATA, &page);
    _ = curl.curl_easy_setopt(handle, curl.CURLOPT_ERRORBUFFER, &reason);

    const code = curl.curl_easy_perform(handle);
    if (code != curl.CURLE_OK) {
        // Not every failure comes with a text of its own.
        const text = if (reason[0] != 0) std.mem.sliceTo(&reason, 0) else std.mem.span(curl.curl_easy_strerror(code));
        return task.fail("URLError", "{s}", .{text});
    }
    var status: c_long = 0;
    _ = curl.curl_easy_getinfo(handle, curl.CURLINFO_RESPONSE_CODE, &status);
    if (status >= 400) return task.fail("URLError", "HTTP Error {d}", .{status});
    return page.bytes.items;
}

fn die(message: []const u8) noreturn {
    std.debug.print("urls: {s}\n", .{message});
    std.process.exit(1);
}

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    const args = try init.minimal.args.toSlice(arena);
    var urls: []const [:0]const u8 = args[1..];
    var timeout: c_long = 60;
    if (urls.len > 1 and std.mem.eql(u8, urls[0], "--timeout")) {
        timeout = std.fmt.parseInt(c_long, urls[1], 10) catch 0;
        if (timeout <= 0) die("--timeout wants a number of seconds");
        urls = urls[2..];
    }
    if (urls.len == 0) urls = &default_urls;

    // libcurl wants this once, before there are other threads.
    if (curl.curl_global_init(curl.CURL_GLOBAL_DEFAULT) != curl.CURLE_OK) die("libcurl does not start");
    defer curl.curl_global_cleanup();
    const pool = try cf.threadPool(.{ .max_workers = 5 });
    defer pool.deinit();

    const futures = try arena.alloc(cf.FutureOf(loadUrl), urls.len);
    for (futures, urls) |*future, url| future.* = try pool.submit(loadUrl, .{ url, timeout });
    defer for (futures) |*future| future.deinit();

    const completed = try cf.asCompleted(futures, null);
    defer completed.deinit();
    var buffer: [1024]u8 = undefined;
    var stdout: std.Io.File.Writer = .initStreaming(.stdout(), init.io, &buffer);
    while (try completed.next()) |i| {
        if (futures[i].result(0)) |page| {
            try stdout.interface.print("'{s}' page is {d} bytes\n", .{ urls[i], page.len });
        } else |_| {
            const message = futures[i].failure().?.message();
            try stdout.interface.print("'{s}' generated an exception: {s}\n", .{ urls[i], message });
        }
        try stdout.interface.flush(); // at once, into a pipe too
    }
}

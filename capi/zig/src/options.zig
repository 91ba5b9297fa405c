//! Options with their defaults, and how they become those of the C ABI.
const c = @import("c");
const errors = @import("errors.zig");
const Error = errors.Error;

pub const ThreadPoolOptions = struct {
    /// 1 to 4096; null: as many as `cf_default_thread_count()` says.
    max_workers: ?u16 = null,
    /// Threads are named after it: prefix, "_", number.
    name_prefix: ?[*:0]const u8 = null,
    /// Each worker runs it before its first task; an error breaks the pool.
    initializer: ?*const fn () anyerror!void = null,
    diagnostics: ?*errors.Diagnostics = null,
};

pub const ProcessPoolOptions = struct {
    /// 1 to 4096; null: as many as `cf_default_process_count()` says.
    max_workers: ?u16 = null,
    worker: Worker = .self,
    /// The name of a registered function that each worker calls before its first task.
    initializer: ?[*:0]const u8 = null,
    /// Its arguments, a JSON array.
    initializer_arguments: ?[*:0]const u8 = null,
    /// After how many calls a worker is replaced.
    max_tasks_per_child: ?u32 = null,
    /// How long a worker may take until it is ready.
    start_timeout_ns: ?u63 = null,
    /// The largest JSON text that may travel in one message, in bytes.
    max_message_size: ?u32 = null,
    diagnostics: ?*errors.Diagnostics = null,

    pub const Worker = union(enum) {
        /// This program, run again: it has to reach `workerEntry`.
        self,
        /// The installed program cfutures-worker, which loads these shared libraries.
        libraries: []const [*:0]const u8,
        /// A program that speaks the protocol, and its arguments.
        command: []const [*:0]const u8,
    };
};

pub const SubmitOptions = struct {
    /// A name for the call in errors and logs.
    name: ?[*:0]const u8 = null,
    /// Counted from the submit. Then the call fails if it has not started, and is asked to stop if it
    /// runs; in a process pool its worker is ended.
    deadline_ns: ?u63 = null,
    diagnostics: ?*errors.Diagnostics = null,
};

pub const MapOptions = struct {
    /// For the whole map, counted from its call.
    timeout_ns: ?u63 = null,
    /// How many items travel in one message; 0: as the pool thinks best.
    chunk_size: u16 = 0,
    /// How many items at most are submitted whose results were not taken; 0: the library's default.
    window: u31 = 0,
    /// Results in the order in which they come, not in that of the input.
    unordered: bool = false,
    /// Whether `deinit` cancels what has not started.
    cancel_on_deinit: bool = true,
    diagnostics: ?*errors.Diagnostics = null,
};

pub const ShutdownOptions = struct {
    wait: bool = true,
    cancel_futures: bool = false,
    /// Bounds the waiting.
    timeout_ns: ?u63 = null,
};

/// A timeout as the C ABI has it.
pub fn nanoseconds(timeout_ns: ?u63) i64 {
    return timeout_ns orelse -1;
}

pub fn makeThreadPoolOptions(options: ThreadPoolOptions) Error!*c.cf_thread_pool_options_t {
    const out = errors.errorOut(options.diagnostics);
    var made: ?*c.cf_thread_pool_options_t = null;
    try errors.check(c.cf_thread_pool_options_create(&made, out));
    errdefer c.cf_thread_pool_options_release(made);
    if (options.max_workers) |count| {
        try errors.check(c.cf_thread_pool_options_set_max_workers(made, count, out));
    }
    if (options.name_prefix) |prefix| {
        try errors.check(c.cf_thread_pool_options_set_name_prefix(made, prefix, out));
    }
    if (options.initializer) |initializer| {
        const user_data: *anyopaque = @ptrCast(@constCast(initializer));
        try errors.check(c.cf_thread_pool_options_set_initializer(made, runInitializer, user_data, null, out));
    }
    return made.?;
}

fn runInitializer(user_data: ?*anyopaque) callconv(.c) i32 {
    const initializer: *const fn () anyerror!void = @ptrCast(@alignCast(user_data));
    initializer() catch return -1;
    return 0;
}

pub fn makeProcessPoolOptions(options: ProcessPoolOptions) Error!*c.cf_process_pool_options_t {
    const out = errors.errorOut(options.diagnostics);
    var made: ?*c.cf_process_pool_options_t = null;
    try errors.check(c.cf_process_pool_options_create(&made, out));
    errdefer c.cf_process_pool_options_release(made);
    if (options.max_workers) |count| {
        try errors.check(c.cf_process_pool_options_set_max_workers(made, count, out));
    }
    switch (options.worker) {
        .self => {},
        .libraries => |paths| try errors.check(
            c.cf_process_pool_options_set_worker_libraries(made, @ptrCast(paths.ptr), paths.len, out),
        ),
        .command => |argv| try errors.check(
            c.cf_process_pool_options_set_worker_command(made, @ptrCast(argv.ptr), argv.len, out),
        ),
    }
    if (options.initializer) |name| {
        const arguments = options.initializer_arguments;
        try errors.check(c.cf_process_pool_options_set_initializer(made, name, arguments orelse null, -1, out));
    }
    if (options.max_tasks_per_child) |count| {
        try errors.check(c.cf_process_pool_options_set_max_tasks_per_child(made, count, out));
    }
    if (options.start_timeout_ns) |timeout_ns| {
        try errors.check(c.cf_process_pool_options_set_start_timeout(made, timeout_ns, out));
    }
    if (options.max_message_size) |size| {
        try errors.check(c.cf_process_pool_options_set_max_message_size(made, size, out));
    }
    return made.?;
}

/// Null when they are all defaults, as most are.
pub fn makeSubmitOptions(options: SubmitOptions) Error!?*c.cf_submit_options_t {
    if (options.name == null and options.deadline_ns == null) return null;
    const out = errors.errorOut(options.diagnostics);
    var made: ?*c.cf_submit_options_t = null;
    try errors.check(c.cf_submit_options_create(&made, out));
    errdefer c.cf_submit_options_release(made);
    if (options.name) |name| try errors.check(c.cf_submit_options_set_name(made, name, out));
    if (options.deadline_ns) |deadline_ns| {
        try errors.check(c.cf_submit_options_set_deadline(made, deadline_ns, out));
    }
    return made;
}

pub fn makeMapOptions(options: MapOptions) Error!*c.cf_map_options_t {
    const out = errors.errorOut(options.diagnostics);
    var made: ?*c.cf_map_options_t = null;
    try errors.check(c.cf_map_options_create(&made, out));
    errdefer c.cf_map_options_release(made);
    try errors.check(c.cf_map_options_set_timeout(made, nanoseconds(options.timeout_ns), out));
    try errors.check(c.cf_map_options_set_chunk_size(made, options.chunk_size, out));
    try errors.check(c.cf_map_options_set_window(made, options.window, out));
    try errors.check(c.cf_map_options_set_unordered(made, @intFromBool(options.unordered), out));
    try errors.check(c.cf_map_options_set_cancel_on_release(made, @intFromBool(options.cancel_on_deinit), out));
    return made.?;
}

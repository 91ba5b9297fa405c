//! Raw declarations of `<cfutures/cfutures.h>`, one for each of the header, under the same names.
//!
//! The header's comments are the documentation: its numbered conventions, and for each function its
//! parameters, threads, blocking and errors. The crate `cfutures` is the safe API over these.
//!
//! Each declaration stands here once, in a macro that also writes it down as text, so that
//! `tests/header.rs` can put all of them before a C compiler together with the header.
#![allow(non_camel_case_types)]
#![allow(missing_docs)]

use std::os::raw::{c_char, c_void};

macro_rules! handles {
    ($($name:ident),* $(,)?) => {
        $(
            #[repr(C)]
            pub struct $name {
                _opaque: [u8; 0],
                _neither_send_nor_sync_nor_unpin:
                    core::marker::PhantomData<(*mut u8, core::marker::PhantomPinned)>,
            }
        )*
    };
}

macro_rules! constants {
    ($($type:ident: $name:ident = $value:expr;)*) => {
        $(pub const $name: $type = $value;)*

        /// The name of each constant and its value.
        #[doc(hidden)]
        pub const CONSTANTS: &[(&str, i32)] = &[$((stringify!($name), $value)),*];
    };
}

/// Callbacks may be NULL where the header says so. None of them may unwind.
macro_rules! callbacks {
    ($(fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)?;)*) => {
        $(pub type $name = Option<unsafe extern "C" fn($($arg: $type),*) $(-> $result)?>;)*

        /// The name of each callback type, the types of its parameters, and of its result.
        #[doc(hidden)]
        pub const CALLBACKS: &[(&str, &[&str], &str)] = &[
            $((stringify!($name), &[$(stringify!($type)),*], concat!($(stringify!($result))?))),*
        ];
    };
}

macro_rules! functions {
    ($(fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)?;)*) => {
        extern "C" {
            $(pub fn $name($($arg: $type),*) $(-> $result)?;)*
        }

        /// The name of each function, the types of its parameters, and of its result.
        #[doc(hidden)]
        pub const FUNCTIONS: &[(&str, &[&str], &str)] = &[
            $((stringify!($name), &[$(stringify!($type)),*], concat!($(stringify!($result))?))),*
        ];
    };
}

handles! {
    cf_executor_t, cf_future_t, cf_promise_t, cf_task_t, cf_error_t, cf_completion_queue_t, cf_map_t, cf_thread_pool_options_t, cf_process_pool_options_t, cf_submit_options_t, cf_map_options_t, cf_worker_list_t, cf_stats_t,
}

pub type cf_status_t = i32;
pub type cf_future_state_t = i32;
pub type cf_result_kind_t = i32;
pub type cf_return_when_t = i32;
pub type cf_queue_policy_t = i32;
pub type cf_shutdown_flags_t = i32;
pub type cf_stat_t = i32;
pub type cf_help_t = i32;
pub type cf_exit_policy_t = i32;
pub type cf_then_flags_t = i32;
pub type cf_start_method_t = i32;
pub type cf_worker_output_t = i32;
pub type cf_worker_state_t = i32;

constants! {
    cf_status_t: CF_STATUS_OK = 0;
    cf_status_t: CF_STATUS_END = 1;
    cf_status_t: CF_STATUS_INVALID_ARGUMENT = -1;
    cf_status_t: CF_STATUS_INVALID_STATE = -2;
    cf_status_t: CF_STATUS_NO_MEMORY = -3;
    cf_status_t: CF_STATUS_SYSTEM = -4;
    cf_status_t: CF_STATUS_UNSUPPORTED = -5;
    cf_status_t: CF_STATUS_INTERNAL = -6;
    cf_status_t: CF_STATUS_TIMEOUT = -7;
    cf_status_t: CF_STATUS_CANCELLED = -8;
    cf_status_t: CF_STATUS_TASK_FAILED = -9;
    cf_status_t: CF_STATUS_TASK_EXITED = -10;
    cf_status_t: CF_STATUS_WORKER_LOST = -11;
    cf_status_t: CF_STATUS_WORKER_KILLED = -12;
    cf_status_t: CF_STATUS_DEADLINE_EXCEEDED = -13;
    cf_status_t: CF_STATUS_BROKEN_EXECUTOR = -14;
    cf_status_t: CF_STATUS_SHUT_DOWN = -15;
    cf_status_t: CF_STATUS_QUEUE_FULL = -16;
    cf_status_t: CF_STATUS_WOULD_DEADLOCK = -17;
    cf_status_t: CF_STATUS_NESTING_LIMIT = -18;
    cf_status_t: CF_STATUS_FORKED = -19;
    cf_status_t: CF_STATUS_UNKNOWN_FUNCTION = -20;
    cf_status_t: CF_STATUS_ENCODE_ERROR = -21;
    cf_status_t: CF_STATUS_DECODE_ERROR = -22;
    cf_status_t: CF_STATUS_PROTOCOL_ERROR = -23;
    cf_status_t: CF_STATUS_BROKEN_PROMISE = -24;
    cf_future_state_t: CF_FUTURE_STATE_INVALID = -1;
    cf_future_state_t: CF_FUTURE_STATE_PENDING = 0;
    cf_future_state_t: CF_FUTURE_STATE_RUNNING = 1;
    cf_future_state_t: CF_FUTURE_STATE_CANCELLED = 2;
    cf_future_state_t: CF_FUTURE_STATE_FINISHED = 3;
    cf_result_kind_t: CF_RESULT_KIND_INVALID = -1;
    cf_result_kind_t: CF_RESULT_KIND_NONE = 0;
    cf_result_kind_t: CF_RESULT_KIND_POINTER = 1;
    cf_result_kind_t: CF_RESULT_KIND_BYTES = 2;
    cf_result_kind_t: CF_RESULT_KIND_JSON = 3;
    cf_return_when_t: CF_RETURN_WHEN_INVALID = -1;
    cf_return_when_t: CF_RETURN_WHEN_FIRST_COMPLETED = 0;
    cf_return_when_t: CF_RETURN_WHEN_FIRST_EXCEPTION = 1;
    cf_return_when_t: CF_RETURN_WHEN_ALL_COMPLETED = 2;
    cf_queue_policy_t: CF_QUEUE_POLICY_INVALID = -1;
    cf_queue_policy_t: CF_QUEUE_POLICY_BLOCK = 0;
    cf_queue_policy_t: CF_QUEUE_POLICY_FAIL = 1;
    cf_queue_policy_t: CF_QUEUE_POLICY_RUN_IN_CALLER = 2;
    cf_stat_t: CF_STAT_INVALID = -1;
    cf_stat_t: CF_STAT_QUEUED = 0;
    cf_stat_t: CF_STAT_ACTIVE_WORKERS = 1;
    cf_stat_t: CF_STAT_IDLE_WORKERS = 2;
    cf_stat_t: CF_STAT_SUBMITTED = 3;
    cf_stat_t: CF_STAT_SUCCEEDED = 4;
    cf_stat_t: CF_STAT_FAILED = 5;
    cf_stat_t: CF_STAT_CANCELLED = 6;
    cf_stat_t: CF_STAT_WAIT_TIME = 7;
    cf_stat_t: CF_STAT_RUN_TIME = 8;
    cf_shutdown_flags_t: CF_SHUTDOWN_INVALID = -1;
    cf_shutdown_flags_t: CF_SHUTDOWN_WAIT = 1;
    cf_shutdown_flags_t: CF_SHUTDOWN_CANCEL_FUTURES = 2;
    cf_help_t: CF_HELP_INVALID = -1;
    cf_help_t: CF_HELP_OWN_TARGET = 0;
    cf_help_t: CF_HELP_ANY = 1;
    cf_help_t: CF_HELP_NONE = 2;
    cf_exit_policy_t: CF_EXIT_POLICY_INVALID = -1;
    cf_exit_policy_t: CF_EXIT_POLICY_DRAIN = 0;
    cf_exit_policy_t: CF_EXIT_POLICY_CANCEL_PENDING = 1;
    cf_exit_policy_t: CF_EXIT_POLICY_ABANDON = 2;
    cf_worker_state_t: CF_WORKER_STATE_INVALID = -1;
    cf_worker_state_t: CF_WORKER_STATE_STARTING = 0;
    cf_worker_state_t: CF_WORKER_STATE_IDLE = 1;
    cf_worker_state_t: CF_WORKER_STATE_RUNNING = 2;
    cf_worker_state_t: CF_WORKER_STATE_LEAVING = 3;
    cf_start_method_t: CF_START_METHOD_INVALID = -1;
    cf_start_method_t: CF_START_METHOD_SPAWN = 0;
    cf_start_method_t: CF_START_METHOD_FORKSERVER = 1;
    cf_start_method_t: CF_START_METHOD_AUTO = 2;
    cf_worker_output_t: CF_WORKER_OUTPUT_INVALID = -1;
    cf_worker_output_t: CF_WORKER_OUTPUT_INHERIT = 0;
    cf_worker_output_t: CF_WORKER_OUTPUT_DISCARD = 1;
    cf_worker_output_t: CF_WORKER_OUTPUT_CAPTURE = 2;
    cf_then_flags_t: CF_THEN_INVALID = -1;
    cf_then_flags_t: CF_THEN_ON_SUCCESS = 1;
}

callbacks! {
    fn cf_task_fn(task: *mut cf_task_t, user_data: *mut c_void) -> i32;
    fn cf_destroy_fn(user_data: *mut c_void);
    fn cf_done_fn(future: *mut cf_future_t, user_data: *mut c_void);
    fn cf_then_fn(task: *mut cf_task_t, antecedent: *mut cf_future_t, user_data: *mut c_void) -> i32;
    fn cf_unobserved_failure_fn(error: *const cf_error_t, user_data: *mut c_void);
    fn cf_initializer_fn(user_data: *mut c_void) -> i32;
    fn cf_map_item_fn(user_data: *mut c_void, item_out: *mut *mut c_void) -> i32;
    fn cf_range_fn(task: *mut cf_task_t, begin: i64, end: i64, user_data: *mut c_void) -> i32;
    fn cf_map_arguments_fn(user_data: *mut c_void, arguments_out: *mut *const c_char, size_out: *mut usize) -> i32;
    fn cf_function_visit_fn(name: *const c_char, user_data: *mut c_void) -> i32;
}

functions! {
    fn cf_version_number() -> i32;
    fn cf_version_string() -> *const c_char;
    fn cf_status_name(status: cf_status_t) -> *const c_char;
    fn cf_status_message(status: cf_status_t) -> *const c_char;
    fn cf_default_thread_count() -> i32;
    fn cf_default_process_count() -> i32;
    fn cf_free(memory: *mut c_void);
    fn cf_unobserved_failure_set_hook(hook_fn: cf_unobserved_failure_fn, user_data: *mut c_void, destroy: cf_destroy_fn, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_unobserved_failure_count() -> u64;
    fn cf_error_create(status: cf_status_t, type_name: *const c_char, message: *const c_char, detail_json: *const c_char, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_error_retain(error: *const cf_error_t) -> *mut cf_error_t;
    fn cf_error_release(error: *mut cf_error_t);
    fn cf_error_status(error: *const cf_error_t) -> cf_status_t;
    fn cf_error_type(error: *const cf_error_t) -> *const c_char;
    fn cf_error_message(error: *const cf_error_t) -> *const c_char;
    fn cf_error_detail(error: *const cf_error_t) -> *const c_char;
    fn cf_error_function(error: *const cf_error_t) -> *const c_char;
    fn cf_error_task_id(error: *const cf_error_t) -> u64;
    fn cf_error_task_code(error: *const cf_error_t) -> i32;
    fn cf_error_os_code(error: *const cf_error_t) -> i32;
    fn cf_error_worker_pid(error: *const cf_error_t) -> i64;
    fn cf_error_worker_signal(error: *const cf_error_t) -> i32;
    fn cf_error_worker_exit_status(error: *const cf_error_t) -> i32;
    fn cf_error_cause(error: *const cf_error_t) -> *const cf_error_t;
    fn cf_function_register(name: *const c_char, task_fn: cf_task_fn, user_data: *mut c_void, destroy: cf_destroy_fn, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_function_registered(name: *const c_char) -> i32;
    fn cf_function_visit(visit_fn: cf_function_visit_fn, user_data: *mut c_void) -> cf_status_t;
    fn cf_worker_entry();
    fn cf_thread_pool_options_create(options_out: *mut *mut cf_thread_pool_options_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_release(options: *mut cf_thread_pool_options_t);
    fn cf_thread_pool_options_set_max_workers(options: *mut cf_thread_pool_options_t, max_workers: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_name_prefix(options: *mut cf_thread_pool_options_t, prefix: *const c_char, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_initializer(options: *mut cf_thread_pool_options_t, initializer_fn: cf_initializer_fn, user_data: *mut c_void, destroy: cf_destroy_fn, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_help(options: *mut cf_thread_pool_options_t, help: cf_help_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_spin(options: *mut cf_thread_pool_options_t, spin: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_outside_help(options: *mut cf_thread_pool_options_t, outside_help: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_max_compensating_workers(options: *mut cf_thread_pool_options_t, max_compensating_workers: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_max_queue(options: *mut cf_thread_pool_options_t, max_queue: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_timed(options: *mut cf_thread_pool_options_t, timed: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_queue_policy(options: *mut cf_thread_pool_options_t, policy: cf_queue_policy_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_exit_policy(options: *mut cf_thread_pool_options_t, policy: cf_exit_policy_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_options_set_exit_timeout(options: *mut cf_thread_pool_options_t, timeout_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_create(options_out: *mut *mut cf_process_pool_options_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_release(options: *mut cf_process_pool_options_t);
    fn cf_process_pool_options_set_max_workers(options: *mut cf_process_pool_options_t, max_workers: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_worker_self(options: *mut cf_process_pool_options_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_worker_libraries(options: *mut cf_process_pool_options_t, paths: *const *const c_char, count: usize, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_worker_command(options: *mut cf_process_pool_options_t, argv: *const *const c_char, count: usize, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_initializer(options: *mut cf_process_pool_options_t, name: *const c_char, arguments: *const c_char, size: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_max_tasks_per_child(options: *mut cf_process_pool_options_t, max_tasks: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_idle_timeout(options: *mut cf_process_pool_options_t, timeout_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_nesting_limit(options: *mut cf_process_pool_options_t, levels: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_memory_limit(options: *mut cf_process_pool_options_t, bytes: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_cpu_time_limit(options: *mut cf_process_pool_options_t, time_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_core_size_limit(options: *mut cf_process_pool_options_t, bytes: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_niceness(options: *mut cf_process_pool_options_t, niceness: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_umask(options: *mut cf_process_pool_options_t, mask: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_directory(options: *mut cf_process_pool_options_t, path: *const c_char, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_no_new_privileges(options: *mut cf_process_pool_options_t, no_new_privileges: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_environment(options: *mut cf_process_pool_options_t, entries: *const *const c_char, count: usize, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_output(options: *mut cf_process_pool_options_t, output: cf_worker_output_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_start_method(options: *mut cf_process_pool_options_t, method: cf_start_method_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_start_timeout(options: *mut cf_process_pool_options_t, timeout_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_max_queue(options: *mut cf_process_pool_options_t, max_queue: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_timed(options: *mut cf_process_pool_options_t, timed: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_queue_policy(options: *mut cf_process_pool_options_t, policy: cf_queue_policy_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_exit_policy(options: *mut cf_process_pool_options_t, policy: cf_exit_policy_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_exit_timeout(options: *mut cf_process_pool_options_t, timeout_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_termination_grace(options: *mut cf_process_pool_options_t, grace_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_break_on_crash(options: *mut cf_process_pool_options_t, break_on_crash: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_spin(options: *mut cf_process_pool_options_t, spin: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_crash_limit(options: *mut cf_process_pool_options_t, max_crashes: i32, period_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_options_set_max_message_size(options: *mut cf_process_pool_options_t, max_size: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_thread_pool_create(options: *const cf_thread_pool_options_t, executor_out: *mut *mut cf_executor_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_process_pool_create(options: *const cf_process_pool_options_t, executor_out: *mut *mut cf_executor_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_inline_executor_create(executor_out: *mut *mut cf_executor_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_retain(executor: *mut cf_executor_t) -> *mut cf_executor_t;
    fn cf_executor_release(executor: *mut cf_executor_t);
    fn cf_executor_submit(executor: *mut cf_executor_t, options: *const cf_submit_options_t, task_fn: cf_task_fn, user_data: *mut c_void, destroy: cf_destroy_fn, future_out: *mut *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_submit_call(executor: *mut cf_executor_t, options: *const cf_submit_options_t, name: *const c_char, arguments: *const c_char, size: i64, future_out: *mut *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_post(executor: *mut cf_executor_t, options: *const cf_submit_options_t, task_fn: cf_task_fn, user_data: *mut c_void, destroy: cf_destroy_fn, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_submit_batch(executor: *mut cf_executor_t, options: *const cf_submit_options_t, task_fn: cf_task_fn, user_data: *const *mut c_void, count: usize, destroy: cf_destroy_fn, futures_out: *mut *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_post_batch(executor: *mut cf_executor_t, options: *const cf_submit_options_t, task_fn: cf_task_fn, user_data: *const *mut c_void, count: usize, destroy: cf_destroy_fn, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_submit_call_batch(executor: *mut cf_executor_t, options: *const cf_submit_options_t, name: *const c_char, arguments: *const *const c_char, sizes: *const usize, count: usize, futures_out: *mut *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_prepare(executor: *mut cf_executor_t, options: *const cf_submit_options_t, size: usize, alignment: usize, task_fn: cf_task_fn, abandon_fn: cf_destroy_fn, destroy: cf_destroy_fn, payload_out: *mut *mut c_void, future_out: *mut *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_submit_prepared(executor: *mut cf_executor_t, future: *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_submit_prepared_batch(executor: *mut cf_executor_t, futures: *const *mut cf_future_t, count: usize, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_shutdown(executor: *mut cf_executor_t, flags: cf_shutdown_flags_t, timeout_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_terminate_workers(executor: *mut cf_executor_t, flags: cf_shutdown_flags_t, timeout_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_kill_workers(executor: *mut cf_executor_t, flags: cf_shutdown_flags_t, timeout_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_stats(executor: *mut cf_executor_t, stats_out: *mut *mut cf_stats_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_stats_release(stats: *mut cf_stats_t);
    fn cf_stats_value(stats: *const cf_stats_t, which: cf_stat_t) -> i64;
    fn cf_stats_histogram(stats: *const cf_stats_t, which: cf_stat_t, bucket: usize) -> u64;
    fn cf_executor_workers(executor: *mut cf_executor_t, list_out: *mut *mut cf_worker_list_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_worker_list_release(list: *mut cf_worker_list_t);
    fn cf_worker_list_count(list: *const cf_worker_list_t) -> usize;
    fn cf_worker_list_pid(list: *const cf_worker_list_t, index: usize) -> i64;
    fn cf_worker_list_state(list: *const cf_worker_list_t, index: usize) -> cf_worker_state_t;
    fn cf_worker_list_task_id(list: *const cf_worker_list_t, index: usize) -> u64;
    fn cf_worker_list_function(list: *const cf_worker_list_t, index: usize) -> *const c_char;
    fn cf_worker_list_tasks_done(list: *const cf_worker_list_t, index: usize) -> u64;
    fn cf_worker_list_memory(list: *const cf_worker_list_t, index: usize) -> i64;
    fn cf_submit_options_create(options_out: *mut *mut cf_submit_options_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_submit_options_release(options: *mut cf_submit_options_t);
    fn cf_submit_options_set_name(options: *mut cf_submit_options_t, name: *const c_char, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_submit_options_set_priority(options: *mut cf_submit_options_t, priority: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_submit_options_set_queue_timeout(options: *mut cf_submit_options_t, timeout_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_submit_options_set_retries(options: *mut cf_submit_options_t, retries: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_submit_options_set_deadline(options: *mut cf_submit_options_t, deadline_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_task_arguments(task: *mut cf_task_t, json_out: *mut *const c_char, size_out: *mut usize) -> cf_status_t;
    fn cf_task_return_pointer(task: *mut cf_task_t, pointer: *mut c_void, destroy: cf_destroy_fn) -> cf_status_t;
    fn cf_task_return_bytes(task: *mut cf_task_t, bytes: *const c_void, size: usize) -> cf_status_t;
    fn cf_task_return_json(task: *mut cf_task_t, json: *const c_char, size: i64) -> cf_status_t;
    fn cf_task_fail(task: *mut cf_task_t, type_name: *const c_char, message: *const c_char, detail_json: *const c_char) -> cf_status_t;
    fn cf_task_fail_with(task: *mut cf_task_t, error: *const cf_error_t) -> cf_status_t;
    fn cf_task_report_progress(task: *mut cf_task_t, json: *const c_char, size: i64) -> cf_status_t;
    fn cf_task_id(task: *const cf_task_t) -> u64;
    fn cf_task_worker_id(task: *const cf_task_t) -> u64;
    fn cf_task_cancel_requested(task: *const cf_task_t) -> i32;
    fn cf_task_time_left(task: *const cf_task_t) -> i64;
    fn cf_future_retain(future: *mut cf_future_t) -> *mut cf_future_t;
    fn cf_future_release(future: *mut cf_future_t);
    fn cf_future_state(future: *const cf_future_t) -> cf_future_state_t;
    fn cf_future_done(future: *const cf_future_t) -> i32;
    fn cf_future_running(future: *const cf_future_t) -> i32;
    fn cf_future_cancelled(future: *const cf_future_t) -> i32;
    fn cf_future_cancel(future: *mut cf_future_t) -> i32;
    fn cf_future_cancel_running(future: *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_future_wait(future: *const cf_future_t, timeout_ns: i64) -> cf_status_t;
    fn cf_future_run_in_place(future: *mut cf_future_t) -> i32;
    fn cf_future_outcome(future: *const cf_future_t) -> cf_status_t;
    fn cf_future_result_kind(future: *const cf_future_t) -> cf_result_kind_t;
    fn cf_future_result_pointer(future: *const cf_future_t, timeout_ns: i64, pointer_out: *mut *mut c_void, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_future_result_bytes(future: *const cf_future_t, timeout_ns: i64, bytes_out: *mut *const c_void, size_out: *mut usize, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_future_result_json(future: *const cf_future_t, timeout_ns: i64, json_out: *mut *const c_char, size_out: *mut usize, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_future_exception(future: *const cf_future_t, timeout_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_future_error(future: *const cf_future_t) -> *const cf_error_t;
    fn cf_future_payload(future: *const cf_future_t) -> *mut c_void;
    fn cf_future_task_id(future: *const cf_future_t) -> u64;
    fn cf_future_progress(future: *const cf_future_t, json_out: *mut *mut c_char, size_out: *mut usize, count_out: *mut u64) -> cf_status_t;
    fn cf_future_add_done_callback(future: *mut cf_future_t, done_fn: cf_done_fn, user_data: *mut c_void, destroy: cf_destroy_fn, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_future_then(future: *mut cf_future_t, executor: *mut cf_executor_t, options: *const cf_submit_options_t, flags: cf_then_flags_t, then_fn: cf_then_fn, user_data: *mut c_void, destroy: cf_destroy_fn, future_out: *mut *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_future_then_prepared(future: *mut cf_future_t, executor: *mut cf_executor_t, flags: cf_then_flags_t, prepared: *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_when_all(futures: *const *mut cf_future_t, count: usize, future_out: *mut *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_when_any(futures: *const *mut cf_future_t, count: usize, future_out: *mut *mut cf_future_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_promise_create(promise_out: *mut *mut cf_promise_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_promise_create_with_payload(size: usize, alignment: usize, destroy: cf_destroy_fn, payload_out: *mut *mut c_void, promise_out: *mut *mut cf_promise_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_promise_retain(promise: *mut cf_promise_t) -> *mut cf_promise_t;
    fn cf_promise_release(promise: *mut cf_promise_t);
    fn cf_promise_future(promise: *mut cf_promise_t) -> *mut cf_future_t;
    fn cf_promise_set_running_or_notify_cancel(promise: *mut cf_promise_t) -> cf_status_t;
    fn cf_promise_set_result_pointer(promise: *mut cf_promise_t, pointer: *mut c_void, destroy: cf_destroy_fn, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_promise_set_result_bytes(promise: *mut cf_promise_t, bytes: *const c_void, size: usize, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_promise_set_result_json(promise: *mut cf_promise_t, json: *const c_char, size: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_promise_set_error(promise: *mut cf_promise_t, error: *const cf_error_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_wait(futures: *const *mut cf_future_t, count: usize, return_when: cf_return_when_t, timeout_ns: i64, done_out: *mut u8, done_count_out: *mut usize, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_completion_queue_create(queue_out: *mut *mut cf_completion_queue_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_as_completed(futures: *const *mut cf_future_t, count: usize, timeout_ns: i64, queue_out: *mut *mut cf_completion_queue_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_completion_queue_retain(queue: *mut cf_completion_queue_t) -> *mut cf_completion_queue_t;
    fn cf_completion_queue_release(queue: *mut cf_completion_queue_t);
    fn cf_completion_queue_add(queue: *mut cf_completion_queue_t, future: *mut cf_future_t, tag: u64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_completion_queue_next(queue: *mut cf_completion_queue_t, timeout_ns: i64, future_out: *mut *mut cf_future_t, tag_out: *mut u64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_completion_queue_next_batch(queue: *mut cf_completion_queue_t, timeout_ns: i64, futures_out: *mut *mut cf_future_t, tags_out: *mut u64, capacity: usize, count_out: *mut usize, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_completion_queue_descriptor(queue: *mut cf_completion_queue_t, descriptor_out: *mut i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_map_options_create(options_out: *mut *mut cf_map_options_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_map_options_release(options: *mut cf_map_options_t);
    fn cf_map_options_set_timeout(options: *mut cf_map_options_t, timeout_ns: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_map_options_set_chunk_size(options: *mut cf_map_options_t, chunk_size: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_map_options_set_window(options: *mut cf_map_options_t, window: i64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_map_options_set_unordered(options: *mut cf_map_options_t, unordered: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_map_options_set_cancel_on_release(options: *mut cf_map_options_t, cancel: i32, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_map(executor: *mut cf_executor_t, options: *const cf_map_options_t, task_fn: cf_task_fn, destroy_item: cf_destroy_fn, next_item_fn: cf_map_item_fn, user_data: *mut c_void, destroy: cf_destroy_fn, map_out: *mut *mut cf_map_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_map_call(executor: *mut cf_executor_t, options: *const cf_map_options_t, name: *const c_char, arguments: *const *const c_char, sizes: *const usize, count: usize, map_out: *mut *mut cf_map_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_map_call_lazy(executor: *mut cf_executor_t, options: *const cf_map_options_t, name: *const c_char, next_arguments_fn: cf_map_arguments_fn, user_data: *mut c_void, destroy: cf_destroy_fn, map_out: *mut *mut cf_map_t, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_executor_map_range(executor: *mut cf_executor_t, begin: i64, end: i64, grain: i64, range_fn: cf_range_fn, user_data: *mut c_void, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_map_next(map: *mut cf_map_t, timeout_ns: i64, future_out: *mut *mut cf_future_t, index_out: *mut u64, error_out: *mut *mut cf_error_t) -> cf_status_t;
    fn cf_map_retain(map: *mut cf_map_t) -> *mut cf_map_t;
    fn cf_map_release(map: *mut cf_map_t);
}

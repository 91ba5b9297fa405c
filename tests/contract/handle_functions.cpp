#include "handle_functions.h"

#include <set>
#include <string>

namespace contract {
namespace {

void never_done(cf_future_t*, void*) {
    ADD_FAILURE() << "a callback ran";
}
int32_t never_arguments(void*, const char**, size_t*) {
    ADD_FAILURE() << "an input was read";
    return 0;
}
int32_t never_then(cf_task_t*, cf_future_t*, void*) {
    ADD_FAILURE() << "a continuation ran";
    return 0;
}
int32_t never_initializer(void*) {
    ADD_FAILURE() << "an initializer ran";
    return 0;
}

template <typename T>
int64_t is_null(T* pointer) {
    return pointer == nullptr ? 0 : 1;
}

int64_t is_empty(const char* text) {
    return text != nullptr && *text == '\0' ? 0 : 1;
}

}  // namespace

Load taken_over;
int times_taken_over = 0;

int32_t never_task(cf_task_t*, void*) {
    ADD_FAILURE() << "a task ran";
    return 0;
}

int32_t never_part(cf_task_t* task, int64_t, int64_t, void*) {
    return never_task(task, nullptr);
}

int32_t never_item(void*, void**) {
    ADD_FAILURE() << "an input was read";
    return 0;
}

std::vector<Function> functions() {
    const int64_t invalid = CF_STATUS_INVALID_ARGUMENT;
    static cf_future_t* future = nullptr;
    static cf_map_t* map = nullptr;
    static const char* text = nullptr;
    static const void* bytes = nullptr;
    static void* pointer = nullptr;
    static void* pointer_to_taken_over = &taken_over;
    static size_t size = 0;
    static int32_t number = 0;
    static const char* const texts[] = {"[1]"};
    static cf_executor_t* executor = nullptr;
    static cf_completion_queue_t* queue = nullptr;
    static cf_worker_list_t* workers = nullptr;
    static cf_stats_t* stats = nullptr;
    using E = cf_error_t**;
    using H = Handle;

    std::vector<Function> list = {
        {"cf_thread_pool_options_set_max_workers", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_max_workers(h, 1, e); }, invalid},
        {"cf_thread_pool_options_set_name_prefix", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_name_prefix(h, "x", e); }, invalid},
        {"cf_thread_pool_options_set_help", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_help(h, CF_HELP_ANY, e); }, invalid},
        {"cf_thread_pool_options_set_spin", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_spin(h, 1, e); }, invalid},
        {"cf_thread_pool_options_set_outside_help", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_outside_help(h, 1, e); }, invalid},
        {"cf_thread_pool_options_set_max_compensating_workers", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_max_compensating_workers(h, 1, e); },
         invalid},
        {"cf_thread_pool_options_set_initializer", Kind::kThreadPoolOptions,
         [](H h, E e) {
             ++times_taken_over;
             return cf_thread_pool_options_set_initializer(h, never_initializer, &taken_over,
                                                           Load::destroy, e);
         },
         invalid},
        {"cf_thread_pool_options_set_max_queue", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_max_queue(h, 1, e); }, invalid},
        {"cf_thread_pool_options_set_timed", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_timed(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_timed", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_timed(h, 1, e); }, invalid},
        {"cf_thread_pool_options_set_queue_policy", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_queue_policy(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_max_queue", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_max_queue(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_queue_policy", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_queue_policy(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_max_workers", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_max_workers(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_worker_self", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_worker_self(h, e); }, invalid},
        {"cf_process_pool_options_set_worker_libraries", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_worker_libraries(h, texts, 1, e); },
         invalid},
        {"cf_process_pool_options_set_worker_command", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_worker_command(h, texts, 1, e); },
         invalid},
        {"cf_process_pool_options_set_initializer", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_initializer(h, "x", "[]", -1, e); },
         invalid},
        {"cf_process_pool_options_set_max_tasks_per_child", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_max_tasks_per_child(h, 1, e); },
         invalid},
        {"cf_process_pool_options_set_start_method", Kind::kProcessPoolOptions,
         [](H h, E e) {
             return cf_process_pool_options_set_start_method(h, CF_START_METHOD_AUTO, e);
         },
         invalid},
        {"cf_process_pool_options_set_start_timeout", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_start_timeout(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_idle_timeout", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_idle_timeout(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_nesting_limit", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_nesting_limit(h, 2, e); }, invalid},
        {"cf_process_pool_options_set_memory_limit", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_memory_limit(h, 0, e); }, invalid},
        {"cf_process_pool_options_set_cpu_time_limit", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_cpu_time_limit(h, 0, e); }, invalid},
        {"cf_process_pool_options_set_core_size_limit", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_core_size_limit(h, -1, e); }, invalid},
        {"cf_process_pool_options_set_niceness", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_niceness(h, 0, e); }, invalid},
        {"cf_process_pool_options_set_umask", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_umask(h, -1, e); }, invalid},
        {"cf_process_pool_options_set_directory", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_directory(h, nullptr, e); }, invalid},
        {"cf_process_pool_options_set_no_new_privileges", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_no_new_privileges(h, 0, e); }, invalid},
        {"cf_process_pool_options_set_environment", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_environment(h, nullptr, 0, e); }, invalid},
        {"cf_process_pool_options_set_output", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_output(h, 0, e); }, invalid},
        {"cf_process_pool_options_set_break_on_crash", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_break_on_crash(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_spin", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_spin(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_crash_limit", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_crash_limit(h, 1, 1, e); }, invalid},
        {"cf_submit_options_set_retries", Kind::kSubmitOptions,
         [](H h, E e) { return cf_submit_options_set_retries(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_termination_grace", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_termination_grace(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_max_message_size", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_max_message_size(h, 4096, e); },
         invalid},
        {"cf_thread_pool_options_set_exit_policy", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_exit_policy(h, 0, e); }, invalid},
        {"cf_thread_pool_options_set_exit_timeout", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_options_set_exit_timeout(h, 1, e); }, invalid},
        {"cf_process_pool_options_set_exit_policy", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_exit_policy(h, 0, e); }, invalid},
        {"cf_process_pool_options_set_exit_timeout", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_options_set_exit_timeout(h, 1, e); }, invalid},
        {"cf_thread_pool_create", Kind::kThreadPoolOptions,
         [](H h, E e) { return cf_thread_pool_create(h, &executor, e); }, invalid, true},
        {"cf_process_pool_create", Kind::kProcessPoolOptions,
         [](H h, E e) { return cf_process_pool_create(h, &executor, e); }, invalid, true},
        {"cf_submit_options_set_priority", Kind::kSubmitOptions,
         [](H h, E e) { return cf_submit_options_set_priority(h, 1, e); }, invalid},
        {"cf_submit_options_set_queue_timeout", Kind::kSubmitOptions,
         [](H h, E e) { return cf_submit_options_set_queue_timeout(h, 1, e); }, invalid},
        {"cf_submit_options_set_name", Kind::kSubmitOptions,
         [](H h, E e) { return cf_submit_options_set_name(h, "x", e); }, invalid},
        {"cf_submit_options_set_deadline", Kind::kSubmitOptions,
         [](H h, E e) { return cf_submit_options_set_deadline(h, 1, e); }, invalid},
        {"cf_executor_submit", Kind::kExecutor,
         [](H h, E e) {
             ++times_taken_over;
             return cf_executor_submit(h, nullptr, never_task, &taken_over, Load::destroy, &future,
                                       e);
         },
         invalid},
        {"cf_executor_submit_call", Kind::kExecutor,
         [](H h, E e) { return cf_executor_submit_call(h, nullptr, "echo", "[]", -1, &future, e); },
         invalid},
        {"cf_executor_post", Kind::kExecutor,
         [](H h, E e) {
             ++times_taken_over;
             return cf_executor_post(h, nullptr, never_task, &taken_over, Load::destroy, e);
         },
         invalid},
        {"cf_executor_submit_batch", Kind::kExecutor,
         [](H h, E e) {
             ++times_taken_over;
             return cf_executor_submit_batch(h, nullptr, never_task, &pointer_to_taken_over, 1,
                                             Load::destroy, &future, e);
         },
         invalid},
        {"cf_executor_post_batch", Kind::kExecutor,
         [](H h, E e) {
             ++times_taken_over;
             return cf_executor_post_batch(h, nullptr, never_task, &pointer_to_taken_over, 1,
                                           Load::destroy, e);
         },
         invalid},
        {"cf_executor_submit_call_batch", Kind::kExecutor,
         [](H h, E e) {
             return cf_executor_submit_call_batch(h, nullptr, "echo", texts, nullptr, 1, &future,
                                                  e);
         },
         invalid},
        {"cf_executor_submit_prepared_batch", Kind::kExecutor,
         [](H h, E e) { return cf_executor_submit_prepared_batch(h, &future, 0, e); }, invalid},
        {"cf_executor_prepare", Kind::kExecutor,
         [](H h, E e) {
             return cf_executor_prepare(h, nullptr, 8, 8, never_task, Load::destroy, Load::destroy,
                                        &pointer, &future, e);
         },
         invalid},
        {"cf_executor_submit_prepared", Kind::kExecutor,
         [](H h, E e) { return cf_executor_submit_prepared(h, nullptr, e); }, invalid},
        {"cf_executor_shutdown", Kind::kExecutor,
         [](H h, E e) { return cf_executor_shutdown(h, CF_SHUTDOWN_WAIT, -1, e); }, invalid},
        {"cf_executor_terminate_workers", Kind::kExecutor,
         [](H h, E e) { return cf_executor_terminate_workers(h, CF_SHUTDOWN_WAIT, -1, e); },
         invalid},
        {"cf_executor_kill_workers", Kind::kExecutor,
         [](H h, E e) { return cf_executor_kill_workers(h, CF_SHUTDOWN_WAIT, -1, e); }, invalid},
        {"cf_executor_workers", Kind::kExecutor,
         [](H h, E e) { return cf_executor_workers(h, &workers, e); }, invalid},
        {"cf_executor_stats", Kind::kExecutor,
         [](H h, E e) { return cf_executor_stats(h, &stats, e); }, invalid},
        {"cf_stats_value", Kind::kStats,
         [](H h, E) { return cf_stats_value(h, CF_STAT_SUBMITTED); }, -1},
        {"cf_stats_histogram", Kind::kStats,
         [](H h, E) { return static_cast<int64_t>(cf_stats_histogram(h, CF_STAT_RUN_TIME, 0)); },
         0},
        {"cf_worker_list_count", Kind::kWorkerList,
         [](H h, E) { return static_cast<int64_t>(cf_worker_list_count(h)); }, 0},
        {"cf_worker_list_pid", Kind::kWorkerList, [](H h, E) { return cf_worker_list_pid(h, 0); },
         0},
        {"cf_worker_list_state", Kind::kWorkerList,
         [](H h, E) { return cf_worker_list_state(h, 0); }, CF_WORKER_STATE_INVALID},
        {"cf_worker_list_task_id", Kind::kWorkerList,
         [](H h, E) { return static_cast<int64_t>(cf_worker_list_task_id(h, 0)); }, 0},
        {"cf_worker_list_function", Kind::kWorkerList,
         [](H h, E) { return is_empty(cf_worker_list_function(h, 0)); }, 0},
        {"cf_worker_list_tasks_done", Kind::kWorkerList,
         [](H h, E) { return static_cast<int64_t>(cf_worker_list_tasks_done(h, 0)); }, 0},
        {"cf_worker_list_memory", Kind::kWorkerList,
         [](H h, E) { return cf_worker_list_memory(h, 0); }, -1},
        {"cf_executor_map", Kind::kExecutor,
         [](H h, E e) {
             ++times_taken_over;
             return cf_executor_map(h, nullptr, never_task, nullptr, never_item, &taken_over,
                                    Load::destroy, &map, e);
         },
         invalid},
        {"cf_executor_map_call", Kind::kExecutor,
         [](H h, E e) {
             return cf_executor_map_call(h, nullptr, "echo", texts, nullptr, 1, &map, e);
         },
         invalid},
        {"cf_executor_map_call_lazy", Kind::kExecutor,
         [](H h, E e) {
             ++times_taken_over;
             return cf_executor_map_call_lazy(h, nullptr, "echo", never_arguments, &taken_over,
                                              Load::destroy, &map, e);
         },
         invalid},
        {"cf_executor_map_range", Kind::kExecutor,
         [](H h, E e) { return cf_executor_map_range(h, 0, 1, 0, never_part, nullptr, e); },
         invalid},
        {"cf_future_state", Kind::kFuture, [](H h, E) { return cf_future_state(h); },
         CF_FUTURE_STATE_INVALID},
        {"cf_future_done", Kind::kFuture, [](H h, E) { return cf_future_done(h); }, 0},
        {"cf_future_running", Kind::kFuture, [](H h, E) { return cf_future_running(h); }, 0},
        {"cf_future_cancelled", Kind::kFuture, [](H h, E) { return cf_future_cancelled(h); }, 0},
        {"cf_future_cancel", Kind::kFuture, [](H h, E) { return cf_future_cancel(h); }, 0},
        {"cf_future_cancel_running", Kind::kFuture,
         [](H h, E e) { return cf_future_cancel_running(h, e); }, invalid},
        {"cf_future_wait", Kind::kFuture, [](H h, E) { return cf_future_wait(h, -1); }, invalid},
        {"cf_future_run_in_place", Kind::kFuture,
         [](H h, E) { return cf_future_run_in_place(h); }, 0},
        {"cf_future_outcome", Kind::kFuture, [](H h, E) { return cf_future_outcome(h); }, invalid},
        {"cf_future_result_kind", Kind::kFuture, [](H h, E) { return cf_future_result_kind(h); },
         CF_RESULT_KIND_INVALID},
        {"cf_future_result_pointer", Kind::kFuture,
         [](H h, E e) { return cf_future_result_pointer(h, -1, &pointer, e); }, invalid},
        {"cf_future_result_bytes", Kind::kFuture,
         [](H h, E e) { return cf_future_result_bytes(h, -1, &bytes, &size, e); }, invalid},
        {"cf_future_result_json", Kind::kFuture,
         [](H h, E e) { return cf_future_result_json(h, -1, &text, &size, e); }, invalid},
        {"cf_future_exception", Kind::kFuture,
         [](H h, E) { return cf_future_exception(h, -1, nullptr); }, invalid},
        {"cf_future_error", Kind::kFuture, [](H h, E) { return is_null(cf_future_error(h)); }, 0},
        {"cf_future_payload", Kind::kFuture, [](H h, E) { return is_null(cf_future_payload(h)); },
         0},
        {"cf_future_progress", Kind::kFuture,
         [](H h, E) { return cf_future_progress(h, nullptr, nullptr, nullptr); }, invalid},
        {"cf_future_task_id", Kind::kFuture,
         [](H h, E) { return static_cast<int64_t>(cf_future_task_id(h)); }, 0},
        {"cf_future_add_done_callback", Kind::kFuture,
         [](H h, E e) {
             ++times_taken_over;
             return cf_future_add_done_callback(h, never_done, &taken_over, Load::destroy, e);
         },
         invalid},
        {"cf_future_then", Kind::kFuture,
         [](H h, E e) {
             ++times_taken_over;
             return cf_future_then(h, nullptr, nullptr, 0, never_then, &taken_over, Load::destroy,
                                   &future, e);
         },
         invalid},
        {"cf_future_then, the executor", Kind::kExecutor,
         [](H h, E e) {
             Promise promise;
             cf_promise_create(promise.out(), nullptr);
             ++times_taken_over;
             return cf_future_then(Future(cf_promise_future(promise)), h, nullptr, 0, never_then,
                                   &taken_over, Load::destroy, &future, e);
         },
         invalid},
        {"cf_future_then_prepared", Kind::kExecutor,
         [](H h, E e) {
             Promise promise;
             cf_promise_create(promise.out(), nullptr);
             const Future antecedent(cf_promise_future(promise));
             return cf_future_then_prepared(antecedent, h, 0, antecedent, e);
         },
         invalid},
        {"cf_when_all", Kind::kFuture,
         [](H h, E e) {
             cf_future_t* const wanted[] = {h};
             return cf_when_all(wanted, 1, &future, e);
         },
         invalid},
        {"cf_when_any", Kind::kFuture,
         [](H h, E e) {
             cf_future_t* const wanted[] = {h};
             return cf_when_any(wanted, 1, &future, e);
         },
         invalid},
        {"cf_promise_future", Kind::kPromise, [](H h, E) { return is_null(cf_promise_future(h)); },
         0},
        {"cf_promise_set_running_or_notify_cancel", Kind::kPromise,
         [](H h, E) { return cf_promise_set_running_or_notify_cancel(h); }, invalid},
        {"cf_promise_set_result_pointer", Kind::kPromise,
         [](H h, E e) {
             ++times_taken_over;
             return cf_promise_set_result_pointer(h, &taken_over, Load::destroy, e);
         },
         invalid},
        {"cf_promise_set_result_bytes", Kind::kPromise,
         [](H h, E e) { return cf_promise_set_result_bytes(h, "x", 1, e); }, invalid},
        {"cf_promise_set_result_json", Kind::kPromise,
         [](H h, E e) { return cf_promise_set_result_json(h, "1", -1, e); }, invalid},
        {"cf_promise_set_error", Kind::kPromise,
         [](H h, E e) {
             Error error;
             cf_error_create(CF_STATUS_TASK_FAILED, "E", "m", nullptr, error.out());
             return cf_promise_set_error(h, error, e);
         },
         invalid},
        {"cf_wait", Kind::kFuture,
         [](H h, E e) {
             cf_future_t* const wanted[] = {h};
             return cf_wait(wanted, 1, CF_RETURN_WHEN_ALL_COMPLETED, -1, nullptr, nullptr, e);
         },
         invalid},
        {"cf_as_completed", Kind::kFuture,
         [](H h, E e) {
             cf_future_t* const wanted[] = {h};
             return cf_as_completed(wanted, 1, -1, &queue, e);
         },
         invalid},
        {"cf_completion_queue_add", Kind::kQueue,
         [](H h, E e) {
             Promise promise;
             cf_promise_create(promise.out(), nullptr);
             return cf_completion_queue_add(h, Future(cf_promise_future(promise)), 0, e);
         },
         invalid},
        {"cf_completion_queue_add, the future", Kind::kFuture,
         [](H h, E e) {
             Queue empty;
             cf_completion_queue_create(empty.out(), nullptr);
             return cf_completion_queue_add(empty, h, 0, e);
         },
         invalid},
        {"cf_completion_queue_next", Kind::kQueue,
         [](H h, E e) { return cf_completion_queue_next(h, -1, &future, nullptr, e); }, invalid},
        {"cf_completion_queue_next_batch", Kind::kQueue,
         [](H h, E e) {
             return cf_completion_queue_next_batch(h, -1, &future, nullptr, 1, &size, e);
         },
         invalid},
        {"cf_completion_queue_descriptor", Kind::kQueue,
         [](H h, E e) { return cf_completion_queue_descriptor(h, &number, e); }, invalid},
        {"cf_map_options_set_timeout", Kind::kMapOptions,
         [](H h, E e) { return cf_map_options_set_timeout(h, 1, e); }, invalid},
        {"cf_map_options_set_chunk_size", Kind::kMapOptions,
         [](H h, E e) { return cf_map_options_set_chunk_size(h, 1, e); }, invalid},
        {"cf_map_options_set_window", Kind::kMapOptions,
         [](H h, E e) { return cf_map_options_set_window(h, 1, e); }, invalid},
        {"cf_map_options_set_unordered", Kind::kMapOptions,
         [](H h, E e) { return cf_map_options_set_unordered(h, 1, e); }, invalid},
        {"cf_map_options_set_cancel_on_release", Kind::kMapOptions,
         [](H h, E e) { return cf_map_options_set_cancel_on_release(h, 1, e); }, invalid},
        {"cf_map_next", Kind::kMap,
         [](H h, E e) { return cf_map_next(h, -1, &future, nullptr, e); }, invalid},
        {"cf_error_status", Kind::kError, [](H h, E) { return cf_error_status(h); }, invalid, true},
        {"cf_error_type", Kind::kError, [](H h, E) { return is_empty(cf_error_type(h)); }, 0},
        {"cf_error_message", Kind::kError,
         [](H h, E) { return cf_error_message(h) == nullptr ? 1 : 0; }, 0},
        {"cf_error_detail", Kind::kError, [](H h, E) { return is_null(cf_error_detail(h)); }, 0},
        {"cf_error_function", Kind::kError, [](H h, E) { return is_empty(cf_error_function(h)); },
         0},
        {"cf_error_task_id", Kind::kError,
         [](H h, E) { return static_cast<int64_t>(cf_error_task_id(h)); }, 0},
        {"cf_error_task_code", Kind::kError, [](H h, E) { return cf_error_task_code(h); }, 0},
        {"cf_error_os_code", Kind::kError, [](H h, E) { return cf_error_os_code(h); }, 0},
        {"cf_error_worker_pid", Kind::kError, [](H h, E) { return cf_error_worker_pid(h); }, 0},
        {"cf_error_worker_signal", Kind::kError, [](H h, E) { return cf_error_worker_signal(h); },
         0},
        {"cf_error_worker_exit_status", Kind::kError,
         [](H h, E) { return cf_error_worker_exit_status(h); }, -1},
        {"cf_error_cause", Kind::kError, [](H h, E) { return is_null(cf_error_cause(h)); }, 0},
    };
    // These tell nothing but their answer.
    const std::set<std::string> silent = {
        "cf_future_state",       "cf_future_progress",
        "cf_future_wait",        "cf_future_outcome",
        "cf_future_result_kind", "cf_future_exception",
        "cf_error_status",       "cf_error_worker_exit_status",
        "cf_stats_value",        "cf_worker_list_state",
        "cf_worker_list_memory", "cf_promise_set_running_or_notify_cancel"};
    for (Function& function : list) {
        function.gives_error = function.answer == invalid && silent.count(function.name) == 0;
    }
    return list;
}

}  // namespace contract

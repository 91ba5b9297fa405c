// Every function of the C ABI without memory, from a table: the first allocation fails, then the
// second, until none is left to fail. no_memory_test.cpp looks closer at some of them. (T-10)
#include <fstream>
#include <set>
#include <string>

#include "abi_rows.h"
#include "allocation_failure.h"

namespace cf_unit {
namespace {

/// Functions that have no reason to allocate when their arguments are right.
const std::set<std::string> kAllocateNothing = {
    "cf_completion_queue_descriptor",
    "cf_completion_queue_next",
    "cf_completion_queue_next_batch",
    "cf_completion_queue_release",
    "cf_completion_queue_retain",
    "cf_error_cause",
    "cf_error_detail",
    "cf_error_function",
    "cf_error_message",
    "cf_error_os_code",
    "cf_error_release",
    "cf_error_retain",
    "cf_error_status",
    "cf_error_task_code",
    "cf_error_task_id",
    "cf_error_type",
    "cf_error_worker_exit_status",
    "cf_error_worker_pid",
    "cf_error_worker_signal",
    "cf_executor_kill_workers",
    "cf_executor_release",
    "cf_executor_retain",
    "cf_executor_shutdown",
    "cf_executor_terminate_workers",
    "cf_free",
    "cf_function_registered",
    "cf_future_cancel",
    "cf_future_cancel_running",
    "cf_future_cancelled",
    "cf_future_done",
    "cf_future_error",
    "cf_future_exception",
    "cf_future_outcome",
    "cf_future_payload",
    "cf_future_release",
    "cf_future_result_bytes",
    "cf_future_result_json",
    "cf_future_result_kind",
    "cf_future_result_pointer",
    "cf_future_retain",
    "cf_future_run_in_place",
    "cf_future_running",
    "cf_future_state",
    "cf_future_task_id",
    "cf_future_wait",
    "cf_map_options_release",
    "cf_map_options_set_cancel_on_release",
    "cf_map_options_set_chunk_size",
    "cf_map_options_set_timeout",
    "cf_map_options_set_unordered",
    "cf_map_options_set_window",
    "cf_map_release",
    "cf_map_retain",
    "cf_process_pool_options_release",
    "cf_process_pool_options_set_exit_policy",
    "cf_process_pool_options_set_exit_timeout",
    "cf_process_pool_options_set_break_on_crash",
    "cf_process_pool_options_set_spin",
    "cf_process_pool_options_set_core_size_limit",
    "cf_process_pool_options_set_cpu_time_limit",
    "cf_process_pool_options_set_crash_limit",
    "cf_process_pool_options_set_idle_timeout",
    "cf_process_pool_options_set_max_message_size",
    "cf_process_pool_options_set_max_queue",
    "cf_process_pool_options_set_max_tasks_per_child",
    "cf_process_pool_options_set_max_workers",
    "cf_process_pool_options_set_memory_limit",
    "cf_process_pool_options_set_nesting_limit",
    "cf_process_pool_options_set_niceness",
    "cf_process_pool_options_set_no_new_privileges",
    "cf_process_pool_options_set_output",
    "cf_process_pool_options_set_queue_policy",
    "cf_process_pool_options_set_start_method",
    "cf_process_pool_options_set_start_timeout",
    "cf_process_pool_options_set_termination_grace",
    "cf_process_pool_options_set_timed",
    "cf_process_pool_options_set_umask",
    "cf_process_pool_options_set_worker_self",
    "cf_promise_future",
    "cf_promise_release",
    "cf_promise_retain",
    "cf_promise_set_error",
    "cf_promise_set_result_pointer",
    "cf_promise_set_running_or_notify_cancel",
    "cf_status_message",
    "cf_status_name",
    "cf_stats_histogram",
    "cf_stats_release",
    "cf_stats_value",
    "cf_submit_options_release",
    "cf_submit_options_set_deadline",
    "cf_submit_options_set_retries",
    "cf_submit_options_set_priority",
    "cf_submit_options_set_queue_timeout",
    "cf_task_arguments",
    "cf_task_cancel_requested",
    "cf_task_fail_with",
    "cf_task_id",
    "cf_task_return_pointer",
    "cf_task_time_left",
    "cf_task_worker_id",
    "cf_thread_pool_options_release",
    "cf_thread_pool_options_set_help",
    "cf_thread_pool_options_set_max_compensating_workers",
    "cf_thread_pool_options_set_exit_policy",
    "cf_thread_pool_options_set_exit_timeout",
    "cf_thread_pool_options_set_outside_help",
    "cf_thread_pool_options_set_max_queue",
    "cf_thread_pool_options_set_max_workers",
    "cf_thread_pool_options_set_queue_policy",
    "cf_thread_pool_options_set_spin",
    "cf_thread_pool_options_set_timed",
    "cf_unobserved_failure_count",
    "cf_version_number",
    "cf_version_string",
    "cf_worker_entry",
    "cf_worker_list_count",
    "cf_worker_list_function",
    "cf_worker_list_memory",
    "cf_worker_list_pid",
    "cf_worker_list_release",
    "cf_worker_list_state",
    "cf_worker_list_task_id",
    "cf_worker_list_tasks_done",
};

void sweep(const Row& row, FailingAllocation::Mode mode) {
    bool struck = true;
    cf_status_t status = row.good;
    for (int nth = 1; struck; ++nth) {
        SCOPED_TRACE(std::string(row.name) + ", allocation " + std::to_string(nth));
        ASSERT_LT(nth, 1000);
        cf_error_t* error = nullptr;
        row.before();
        {
            const FailingAllocation failing(nth, mode);
            status = row.attempt(&error);
            struck = failing.struck();
        }
        row.after();
        if (status != row.good) {
            EXPECT_EQ(status, CF_STATUS_NO_MEMORY);
            EXPECT_TRUE(struck);
        }
        EXPECT_EQ(cf_error_status(error), row.gives_error && status != row.good
                                              ? cf_status_t{CF_STATUS_NO_MEMORY}
                                              : cf_status_t{CF_STATUS_OK});
        cf_error_release(error);
    }
    EXPECT_EQ(status, row.good) << row.name << " fails with memory";
}

TEST(NoMemorySweep, T10OfEveryFunction) {
    using Mode = FailingAllocation::Mode;
    inside_a_task([](cf_task_t* task) {
        Ground ground(task);
        for (const Row& row : abi_rows(ground)) {
            for (const Mode mode : {Mode::kOnce, Mode::kFromThenOn})
                sweep(row, mode);
        }
    });
}

TEST(NoMemorySweep, T10ForgetsNoFunction) {
    std::set<std::string> exported;
    std::ifstream file(CFUTURES_TEST_SYMBOLS);
    for (std::string name; file >> name;)
        exported.insert(name);
    std::set<std::string> known = kAllocateNothing;
    Ground ground(nullptr);
    for (const Row& row : abi_rows(ground))
        EXPECT_TRUE(known.insert(row.name).second) << row.name << " stands twice";
    EXPECT_GT(exported.size(), 100u);
    EXPECT_EQ(known, exported);
}

}  // namespace
}  // namespace cf_unit

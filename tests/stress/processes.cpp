// Many calls to worker processes that come and go: each gives its own result, also while workers are
// replaced all the time. (S3, S8)
#include <cfutures/cfutures.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger.h"
#include "support/early_main.h"

namespace {

int32_t echo(cf_task_t* task, void*) {
    const char* arguments = nullptr;
    size_t size = 0;
    cf_task_arguments(task, &arguments, &size);
    return cf_task_return_json(task, arguments, static_cast<int64_t>(size));
}

}  // namespace

int cf_test_early_main(int, char**) {
    cf_function_register("echo", echo, nullptr, nullptr, nullptr);
    cf_worker_entry();
    return -1;
}

namespace stress {
namespace {

void every_call_gives_its_own_result(std::int64_t calls, std::int64_t max_tasks_per_child) {
    cf_process_pool_options_t* options = nullptr;
    cf_executor_t* pool = nullptr;
    ASSERT_EQ(cf_process_pool_options_create(&options, nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_process_pool_options_set_max_workers(options, 2, nullptr), CF_STATUS_OK);
    ASSERT_EQ(
        cf_process_pool_options_set_max_tasks_per_child(options, max_tasks_per_child, nullptr),
        CF_STATUS_OK);
    ASSERT_EQ(cf_process_pool_create(options, &pool, nullptr), CF_STATUS_OK);
    cf_process_pool_options_release(options);

    std::vector<cf_future_t*> futures(static_cast<size_t>(calls));
    for (size_t i = 0; i < futures.size(); ++i) {
        const std::string arguments = "[" + std::to_string(i) + "]";
        ASSERT_EQ(cf_executor_submit_call(pool, nullptr, "echo", arguments.c_str(), -1, &futures[i],
                                          nullptr),
                  CF_STATUS_OK);
    }
    for (size_t i = 0; i < futures.size(); ++i) {
        const char* result = nullptr;
        ASSERT_EQ(cf_future_result_json(futures[i], -1, &result, nullptr, nullptr), CF_STATUS_OK);
        ASSERT_EQ(result, "[" + std::to_string(i) + "]");
        cf_future_release(futures[i]);
    }
    EXPECT_EQ(cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, nullptr), CF_STATUS_OK);
    cf_executor_release(pool);
}

TEST(StressProcesses, EveryCallGivesItsOwnResult) {
    every_call_gives_its_own_result(amount(100'000), 0);
}

TEST(StressProcesses, AlsoWhileWorkersAreReplacedAllTheTime) {
    every_call_gives_its_own_result(amount(10'000), 10);
}

}  // namespace
}  // namespace stress

// Every function of the C ABI that has work to do, as a table of attempts: what the sweeps fail one
// allocation, or one system call, after the other.
//
// All of it runs inside of a task, so that cf_task_*() can be called too.
#pragma once

#include <cfutures/cfutures.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

#include "support/time.h"

namespace cf_unit {

struct Row {
    using Error = cf_error_t**;
    const char* name;
    std::function<cf_status_t(Error)> attempt;
    std::function<void()> before = [] {};  // nothing fails in it; nor in `after`
    std::function<void()> after = [] {};
    bool gives_error = true;
    cf_status_t good = CF_STATUS_OK;
};

/// Runs body() inside of a task of an inline executor, and checks then that what the rows gave to the
/// library was destroyed once.
void inside_a_task(const std::function<void(cf_task_t*)>& body);

int32_t nothing(cf_task_t*, void*);

/// Shuts an executor down, waits for its end, and releases it.
void end(cf_executor_t* executor);

/// What the rows work on.
struct Ground {
    cf_task_t* task = nullptr;
    cf_executor_t* pool = nullptr;
    cf_thread_pool_options_t* threads = nullptr;
    cf_process_pool_options_t* processes = nullptr;
    cf_executor_t* process_pool = nullptr;
    cf_submit_options_t* submit = nullptr;
    cf_completion_queue_t* queue = nullptr;
    cf_promise_t* promise = nullptr;  // of each attempt, as the two below
    cf_future_t* future = nullptr;
    cf_map_t* map = nullptr;

    explicit Ground(cf_task_t* running) : task(running) {
        const char* const command[] = {"/bin/true"};
        EXPECT_EQ(cf_thread_pool_create(nullptr, &pool, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_thread_pool_options_create(&threads, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_options_create(&processes, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_options_set_worker_command(processes, command, 1, nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_create(processes, &process_pool, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_submit_options_create(&submit, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_submit_options_set_deadline(submit, 10 * cf_test::long_wait_ns(), nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_completion_queue_create(&queue, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_function_register("sweep.nothing", nothing, nullptr, nullptr, nullptr),
                  CF_STATUS_OK);
    }
    ~Ground() {
        cf_completion_queue_release(queue);
        cf_submit_options_release(submit);
        cf_process_pool_options_release(processes);
        cf_thread_pool_options_release(threads);
        end(pool);
        end(process_pool);
    }
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;

    std::function<void()> fresh_promise() {
        return [this] { EXPECT_EQ(cf_promise_create(&promise, nullptr), CF_STATUS_OK); };
    }
    std::function<void()> done_future() {
        return [this] {
            fresh_promise()();
            future = cf_promise_future(promise);
            EXPECT_EQ(cf_future_cancel(future), 1);
        };
    }
    std::function<void()> prepared() {
        return [this] {
            done_future()();
            cf_future_release(future);
            void* payload = nullptr;
            EXPECT_EQ(cf_executor_prepare(pool, nullptr, 8, 8, nothing, nullptr, nullptr, &payload,
                                          &future, nullptr),
                      CF_STATUS_OK);
        };
    }
    std::function<void()> drop() {
        return [this] {
            cf_future_release(std::exchange(future, nullptr));
            cf_promise_release(std::exchange(promise, nullptr));
            cf_map_release(std::exchange(map, nullptr));
        };
    }
};

/// The rows of `ground`, which has to outlive them.
std::vector<Row> abi_rows(Ground& ground);

}  // namespace cf_unit

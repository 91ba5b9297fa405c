// NULL, and a handle of another kind, for every function of the C ABI: the documented answer, and
// never a crash.
#include <map>

#include "handle_functions.h"

namespace contract {
namespace {

class Handles : public testing::Test {
  protected:
    Handles() {
        cf_error_create(CF_STATUS_TASK_FAILED, "E", "m", nullptr, error_.out());
        cf_promise_create(promise_.out(), nullptr);
        future_ = Future(cf_promise_future(promise_));
        cf_completion_queue_create(queue_.out(), nullptr);
        map_ = Map();
        EXPECT_EQ(
            cf_executor_map_call(pool_, nullptr, "echo", nullptr, nullptr, 0, map_.out(), nullptr),
            CF_STATUS_OK);
        cf_thread_pool_options_create(thread_options_.out(), nullptr);
        cf_process_pool_options_create(process_options_.out(), nullptr);
        cf_submit_options_create(submit_options_.out(), nullptr);
        cf_map_options_create(map_options_.out(), nullptr);
        EXPECT_EQ(cf_executor_workers(processes_, workers_.out(), nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_executor_stats(pool_, stats_.out(), nullptr), CF_STATUS_OK);
        all_ = {{Kind::kNull, {nullptr}},
                {Kind::kError, {error_.get()}},
                {Kind::kExecutor, {static_cast<cf_executor_t*>(pool_)}},
                {Kind::kFuture, {future_.get()}},
                {Kind::kPromise, {promise_.get()}},
                {Kind::kQueue, {queue_.get()}},
                {Kind::kMap, {map_.get()}},
                {Kind::kThreadPoolOptions, {thread_options_.get()}},
                {Kind::kProcessPoolOptions, {process_options_.get()}},
                {Kind::kSubmitOptions, {submit_options_.get()}},
                {Kind::kMapOptions, {map_options_.get()}},
                {Kind::kWorkerList, {workers_.get()}},
                {Kind::kStats, {stats_.get()}}};
    }

    // All handles still do what they are for.
    void expect_intact() {
        EXPECT_EQ(cf_error_status(error_), CF_STATUS_TASK_FAILED);
        EXPECT_EQ(json_of(submit(pool_, "echo")), "[]");
        EXPECT_EQ(cf_promise_set_result_json(promise_, "1", -1, nullptr), CF_STATUS_OK);
        EXPECT_EQ(json_of(future_), "1");
        Future none;
        EXPECT_EQ(cf_completion_queue_next(queue_, 0, none.out(), nullptr, nullptr), CF_STATUS_END);
        EXPECT_EQ(cf_map_next(map_, 0, none.out(), nullptr, nullptr), CF_STATUS_END);
        EXPECT_EQ(cf_thread_pool_options_set_max_workers(thread_options_, 2, nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_options_set_max_workers(process_options_, 2, nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_submit_options_set_name(submit_options_, "x", nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_map_options_set_window(map_options_, 2, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_worker_list_count(workers_), 0u);
        EXPECT_EQ(cf_stats_value(stats_, CF_STAT_SUBMITTED), 0);
    }

    const Pool pool_ = make_threads(1);
    const Pool processes_ = make(process_makers().front());
    Error error_;
    Promise promise_;
    Future future_;
    Queue queue_;
    Map map_;
    ThreadPoolOptions thread_options_;
    ProcessPoolOptions process_options_;
    SubmitOptions submit_options_;
    MapOptions map_options_;
    WorkerList workers_;
    Stats stats_;
    std::map<Kind, Handle> all_;
};

TEST_F(Handles, T06WrongOnesAreToldFromRightOnes) {
    for (const Function& function : functions()) {
        for (const auto& [kind, handle] : all_) {
            if (kind == function.wants) continue;
            if (kind == Kind::kNull && function.null_is_allowed) continue;
            SCOPED_TRACE(std::string(function.name) + " with kind " +
                         std::to_string(static_cast<int>(kind)));
            Error error;
            EXPECT_EQ(function.call(handle, error.out()), function.answer);
            if (function.gives_error) {
                expect_error(cf_error_status(error), error, CF_STATUS_INVALID_ARGUMENT);
            }
            EXPECT_EQ(function.call(handle, nullptr), function.answer);
        }
    }
    EXPECT_EQ(taken_over.destroyed.value(), times_taken_over);
    EXPECT_GT(times_taken_over, 0);
    expect_intact();
}

TEST_F(Handles, T06MessagesNameTheArgument) {
    const std::map<std::string, std::string> words = {
        {"cf_executor_submit", "executor"},        {"cf_executor_submit_call", "executor"},
        {"cf_executor_shutdown", "executor"},      {"cf_future_result_json", "future"},
        {"cf_promise_set_result_json", "promise"}, {"cf_map_next", "map"},
        {"cf_completion_queue_next", "queue"},     {"cf_map_options_set_window", "options"},
    };
    for (const Function& function : functions()) {
        const auto word = words.find(function.name);
        if (word == words.end()) continue;
        SCOPED_TRACE(function.name);
        Error error;
        function.call(all_.at(Kind::kNull), error.out());
        expect_error(cf_error_status(error), error, CF_STATUS_INVALID_ARGUMENT, {word->second});
    }
}

// Retain returns its argument, whatever it is (convention 2).
TEST_F(Handles, T06RetainAndReleaseOfAWrongKindDoNothing) {
    for (const auto& [kind, handle] : all_) {
        SCOPED_TRACE(static_cast<int>(kind));
        if (kind != Kind::kError) {
            EXPECT_EQ(Handle{cf_error_retain(handle)}.address, handle.address);
            cf_error_release(handle);
        }
        if (kind != Kind::kExecutor) {
            EXPECT_EQ(Handle{cf_executor_retain(handle)}.address, handle.address);
            cf_executor_release(handle);
        }
        if (kind != Kind::kFuture) {
            EXPECT_EQ(Handle{cf_future_retain(handle)}.address, handle.address);
            cf_future_release(handle);
        }
        if (kind != Kind::kPromise) {
            EXPECT_EQ(Handle{cf_promise_retain(handle)}.address, handle.address);
            cf_promise_release(handle);
        }
        if (kind != Kind::kQueue) {
            EXPECT_EQ(Handle{cf_completion_queue_retain(handle)}.address, handle.address);
            cf_completion_queue_release(handle);
        }
        if (kind != Kind::kMap) {
            EXPECT_EQ(Handle{cf_map_retain(handle)}.address, handle.address);
            cf_map_release(handle);
        }
        if (kind != Kind::kThreadPoolOptions) cf_thread_pool_options_release(handle);
        if (kind != Kind::kProcessPoolOptions) cf_process_pool_options_release(handle);
        if (kind != Kind::kSubmitOptions) cf_submit_options_release(handle);
        if (kind != Kind::kMapOptions) cf_map_options_release(handle);
    }
    expect_intact();
}

// A wrong options handle must not be taken for "no options".
TEST_F(Handles, T06WrongOptionsAreRefused) {
    for (const auto& [kind, handle] : all_) {
        if (kind == Kind::kNull) continue;
        SCOPED_TRACE(static_cast<int>(kind));
        Future future;
        void* payload = nullptr;
        Map map;
        if (kind != Kind::kSubmitOptions) {
            const cf_submit_options_t* const options = handle;
            EXPECT_EQ(cf_executor_submit(pool_, options, never_task, nullptr, nullptr, future.out(),
                                         nullptr),
                      CF_STATUS_INVALID_ARGUMENT);
            EXPECT_EQ(
                cf_executor_submit_call(pool_, options, "echo", "[]", -1, future.out(), nullptr),
                CF_STATUS_INVALID_ARGUMENT);
            EXPECT_EQ(cf_executor_prepare(pool_, options, 8, 8, never_task, nullptr, nullptr,
                                          &payload, future.out(), nullptr),
                      CF_STATUS_INVALID_ARGUMENT);
        }
        if (kind != Kind::kMapOptions) {
            const cf_map_options_t* const options = handle;
            const char* const texts[] = {"[1]"};
            EXPECT_EQ(
                cf_executor_map_call(pool_, options, "echo", texts, nullptr, 1, map.out(), nullptr),
                CF_STATUS_INVALID_ARGUMENT);
            EXPECT_EQ(cf_executor_map(pool_, options, never_task, nullptr, never_item, nullptr,
                                      nullptr, map.out(), nullptr),
                      CF_STATUS_INVALID_ARGUMENT);
        }
        if (kind != Kind::kError) {
            cf_error_t* const wrong = handle;
            EXPECT_EQ(cf_promise_set_error(promise_, wrong, nullptr), CF_STATUS_INVALID_ARGUMENT);
        }
        if (kind != Kind::kFuture) {
            EXPECT_EQ(cf_executor_submit_prepared(pool_, handle, nullptr),
                      CF_STATUS_INVALID_ARGUMENT);
        }
    }
    EXPECT_EQ(cf_executor_submit_prepared(pool_, nullptr, nullptr), CF_STATUS_INVALID_ARGUMENT);
    EXPECT_EQ(cf_promise_set_error(promise_, nullptr, nullptr), CF_STATUS_INVALID_ARGUMENT);
    expect_intact();
}

TEST_F(Handles, TaskFunctionsOutsideOfATask) {
    for (const auto& [kind, handle] : all_) {
        SCOPED_TRACE(static_cast<int>(kind));
        Load owned;
        const char* json = "";
        std::size_t size = 1;
        EXPECT_EQ(cf_task_arguments(handle, &json, &size), CF_STATUS_INVALID_ARGUMENT);
        EXPECT_EQ(json, nullptr);
        EXPECT_EQ(size, 0u);
        EXPECT_EQ(cf_task_return_pointer(handle, &owned, Load::destroy),
                  CF_STATUS_INVALID_ARGUMENT);
        EXPECT_EQ(owned.destroyed.value(), 1);
        EXPECT_EQ(cf_task_return_bytes(handle, "x", 1), CF_STATUS_INVALID_ARGUMENT);
        EXPECT_EQ(cf_task_return_json(handle, "1", -1), CF_STATUS_INVALID_ARGUMENT);
        EXPECT_EQ(cf_task_report_progress(handle, "1", -1), CF_STATUS_INVALID_ARGUMENT);
        EXPECT_EQ(cf_task_fail(handle, "E", "m", nullptr), CF_STATUS_INVALID_ARGUMENT);
        EXPECT_EQ(cf_task_fail_with(handle, error_), CF_STATUS_INVALID_ARGUMENT);
        EXPECT_EQ(cf_task_id(handle), 0u);
        EXPECT_EQ(cf_task_worker_id(handle), 0u);
        EXPECT_EQ(cf_task_cancel_requested(handle), 0);
        EXPECT_LT(cf_task_time_left(handle), 0);
    }
    expect_intact();
}

TEST(NullHandles, T06MeanNothing) {
    EXPECT_EQ(cf_error_status(nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_error_retain(nullptr), nullptr);
    EXPECT_EQ(cf_future_retain(nullptr), nullptr);
    cf_error_release(nullptr);
    cf_future_release(nullptr);
    cf_promise_release(nullptr);
    cf_executor_release(nullptr);
    cf_map_release(nullptr);
    cf_completion_queue_release(nullptr);
    cf_thread_pool_options_release(nullptr);
    cf_process_pool_options_release(nullptr);
    cf_submit_options_release(nullptr);
    cf_map_options_release(nullptr);
    cf_free(nullptr);
}

}  // namespace
}  // namespace contract

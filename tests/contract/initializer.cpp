// Initializers: before the first task of each worker; a failure breaks the pool and says why.
#include <stdexcept>

#include "contract.h"

namespace contract {
namespace {

// Submits until the pool is known to be broken; each accepted call must fail in the same way. Gives
// the error with which submit refused.
Error expect_broken(cf_executor_t* executor, const std::vector<std::string>& words) {
    Future future;
    Error refused;
    cf_status_t status =
        cf_executor_submit_call(executor, nullptr, "echo", "[]", -1, future.out(), refused.out());
    if (status == CF_STATUS_OK) {
        expect_failure(future, CF_STATUS_BROKEN_EXECUTOR, words);
        status = cf_executor_submit_call(executor, nullptr, "echo", "[]", -1, future.out(),
                                         refused.out());
    }
    expect_error(status, refused, CF_STATUS_BROKEN_EXECUTOR, words);
    return refused;
}

// --- Threads -----------------------------------------------------------------------------------------

struct Preparation {
    cf_test::Counter ran;
    cf_test::Counter destroyed;
    int fails_from = 0;  // the first run that fails; 0 for none
    bool throws = false;
    const cf_test::Gate* waits_for = nullptr;  // before it fails, if anything
};

thread_local bool thread_is_prepared = false;

int32_t prepare_thread(void* data) {
    auto* preparation = static_cast<Preparation*>(data);
    thread_is_prepared = true;
    preparation->ran.add();
    if (preparation->fails_from == 0 || preparation->ran.value() < preparation->fails_from)
        return 0;
    if (preparation->waits_for != nullptr) preparation->waits_for->wait();
    if (preparation->throws) throw std::runtime_error("no database");
    return 77;
}

void destroy_preparation(void* data) {
    static_cast<Preparation*>(data)->destroyed.add();
}

class ThreadInitializer : public testing::Test {
  protected:
    Pool make(int workers) {
        ThreadPoolOptions options;
        EXPECT_EQ(cf_thread_pool_options_create(options.out(), nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_thread_pool_options_set_max_workers(options, workers, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_thread_pool_options_set_initializer(options, prepare_thread, &preparation_,
                                                         destroy_preparation, nullptr),
                  CF_STATUS_OK);
        cf_executor_t* executor = nullptr;
        EXPECT_EQ(cf_thread_pool_create(options, &executor, nullptr), CF_STATUS_OK);
        options.reset();
        EXPECT_EQ(preparation_.destroyed.value(), 0);
        return Pool(executor);
    }

    Preparation preparation_;
};

TEST_F(ThreadInitializer, RunsOnEachWorkerBeforeItsFirstTask) {
    {
        const Pool pool = make(3);
        const auto task = [](cf_task_t*, void*) -> int32_t { return thread_is_prepared ? 0 : 1; };
        std::vector<Future> futures(100);
        for (Future& future : futures) {
            ASSERT_EQ(
                cf_executor_submit(pool, nullptr, task, nullptr, nullptr, future.out(), nullptr),
                CF_STATUS_OK);
        }
        for (const Future& future : futures)
            EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
        EXPECT_GE(preparation_.ran.value(), 1);
        EXPECT_LE(preparation_.ran.value(), 3);
    }
    preparation_.destroyed.wait_for(1);
    EXPECT_EQ(preparation_.destroyed.value(), 1);
}

TEST_F(ThreadInitializer, AFailureBreaksThePoolAndSaysWhy) {
    preparation_.fails_from = 1;
    const Pool pool = make(1);
    expect_broken(pool, {"77"});
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

TEST_F(ThreadInitializer, AnExceptionBreaksThePoolAndSaysWhy) {
    preparation_.fails_from = 1;
    preparation_.throws = true;
    const Pool pool = make(2);
    expect_broken(pool, {"no database"});
}

TEST_F(ThreadInitializer, RunningCallsFinishWhenAnotherWorkerFails) {
    preparation_.fails_from = 2;
    const Pool pool = make(2);
    Parked parked(pool, 1);
    expect_broken(pool, {"77"});
    EXPECT_EQ(cf_future_running(parked.futures().front()), 1);
    parked.open();
    EXPECT_EQ(outcome_of(parked.futures().front()), CF_STATUS_OK);
}

TEST_F(ThreadInitializer, FailedCallsDestroyTheirUserDataAndCallBack) {
    // A worker that fails before the call is accepted makes the pool refuse it.
    cf_test::Gate accepted;
    preparation_.fails_from = 1;
    preparation_.waits_for = &accepted;
    Load load;
    Watcher watcher;
    const Pool pool = make(1);
    Future future;
    ASSERT_EQ(
        cf_executor_submit(pool, nullptr, Load::run, &load, Load::destroy, future.out(), nullptr),
        CF_STATUS_OK);
    watcher.add_to(future);
    accepted.open();
    EXPECT_EQ(outcome_of(future), CF_STATUS_BROKEN_EXECUTOR);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(load.ran.value(), 0);
    EXPECT_EQ(load.destroyed.value(), 1);
    EXPECT_EQ(watcher.called.value(), 1);
    EXPECT_EQ(watcher.destroyed.value(), 1);
}

// --- Processes ---------------------------------------------------------------------------------------

class ProcessInitializer : public ContractTest {
  protected:
    Pool make(const char* name, const char* arguments, int workers = 2) {
        const ProcessPoolOptions options = process_options(GetParam());
        EXPECT_EQ(cf_process_pool_options_set_max_workers(options, workers, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_options_set_initializer(options, name, arguments, -1, nullptr),
                  CF_STATUS_OK);
        cf_executor_t* executor = nullptr;
        EXPECT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
        return Pool(executor);
    }
};
CONTRACT_HOLDS_FOR(ProcessInitializer, process_makers);

TEST_P(ProcessInitializer, RunsInEachWorkerBeforeItsFirstTask) {
    const Pool pool = make("prepare", nullptr);
    std::vector<Future> futures;
    for (int i = 0; i < 20; ++i)
        futures.push_back(submit(pool, "is_prepared"));
    for (const Future& future : futures)
        EXPECT_EQ(json_of(future), "true");
}

TEST_P(ProcessInitializer, GetsItsArguments) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    const Pool pool = make("record", ('[' + quoted(file) + ']').c_str(), 1);
    EXPECT_EQ(json_of(submit(pool, "echo", "[1]")), "[1]");
    EXPECT_EQ(json_of(submit(pool, "echo", "[2]")), "[2]");
    EXPECT_EQ(recorded(file), 1);
}

TEST_P(ProcessInitializer, AFailureBreaksThePoolWithItsErrorAsTheCause) {
    const Pool pool = make("fail", R"(["InitError", "no database"])");
    const Error refused = expect_broken(pool, {"no database"});
    const cf_error_t* cause = cf_error_cause(refused);
    ASSERT_NE(cause, nullptr);
    EXPECT_EQ(cf_error_status(cause), CF_STATUS_TASK_FAILED);
    EXPECT_STREQ(cf_error_type(cause), "InitError");
    EXPECT_STREQ(cf_error_message(cause), "no database");
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

TEST_P(ProcessInitializer, AWorkerThatDiesInItBreaksThePool) {
    const Pool pool = make("exit_process", "[3]");
    const Error refused = expect_broken(pool, {});
    const cf_error_t* cause = cf_error_cause(refused);
    ASSERT_NE(cause, nullptr);
    EXPECT_EQ(cf_error_status(cause), CF_STATUS_WORKER_LOST);
    EXPECT_EQ(cf_error_worker_exit_status(cause), 3);
}

TEST_P(ProcessInitializer, AnUnknownOneBreaksThePool) {
    const Pool pool = make("no_such_initializer", nullptr);
    expect_broken(pool, {"no_such_initializer"});
}

TEST_P(ProcessInitializer, S3EveryQueuedCallFails) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    Watcher watcher;
    const Pool pool = make("fail", R"(["InitError", "no database"])");
    const std::string arguments = '[' + quoted(file) + ']';
    std::vector<Future> accepted;
    for (int i = 0; i < 20; ++i) {
        Future future;
        const cf_status_t status = cf_executor_submit_call(
            pool, nullptr, "record", arguments.c_str(), -1, future.out(), nullptr);
        if (status != CF_STATUS_OK) {
            EXPECT_EQ(status, CF_STATUS_BROKEN_EXECUTOR);
            continue;
        }
        watcher.add_to(future);
        accepted.push_back(std::move(future));
    }
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    for (const Future& future : accepted) {
        EXPECT_EQ(cf_future_outcome(future), CF_STATUS_BROKEN_EXECUTOR);
    }
    EXPECT_FALSE(accepted.empty());
    EXPECT_EQ(watcher.called.value(), static_cast<int>(accepted.size()));
    EXPECT_EQ(watcher.destroyed.value(), static_cast<int>(accepted.size()));
    EXPECT_EQ(recorded(file), 0);
}

}  // namespace
}  // namespace contract

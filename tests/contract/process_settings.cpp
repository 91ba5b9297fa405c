// What worker processes are given and may use, how long they stay, and how deep pools may nest.
#include <csignal>
#include <nlohmann/json.hpp>

#include "contract.h"
#include "support/eventually.h"
#include "support/temp_dir.h"

namespace contract {
namespace {

using Json = nlohmann::json;

class Settings : public ContractTest {
  protected:
    Pool make_with_options() const {
        cf_executor_t* executor = nullptr;
        EXPECT_EQ(cf_process_pool_create(options_, &executor, nullptr), CF_STATUS_OK);
        return Pool(executor);
    }

    const ProcessPoolOptions options_ = process_options(GetParam());
};
CONTRACT_HOLDS_FOR(Settings, process_makers);

TEST_P(Settings, WorkersAreGivenWhatTheOptionsSay) {
    const cf_test::TempDir directory;
    ASSERT_EQ(cf_process_pool_options_set_directory(options_, directory.path().c_str(), nullptr),
              CF_STATUS_OK);
    ASSERT_EQ(cf_process_pool_options_set_umask(options_, 027, nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_process_pool_options_set_core_size_limit(options_, 4096, nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_process_pool_options_set_no_new_privileges(options_, 1, nullptr), CF_STATUS_OK);
    const Pool plain = make();
    const Json before = Json::parse(json_of(submit(plain, "surroundings")));
    ASSERT_EQ(cf_process_pool_options_set_niceness(options_, 2, nullptr), CF_STATUS_OK);
    const Pool pool = make_with_options();
    const Json after = Json::parse(json_of(submit(pool, "surroundings")));
    EXPECT_EQ(after["directory"], directory.path());
    EXPECT_EQ(after["umask"], 027);
    EXPECT_EQ(after["core"], 4096);
    EXPECT_EQ(after["no_new_privileges"], 1);
    EXPECT_EQ(after["niceness"], std::min(before["niceness"].get<int>() + 2, 19));
    EXPECT_EQ(before["no_new_privileges"], 0);
}

TEST_P(Settings, WhatCannotBeSetStartsNoWorkerAndIsNamed) {
    ASSERT_EQ(cf_process_pool_options_set_directory(options_, "/nonexistent/folder", nullptr),
              CF_STATUS_OK);
    const Pool pool = make_with_options();
    expect_failure(submit(pool, "echo"), CF_STATUS_BROKEN_EXECUTOR, {"working directory"});
}

TEST_P(Settings, S04TheEnvironmentIsTheHostsOrCleanOrAList) {
    setenv("CONTRACT_SECRET", "secret", 1);
    const auto environment = [&] {
        const Pool pool = make_with_options();
        return Json::parse(json_of(submit(pool, "environment")));
    };
    const auto holds = [](const Json& list, const char* entry) {
        return std::find(list.begin(), list.end(), entry) != list.end();
    };
    EXPECT_TRUE(holds(environment(), "CONTRACT_SECRET=secret"));
    const char* const entries[] = {"NAME=value", "EMPTY="};
    ASSERT_EQ(cf_process_pool_options_set_environment(options_, entries, 2, nullptr), CF_STATUS_OK);
    EXPECT_EQ(environment(), Json({"NAME=value", "EMPTY="}));
    ASSERT_EQ(cf_process_pool_options_set_environment(options_, entries, 0, nullptr), CF_STATUS_OK);
    EXPECT_EQ(environment(), Json::array());
    ASSERT_EQ(cf_process_pool_options_set_environment(options_, nullptr, 0, nullptr), CF_STATUS_OK);
    EXPECT_TRUE(holds(environment(), "CONTRACT_SECRET=secret"));
    unsetenv("CONTRACT_SECRET");
}

TEST_P(Settings, MemoryBeyondTheLimitCannotBeAllocated) {
    if (cf_test::kSanitized) GTEST_SKIP() << "sanitizers need all address space";
    ASSERT_EQ(cf_process_pool_options_set_memory_limit(options_, int64_t{1} << 30, nullptr),
              CF_STATUS_OK);
    const Pool pool = make_with_options();
    EXPECT_EQ(json_of(submit(pool, "allocate", "[1000000]")), "1000000");
    EXPECT_EQ(json_of(submit(pool, "allocate", "[2147483648]")), "\"no memory\"");
    EXPECT_EQ(json_of(submit(pool, "echo")), "[]");
}

TEST_P(Settings, ProcessorTimeBeyondTheLimitEndsTheWorker) {
    if (GetParam().workers != 1) return;  // it costs a second of the machine
    ASSERT_EQ(cf_process_pool_options_set_cpu_time_limit(options_, 1, nullptr), CF_STATUS_OK);
    const Pool pool = make_with_options();
    expect_failure(submit(pool, "burn"), CF_STATUS_WORKER_LOST, {"burn", "SIGXCPU"});
    EXPECT_EQ(json_of(submit(pool, "echo")), "[]");
}

TEST_P(Settings, ValuesOutOfRangeAreRefused) {
    cf_process_pool_options_t* options = options_;
    const char* const no_name[] = {"=x"};
    const char* const no_value[] = {"x"};
    const char* const null[] = {nullptr};
    const cf_status_t answers[] = {
        cf_process_pool_options_set_memory_limit(options, 1000, nullptr),
        cf_process_pool_options_set_memory_limit(options, -1, nullptr),
        cf_process_pool_options_set_cpu_time_limit(options, -1, nullptr),
        cf_process_pool_options_set_core_size_limit(options, -2, nullptr),
        cf_process_pool_options_set_niceness(options, -1, nullptr),
        cf_process_pool_options_set_niceness(options, 20, nullptr),
        cf_process_pool_options_set_umask(options, -2, nullptr),
        cf_process_pool_options_set_umask(options, 01000, nullptr),
        cf_process_pool_options_set_directory(options, "relative", nullptr),
        cf_process_pool_options_set_no_new_privileges(options, 2, nullptr),
        cf_process_pool_options_set_environment(options, no_name, 1, nullptr),
        cf_process_pool_options_set_environment(options, no_value, 1, nullptr),
        cf_process_pool_options_set_environment(options, null, 1, nullptr),
        cf_process_pool_options_set_environment(options, nullptr, 1, nullptr),
        cf_process_pool_options_set_output(options, 3, nullptr),
        cf_process_pool_options_set_output(options, -1, nullptr),
        cf_process_pool_options_set_nesting_limit(options, 0, nullptr),
        cf_process_pool_options_set_nesting_limit(options, 17, nullptr),
        cf_process_pool_options_set_spin(options, -1, nullptr),
        cf_process_pool_options_set_spin(options, 2, nullptr),
    };
    for (const cf_status_t answer : answers)
        EXPECT_EQ(answer, CF_STATUS_INVALID_ARGUMENT);
    const Pool pool = make_with_options();
    EXPECT_EQ(json_of(submit(pool, "echo")), "[]");
}

// One call at a time, so that worker and waiter hand over to each other, awake or asleep.
TEST_P(Settings, WorkerAndWaiterMeetWithAndWithoutSpinning) {
    for (const int32_t spin : {0, 1}) {
        ASSERT_EQ(cf_process_pool_options_set_spin(options_, spin, nullptr), CF_STATUS_OK);
        const Pool pool = make_with_options();
        for (int i = 0; i < 100; ++i) {
            const std::string arguments = "[" + std::to_string(i) + "]";
            ASSERT_EQ(json_of(submit(pool, "echo", arguments.c_str())), arguments);
        }
    }
}

// A name is looked up among what was registered, and is never a path of something to load.
TEST_P(Settings, S03ACallCannotNameALibrary) {
    const Pool pool = make();
    for (const char* name : {CONTRACT_LIBRARY, "/tmp/library.so:function", "../functions"}) {
        Future future;
        cf_status_t status =
            cf_executor_submit_call(pool, nullptr, name, "[]", -1, future.out(), nullptr);
        if (status == CF_STATUS_OK) status = outcome_of(future);
        EXPECT_EQ(status, CF_STATUS_UNKNOWN_FUNCTION);
    }
    EXPECT_EQ(json_of(submit(pool, "echo")), "[]");
}

// --- Output ------------------------------------------------------------------------------------------

TEST_P(Settings, W12TheTailOfTheOutputStandsInTheError) {
    ASSERT_EQ(cf_process_pool_options_set_output(options_, CF_WORKER_OUTPUT_CAPTURE, nullptr),
              CF_STATUS_OK);
    const Pool pool = make_with_options();
    EXPECT_EQ(json_of(submit(pool, "print", "[\"before \"]")), "7");
    const Future lost = submit(pool, "print_and_die", "[\"last words\"]");
    expect_failure(lost, CF_STATUS_WORKER_LOST);
    const char* detail = cf_error_detail(cf_future_error(lost));
    ASSERT_NE(detail, nullptr);
    const auto output = Json::parse(detail).at("output").get<std::string>();
    EXPECT_NE(output.find("last wordslast words"), std::string::npos) << output;
    // Without a capture there is nothing to tell.
    const Pool plain = make();
    const Future silent = submit(plain, "die_by_signal", "[9]");
    expect_failure(silent, CF_STATUS_WORKER_LOST);
    EXPECT_EQ(cf_error_detail(cf_future_error(silent)), nullptr);
}

TEST_P(Settings, W12AFloodOfOutputDisturbsNobody) {
    for (const cf_worker_output_t output : {CF_WORKER_OUTPUT_CAPTURE, CF_WORKER_OUTPUT_DISCARD}) {
        ASSERT_EQ(cf_process_pool_options_set_output(options_, output, nullptr), CF_STATUS_OK);
        const Pool pool = make_with_options();
        std::vector<Future> futures;
        for (int i = 0; i < 4; ++i)
            futures.push_back(submit(pool, "flood", "[16777216]"));
        for (int i = 0; i < 100; ++i)
            futures.push_back(submit(pool, "echo"));
        for (const Future& future : futures)
            EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    }
}

// --- Coming and going ----------------------------------------------------------------------------------

TEST_P(Settings, IdleWorkersLeaveAndOthersComeWhenThereIsWork) {
    ASSERT_EQ(cf_process_pool_options_set_idle_timeout(options_, cf_test::short_wait_ns(), nullptr),
              CF_STATUS_OK);
    const Pool pool = make_with_options();
    const auto count = [&] {
        WorkerList list;
        EXPECT_EQ(cf_executor_workers(pool, list.out(), nullptr), CF_STATUS_OK);
        return cf_worker_list_count(list);
    };
    const std::string pid = json_of(submit(pool, "pid"));
    EXPECT_GE(count(), 1u);
    EXPECT_TRUE(cf_test::eventually([&] { return count() == 0; }));
    EXPECT_NE(json_of(submit(pool, "pid")), pid);
    const Parked parked(pool, GetParam().workers);
    EXPECT_EQ(cf_future_wait(parked.futures().front(), 2 * cf_test::short_wait_ns()),
              CF_STATUS_TIMEOUT);
    EXPECT_EQ(count(), static_cast<std::size_t>(GetParam().workers)) << "who works is not idle";
}

TEST_P(Settings, TheReplacementStartsBeforeTheOldOneLeaves) {
    cf_process_pool_options_set_max_workers(options_, 1, nullptr);
    ASSERT_EQ(cf_process_pool_options_set_max_tasks_per_child(options_, 1, nullptr), CF_STATUS_OK);
    const Pool pool = make_with_options();
    const Parked parked(pool, 1);
    EXPECT_NE(json_of(submit(pool, "pid")), std::to_string(parked.pids().front()));
    EXPECT_EQ(cf_future_running(parked.futures().front()), 1);
}

// --- Nesting -----------------------------------------------------------------------------------------

TEST_P(Settings, W13PoolsNestUpToTheLimit) {
    const Pool pool = make();
    const bool is_own_worker = GetParam().knows_names;
    // Inside cfutures-worker the program itself may serve as worker too, but knows no functions.
    if (!is_own_worker) return;
    const int refused = CF_STATUS_NESTING_LIMIT;
    EXPECT_EQ(json_of(submit(pool, "nest", "[1]")), Json({refused}).dump());
    EXPECT_EQ(json_of(submit(pool, "nest", "[2]")), Json({0, refused}).dump());
    EXPECT_EQ(json_of(submit(pool, "nest", "[3]")), Json({0, 0, refused}).dump());
}

}  // namespace
}  // namespace contract

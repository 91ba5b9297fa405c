// Counters of executors.
#include "contract.h"
#include "support/eventually.h"

namespace contract {
namespace {

Stats stats_of(cf_executor_t* executor) {
    Stats stats;
    EXPECT_EQ(cf_executor_stats(executor, stats.out(), nullptr), CF_STATUS_OK);
    return stats;
}

int64_t value_of(cf_executor_t* executor, cf_stat_t which) {
    return cf_stats_value(stats_of(executor), which);
}

class StatsTest : public ContractTest {};
CONTRACT_HOLDS_FOR(StatsTest, all_makers);

TEST_P(StatsTest, CountsHowCallsEnd) {
    const Pool pool = make();
    for (const cf_stat_t which : {CF_STAT_QUEUED, CF_STAT_SUBMITTED, CF_STAT_SUCCEEDED,
                                  CF_STAT_FAILED, CF_STAT_CANCELLED, CF_STAT_ACTIVE_WORKERS})
        EXPECT_EQ(value_of(pool, which), 0) << which;
    for (int i = 0; i < 30; ++i)
        submit(pool, i % 3 == 0 ? "fail" : "echo");
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    const Stats stats = stats_of(pool);
    EXPECT_EQ(cf_stats_value(stats, CF_STAT_SUBMITTED), 30);
    EXPECT_EQ(cf_stats_value(stats, CF_STAT_SUCCEEDED), 20);
    EXPECT_EQ(cf_stats_value(stats, CF_STAT_FAILED), 10);
    EXPECT_EQ(cf_stats_value(stats, CF_STAT_CANCELLED), 0);
    EXPECT_EQ(cf_stats_value(stats, CF_STAT_QUEUED), 0);
    EXPECT_EQ(cf_stats_value(stats, CF_STAT_ACTIVE_WORKERS), 0);
    EXPECT_EQ(cf_stats_value(stats, CF_STAT_IDLE_WORKERS), 0);
}

TEST_P(StatsTest, WhatIsNotThereIsMinusOne) {
    const Pool pool = make();
    EXPECT_EQ(outcome_of(submit(pool, "echo")), CF_STATUS_OK);
    const Stats stats = stats_of(pool);
    for (const cf_stat_t which :
         std::initializer_list<cf_stat_t>{-2, -1, 9, CF_STAT_WAIT_TIME, CF_STAT_RUN_TIME})
        EXPECT_EQ(cf_stats_value(stats, which), -1) << which;
    for (const cf_stat_t which : {CF_STAT_WAIT_TIME, CF_STAT_RUN_TIME, CF_STAT_QUEUED}) {
        for (std::size_t i = 0; i < CF_STATS_BUCKETS + 2; ++i)
            EXPECT_EQ(cf_stats_histogram(stats, which, i), 0u);
    }
}

class QueueingStats : public ContractTest {};
CONTRACT_HOLDS_FOR(QueueingStats, queueing_makers);

TEST_P(QueueingStats, TellsQueuedCallsAndWhatWorkersDo) {
    const Pool pool = make();
    const int workers = GetParam().workers;
    {
        const Parked parked(pool, workers);
        std::vector<Future> queued;
        for (int i = 0; i < 20; ++i)
            queued.push_back(submit(pool, "echo"));
        // The pool may not know yet that its workers have started what they run.
        EXPECT_TRUE(cf_test::eventually([&] { return value_of(pool, CF_STAT_QUEUED) == 20; }));
        const Stats stats = stats_of(pool);
        EXPECT_EQ(cf_stats_value(stats, CF_STAT_ACTIVE_WORKERS), workers);
        EXPECT_EQ(cf_stats_value(stats, CF_STAT_IDLE_WORKERS), 0);
        EXPECT_EQ(cf_stats_value(stats, CF_STAT_SUBMITTED), 20 + workers);
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(cf_future_cancel(queued[static_cast<std::size_t>(i)]), 1);
        EXPECT_EQ(value_of(pool, CF_STAT_CANCELLED), 5);
    }
    ASSERT_TRUE(cf_test::eventually([&] {
        return value_of(pool, CF_STAT_SUCCEEDED) == 15 + workers &&
               value_of(pool, CF_STAT_IDLE_WORKERS) == workers;
    }));
    EXPECT_EQ(value_of(pool, CF_STAT_ACTIVE_WORKERS), 0);
    EXPECT_EQ(value_of(pool, CF_STAT_QUEUED), 0);
}

// --- times ----------------------------------------------------------------------------------------

Pool make_timed(bool processes) {
    cf_executor_t* executor = nullptr;
    if (processes) {
        const ProcessPoolOptions options = process_options(process_makers().front());
        cf_process_pool_options_set_max_workers(options, 1, nullptr);
        EXPECT_EQ(cf_process_pool_options_set_timed(options, 1, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    } else {
        ThreadPoolOptions options;
        cf_thread_pool_options_create(options.out(), nullptr);
        cf_thread_pool_options_set_max_workers(options, 1, nullptr);
        EXPECT_EQ(cf_thread_pool_options_set_timed(options, 1, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_thread_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    }
    return Pool(executor);
}

class TimedStats : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Contract, TimedStats, testing::Bool(), [](const auto& instance) {
    return instance.param ? std::string("Processes") : std::string("Threads");
});

// How many calls the histogram has; and checks that their sum is one that they can have.
uint64_t check_times(const Stats& stats, cf_stat_t which) {
    uint64_t calls = 0;
    uint64_t least = 0;
    uint64_t most = 0;
    for (std::size_t i = 0; i < CF_STATS_BUCKETS; ++i) {
        const uint64_t count = cf_stats_histogram(stats, which, i);
        calls += count;
        least += count * (i == 0 ? 0 : uint64_t{1} << i);
        if (count != 0) most += count * ((uint64_t{2} << i) - 1);
    }
    const auto sum = static_cast<uint64_t>(cf_stats_value(stats, which));
    EXPECT_GE(sum, least);
    EXPECT_LE(sum, most);
    return calls;
}

TEST_P(TimedStats, EachCallThatRanHasWaitedAndRun) {
    const Pool pool = make_timed(GetParam());
    EXPECT_EQ(value_of(pool, CF_STAT_RUN_TIME), 0);
    const auto begin = std::chrono::steady_clock::now();
    {
        const Parked parked(pool, 1);
        for (int i = 0; i < 10; ++i)
            submit(pool, i % 2 == 0 ? "fail" : "echo");
        const Future cancelled = submit(pool, "echo");
        ASSERT_EQ(cf_future_cancel(cancelled), 1);
    }
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    const std::chrono::nanoseconds all = std::chrono::steady_clock::now() - begin;
    const Stats stats = stats_of(pool);
    EXPECT_EQ(check_times(stats, CF_STAT_WAIT_TIME), 11u);
    EXPECT_EQ(check_times(stats, CF_STAT_RUN_TIME), 11u);
    EXPECT_GT(cf_stats_value(stats, CF_STAT_WAIT_TIME), 0);
    EXPECT_GT(cf_stats_value(stats, CF_STAT_RUN_TIME), 0);
    if (!GetParam()) {
        // One after the other.
        EXPECT_LE(cf_stats_value(stats, CF_STAT_RUN_TIME), all.count());
    }
    EXPECT_LE(cf_stats_value(stats, CF_STAT_WAIT_TIME), 11 * all.count());
}

// Whoever runs a call measures it: a task that waits for it, and the thread that submits it.
TEST(TimedThreadStats, CallsThatOthersRunAreMeasuredToo) {
    ThreadPoolOptions options;
    cf_thread_pool_options_create(options.out(), nullptr);
    cf_thread_pool_options_set_max_workers(options, 1, nullptr);
    cf_thread_pool_options_set_timed(options, 1, nullptr);
    cf_thread_pool_options_set_max_queue(options, 1, nullptr);
    cf_thread_pool_options_set_queue_policy(options, CF_QUEUE_POLICY_RUN_IN_CALLER, nullptr);
    cf_executor_t* executor = nullptr;
    ASSERT_EQ(cf_thread_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    const Pool pool(executor);
    const auto waits_for_two = [](cf_task_t*, void* data) -> int32_t {
        for (int i = 0; i < 2; ++i) {  // the second one finds the queue full
            const Future inner = submit(static_cast<cf_executor_t*>(data), "echo");
            EXPECT_EQ(outcome_of(inner), CF_STATUS_OK);
        }
        return 0;
    };
    Future outer;
    ASSERT_EQ(
        cf_executor_submit(pool, nullptr, waits_for_two, executor, nullptr, outer.out(), nullptr),
        CF_STATUS_OK);
    EXPECT_EQ(outcome_of(outer), CF_STATUS_OK);
    {
        const Parked parked(pool, 1);
        submit(pool, "echo");
        EXPECT_EQ(outcome_of(submit(pool, "echo")), CF_STATUS_OK);  // here
    }
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    const Stats stats = stats_of(pool);
    EXPECT_EQ(check_times(stats, CF_STAT_RUN_TIME), 6u);
    EXPECT_EQ(cf_stats_value(stats, CF_STAT_SUCCEEDED), 6);
}

TEST(TimedStatsOptions, AreChecked) {
    Error error;
    ThreadPoolOptions threads;
    cf_thread_pool_options_create(threads.out(), nullptr);
    ProcessPoolOptions processes;
    cf_process_pool_options_create(processes.out(), nullptr);
    expect_error(cf_thread_pool_options_set_timed(threads, 2, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"timed"});
    expect_error(cf_process_pool_options_set_timed(processes, -1, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"timed"});
}

}  // namespace
}  // namespace contract

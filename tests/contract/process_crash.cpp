// Workers that die: the call that ran fails and says how, every other call gives its result.
#include <sys/wait.h>

#include <csignal>
#include <map>
#include <set>

#include "map_support.h"
#include "support/amount.h"
#include "support/eventually.h"

namespace contract {
namespace {

class Crash : public ContractTest {
  protected:
    // Options for a pool like the one of the parameter, and that pool.
    ProcessPoolOptions make_options() const { return process_options(GetParam()); }
    static Pool make_with(const ProcessPoolOptions& options) {
        cf_executor_t* executor = nullptr;
        EXPECT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
        return Pool(executor);
    }

    // A pool like the one of the parameter whose workers are replaced after so many calls.
    Pool make_limited(int64_t max_tasks) const {
        const ProcessPoolOptions options = make_options();
        EXPECT_EQ(cf_process_pool_options_set_max_tasks_per_child(options, max_tasks, nullptr),
                  CF_STATUS_OK);
        return make_with(options);
    }
};
CONTRACT_HOLDS_FOR(Crash, process_makers);

TEST_P(Crash, W01OfOneWorkerFailsItsRunningCallOnly) {
    const Pool pool = make();
    std::vector<Future> others;
    for (int i = 0; i < 500; ++i) {
        others.push_back(submit(pool, "echo", '[' + std::to_string(i) + ']'));
    }
    const Parked parked(pool, 1);
    for (int i = 500; i < 1000; ++i) {
        others.push_back(submit(pool, "echo", '[' + std::to_string(i) + ']'));
    }
    const pid_t pid = parked.pids().front();
    ASSERT_EQ(kill(pid, SIGKILL), 0);

    const Future& victim = parked.futures().front();
    expect_failure(victim, CF_STATUS_WORKER_LOST, {"pass_gate", std::to_string(pid), "SIGKILL"});
    const cf_error_t* error = cf_future_error(victim);
    EXPECT_STREQ(cf_error_function(error), "pass_gate");
    EXPECT_EQ(cf_error_worker_pid(error), pid);
    EXPECT_EQ(cf_error_worker_signal(error), SIGKILL);
    EXPECT_EQ(cf_error_worker_exit_status(error), -1);
    EXPECT_EQ(cf_error_task_id(error), cf_future_task_id(victim));
    for (std::size_t i = 0; i < others.size(); ++i) {
        ASSERT_EQ(json_of(others[i]), '[' + std::to_string(i) + ']');
    }
    EXPECT_EQ(json_of(submit(pool, "add", "[1, 2]")), "3");
}

TEST_P(Crash, S8Gh139462TheErrorTellsHowTheWorkerEnded) {
    const Pool pool = make();
    for (const int number : {SIGSEGV, SIGABRT, SIGTERM}) {
        const Future future = submit(pool, "die_by_signal", '[' + std::to_string(number) + ']');
        ASSERT_EQ(outcome_of(future), CF_STATUS_WORKER_LOST);
        const cf_error_t* error = cf_future_error(future);
        EXPECT_EQ(cf_error_worker_signal(error), number);
        EXPECT_EQ(cf_error_worker_exit_status(error), -1);
        EXPECT_GT(cf_error_worker_pid(error), 0);
        EXPECT_STREQ(cf_error_function(error), "die_by_signal");
    }
    for (const int status : {0, 3}) {
        const Future future = submit(pool, "exit_process", '[' + std::to_string(status) + ']');
        expect_failure(future, CF_STATUS_WORKER_LOST, {"exit_process", std::to_string(status)});
        const cf_error_t* error = cf_future_error(future);
        EXPECT_EQ(cf_error_worker_exit_status(error), status);
        EXPECT_EQ(cf_error_worker_signal(error), 0);
    }
    EXPECT_EQ(json_of(submit(pool, "echo")), "[]");
}

TEST_P(Crash, S3QueuedCallsRunOnceAndAreNotLost) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    const Pool pool = make();
    std::vector<Future> futures;
    {
        const Parked parked(pool, GetParam().workers);
        for (int i = 0; i < 100; ++i) {
            futures.push_back(submit(pool, "record", '[' + quoted(file) + ']'));
        }
        for (const pid_t pid : parked.pids())
            ASSERT_EQ(kill(pid, SIGKILL), 0);
        for (const Future& victim : parked.futures()) {
            EXPECT_EQ(outcome_of(victim), CF_STATUS_WORKER_LOST);
        }
    }
    for (const Future& future : futures)
        ASSERT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(recorded(file), 100);
}

TEST_P(Crash, CallsBackLikeAnyFailure) {
    Watcher watcher;
    const Pool pool = make();
    const Future future = submit(pool, "die_by_signal", "[9]");
    watcher.add_to(future);
    watcher.destroyed.wait_for(1);
    EXPECT_EQ(watcher.called.value(), 1);
    EXPECT_EQ(cf_future_outcome(future), CF_STATUS_WORKER_LOST);
}

// The call that meets the dead worker had not started there, so it runs on another one.
TEST_P(Crash, OfAnIdleWorkerFailsNothing) {
    const Pool pool = make();
    for (int round = 0; round < 5; ++round) {
        const pid_t pid = std::stoi(json_of(submit(pool, "pid")));
        ASSERT_EQ(kill(pid, SIGKILL), 0);
        const Future future = submit(pool, "echo", "[1]");
        ASSERT_EQ(outcome_of(future), CF_STATUS_OK) << cf_error_message(cf_future_error(future));
    }
}

TEST_P(Crash, DuringAShutdownThatWaits) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future queued = submit(pool, "echo", "[1]");
    std::thread killer([&] {
        for (const pid_t pid : parked.pids())
            kill(pid, SIGKILL);
    });
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    killer.join();
    for (const Future& victim : parked.futures()) {
        EXPECT_EQ(cf_future_outcome(victim), CF_STATUS_WORKER_LOST);
    }
    EXPECT_EQ(json_of(queued), "[1]");
}

TEST_P(Crash, Bpo22393AMapDoesNotWaitForADeadWorker) {
    const Pool pool = make();
    const MapOptions options = map_options();
    ASSERT_EQ(cf_map_options_set_chunk_size(options, 1, nullptr), CF_STATUS_OK);
    cf_test::ProcessGate gate;
    std::vector<std::string> texts = {'[' + quoted(gate.path()) + ", 0]"};
    for (int i = 1; i < 10; ++i)
        texts.push_back("[null, " + std::to_string(i) + ']');
    const Map map = map_call(pool, options, "pass_gate", texts);
    ASSERT_EQ(kill(gate.wait_arrived(1).front(), SIGKILL), 0);
    EXPECT_EQ(cf_future_outcome(next(map).future), CF_STATUS_WORKER_LOST);
    for (int i = 1; i < 10; ++i)
        EXPECT_EQ(json_of(next(map).future), std::to_string(i));
    EXPECT_EQ(next(map).status, CF_STATUS_END);
}

// An argument that does not fit into any socket buffer, for a worker that dies before it reads it.
TEST_P(Crash, W02Gh94777WithALargeArgumentOnItsWay) {
    const auto size = static_cast<std::size_t>(cf_test::amount(8 << 20));
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    std::vector<Future> futures;
    for (int i = 0; i < 4; ++i) {
        futures.push_back(submit(pool, "length", '[' + quoted(std::string(size, 'y')) + ']'));
    }
    for (const pid_t pid : parked.pids())
        ASSERT_EQ(kill(pid, SIGKILL), 0);
    for (const Future& future : futures)
        EXPECT_EQ(json_of(future), std::to_string(size));
}

TEST_P(Crash, W08AStoppedWorkerCanBeKilled) {
    const Pool pool = make();
    const Parked parked(pool, 1);
    const pid_t pid = parked.pids().front();
    ASSERT_EQ(kill(pid, SIGSTOP), 0);
    EXPECT_EQ(cf_future_wait(parked.futures().front(), cf_test::short_wait_ns()),
              CF_STATUS_TIMEOUT);
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    EXPECT_EQ(outcome_of(parked.futures().front()), CF_STATUS_WORKER_LOST);
}

// --- Workers that leave by request -------------------------------------------------------------------

TEST_P(Crash, Gh115634WorkersAreReplacedAtTheirLimit) {
    const Pool pool = make_limited(2);
    std::vector<Future> futures;
    for (int i = 0; i < 8; ++i)
        futures.push_back(submit(pool, "pid"));
    std::map<std::string, int> calls;
    for (const Future& future : futures)
        calls[json_of(future)] += 1;
    EXPECT_GE(calls.size(), 4u);
    for (const auto& [pid, count] : calls)
        EXPECT_LE(count, 2) << pid;
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

TEST_P(Crash, EachCallMayHaveAWorkerOfItsOwn) {
    const Pool pool = make_limited(1);
    std::set<std::string> pids;
    for (int i = 0; i < 5; ++i)
        pids.insert(json_of(submit(pool, "pid")));
    EXPECT_EQ(pids.size(), 5u);
}

TEST_P(Crash, EachItemOfAMapCountsForTheLimit) {
    const Pool pool = make_limited(3);
    const Map map = map_call(pool, nullptr, "pid", std::vector<std::string>(12, "[]"));
    std::map<std::string, int> calls;
    for (int i = 0; i < 12; ++i)
        calls[json_of(next(map).future)] += 1;
    for (const auto& [pid, count] : calls)
        EXPECT_LE(count, 3) << pid;
}

// The executor's handle goes, or a shutdown begins, while workers are being replaced.
TEST_P(Crash, S3Gh119592ReplacementsAreStartedAfterAShutdown) {
    const Pool pool = make_limited(1);
    Parked parked(pool, GetParam().workers);
    std::vector<Future> futures;
    for (int i = 0; i < 8; ++i)
        futures.push_back(submit(pool, "echo", "[1]"));
    ASSERT_EQ(cf_executor_shutdown(pool, 0, 0, nullptr), CF_STATUS_OK);
    parked.open();
    for (const Future& future : futures)
        EXPECT_EQ(json_of(future), "[1]");
}

TEST_P(Crash, Gh152967ReplacementsAreStartedAfterARelease) {
    Pool pool = make_limited(1);
    std::vector<Future> futures;
    {
        const Parked parked(pool, GetParam().workers);
        for (int i = 0; i < 8; ++i)
            futures.push_back(submit(pool, "echo", "[1]"));
        pool.release();
    }
    for (const Future& future : futures)
        EXPECT_EQ(json_of(future), "[1]");
}

// --- What a crash costs, by request ------------------------------------------------------------------

SubmitOptions with_retries(int retries) {
    SubmitOptions options;
    cf_submit_options_create(options.out(), nullptr);
    EXPECT_EQ(cf_submit_options_set_retries(options, retries, nullptr), CF_STATUS_OK);
    return options;
}

TEST_P(Crash, W07ARetriedCallFailsAfterItsLastLossAndSaysHowOften) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    const Pool pool = make();
    for (const int retries : {0, 3}) {
        Future future;
        ASSERT_EQ(
            cf_executor_submit_call(pool, with_retries(retries), "record_and_die",
                                    ('[' + quoted(file) + ']').c_str(), -1, future.out(), nullptr),
            CF_STATUS_OK);
        std::vector<std::string> words = {"record_and_die", "SIGKILL"};
        if (retries != 0) words.push_back("the last of 4 workers");
        expect_failure(future, CF_STATUS_WORKER_LOST, words);
    }
    EXPECT_EQ(recorded(file), 1 + 4);
}

TEST_P(Crash, W07ARetriedCallThatGetsThroughHasItsResult) {
    const cf_test::TempDir directory;
    const Pool pool = make();
    Future future;
    const std::string arguments = '[' + quoted(directory.file("marker")) + ']';
    ASSERT_EQ(cf_executor_submit_call(pool, with_retries(1), "die_once", arguments.c_str(), -1,
                                      future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(json_of(future), "\"survived\"");
}

TEST_P(Crash, W07OnePoisonCallAmongAThousandGoodOnes) {
    const Pool pool = make();
    std::vector<Future> good;
    Future poison;
    for (int i = 0; i < 1000; ++i) {
        if (i == 500) {
            ASSERT_EQ(cf_executor_submit_call(pool, with_retries(2), "die_by_signal", "[11]", -1,
                                              poison.out(), nullptr),
                      CF_STATUS_OK);
        }
        good.push_back(submit(pool, "echo", '[' + std::to_string(i) + ']'));
    }
    for (std::size_t i = 0; i < good.size(); ++i)
        ASSERT_EQ(json_of(good[i]), '[' + std::to_string(i) + ']');
    expect_failure(poison, CF_STATUS_WORKER_LOST, {"SIGSEGV", "the last of 3 workers"});
}

TEST_P(Crash, ByRequestIsNotRetried) {
    const Pool pool = make();
    cf_test::ProcessGate gate;
    Future future;
    ASSERT_EQ(cf_executor_submit_call(pool, with_retries(9), "pass_gate",
                                      ('[' + quoted(gate.path()) + ']').c_str(), -1, future.out(),
                                      nullptr),
              CF_STATUS_OK);
    gate.wait_arrived(1);
    ASSERT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_WORKER_KILLED);
}

TEST_P(Crash, RetriesAreCheckedAndMeanNothingToThreads) {
    SubmitOptions options;
    cf_submit_options_create(options.out(), nullptr);
    for (const int wrong : {-1, 101}) {
        EXPECT_EQ(cf_submit_options_set_retries(options, wrong, nullptr),
                  CF_STATUS_INVALID_ARGUMENT);
    }
    const Pool threads = make_threads(1);
    Future future;
    ASSERT_EQ(cf_executor_submit_call(threads, with_retries(3), "fail", "[\"E\", \"m\"]", -1,
                                      future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_TASK_FAILED);
}

TEST_P(Crash, S8MayBreakThePoolAsInPython) {
    ProcessPoolOptions options = make_options();
    ASSERT_EQ(cf_process_pool_options_set_break_on_crash(options, 1, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_process_pool_options_set_break_on_crash(options, 2, nullptr),
              CF_STATUS_INVALID_ARGUMENT);
    const Pool pool = make_with(options);
    const Parked parked(pool, GetParam().workers);
    std::vector<Future> queued;
    for (int i = 0; i < 10; ++i)
        queued.push_back(submit(pool, "echo"));
    const pid_t victim = parked.pids().front();
    ASSERT_EQ(kill(victim, SIGKILL), 0);
    const auto expect_broken = [&](cf_future_t* future) {
        expect_failure(future, CF_STATUS_BROKEN_EXECUTOR);
    };
    for (const Future& future : parked.futures())
        expect_broken(future);
    for (const Future& future : queued) {
        expect_broken(future);
        EXPECT_EQ(cf_error_worker_pid(cf_future_error(future)), victim);
        EXPECT_EQ(cf_error_status(cf_error_cause(cf_future_error(future))), CF_STATUS_WORKER_LOST);
    }
    EXPECT_EQ(cf_executor_submit_call(pool, nullptr, "echo", "[]", -1, nullptr, nullptr),
              CF_STATUS_BROKEN_EXECUTOR);
}

TEST_P(Crash, W07MoreCrashesThanTheLimitBreakThePoolAndItSaysWhy) {
    ProcessPoolOptions options = make_options();
    ASSERT_EQ(cf_process_pool_options_set_crash_limit(options, 3, 10 * long_wait_ns(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(cf_process_pool_options_set_crash_limit(options, -1, 1, nullptr),
              CF_STATUS_INVALID_ARGUMENT);
    EXPECT_EQ(cf_process_pool_options_set_crash_limit(options, 1, 0, nullptr),
              CF_STATUS_INVALID_ARGUMENT);
    const Pool pool = make_with(options);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(outcome_of(submit(pool, "die_by_signal", "[9]")), CF_STATUS_WORKER_LOST);
    EXPECT_EQ(json_of(submit(pool, "echo", "[1]")), "[1]");
    EXPECT_EQ(outcome_of(submit(pool, "die_by_signal", "[9]")), CF_STATUS_WORKER_LOST);
    Error error;
    const auto is_broken = [&] {
        return cf_executor_submit_call(pool, nullptr, "echo", "[]", -1, nullptr, error.out()) ==
               CF_STATUS_BROKEN_EXECUTOR;
    };
    ASSERT_TRUE(cf_test::eventually(is_broken));
    expect_error(CF_STATUS_BROKEN_EXECUTOR, error, CF_STATUS_BROKEN_EXECUTOR,
                 {"more than 3 workers died"});
}

// --- The manager's queue -----------------------------------------------------------------------------

TEST_P(Crash, Gh105829SubmitNeverBlocksOnAStalledPool) {
    const Pool pool = make();
    Parked parked(pool, GetParam().workers);
    for (int i = 0; i < 100000; ++i) {
        ASSERT_EQ(cf_executor_submit_call(pool, nullptr, "echo", "[]", -1, nullptr, nullptr),
                  CF_STATUS_OK);
    }
    ASSERT_EQ(cf_executor_shutdown(pool, CF_SHUTDOWN_CANCEL_FUTURES, 0, nullptr), CF_STATUS_OK);
    parked.open();
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

}  // namespace
}  // namespace contract

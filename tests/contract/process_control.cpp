// Workers whose end is asked for, and the list of workers.
#include <algorithm>
#include <csignal>

#include "contract.h"
#include "support/eventually.h"
#include "support/proc.h"

namespace contract {
namespace {

using End = cf_status_t (*)(cf_executor_t*, cf_shutdown_flags_t, int64_t, cf_error_t**);

constexpr End kEnds[] = {cf_executor_terminate_workers, cf_executor_kill_workers};

class Control : public ContractTest {
  protected:
    // A pool like the one of the parameter, with `workers` workers and a grace.
    Pool make_with_grace(int workers, int64_t grace_ns) const {
        const ProcessPoolOptions options = process_options(GetParam());
        cf_process_pool_options_set_max_workers(options, workers, nullptr);
        EXPECT_EQ(cf_process_pool_options_set_termination_grace(options, grace_ns, nullptr),
                  CF_STATUS_OK);
        cf_executor_t* executor = nullptr;
        EXPECT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
        return Pool(executor);
    }
};
CONTRACT_HOLDS_FOR(Control, process_makers);

bool is_gone(pid_t pid) {
    // Who has no parent but init may wait to be reaped for long.
    const std::string process = cf_test::describe_process(pid);
    return kill(pid, 0) != 0 || process.find(") Z") != std::string::npos;
}

TEST_P(Control, EndsRunningCallsAndCancelsTheOthers) {
    for (const End end : kEnds) {
        const Pool pool = make();
        const Parked parked(pool, GetParam().workers);
        std::vector<Future> queued;
        for (int i = 0; i < 20; ++i)
            queued.push_back(submit(pool, "echo"));
        EXPECT_EQ(end(pool, CF_SHUTDOWN_WAIT, long_wait_ns(), nullptr), CF_STATUS_OK);
        for (std::size_t i = 0; i < parked.futures().size(); ++i) {
            const cf_future_t* future = parked.futures()[i];
            ASSERT_EQ(cf_future_outcome(future), CF_STATUS_WORKER_KILLED);
            const cf_error_t* error = cf_future_error(future);
            EXPECT_NE(std::string(cf_error_message(error)).find("_workers() was called"),
                      std::string::npos)
                << cf_error_message(error);
            EXPECT_STREQ(cf_error_function(error), "pass_gate");
            EXPECT_NE(
                std::count(parked.pids().begin(), parked.pids().end(), cf_error_worker_pid(error)),
                0);
            EXPECT_EQ(cf_error_worker_signal(error),
                      end == cf_executor_kill_workers ? SIGKILL : SIGTERM);
        }
        for (const Future& future : queued)
            EXPECT_EQ(cf_future_outcome(future), CF_STATUS_CANCELLED);
        Error error;
        EXPECT_EQ(cf_executor_submit_call(pool, nullptr, "echo", "[]", -1, nullptr, error.out()),
                  CF_STATUS_SHUT_DOWN);
    }
}

TEST_P(Control, WithoutWaitReturnsAtOnceAndMayBeRepeated) {
    for (const End end : kEnds) {
        const Pool pool = make();
        const Parked parked(pool, 1);
        EXPECT_EQ(end(pool, 0, 0, nullptr), CF_STATUS_OK);
        EXPECT_EQ(end(pool, 0, 0, nullptr), CF_STATUS_OK);
        EXPECT_EQ(outcome_of(parked.futures().front()), CF_STATUS_WORKER_KILLED);
        EXPECT_EQ(end(pool, CF_SHUTDOWN_WAIT, -1, nullptr), CF_STATUS_OK);
    }
}

TEST_P(Control, OfAPoolWithoutWorkersIsAShutdown) {
    for (const End end : kEnds) {
        const Pool pool = make();
        EXPECT_EQ(end(pool, CF_SHUTDOWN_WAIT, -1, nullptr), CF_STATUS_OK);
        Error error;
        EXPECT_EQ(cf_executor_submit_call(pool, nullptr, "echo", "[]", -1, nullptr, error.out()),
                  CF_STATUS_SHUT_DOWN);
    }
}

TEST_P(Control, UnknownFlagsAreRefused) {
    const Pool pool = make();
    for (const End end : kEnds) {
        Error error;
        expect_error(end(pool, 8, -1, error.out()), error, CF_STATUS_INVALID_ARGUMENT, {"flags"});
    }
    EXPECT_EQ(json_of(submit(pool, "echo")), "[]");
}

TEST_P(Control, W08AStoppedWorkerIsKilledWhenTheGraceIsOver) {
    const Pool pool = make_with_grace(1, cf_test::short_wait_ns());
    const Parked parked(pool, 1);
    ASSERT_EQ(kill(parked.pids().front(), SIGSTOP), 0);
    // Or the gentler signal overtakes this one.
    ASSERT_TRUE(cf_test::eventually([&] {
        return cf_test::describe_process(parked.pids().front()).find(") T") != std::string::npos;
    }));
    EXPECT_EQ(cf_executor_terminate_workers(pool, CF_SHUTDOWN_WAIT, long_wait_ns(), nullptr),
              CF_STATUS_OK);
    ASSERT_EQ(cf_future_outcome(parked.futures().front()), CF_STATUS_WORKER_KILLED);
    EXPECT_EQ(cf_error_worker_signal(cf_future_error(parked.futures().front())), SIGKILL);
}

TEST_P(Control, W08AWorkerThatIgnoresSigtermHasItsGrace) {
    const Pool pool = make_with_grace(1, -1);
    json_of(submit(pool, "ignore_signal", '[' + std::to_string(SIGTERM) + ']'));
    Parked parked(pool, 1);
    EXPECT_EQ(
        cf_executor_terminate_workers(pool, CF_SHUTDOWN_WAIT, cf_test::short_wait_ns(), nullptr),
        CF_STATUS_TIMEOUT);
    EXPECT_EQ(cf_future_running(parked.futures().front()), 1);
    EXPECT_EQ(cf_executor_kill_workers(pool, CF_SHUTDOWN_WAIT, long_wait_ns(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(cf_future_outcome(parked.futures().front()), CF_STATUS_WORKER_KILLED);
}

TEST_P(Control, ACallThatEndsWithinTheGraceHasItsResult) {
    const Pool pool = make_with_grace(1, long_wait_ns());
    json_of(submit(pool, "ignore_signal", '[' + std::to_string(SIGTERM) + ']'));
    Parked parked(pool, 1);
    ASSERT_EQ(cf_executor_terminate_workers(pool, 0, 0, nullptr), CF_STATUS_OK);
    parked.open();
    EXPECT_EQ(outcome_of(parked.futures().front()), CF_STATUS_OK);
    EXPECT_EQ(cf_executor_kill_workers(pool, CF_SHUTDOWN_WAIT, long_wait_ns(), nullptr),
              CF_STATUS_OK);
}

TEST_P(Control, WithoutGraceTheWorkerIsKilledAtOnce) {
    const Pool pool = make_with_grace(1, 0);
    json_of(submit(pool, "ignore_signal", '[' + std::to_string(SIGTERM) + ']'));
    const Parked parked(pool, 1);
    EXPECT_EQ(cf_executor_terminate_workers(pool, CF_SHUTDOWN_WAIT, long_wait_ns(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(cf_future_outcome(parked.futures().front()), CF_STATUS_WORKER_KILLED);
}

// While workers start, run, leave at their limit and are replaced: whatever is there, it ends.
TEST_P(Control, NoReplacementEscapes) {
    for (const End end : kEnds) {
        const ProcessPoolOptions options = process_options(GetParam());
        cf_process_pool_options_set_max_tasks_per_child(options, 1, nullptr);
        cf_executor_t* executor = nullptr;
        ASSERT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
        const Pool pool(executor);
        std::vector<Future> futures;
        for (int i = 0; i < 50; ++i)
            futures.push_back(submit(pool, "echo"));
        outcome_of(futures[2]);
        EXPECT_EQ(end(pool, CF_SHUTDOWN_WAIT, long_wait_ns(), nullptr), CF_STATUS_OK);
        for (const Future& future : futures)
            EXPECT_EQ(cf_future_done(future), 1);
        // The leak check sees to the processes.
    }
}

TEST_P(Control, W15WhatAKilledWorkerHasStartedIsKilledToo) {
    const Pool pool = make_with_grace(1, -1);
    const pid_t child = std::stoi(json_of(submit(pool, "leave_child")));
    EXPECT_FALSE(is_gone(child));
    EXPECT_EQ(cf_executor_kill_workers(pool, CF_SHUTDOWN_WAIT, long_wait_ns(), nullptr),
              CF_STATUS_OK);
    EXPECT_TRUE(cf_test::eventually([&] { return is_gone(child); }));
}

// The child of a dead worker holds the worker's socket, so there is no end of file; the pidfd tells.
TEST_P(Control, W15AChildThatKeepsTheSocketDoesNotHideADeath) {
    const Pool pool = make_with_grace(1, -1);
    const pid_t child = std::stoi(json_of(submit(pool, "leave_child")));
    EXPECT_EQ(outcome_of(submit(pool, "die_by_signal", "[9]")), CF_STATUS_WORKER_LOST);
    EXPECT_EQ(json_of(submit(pool, "echo", "[1]")), "[1]");
    EXPECT_FALSE(is_gone(child)) << "a worker that dies by itself takes nobody with it";
    EXPECT_EQ(kill(child, SIGKILL), 0);
}

TEST_P(Control, FromACallbackDoesNotWaitForItself) {
    struct Inside {
        cf_executor_t* pool;
        cf_status_t status = CF_STATUS_INTERNAL;
        static void done(cf_future_t*, void* self) {
            auto* inside = static_cast<Inside*>(self);
            inside->status = cf_executor_kill_workers(inside->pool, CF_SHUTDOWN_WAIT, -1, nullptr);
        }
    };
    const Pool pool = make();
    Inside inside{pool};
    const Parked parked(pool, GetParam().workers);
    const Future future = submit(pool, "echo");
    cf_future_add_done_callback(future, Inside::done, &inside, nullptr, nullptr);
    cf_future_cancel(future);
    EXPECT_EQ(inside.status, CF_STATUS_WOULD_DEADLOCK);
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(cf_future_outcome(parked.futures().front()), CF_STATUS_WORKER_KILLED);
}

// --- The list ----------------------------------------------------------------------------------------

TEST_P(Control, ListsWorkersAndWhatTheyDo) {
    const Pool pool = make();
    WorkerList list;
    ASSERT_EQ(cf_executor_workers(pool, list.out(), nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_worker_list_count(list), 0u);

    Parked parked(pool, GetParam().workers);
    ASSERT_EQ(cf_executor_workers(pool, list.out(), nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_worker_list_count(list), parked.pids().size());
    std::vector<pid_t> pids;
    std::vector<uint64_t> tasks;
    for (std::size_t i = 0; i < parked.pids().size(); ++i) {
        pids.push_back(static_cast<pid_t>(cf_worker_list_pid(list, i)));
        tasks.push_back(cf_worker_list_task_id(list, i));
        EXPECT_EQ(cf_worker_list_state(list, i), CF_WORKER_STATE_RUNNING);
        EXPECT_STREQ(cf_worker_list_function(list, i), "pass_gate");
        EXPECT_EQ(cf_worker_list_tasks_done(list, i), 0u);
        EXPECT_GT(cf_worker_list_memory(list, i), 0);
    }
    EXPECT_TRUE(std::is_permutation(pids.begin(), pids.end(), parked.pids().begin()));
    for (const Future& future : parked.futures()) {
        EXPECT_EQ(std::count(tasks.begin(), tasks.end(), cf_future_task_id(future)), 1);
    }
    const std::size_t beyond = cf_worker_list_count(list);
    EXPECT_EQ(cf_worker_list_pid(list, beyond), 0);
    EXPECT_EQ(cf_worker_list_state(list, beyond), CF_WORKER_STATE_INVALID);

    parked.open();
    for (const Future& future : parked.futures())
        outcome_of(future);
    ASSERT_EQ(cf_executor_workers(pool, list.out(), nullptr), CF_STATUS_OK);
    uint64_t done = 0;
    for (std::size_t i = 0; i < cf_worker_list_count(list); ++i) {
        EXPECT_EQ(cf_worker_list_state(list, i), CF_WORKER_STATE_IDLE);
        EXPECT_EQ(cf_worker_list_task_id(list, i), 0u);
        EXPECT_STREQ(cf_worker_list_function(list, i), "");
        done += cf_worker_list_tasks_done(list, i);
    }
    EXPECT_EQ(done, parked.futures().size());
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    ASSERT_EQ(cf_executor_workers(pool, list.out(), nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_worker_list_count(list), 0u);
}

class NoWorkerProcesses : public ContractTest {};
CONTRACT_HOLDS_FOR(NoWorkerProcesses, in_process_makers);

TEST_P(NoWorkerProcesses, CannotBeEndedOrListed) {
    const Pool pool = make();
    for (const End end : kEnds) {
        Error error;
        expect_error(end(pool, CF_SHUTDOWN_WAIT, -1, error.out()), error, CF_STATUS_UNSUPPORTED,
                     {"cf_executor_shutdown"});
    }
    WorkerList list;
    EXPECT_EQ(cf_executor_workers(pool, list.out(), nullptr), CF_STATUS_UNSUPPORTED);
    EXPECT_EQ(json_of(submit(pool, "echo")), "[]") << "nothing was begun";
}

}  // namespace
}  // namespace contract

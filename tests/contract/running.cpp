// What a running task can see of itself and be asked for, and what its owner can ask for.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "contract.h"

namespace contract {
namespace {

// A pointer task that runs until it is asked to stop.
struct Stoppable {
    cf_test::Gate started;
    std::atomic<bool> give_up = false;

    static int32_t run(cf_task_t* task, void* data) {
        auto& self = *static_cast<Stoppable*>(data);
        self.started.open();
        while (cf_task_cancel_requested(task) == 0) {
            if (self.give_up.load()) return cf_task_return_json(task, "\"not asked\"", -1);
            std::this_thread::yield();
        }
        return cf_task_fail(task, "Stopped", "as I was asked to", nullptr);
    }
};

// --- Every executor -------------------------------------------------------------------------------

class CancelRunning : public ContractTest {};
CONTRACT_HOLDS_FOR(CancelRunning, all_makers);

TEST_P(CancelRunning, OfAFinishedCallSaysSo) {
    const Pool pool = make();
    const Future future = submit(pool, "echo", "[7]");
    EXPECT_EQ(json_of(future), "[7]");
    Error error;
    expect_error(cf_future_cancel_running(future, error.out()), error, CF_STATUS_INVALID_STATE,
                 {"finished"});
    EXPECT_EQ(json_of(future), "[7]");
}

TEST_P(CancelRunning, TellsOfNoDeadlineWhereThereIsNone) {
    const Pool pool = make();
    EXPECT_LT(std::stoll(json_of(submit(pool, "time_left"))), 0);
}

class QueueingCancelRunning : public ContractTest {};
CONTRACT_HOLDS_FOR(QueueingCancelRunning, queueing_makers);

TEST_P(QueueingCancelRunning, CancelsAPendingCall) {
    Watcher watcher;
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future future = submit(pool, "echo");
    watcher.add_to(future);
    ASSERT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_future_state(future), CF_FUTURE_STATE_CANCELLED);
    EXPECT_EQ(watcher.thread.load(), std::this_thread::get_id());
    // It is what it was.
    EXPECT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_OK);
    EXPECT_EQ(watcher.called.value(), 1);
}

// --- Threads --------------------------------------------------------------------------------------

class ThreadCancelRunning : public ContractTest {};
CONTRACT_HOLDS_FOR(ThreadCancelRunning, thread_makers);

TEST_P(ThreadCancelRunning, AsksTheTaskWhoseOutcomeIsItsOwn) {
    const Pool pool = make();
    Stoppable task;
    Future future;
    ASSERT_EQ(
        cf_executor_submit(pool, nullptr, Stoppable::run, &task, nullptr, future.out(), nullptr),
        CF_STATUS_OK);
    task.started.wait();
    EXPECT_EQ(cf_future_cancel(future), 0);  // this asks for nothing
    EXPECT_EQ(cf_future_running(future), 1);
    EXPECT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_OK);
    expect_failure(future, CF_STATUS_TASK_FAILED, {"as I was asked to"});
    EXPECT_EQ(cf_future_cancelled(future), 0);
}

TEST_P(ThreadCancelRunning, IsNoMoreThanARequest) {
    const Pool pool = make();
    Parked parked(pool, 1);
    const Future& future = parked.futures()[0];
    EXPECT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_future_running(future), 1);
    parked.open();
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
}

TEST_P(ThreadCancelRunning, TouchesNoOtherTask) {
    const Pool pool = make();
    Stoppable others[2];
    Future futures[2];
    const int count = std::min(2, GetParam().workers);
    for (int i = 0; i < count; ++i) {
        ASSERT_EQ(cf_executor_submit(pool, nullptr, Stoppable::run, &others[i], nullptr,
                                     futures[i].out(), nullptr),
                  CF_STATUS_OK);
        others[i].started.wait();
    }
    EXPECT_EQ(cf_future_cancel_running(futures[0], nullptr), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(futures[0]), CF_STATUS_TASK_FAILED);
    // The next call on the same thread is not asked either.
    const Future next = submit(pool, "echo", "[1]");
    EXPECT_EQ(json_of(next), "[1]");
    if (count == 2) {
        EXPECT_EQ(cf_future_running(futures[1]), 1);
        others[1].give_up.store(true);
        EXPECT_EQ(json_of(futures[1]), "\"not asked\"");
    }
}

// Whatever the race between the request and the task's end gives, both have one answer.
TEST_P(ThreadCancelRunning, RacesWithTheEnd) {
    const Pool pool = make();
    for (int round = 0; round < 200; ++round) {
        const Future future = submit(pool, "echo", "[3]");
        const cf_status_t status = cf_future_cancel_running(future, nullptr);
        ASSERT_TRUE(status == CF_STATUS_OK || status == CF_STATUS_INVALID_STATE);
        const cf_status_t outcome = outcome_of(future);
        ASSERT_TRUE(outcome == CF_STATUS_OK || outcome == CF_STATUS_CANCELLED);
        if (status == CF_STATUS_INVALID_STATE) {
            ASSERT_EQ(outcome, CF_STATUS_OK);
        }
    }
}

TEST(InlineCancelRunning, AsksFromAnotherThread) {
    cf_executor_t* executor = nullptr;
    ASSERT_EQ(cf_inline_executor_create(&executor, nullptr), CF_STATUS_OK);
    const Pool pool(executor);
    Stoppable task;
    void* payload = nullptr;
    Future future;
    ASSERT_EQ(cf_executor_prepare(
                  pool, nullptr, sizeof(void*), alignof(void*),
                  [](cf_task_t* running, void* data) {
                      return Stoppable::run(running, *static_cast<void**>(data));
                  },
                  nullptr, nullptr, &payload, future.out(), nullptr),
              CF_STATUS_OK);
    *static_cast<void**>(payload) = &task;
    std::thread submitter(
        [&] { EXPECT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK); });
    task.started.wait();
    EXPECT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_OK);
    submitter.join();
    EXPECT_EQ(cf_future_outcome(future), CF_STATUS_TASK_FAILED);
}

// --- Where nobody can be asked ----------------------------------------------------------------------

TEST(PromiseCancelRunning, CancelsBeforeTheStartAndCannotStopAfterIt) {
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future future(cf_promise_future(promise));
    ASSERT_EQ(cf_promise_set_running_or_notify_cancel(promise), CF_STATUS_OK);
    Error error;
    expect_error(cf_future_cancel_running(future, error.out()), error, CF_STATUS_UNSUPPORTED,
                 {"promise"});
    ASSERT_EQ(cf_promise_set_result_json(promise, "1", -1, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_INVALID_STATE);

    Promise other;
    ASSERT_EQ(cf_promise_create(other.out(), nullptr), CF_STATUS_OK);
    const Future pending(cf_promise_future(other));
    EXPECT_EQ(cf_future_cancel_running(pending, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_promise_set_running_or_notify_cancel(other), CF_STATUS_CANCELLED);
}

// --- Identity -------------------------------------------------------------------------------------

class WorkerId : public ContractTest {};
CONTRACT_HOLDS_FOR(WorkerId, all_makers);

TEST_P(WorkerId, TellsWhoRunsTheTask) {
    const Pool pool = make();
    for (int i = 0; i < 20; ++i) {
        const int64_t id = std::stoll(json_of(submit(pool, "worker_id")));
        if (!GetParam().queues) {
            EXPECT_EQ(id, 0);
        } else if (GetParam().in_process) {
            EXPECT_GE(id, 1);
            EXPECT_LE(id, GetParam().workers);
        } else {
            EXPECT_GT(id, 1);
            EXPECT_NE(id, getpid());
        }
    }
}

TEST_P(WorkerId, IsTheProcessIdInAWorkerProcess) {
    if (GetParam().in_process || GetParam().workers != 1) return;
    const Pool pool = make();
    EXPECT_EQ(json_of(submit(pool, "worker_id")), json_of(submit(pool, "pid")));
}

TEST(ThreadWorkerId, IsDifferentForTasksThatRunAtOnce) {
    const Pool pool = make_threads(4);
    struct Meeting {
        cf_test::Latch all{4};
        std::mutex mutex;
        std::set<uint64_t> ids;
    } meeting;
    std::vector<Future> futures(4);
    for (Future& future : futures) {
        const cf_task_fn meet = [](cf_task_t* task, void* data) -> int32_t {
            auto& with = *static_cast<Meeting*>(data);
            {
                const std::lock_guard lock(with.mutex);
                with.ids.insert(cf_task_worker_id(task));
            }
            with.all.arrive_and_wait();
            return 0;
        };
        ASSERT_EQ(cf_executor_submit(pool, nullptr, meet, &meeting, nullptr, future.out(), nullptr),
                  CF_STATUS_OK);
    }
    for (const Future& future : futures)
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(meeting.ids, (std::set<uint64_t>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace contract

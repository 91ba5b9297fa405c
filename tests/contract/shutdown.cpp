// Shutdown: what it refuses, what it finishes, what holds after it.
#include "contract.h"

namespace contract {
namespace {

cf_status_t try_submit(cf_executor_t* executor, Error& error) {
    return cf_executor_submit_call(executor, nullptr, "echo", "[]", -1, nullptr, error.out());
}

class Shutdown : public ContractTest {};
CONTRACT_HOLDS_FOR(Shutdown, all_makers);

TEST_P(Shutdown, OfAnUnusedExecutor) {
    const Pool pool = make();
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

TEST_P(Shutdown, RefusesLaterCalls) {
    for (const cf_shutdown_flags_t flags :
         {0, int{CF_SHUTDOWN_WAIT}, int{CF_SHUTDOWN_CANCEL_FUTURES}}) {
        const Pool pool = make();
        EXPECT_EQ(json_of(submit(pool, "echo")), "[]");
        ASSERT_EQ(cf_executor_shutdown(pool, flags, -1, nullptr), CF_STATUS_OK);
        Error error;
        expect_error(try_submit(pool, error), error, CF_STATUS_SHUT_DOWN);
    }
}

TEST_P(Shutdown, S7MayBeRepeated) {
    const Pool pool = make();
    const Future future = submit(pool, "echo", "[1]");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(cf_executor_shutdown(pool, 0, 0, nullptr), CF_STATUS_OK);
        EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    }
    EXPECT_EQ(cf_future_done(future), 1);
    EXPECT_EQ(json_of(future), "[1]");
}

TEST_P(Shutdown, UnknownFlagsAreRefused) {
    const Pool pool = make();
    for (const cf_shutdown_flags_t flags : {-1, 4, 8, 7, INT32_MIN}) {
        Error error;
        expect_error(cf_executor_shutdown(pool, flags, 0, error.out()), error,
                     CF_STATUS_INVALID_ARGUMENT, {"flags"});
    }
    EXPECT_EQ(json_of(submit(pool, "echo")), "[]");  // nothing was shut down
}

// The promise of a shutdown that waited: every future done, every callback returned, every destroy
// run. That no thread, process or descriptor is left is proved by the leak check after each test.
TEST_P(Shutdown, AfterWaitNothingIsOpen) {
    Watcher watcher;
    std::vector<Future> futures;
    const Pool pool = make();
    for (int i = 0; i < 200; ++i) {
        futures.push_back(submit(pool, i % 3 == 0 ? "fail_seventh" : "echo", "[7]"));
        watcher.add_to(futures.back());
    }
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    for (const Future& future : futures)
        EXPECT_EQ(cf_future_done(future), 1);
    EXPECT_EQ(watcher.called.value(), 200);
    EXPECT_EQ(watcher.destroyed.value(), 200);
}

TEST_P(Shutdown, T03ByManyThreadsAtOnce) {
    const Pool pool = make();
    std::vector<Future> futures;
    for (int i = 0; i < 50; ++i)
        futures.push_back(submit(pool, "echo"));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
            for (const Future& future : futures)
                EXPECT_EQ(cf_future_done(future), 1);
        });
    }
    for (std::thread& thread : threads)
        thread.join();
}

// Each call is accepted and completed, or refused; nothing is lost in between.
TEST_P(Shutdown, T03RacesWithSubmitLoseNothing) {
    for (int round = 0; round < 10; ++round) {
        cf_test::Gate some;
        const Pool pool = make();
        std::vector<Future> accepted;
        std::thread submitter([&] {
            for (;;) {
                Future future;
                const cf_status_t status =
                    cf_executor_submit_call(pool, nullptr, "echo", "[]", -1, future.out(), nullptr);
                if (status != CF_STATUS_OK) {
                    EXPECT_EQ(status, CF_STATUS_SHUT_DOWN);
                    return;
                }
                accepted.push_back(std::move(future));
                if (accepted.size() == 10) some.open();
            }
        });
        some.wait();
        EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
        submitter.join();
        for (const Future& future : accepted)
            ASSERT_EQ(cf_future_outcome(future), CF_STATUS_OK);
    }
}

class QueueingShutdown : public ContractTest {
  protected:
    QueueingShutdown() : pool_(make()), parked_(pool_, GetParam().workers) {}

    const Pool pool_;
    Parked parked_;
};
CONTRACT_HOLDS_FOR(QueueingShutdown, queueing_makers);

TEST_P(QueueingShutdown, FinishesAcceptedWork) {
    std::vector<Future> futures;
    for (int i = 0; i < 20; ++i)
        futures.push_back(submit(pool_, "echo"));
    ASSERT_EQ(cf_executor_shutdown(pool_, 0, -1, nullptr), CF_STATUS_OK);
    for (const Future& future : futures)
        EXPECT_EQ(cf_future_done(future), 0);
    parked_.open();
    ASSERT_EQ(shutdown_and_wait(pool_), CF_STATUS_OK);
    for (const Future& future : futures)
        EXPECT_EQ(cf_future_outcome(future), CF_STATUS_OK);
}

TEST_P(QueueingShutdown, CancelsWhatHasNotStarted) {
    Watcher watcher;
    std::vector<Future> futures;
    for (int i = 0; i < 20; ++i) {
        futures.push_back(submit(pool_, "echo"));
        watcher.add_to(futures.back());
    }
    ASSERT_EQ(cf_executor_shutdown(pool_, CF_SHUTDOWN_CANCEL_FUTURES, 0, nullptr), CF_STATUS_OK);
    // The workers are still parked: nothing but the cancelling can have ended these.
    for (const Future& future : futures)
        EXPECT_EQ(outcome_of(future), CF_STATUS_CANCELLED);
    watcher.destroyed.wait_for(20);
    EXPECT_EQ(watcher.called.value(), 20);
    for (const Future& future : parked_.futures())
        EXPECT_EQ(cf_future_running(future), 1);
    parked_.open();
    ASSERT_EQ(shutdown_and_wait(pool_), CF_STATUS_OK);
    for (const Future& future : parked_.futures()) {
        EXPECT_EQ(cf_future_outcome(future), CF_STATUS_OK);
    }
}

TEST_P(QueueingShutdown, S1Gh109934CancelledOnesDoNotHangAWait) {
    const Future future = submit(pool_, "echo");
    cf_future_t* const list[] = {future};
    cf_test::Gate started;
    std::thread waiter([&] {
        started.open();
        EXPECT_EQ(cf_wait(list, 1, CF_RETURN_WHEN_ALL_COMPLETED, long_wait_ns(), nullptr, nullptr,
                          nullptr),
                  CF_STATUS_OK);
    });
    started.wait();
    ASSERT_EQ(cf_executor_shutdown(pool_, CF_SHUTDOWN_CANCEL_FUTURES, 0, nullptr), CF_STATUS_OK);
    waiter.join();
}

TEST_P(QueueingShutdown, S7ALaterCancelRequestCounts) {
    const Future future = submit(pool_, "echo");
    ASSERT_EQ(cf_executor_shutdown(pool_, 0, 0, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_future_state(future), CF_FUTURE_STATE_PENDING);
    ASSERT_EQ(cf_executor_shutdown(pool_, CF_SHUTDOWN_CANCEL_FUTURES, 0, nullptr), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_CANCELLED);
}

TEST_P(QueueingShutdown, S7WaitAfterNoWaitReallyWaits) {
    const Future future = submit(pool_, "echo");
    ASSERT_EQ(cf_executor_shutdown(pool_, 0, 0, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_executor_shutdown(pool_, CF_SHUTDOWN_WAIT, 0, nullptr), CF_STATUS_TIMEOUT);
    std::thread opener([&] { parked_.open(); });
    EXPECT_EQ(shutdown_and_wait(pool_), CF_STATUS_OK);
    EXPECT_EQ(cf_future_done(future), 1);
    opener.join();
}

TEST_P(QueueingShutdown, S7ATimeoutIsAStatusAndTheShutdownGoesOn) {
    const Future future = submit(pool_, "echo", "[1]");
    for (const int64_t timeout : {int64_t{0}, int64_t{1}, cf_test::short_wait_ns()}) {
        Error error;
        expect_error(cf_executor_shutdown(pool_, CF_SHUTDOWN_WAIT, timeout, error.out()), error,
                     CF_STATUS_TIMEOUT);
    }
    Error refused;
    EXPECT_EQ(try_submit(pool_, refused), CF_STATUS_SHUT_DOWN);
    parked_.open();
    EXPECT_EQ(json_of(future), "[1]");
}

TEST_P(QueueingShutdown, WaitsForCallbacksToReturn) {
    struct Scene {
        cf_test::Gate entered;
        cf_test::Gate leave;
    } scene;
    const Future future = submit(pool_, "echo");
    const auto block = [](cf_future_t*, void* data) {
        auto* self = static_cast<Scene*>(data);
        self->entered.open();
        self->leave.wait();
    };
    ASSERT_EQ(cf_future_add_done_callback(future, block, &scene, nullptr, nullptr), CF_STATUS_OK);
    parked_.open();
    scene.entered.wait();
    EXPECT_EQ(cf_future_done(future), 1);
    EXPECT_EQ(cf_executor_shutdown(pool_, CF_SHUTDOWN_WAIT, cf_test::short_wait_ns(), nullptr),
              CF_STATUS_TIMEOUT);
    scene.leave.open();
    EXPECT_EQ(shutdown_and_wait(pool_), CF_STATUS_OK);
}

// --- From inside -------------------------------------------------------------------------------------

class InnerShutdown : public ContractTest {};
CONTRACT_HOLDS_FOR(InnerShutdown, in_process_makers);

TEST_P(InnerShutdown, T08FromATaskBeginsButDoesNotWait) {
    const Pool pool = make();
    struct Scene {
        cf_executor_t* executor;
        cf_status_t status;
        Error error;
    } scene = {pool, CF_STATUS_INTERNAL, {}};
    const auto task = [](cf_task_t*, void* data) -> int32_t {
        auto* self = static_cast<Scene*>(data);
        self->status = cf_executor_shutdown(self->executor, CF_SHUTDOWN_WAIT, long_wait_ns(),
                                            self->error.out());
        return 0;
    };
    Future future;
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, &scene, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    expect_error(scene.status, scene.error, CF_STATUS_WOULD_DEADLOCK);
    Error refused;
    EXPECT_EQ(try_submit(pool, refused), CF_STATUS_SHUT_DOWN);
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

TEST_P(InnerShutdown, WithoutWaitFromATask) {
    const Pool pool = make();
    const auto task = [](cf_task_t*, void* executor) -> int32_t {
        return cf_executor_shutdown(static_cast<cf_executor_t*>(executor),
                                    CF_SHUTDOWN_CANCEL_FUTURES, 0, nullptr);
    };
    Future future;
    cf_executor_t* const executor = pool;
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, executor, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    Error refused;
    EXPECT_EQ(try_submit(pool, refused), CF_STATUS_SHUT_DOWN);
}

TEST_P(InnerShutdown, OfAnotherExecutorFromATaskWaits) {
    const Pool pool = make();
    const Pool other = make_threads(1);
    const Future work = submit(other, "echo");
    const auto task = [](cf_task_t*, void* executor) -> int32_t {
        return shutdown_and_wait(static_cast<cf_executor_t*>(executor));
    };
    Future future;
    cf_executor_t* const inner = other;
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, inner, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(cf_future_done(work), 1);
}

}  // namespace
}  // namespace contract

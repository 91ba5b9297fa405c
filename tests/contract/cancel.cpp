// Cancelling queued calls: one step, final at once, seen by every waiter.
#include "contract.h"

namespace contract {
namespace {

class Cancel : public ContractTest {};
CONTRACT_HOLDS_FOR(Cancel, queueing_makers);

TEST_P(Cancel, S1EveryKindOfWaitSeesItAtOnce) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future future = submit(pool, "echo");
    Queue queue;
    ASSERT_EQ(cf_completion_queue_create(queue.out(), nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_completion_queue_add(queue, future, 7, nullptr), CF_STATUS_OK);
    Queue completed;
    cf_future_t* const list[] = {future};
    ASSERT_EQ(cf_as_completed(list, 1, -1, completed.out(), nullptr), CF_STATUS_OK);

    ASSERT_EQ(cf_future_cancel(future), 1);

    EXPECT_EQ(cf_future_wait(future, 0), CF_STATUS_OK);
    EXPECT_EQ(cf_future_result_json(future, 0, nullptr, nullptr, nullptr), CF_STATUS_CANCELLED);
    EXPECT_EQ(cf_future_exception(future, 0, nullptr), CF_STATUS_CANCELLED);
    uint8_t done = 0;
    EXPECT_EQ(cf_wait(list, 1, CF_RETURN_WHEN_ALL_COMPLETED, 0, &done, nullptr, nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(done, 1);
    Future taken;
    uint64_t tag = 0;
    EXPECT_EQ(cf_completion_queue_next(queue, 0, taken.out(), &tag, nullptr), CF_STATUS_OK);
    EXPECT_EQ(taken.get(), future.get());
    EXPECT_EQ(tag, 7u);
    EXPECT_EQ(cf_completion_queue_next(completed, 0, taken.out(), &tag, nullptr), CF_STATUS_OK);
    EXPECT_EQ(taken.get(), future.get());
}

// Python's wait() and as_completed() hang here.
TEST_P(Cancel, S1Gh92001WakesThreadsThatWait) {
    cf_test::Latch started(4);
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future future = submit(pool, "echo");
    cf_future_t* const list[] = {future};
    Queue queue;
    ASSERT_EQ(cf_as_completed(list, 1, -1, queue.out(), nullptr), CF_STATUS_OK);

    std::vector<std::thread> waiters;
    waiters.emplace_back([&] {
        started.arrive();
        EXPECT_EQ(cf_future_wait(future, long_wait_ns()), CF_STATUS_OK);
    });
    waiters.emplace_back([&] {
        started.arrive();
        EXPECT_EQ(cf_future_result_json(future, long_wait_ns(), nullptr, nullptr, nullptr),
                  CF_STATUS_CANCELLED);
    });
    waiters.emplace_back([&] {
        started.arrive();
        EXPECT_EQ(cf_wait(list, 1, CF_RETURN_WHEN_ALL_COMPLETED, long_wait_ns(), nullptr, nullptr,
                          nullptr),
                  CF_STATUS_OK);
    });
    waiters.emplace_back([&] {
        started.arrive();
        Future taken;
        EXPECT_EQ(cf_completion_queue_next(queue, long_wait_ns(), taken.out(), nullptr, nullptr),
                  CF_STATUS_OK);
    });
    started.wait();
    EXPECT_EQ(cf_future_cancel(future), 1);
    for (std::thread& waiter : waiters)
        waiter.join();
}

TEST_P(Cancel, S4CallbacksRunOnTheCanceller) {
    Watcher watcher;
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future future = submit(pool, "echo");
    watcher.add_to(future);
    ASSERT_EQ(cf_future_cancel(future), 1);
    EXPECT_EQ(watcher.called.value(), 1);
    EXPECT_EQ(watcher.destroyed.value(), 1);
    EXPECT_EQ(watcher.thread.load(), std::this_thread::get_id());
    EXPECT_EQ(watcher.state.load(), CF_FUTURE_STATE_CANCELLED);
    ASSERT_EQ(cf_future_cancel(future), 1);
    EXPECT_EQ(watcher.called.value(), 1);
}

TEST_P(Cancel, TheTaskNeverRuns) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    const Pool pool = make();
    {
        const Parked parked(pool, GetParam().workers);
        std::vector<Future> futures;
        for (int i = 0; i < 20; ++i) {
            futures.push_back(submit(pool, "record", '[' + quoted(file) + ']'));
        }
        for (std::size_t i = 0; i < 20; i += 2)
            EXPECT_EQ(cf_future_cancel(futures[i]), 1);
    }
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(recorded(file), 10);
}

TEST_P(Cancel, ByManyThreadsTellsTheCallbackOnce) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    for (int round = 0; round < 20; ++round) {
        const Future future = submit(pool, "echo");
        Watcher watcher;
        watcher.add_to(future);
        cf_test::Latch start(3);
        std::vector<std::thread> cancellers;
        for (int i = 0; i < 3; ++i) {
            cancellers.emplace_back([&] {
                start.arrive_and_wait();
                EXPECT_EQ(cf_future_cancel(future), 1);
            });
        }
        for (std::thread& canceller : cancellers)
            canceller.join();
        watcher.destroyed.wait_for(1);
        EXPECT_EQ(watcher.called.value(), 1);
        EXPECT_EQ(watcher.destroyed.value(), 1);
    }
}

// Whatever the race between start and cancel gives, it is one of two things.
TEST_P(Cancel, T04RacesWithTheStartHaveOneOutcome) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    const Pool pool = make();
    int cancelled = 0;
    for (int round = 0; round < 200; ++round) {
        const Future future = submit(pool, "record", '[' + quoted(file) + ']');
        if (cf_future_cancel(future) == 1) {
            ++cancelled;
            ASSERT_EQ(cf_future_outcome(future), CF_STATUS_CANCELLED);
        } else {
            ASSERT_EQ(outcome_of(future), CF_STATUS_OK);
        }
    }
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(recorded(file), 200 - cancelled);
}

TEST_P(Cancel, OthersAreNotTouched) {
    const Pool pool = make();
    Parked parked(pool, GetParam().workers);
    const Future before = submit(pool, "echo", "[1]");
    const Future victim = submit(pool, "echo", "[2]");
    const Future after = submit(pool, "echo", "[3]");
    ASSERT_EQ(cf_future_cancel(victim), 1);
    parked.open();
    EXPECT_EQ(json_of(before), "[1]");
    EXPECT_EQ(json_of(after), "[3]");
}

TEST_P(Cancel, Gh94440SubmitCancelShutdown) {
    for (int round = 0; round < 20; ++round) {
        const Pool pool = make();
        const Future future = submit(pool, "echo");
        const int cancelled = cf_future_cancel(future);
        ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
        ASSERT_EQ(cf_future_outcome(future), cancelled ? CF_STATUS_CANCELLED : CF_STATUS_OK);
    }
}

// --- Pointer tasks ----------------------------------------------------------------------------------

class PointerCancel : public ContractTest {};
CONTRACT_HOLDS_FOR(PointerCancel, thread_makers);

TEST_P(PointerCancel, UserDataIsDestroyedOnceOnTheCanceller) {
    Load load;
    const Pool pool = make();
    {
        const Parked parked(pool, GetParam().workers);
        Future future;
        ASSERT_EQ(cf_executor_submit(pool, nullptr, Load::run, &load, Load::destroy, future.out(),
                                     nullptr),
                  CF_STATUS_OK);
        ASSERT_EQ(cf_future_cancel(future), 1);
        EXPECT_EQ(load.destroyed.value(), 1);
    }
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(load.destroyed.value(), 1);
    EXPECT_EQ(load.ran.value(), 0);
}

TEST_P(PointerCancel, T04RacesDestroyOnce) {
    for (int round = 0; round < 100; ++round) {
        Load load;
        const Pool pool = make();
        Future future;
        ASSERT_EQ(cf_executor_submit(pool, nullptr, Load::run, &load, Load::destroy, future.out(),
                                     nullptr),
                  CF_STATUS_OK);
        const int cancelled = cf_future_cancel(future);
        ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
        ASSERT_EQ(load.ran.value(), cancelled == 1 ? 0 : 1);
        ASSERT_EQ(load.destroyed.value(), 1);
    }
}

}  // namespace
}  // namespace contract

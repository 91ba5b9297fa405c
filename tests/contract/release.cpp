// Handles may be released in any order; accepted work goes on.
#include <memory>

#include "contract.h"

namespace contract {
namespace {

class Release : public ContractTest {};
CONTRACT_HOLDS_FOR(Release, all_makers);

TEST_P(Release, S3OfTheExecutorLetsAcceptedWorkFinish) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    Watcher watcher;
    Pool pool = make();
    std::vector<Future> futures;
    for (int i = 0; i < 20; ++i) {
        futures.push_back(submit(pool, "record", '[' + quoted(file) + ']'));
        watcher.add_to(futures.back());
    }
    pool.release();
    for (const Future& future : futures)
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    watcher.destroyed.wait_for(20);
    EXPECT_EQ(recorded(file), 20);
}

TEST_P(Release, OfAnUnusedExecutor) {
    Pool pool = make();
    pool.release();
}

TEST_P(Release, OfOneReferenceOfTwoShutsNothingDown) {
    Pool pool = make();
    cf_executor_t* const second = cf_executor_retain(pool);
    EXPECT_EQ(second, static_cast<cf_executor_t*>(pool));
    cf_executor_release(second);
    EXPECT_EQ(json_of(submit(pool, "echo")), "[]");
}

TEST_P(Release, OfFuturesBeforeTheyAreDone) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    const Pool pool = make();
    for (int i = 0; i < 20; ++i)
        submit(pool, "record", '[' + quoted(file) + ']');
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(recorded(file), 20);
}

TEST_P(Release, OfFuturesLongAfterTheExecutor) {
    std::vector<Future> futures;
    {
        const Pool pool = make();
        for (int i = 0; i < 10; ++i)
            futures.push_back(submit(pool, "echo", "[1]"));
    }
    for (const Future& future : futures) {
        EXPECT_EQ(json_of(future), "[1]");
        Watcher watcher;
        watcher.add_to(future);
        EXPECT_EQ(watcher.called.value(), 1);
        EXPECT_EQ(cf_future_cancel(future), 0);
    }
}

TEST_P(Release, OfAFutureKeepsItForOtherReferences) {
    const Pool pool = make();
    Future future = submit(pool, "echo", "[1]");
    const Future second(cf_future_retain(future));
    EXPECT_EQ(second.get(), future.get());
    future.reset();
    EXPECT_EQ(json_of(second), "[1]");
}

class QueueingRelease : public ContractTest {
  protected:
    QueueingRelease() : pool_(make()), parked_(pool_, GetParam().workers) {}

    Pool pool_;
    Parked parked_;
};
CONTRACT_HOLDS_FOR(QueueingRelease, queueing_makers);

TEST_P(QueueingRelease, OfTheExecutorWithWorkQueuedAndRunning) {
    std::vector<Future> futures;
    for (int i = 0; i < 10; ++i)
        futures.push_back(submit(pool_, "echo", "[1]"));
    pool_.release();
    EXPECT_EQ(cf_future_done(futures.front()), 0);
    parked_.open();
    for (const Future& future : futures)
        EXPECT_EQ(json_of(future), "[1]");
    for (const Future& future : parked_.futures())
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
}

TEST_P(QueueingRelease, AfterAShutdownThatDidNotWait) {
    const Future future = submit(pool_, "echo", "[1]");
    ASSERT_EQ(cf_executor_shutdown(pool_, 0, 0, nullptr), CF_STATUS_OK);
    pool_.release();
    parked_.open();
    EXPECT_EQ(json_of(future), "[1]");
}

TEST_P(QueueingRelease, QueuedCallsCanStillBeCancelledAfterwards) {
    const Future future = submit(pool_, "echo", "[1]");
    pool_.release();
    EXPECT_EQ(cf_future_cancel(future), 1);
    EXPECT_EQ(cf_future_outcome(future), CF_STATUS_CANCELLED);
}

TEST_P(QueueingRelease, WhileAnotherThreadWaits) {
    Future future = submit(pool_, "echo", "[1]");
    cf_test::Gate started;
    std::thread waiter([mine = Future(cf_future_retain(future)), &started] {
        started.open();
        EXPECT_EQ(json_of(mine), "[1]");
    });
    started.wait();
    future.reset();
    pool_.release();
    parked_.open();
    waiter.join();
}

// --- The last reference goes inside the pool -----------------------------------------------------------

class InnerRelease : public ContractTest {};
CONTRACT_HOLDS_FOR(InnerRelease, in_process_makers);

TEST_P(InnerRelease, T05OfTheExecutorFromItsOwnTask) {
    Pool pool = make();
    cf_executor_t* const executor = cf_executor_retain(pool);
    struct Scene {
        cf_executor_t* executor;
        cf_test::Gate other_gone;
    } scene = {executor, {}};
    if (!GetParam().queues) scene.other_gone.open();  // nobody else holds one while submit runs
    const auto task = [](cf_task_t* running, void* data) -> int32_t {
        auto* self = static_cast<Scene*>(data);
        self->other_gone.wait();
        cf_executor_release(self->executor);
        return cf_task_return_json(running, "1", -1);
    };
    Future future;
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, &scene, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    pool.release();
    if (GetParam().queues) scene.other_gone.open();
    EXPECT_EQ(json_of(future), "1");
}

TEST_P(InnerRelease, T05OfAFutureFromItsOwnTask) {
    Load load;
    const Pool pool = make();
    void* payload = nullptr;
    cf_future_t* future = nullptr;
    struct Scene {
        cf_future_t* future;
        Load* load;
    };
    const auto task = [](cf_task_t*, void* data) -> int32_t {
        const Scene scene = *static_cast<Scene*>(data);
        cf_future_release(scene.future);
        scene.load->ran.add();
        return 0;
    };
    ASSERT_EQ(cf_executor_prepare(pool, nullptr, sizeof(Scene), alignof(Scene), task, nullptr,
                                  nullptr, &payload, &future, nullptr),
              CF_STATUS_OK);
    new (payload) Scene{cf_future_retain(future), &load};
    EXPECT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
    cf_future_release(future);
    load.ran.wait_for(1);
}

}  // namespace
}  // namespace contract

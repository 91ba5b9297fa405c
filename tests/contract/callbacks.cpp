// Done callbacks: when, where, in which order, and what they may do.
#include <memory>
#include <mutex>
#include <stdexcept>

#include "contract.h"

namespace contract {
namespace {

// Adds a callback that is a lambda without ownership: it must outlive its call.
template <typename Function>
cf_status_t on_done(cf_future_t* future, Function& function) {
    const auto call = [](cf_future_t* done, void* data) { (*static_cast<Function*>(data))(done); };
    return cf_future_add_done_callback(future, call, &function, nullptr, nullptr);
}

class Callbacks : public ContractTest {};
CONTRACT_HOLDS_FOR(Callbacks, all_makers);

TEST_P(Callbacks, T19LateOnesRunAtOnceOnTheCaller) {
    Watcher watcher;
    const Pool pool = make();
    const Future future = submit(pool, "echo");
    outcome_of(future);
    watcher.add_to(future);
    EXPECT_EQ(watcher.called.value(), 1);
    EXPECT_EQ(watcher.destroyed.value(), 1);
    EXPECT_EQ(watcher.thread.load(), std::this_thread::get_id());
    EXPECT_EQ(watcher.state.load(), CF_FUTURE_STATE_FINISHED);
}

TEST_P(Callbacks, TheSameFunctionTwiceRunsTwice) {
    Watcher watcher;
    const Pool pool = make();
    const Future future = submit(pool, "echo");
    watcher.add_to(future);
    watcher.add_to(future);
    watcher.destroyed.wait_for(2);
    EXPECT_EQ(watcher.called.value(), 2);
}

TEST_P(Callbacks, ShutdownWaitsForThem) {
    Watcher watcher;
    const Pool pool = make();
    for (int i = 0; i < 100; ++i)
        watcher.add_to(submit(pool, "echo"));
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(watcher.called.value(), 100);
    EXPECT_EQ(watcher.destroyed.value(), 100);
}

TEST_P(Callbacks, T08LateOnesMayUseTheExecutor) {
    const Pool pool = make();
    const Future future = submit(pool, "echo");
    outcome_of(future);
    std::string result;
    auto function = [&](cf_future_t*) { result = json_of(submit(pool, "add", "[2, 3]")); };
    ASSERT_EQ(on_done(future, function), CF_STATUS_OK);
    EXPECT_EQ(result, "5");
}

class QueueingCallbacks : public ContractTest {
  protected:
    QueueingCallbacks() : pool_(make()), parked_(std::make_unique<Parked>(pool_, workers())) {}

    int workers() const { return GetParam().workers; }
    Pool pool_;
    std::unique_ptr<Parked> parked_;
};
CONTRACT_HOLDS_FOR(QueueingCallbacks, queueing_makers);

TEST_P(QueueingCallbacks, S4RunOnceInOrderOfAddition) {
    const Future future = submit(pool_, "echo");
    std::mutex mutex;
    std::vector<int> order;
    cf_test::Counter called;
    struct Note {
        int number;
        std::mutex* mutex;
        std::vector<int>* order;
        cf_test::Counter* called;
    };
    std::vector<Note> notes;
    for (int i = 0; i < 20; ++i)
        notes.push_back({i, &mutex, &order, &called});
    for (Note& note : notes) {
        const auto call = [](cf_future_t*, void* data) {
            const auto* self = static_cast<Note*>(data);
            const std::lock_guard lock(*self->mutex);
            self->order->push_back(self->number);
            self->called->add();
        };
        ASSERT_EQ(cf_future_add_done_callback(future, call, &note, nullptr, nullptr), CF_STATUS_OK);
    }
    EXPECT_EQ(called.value(), 0);
    parked_->open();
    called.wait_for(20);
    ASSERT_EQ(shutdown_and_wait(pool_), CF_STATUS_OK);
    ASSERT_EQ(order.size(), 20u);
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_P(QueueingCallbacks, S4SeeADoneFutureAndNotTheSubmitter) {
    const Future future = submit(pool_, "echo");
    Watcher watcher;
    watcher.add_to(future);
    parked_->open();
    watcher.destroyed.wait_for(1);
    EXPECT_EQ(watcher.state.load(), CF_FUTURE_STATE_FINISHED);
    EXPECT_NE(watcher.thread.load(), std::this_thread::get_id());
}

TEST_P(QueueingCallbacks, RunAlsoWhenNobodyHoldsTheFuture) {
    Watcher watcher;
    watcher.add_to(submit(pool_, "echo"));
    parked_->open();
    watcher.destroyed.wait_for(1);
    EXPECT_EQ(watcher.state.load(), CF_FUTURE_STATE_FINISHED);
}

TEST_P(QueueingCallbacks, T08MaySubmit) {
    const Future future = submit(pool_, "echo");
    Future second;
    cf_test::Gate submitted;
    auto function = [&](cf_future_t*) {
        second = submit(pool_, "add", "[2, 3]");
        submitted.open();
    };
    ASSERT_EQ(on_done(future, function), CF_STATUS_OK);
    parked_->open();
    submitted.wait();
    EXPECT_EQ(json_of(second), "5");
}

TEST_P(QueueingCallbacks, T08MayCancelAnother) {
    const Future future = submit(pool_, "echo");
    const Future other = submit(pool_, "echo");
    int cancelled = -1;
    auto function = [&](cf_future_t*) { cancelled = cf_future_cancel(other); };
    ASSERT_EQ(on_done(future, function), CF_STATUS_OK);
    ASSERT_EQ(cf_future_cancel(future), 1);  // so that the other is still pending
    EXPECT_EQ(cancelled, 1);
    EXPECT_EQ(cf_future_outcome(other), CF_STATUS_CANCELLED);
}

TEST_P(QueueingCallbacks, T08MayAddACallbackWhichRunsNested) {
    const Future future = submit(pool_, "echo");
    cf_test::Gate finished;
    bool nested_first = false;
    auto function = [&](cf_future_t* done) {
        Watcher nested;
        nested.add_to(done);
        nested_first = nested.called.value() == 1 && nested.destroyed.value() == 1 &&
                       nested.thread.load() == std::this_thread::get_id();
        finished.open();
    };
    ASSERT_EQ(on_done(future, function), CF_STATUS_OK);
    parked_->open();
    finished.wait();
    EXPECT_TRUE(nested_first);
}

TEST_P(QueueingCallbacks, T05MayReleaseTheLastHandles) {
    cf_future_t* last = nullptr;
    ASSERT_EQ(cf_executor_submit_call(pool_, nullptr, "echo", "[]", -1, &last, nullptr),
              CF_STATUS_OK);
    cf_test::Gate finished;
    cf_future_state_t after = CF_FUTURE_STATE_INVALID;
    auto function = [&](cf_future_t* done) {
        cf_future_release(last);
        pool_.release();
        after = cf_future_state(done);  // borrowed for the callback
        finished.open();
    };
    ASSERT_EQ(on_done(last, function), CF_STATUS_OK);
    parked_->open();
    finished.wait();
    EXPECT_EQ(after, CF_FUTURE_STATE_FINISHED);
}

TEST_P(QueueingCallbacks, Gh131598MayShutDownButNotWaitForItself) {
    const Future future = submit(pool_, "echo");
    const Future later = submit(pool_, "echo", "[1]");
    cf_test::Gate finished;
    cf_status_t status = CF_STATUS_OK;
    Error error;
    auto function = [&](cf_future_t*) {
        status = cf_executor_shutdown(pool_, CF_SHUTDOWN_WAIT, long_wait_ns(), error.out());
        finished.open();
    };
    ASSERT_EQ(on_done(future, function), CF_STATUS_OK);
    parked_->open();
    finished.wait();
    expect_error(status, error, CF_STATUS_WOULD_DEADLOCK);
    EXPECT_EQ(json_of(later), "[1]");
    EXPECT_EQ(cf_executor_submit_call(pool_, nullptr, "echo", "[]", -1, nullptr, nullptr),
              CF_STATUS_SHUT_DOWN);
    EXPECT_EQ(shutdown_and_wait(pool_), CF_STATUS_OK);
}

TEST_P(QueueingCallbacks, OnTheCancellerMayNotWaitForTheShutdownEither) {
    const Future future = submit(pool_, "echo");
    cf_status_t status = CF_STATUS_OK;
    auto function = [&](cf_future_t*) {
        parked_->open();
        status = shutdown_and_wait(pool_);
    };
    ASSERT_EQ(on_done(future, function), CF_STATUS_OK);
    ASSERT_EQ(cf_future_cancel(future), 1);
    EXPECT_EQ(status, CF_STATUS_WOULD_DEADLOCK);
    EXPECT_EQ(shutdown_and_wait(pool_), CF_STATUS_OK);
}

// What a callback throws is its own affair: the others run, the result stands, the worker lives.
TEST_P(QueueingCallbacks, T02MayThrow) {
    Watcher before;
    Watcher between;
    Watcher after;
    const Future future = submit(pool_, "echo", "[1]");
    const auto standard = [](cf_future_t*, void*) { throw std::runtime_error("from a callback"); };
    const auto number = [](cf_future_t*, void*) { throw 42; };
    before.add_to(future);
    ASSERT_EQ(cf_future_add_done_callback(future, standard, nullptr, nullptr, nullptr),
              CF_STATUS_OK);
    between.add_to(future);
    ASSERT_EQ(cf_future_add_done_callback(future, number, nullptr, nullptr, nullptr), CF_STATUS_OK);
    after.add_to(future);
    parked_->open();
    after.destroyed.wait_for(1);
    EXPECT_EQ(before.called.value(), 1);
    EXPECT_EQ(between.called.value(), 1);
    EXPECT_EQ(after.called.value(), 1);
    EXPECT_EQ(json_of(future), "[1]");
    for (int i = 0; i < 2 * workers(); ++i)
        EXPECT_EQ(json_of(submit(pool_, "echo")), "[]");
}

TEST_P(QueueingCallbacks, T02MayThrowOnTheCanceller) {
    Watcher after;
    const Future future = submit(pool_, "echo");
    const auto number = [](cf_future_t*, void*) { throw 42; };
    ASSERT_EQ(cf_future_add_done_callback(future, number, nullptr, nullptr, nullptr), CF_STATUS_OK);
    after.add_to(future);
    EXPECT_EQ(cf_future_cancel(future), 1);
    EXPECT_EQ(after.called.value(), 1);
    const Future late = submit(pool_, "echo");
    parked_->open();
    outcome_of(late);
    EXPECT_EQ(cf_future_add_done_callback(late, number, nullptr, nullptr, nullptr), CF_STATUS_OK);
}

// Whoever adds while the future becomes done is called once, wherever that is.
TEST_P(QueueingCallbacks, RacesWithCompletionLoseNothing) {
    parked_->open();
    for (int round = 0; round < 100; ++round) {
        Watcher watcher;
        const Future future = submit(pool_, "echo");
        for (int i = 0; i < 5; ++i)
            watcher.add_to(future);
        watcher.destroyed.wait_for(5);
        EXPECT_EQ(watcher.called.value(), 5);
    }
}

}  // namespace
}  // namespace contract

// The completion queue, and as_completed, which is a queue filled once.
#include <set>

#include "contract.h"

namespace contract {
namespace {

struct Taken {
    cf_status_t status = CF_STATUS_INTERNAL;
    Future future{};
    uint64_t tag = 0;
};

Taken take(cf_completion_queue_t* queue, int64_t timeout = long_wait_ns()) {
    Taken taken;
    taken.status =
        cf_completion_queue_next(queue, timeout, taken.future.out(), &taken.tag, nullptr);
    EXPECT_EQ(taken.future.get() != nullptr, taken.status == CF_STATUS_OK);
    if (taken.status == CF_STATUS_OK) {
        EXPECT_EQ(cf_future_done(taken.future), 1);
    }
    return taken;
}

Queue make_queue() {
    Queue queue;
    EXPECT_EQ(cf_completion_queue_create(queue.out(), nullptr), CF_STATUS_OK);
    return queue;
}

Queue as_completed(const std::vector<cf_future_t*>& futures, int64_t timeout = -1) {
    Queue queue;
    EXPECT_EQ(cf_as_completed(futures.data(), futures.size(), timeout, queue.out(), nullptr),
              CF_STATUS_OK);
    return queue;
}

Promise make_promise() {
    Promise promise;
    EXPECT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    return promise;
}

void keep(cf_promise_t* promise) {
    EXPECT_EQ(cf_promise_set_result_json(promise, "1", -1, nullptr), CF_STATUS_OK);
}

class Completion : public ContractTest {};
CONTRACT_HOLDS_FOR(Completion, all_makers);

TEST_P(Completion, EveryFutureComesOutOnceWithItsIndex) {
    const Pool pool = make();
    std::vector<Future> futures;
    std::vector<cf_future_t*> list;
    for (int i = 0; i < 100; ++i) {
        futures.push_back(submit(pool, "fail_seventh", '[' + std::to_string(i) + ']'));
        list.push_back(futures.back());
    }
    const Queue queue = as_completed(list);
    std::set<uint64_t> seen;
    for (int i = 0; i < 100; ++i) {
        const Taken taken = take(queue);
        ASSERT_EQ(taken.status, CF_STATUS_OK);
        ASSERT_LT(taken.tag, 100u);
        EXPECT_EQ(taken.future.get(), list[taken.tag]);
        EXPECT_EQ(cf_future_outcome(taken.future),
                  taken.tag % 7 == 0 ? CF_STATUS_TASK_FAILED : CF_STATUS_OK);
        seen.insert(taken.tag);
    }
    EXPECT_EQ(seen.size(), 100u);
    EXPECT_EQ(take(queue).status, CF_STATUS_END);
    EXPECT_EQ(take(queue, -1).status, CF_STATUS_END);
}

TEST_P(Completion, FuturesOfAQueueMayBeReleasedEarly) {
    const Pool pool = make();
    const Queue queue = make_queue();
    for (uint64_t i = 0; i < 20; ++i) {
        const Future future = submit(pool, "echo", '[' + std::to_string(i) + ']');
        ASSERT_EQ(cf_completion_queue_add(queue, future, 100 + i, nullptr), CF_STATUS_OK);
    }
    std::set<uint64_t> seen;
    for (int i = 0; i < 20; ++i) {
        const Taken taken = take(queue);
        ASSERT_EQ(taken.status, CF_STATUS_OK);
        EXPECT_EQ(json_of(taken.future), '[' + std::to_string(taken.tag - 100) + ']');
        seen.insert(taken.tag);
    }
    EXPECT_EQ(seen.size(), 20u);
    EXPECT_EQ(take(queue).status, CF_STATUS_END);
}

TEST_P(Completion, AQueueMayGoBeforeItsFutures) {
    const Pool pool = make();
    const Future future = submit(pool, "echo");
    {
        const Queue queue = make_queue();
        ASSERT_EQ(cf_completion_queue_add(queue, future, 1, nullptr), CF_STATUS_OK);
    }
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
}

class QueueingCompletion : public ContractTest {
  protected:
    QueueingCompletion() : pool_(make()), parked_(pool_, GetParam().workers) {}

    const Pool pool_;
    Parked parked_;
};
CONTRACT_HOLDS_FOR(QueueingCompletion, queueing_makers);

TEST_P(QueueingCompletion, DoneOnesComeFirst) {
    const Future pending = submit(pool_, "echo");
    const Future cancelled = submit(pool_, "echo");
    ASSERT_EQ(cf_future_cancel(cancelled), 1);
    const Queue queue = as_completed({pending, cancelled});
    EXPECT_EQ(take(queue, -1).tag, 1u);
    EXPECT_EQ(take(queue, 0).status, CF_STATUS_TIMEOUT);
    parked_.open();
    const Taken last = take(queue);
    EXPECT_EQ(last.status, CF_STATUS_OK);
    EXPECT_EQ(last.tag, 0u);
    EXPECT_EQ(take(queue).status, CF_STATUS_END);
}

TEST_P(QueueingCompletion, ATimeoutTouchesNoFuture) {
    const Future pending = submit(pool_, "echo", "[1]");
    const Queue queue = as_completed({pending});
    EXPECT_EQ(take(queue, 0).status, CF_STATUS_TIMEOUT);
    EXPECT_EQ(take(queue, cf_test::short_wait_ns()).status, CF_STATUS_TIMEOUT);
    EXPECT_EQ(cf_future_state(pending), CF_FUTURE_STATE_PENDING);
    parked_.open();
    EXPECT_EQ(take(queue).status, CF_STATUS_OK);
}

TEST_P(QueueingCompletion, ReleasingAQueueCancelsNothing) {
    const Future pending = submit(pool_, "echo", "[1]");
    as_completed({pending});
    parked_.open();
    EXPECT_EQ(json_of(pending), "[1]");
}

TEST_P(QueueingCompletion, FuturesMayBeAddedWhileOthersComeOut) {
    const Queue queue = make_queue();
    const Future first = submit(pool_, "echo");
    ASSERT_EQ(cf_completion_queue_add(queue, first, 0, nullptr), CF_STATUS_OK);
    parked_.open();
    for (uint64_t i = 1; i <= 20; ++i) {
        EXPECT_EQ(take(queue).tag, i - 1);
        const Future next = submit(pool_, "echo");
        ASSERT_EQ(cf_completion_queue_add(queue, next, i, nullptr), CF_STATUS_OK);
    }
    EXPECT_EQ(take(queue).tag, 20u);
    EXPECT_EQ(take(queue).status, CF_STATUS_END);
}

// --- Independent of executors ----------------------------------------------------------------------

TEST(CompletionOrder, IsTheOrderOfCompletion) {
    const Promise promises[] = {make_promise(), make_promise(), make_promise()};
    const Queue queue = make_queue();
    for (uint64_t i = 0; i < 3; ++i) {
        const Future future(cf_promise_future(promises[i]));
        ASSERT_EQ(cf_completion_queue_add(queue, future, i, nullptr), CF_STATUS_OK);
    }
    keep(promises[2]);
    keep(promises[0]);
    EXPECT_EQ(cf_future_cancel(Future(cf_promise_future(promises[1]))), 1);
    EXPECT_EQ(take(queue, 0).tag, 2u);
    EXPECT_EQ(take(queue, 0).tag, 0u);
    EXPECT_EQ(take(queue, 0).tag, 1u);
    EXPECT_EQ(take(queue, 0).status, CF_STATUS_END);
}

TEST(CompletionTimeout, DoneOnesComeOutEvenWithNoTimeLeft) {
    const Promise promise = make_promise();
    const Promise other = make_promise();
    keep(promise);
    const Future done(cf_promise_future(promise));
    const Future pending(cf_promise_future(other));
    const Queue queue = as_completed({pending, done}, 0);
    EXPECT_EQ(take(queue, -1).tag, 1u);
    EXPECT_EQ(take(queue, -1).status, CF_STATUS_TIMEOUT);
    keep(other);
    EXPECT_EQ(take(queue, -1).tag, 0u);
    EXPECT_EQ(take(queue, -1).status, CF_STATUS_END);
}

TEST(CompletionTimeout, S5CountsFromTheCallAndNotFromNext) {
    const Promise promise = make_promise();
    const Future pending(cf_promise_future(promise));
    const auto begin = cf_test::Clock::now();
    const Queue queue = as_completed({pending}, cf_test::short_wait_ns());
    EXPECT_EQ(take(queue, -1).status, CF_STATUS_TIMEOUT);
    EXPECT_GE(cf_test::Clock::now() - begin, cf_test::short_wait());
    // The budget is used up: these would take for ever if each call had its own.
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(take(queue, -1).status, CF_STATUS_TIMEOUT);
}

TEST(CompletionTimeout, TheShorterOfBothCounts) {
    const Promise promise = make_promise();
    const Future pending(cf_promise_future(promise));
    const Queue queue = as_completed({pending}, long_wait_ns());
    EXPECT_EQ(take(queue, 0).status, CF_STATUS_TIMEOUT);
    EXPECT_EQ(take(queue, cf_test::short_wait_ns()).status, CF_STATUS_TIMEOUT);
}

TEST(CompletionQueue, TellsItsTimeout) {
    const Promise promise = make_promise();
    const Future pending(cf_promise_future(promise));
    const Queue queue = as_completed({pending}, 0);
    Future future;
    Error error;
    expect_error(cf_completion_queue_next(queue, -1, future.out(), nullptr, error.out()), error,
                 CF_STATUS_TIMEOUT);
}

TEST(CompletionQueue, EachFutureOnceHoweverOftenItStands) {
    const Promise promise = make_promise();
    const Future future(cf_promise_future(promise));
    const Promise other = make_promise();
    const Future second(cf_promise_future(other));
    const Queue queue = as_completed({second, future, future, second, future});
    keep(promise);
    const Taken taken = take(queue, 0);
    EXPECT_EQ(taken.future.get(), future.get());
    EXPECT_EQ(taken.tag, 1u);  // where it stands first
    keep(other);
    EXPECT_EQ(take(queue, 0).tag, 0u);
    EXPECT_EQ(take(queue, 0).status, CF_STATUS_END);
}

TEST(CompletionQueue, AnEmptyOneEndsAtOnceAndCanBeUsedAgain) {
    const Queue queue = make_queue();
    EXPECT_EQ(take(queue, -1).status, CF_STATUS_END);
    const Promise promise = make_promise();
    keep(promise);
    ASSERT_EQ(cf_completion_queue_add(queue, Future(cf_promise_future(promise)), 5, nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(take(queue, -1).tag, 5u);
    EXPECT_EQ(take(queue, -1).status, CF_STATUS_END);
    EXPECT_EQ(take(as_completed({}), -1).status, CF_STATUS_END);
}

TEST(CompletionQueue, TakersOnManyThreadsShareTheFutures) {
    constexpr int kFutures = 200;
    std::vector<Promise> promises;
    const Queue queue = make_queue();
    for (int i = 0; i < kFutures; ++i) {
        promises.push_back(make_promise());
        const Future future(cf_promise_future(promises.back()));
        ASSERT_EQ(cf_completion_queue_add(queue, future, 0, nullptr), CF_STATUS_OK);
    }
    cf_test::Counter taken;
    std::vector<std::thread> takers;
    for (int i = 0; i < 4; ++i) {
        takers.emplace_back([&] {
            for (;;) {
                const Taken next = take(queue);
                if (next.status == CF_STATUS_END) return;
                ASSERT_EQ(next.status, CF_STATUS_OK);
                taken.add();
            }
        });
    }
    for (const Promise& promise : promises)
        keep(promise);
    for (std::thread& taker : takers)
        taker.join();
    EXPECT_EQ(taken.value(), kFutures);
}

TEST(CompletionQueue, RefusesWhatIsNoFuture) {
    Queue queue;
    Error error;
    cf_future_t* const list[] = {nullptr};
    expect_error(cf_as_completed(list, 1, -1, queue.out(), error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT);
    EXPECT_EQ(queue.get(), nullptr);
    Error no_array;
    expect_error(cf_as_completed(nullptr, 1, -1, queue.out(), no_array.out()), no_array,
                 CF_STATUS_INVALID_ARGUMENT, {"futures"});
}

}  // namespace
}  // namespace contract

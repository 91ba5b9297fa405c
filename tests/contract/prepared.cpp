// Prepared calls, whose payload lives in the block of their future.
#include <algorithm>
#include <cstdint>
#include <new>

#include "contract.h"

namespace contract {
namespace {

// What happens to a payload, told by the payload itself.
struct Story {
    cf_test::Counter ran;
    cf_test::Counter abandoned;
    cf_test::Counter destroyed;
};

struct Payload {
    Story* story;
    int number;

    static int32_t run(cf_task_t* task, void* payload) {
        auto* self = static_cast<Payload*>(payload);
        self->number += 1;
        self->story->ran.add();
        return cf_task_return_pointer(task, &self->number, nullptr);
    }
    static void abandon(void* payload) { static_cast<Payload*>(payload)->story->abandoned.add(); }
    static void destroy(void* payload) { static_cast<Payload*>(payload)->story->destroyed.add(); }
};

Future prepare(cf_executor_t* executor, Story& story) {
    void* payload = nullptr;
    Future future;
    EXPECT_EQ(
        cf_executor_prepare(executor, nullptr, sizeof(Payload), alignof(Payload), Payload::run,
                            Payload::abandon, Payload::destroy, &payload, future.out(), nullptr),
        CF_STATUS_OK);
    EXPECT_EQ(cf_future_payload(future), payload);
    new (payload) Payload{&story, 41};
    return future;
}

void expect_story(const Story& story, int ran, int abandoned, int destroyed) {
    EXPECT_EQ(story.ran.value(), ran);
    EXPECT_EQ(story.abandoned.value(), abandoned);
    EXPECT_EQ(story.destroyed.value(), destroyed);
}

class Prepared : public ContractTest {
  protected:
    Story story_;
};
CONTRACT_HOLDS_FOR(Prepared, in_process_makers);

TEST_P(Prepared, RunsOnceAndKeepsItsResultInThePayload) {
    const Pool pool = make();
    Future future = prepare(pool, story_);
    EXPECT_EQ(cf_future_state(future), CF_FUTURE_STATE_PENDING);
    ASSERT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
    void* result = nullptr;
    ASSERT_EQ(cf_future_result_pointer(future, long_wait_ns(), &result, nullptr), CF_STATUS_OK);
    EXPECT_EQ(*static_cast<int*>(result), 42);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    expect_story(story_, 1, 0, 0);
    future.reset();
    expect_story(story_, 1, 0, 1);
}

TEST_P(Prepared, ASecondReferenceKeepsThePayload) {
    const Pool pool = make();
    Future future = prepare(pool, story_);
    ASSERT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    Future second(cf_future_retain(future));
    future.reset();
    expect_story(story_, 1, 0, 0);
    EXPECT_NE(cf_future_payload(second), nullptr);
    second.reset();
    expect_story(story_, 1, 0, 1);
}

TEST_P(Prepared, SubmittedAndForgotten) {
    {
        const Pool pool = make();
        for (int i = 0; i < 20; ++i) {
            ASSERT_EQ(cf_executor_submit_prepared(pool, prepare(pool, story_), nullptr),
                      CF_STATUS_OK);
        }
    }
    expect_story(story_, 20, 0, 20);
}

TEST_P(Prepared, OfTwoThreadsThatSubmitItOneSucceeds) {
    constexpr int kRounds = 200;
    const Pool pool = make();
    for (int round = 0; round < kRounds; ++round) {
        const Future future = prepare(pool, story_);
        cf_test::Gate start;
        cf_status_t statuses[2] = {};
        std::thread submitters[2];
        for (int i = 0; i < 2; ++i) {
            submitters[i] = std::thread([&, i] {
                start.wait();
                statuses[i] = cf_executor_submit_prepared(pool, future, nullptr);
            });
        }
        start.open();
        for (std::thread& submitter : submitters)
            submitter.join();
        std::sort(statuses, statuses + 2);
        EXPECT_EQ(statuses[0], CF_STATUS_INVALID_STATE);
        EXPECT_EQ(statuses[1], CF_STATUS_OK);
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    }
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    expect_story(story_, kRounds, 0, kRounds);
}

TEST_P(Prepared, NeverSubmittedIsAbandoned) {
    const Pool pool = make();
    Future future = prepare(pool, story_);
    future.reset();
    expect_story(story_, 0, 1, 1);
}

TEST_P(Prepared, OutlivesItsExecutorWithoutASubmit) {
    Future future;
    {
        Pool pool = make();
        future = prepare(pool, story_);
    }
    expect_story(story_, 0, 0, 0);
    future.reset();
    expect_story(story_, 0, 1, 1);
}

TEST_P(Prepared, SubmitTwiceIsRefused) {
    const Pool pool = make();
    const Future future = prepare(pool, story_);
    ASSERT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
    Error error;
    expect_error(cf_executor_submit_prepared(pool, future, error.out()), error,
                 CF_STATUS_INVALID_STATE);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    Error after;
    expect_error(cf_executor_submit_prepared(pool, future, after.out()), after,
                 CF_STATUS_INVALID_STATE);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    expect_story(story_, 1, 0, 0);
}

TEST_P(Prepared, ForAnotherExecutorIsRefused) {
    const Pool pool = make();
    const Pool other = make();
    const Future future = prepare(pool, story_);
    Error error;
    expect_error(cf_executor_submit_prepared(other, future, error.out()), error,
                 CF_STATUS_INVALID_STATE);
    ASSERT_EQ(shutdown_and_wait(other), CF_STATUS_OK);
    expect_story(story_, 0, 0, 0);
    EXPECT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
}

TEST_P(Prepared, AnOrdinaryFutureIsRefused) {
    const Pool pool = make();
    const Future future = submit(pool, "echo");
    Error error;
    expect_error(cf_executor_submit_prepared(pool, future, error.out()), error,
                 CF_STATUS_INVALID_STATE);
}

TEST_P(Prepared, AfterShutdownItIsAbandonedAndFails) {
    Watcher watcher;
    const Pool pool = make();
    Future future = prepare(pool, story_);
    watcher.add_to(future);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    Error error;
    expect_error(cf_executor_submit_prepared(pool, future, error.out()), error,
                 CF_STATUS_SHUT_DOWN);
    EXPECT_EQ(outcome_of(future), CF_STATUS_SHUT_DOWN);
    EXPECT_EQ(watcher.called.value(), 1);
    expect_story(story_, 0, 1, 0);
    future.reset();
    expect_story(story_, 0, 1, 1);
}

TEST_P(Prepared, CancelledBeforeSubmit) {
    const Pool pool = make();
    Future future = prepare(pool, story_);
    ASSERT_EQ(cf_future_cancel(future), 1);
    EXPECT_EQ(story_.abandoned.value(), 1);
    EXPECT_EQ(cf_future_outcome(future), CF_STATUS_CANCELLED);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    future.reset();
    expect_story(story_, 0, 1, 1);
}

TEST_P(Prepared, ASubmitAfterTheCancellationChangesNothing) {
    const Pool pool = make();
    const Future future = prepare(pool, story_);
    EXPECT_EQ(cf_future_cancel(future), 1);
    expect_story(story_, 0, 1, 0);
    Error error;
    expect_error(cf_executor_submit_prepared(pool, future, error.out()), error,
                 CF_STATUS_INVALID_STATE, {"cancelled"});
    EXPECT_EQ(cf_future_cancelled(future), 1);
    expect_story(story_, 0, 1, 0);
}

TEST_P(Prepared, CallbacksMayBeAddedBeforeSubmit) {
    Watcher watcher;
    const Pool pool = make();
    Future future = prepare(pool, story_);
    watcher.add_to(future);
    ASSERT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
    watcher.destroyed.wait_for(1);
    EXPECT_EQ(watcher.state.load(), CF_FUTURE_STATE_FINISHED);
}

TEST_P(Prepared, ACallbackMayNotWaitForTheShutdown) {
    const Pool pool = make();
    const Future future = prepare(pool, story_);
    struct Scene {
        cf_executor_t* executor;
        cf_status_t status;
        cf_test::Gate finished;
    } scene = {pool, CF_STATUS_INTERNAL, {}};
    const auto shut_down = [](cf_future_t*, void* data) {
        auto* self = static_cast<Scene*>(data);
        self->status = shutdown_and_wait(self->executor);
        self->finished.open();
    };
    ASSERT_EQ(cf_future_add_done_callback(future, shut_down, &scene, nullptr, nullptr),
              CF_STATUS_OK);
    ASSERT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
    scene.finished.wait();
    EXPECT_EQ(scene.status, CF_STATUS_WOULD_DEADLOCK);
}

TEST_P(Prepared, SizesAndAlignments) {
    const Pool pool = make();
    const auto task = [](cf_task_t*, void*) -> int32_t { return 0; };
    for (const std::size_t alignment : {1u, 2u, 8u, 16u, 64u, 256u, 4096u}) {
        for (const std::size_t size : {0u, 1u, 100u, 5000u, 1000000u}) {
            void* payload = nullptr;
            Future future;
            ASSERT_EQ(cf_executor_prepare(pool, nullptr, size, alignment, task, nullptr, nullptr,
                                          &payload, future.out(), nullptr),
                      CF_STATUS_OK)
                << size << " aligned to " << alignment;
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(payload) % alignment, 0u);
            std::fill_n(static_cast<char*>(payload), size, 'x');
            ASSERT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
            EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
        }
    }
}

TEST_P(Prepared, WrongSizesAndAlignmentsAreRefused) {
    const Pool pool = make();
    const struct {
        std::size_t size;
        std::size_t alignment;
        const char* word;
    } wrong[] = {{8, 0, "alignment"},
                 {8, 3, "alignment"},
                 {8, 8192, "alignment"},
                 {SIZE_MAX, 8, "size"},
                 {(std::size_t{1} << 30) + 1, 8, "size"}};
    for (const auto& each : wrong) {
        void* payload = &story_;
        Future future;
        Error error;
        expect_error(cf_executor_prepare(pool, nullptr, each.size, each.alignment, Payload::run,
                                         Payload::abandon, Payload::destroy, &payload, future.out(),
                                         error.out()),
                     error, CF_STATUS_INVALID_ARGUMENT, {each.word});
        EXPECT_EQ(payload, nullptr);
        EXPECT_EQ(future.get(), nullptr);
    }
    expect_story(story_, 0, 0, 0);
}

class QueueingPrepared : public Prepared {};
CONTRACT_HOLDS_FOR(QueueingPrepared, thread_makers);

TEST_P(QueueingPrepared, CancelledInTheQueueIsAbandonedOnTheCanceller) {
    const Pool pool = make();
    Future future;
    {
        const Parked parked(pool, GetParam().workers);
        future = prepare(pool, story_);
        ASSERT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
        ASSERT_EQ(cf_future_cancel(future), 1);
        EXPECT_EQ(story_.abandoned.value(), 1);
    }
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    expect_story(story_, 0, 1, 0);
    future.reset();
    expect_story(story_, 0, 1, 1);
}

TEST_P(QueueingPrepared, RacesRunOrAbandonOnce) {
    for (int round = 0; round < 100; ++round) {
        Story story;
        {
            const Pool pool = make();
            const Future future = prepare(pool, story);
            ASSERT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
            const int cancelled = cf_future_cancel(future);
            ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
            ASSERT_EQ(story.abandoned.value(), cancelled);
            ASSERT_EQ(story.ran.value(), 1 - cancelled);
        }
        ASSERT_EQ(story.destroyed.value(), 1);
    }
}

}  // namespace
}  // namespace contract

// Continuations: what they get, where they run, and that every derived future becomes done.
#include <functional>
#include <memory>
#include <new>

#include "contract.h"

namespace contract {
namespace {

using Body = std::function<int32_t(cf_task_t*, cf_future_t*)>;

struct Called {
    Body body;
    cf_test::Counter* destroyed;

    static int32_t run(cf_task_t* task, cf_future_t* antecedent, void* self) {
        return static_cast<Called*>(self)->body(task, antecedent);
    }
    static void destroy(void* self) {
        const std::unique_ptr<Called> called(static_cast<Called*>(self));
        if (called->destroyed != nullptr) called->destroyed->add();
    }
};

Future then(cf_future_t* future, cf_executor_t* executor, Body body, cf_then_flags_t flags = 0,
            cf_test::Counter* destroyed = nullptr) {
    Future derived;
    auto* called = new Called{std::move(body), destroyed};
    EXPECT_EQ(cf_future_then(future, executor, nullptr, flags, Called::run, called, Called::destroy,
                             derived.out(), nullptr),
              CF_STATUS_OK);
    return derived;
}

// Gives the antecedent's JSON text, in brackets.
int32_t wrap(cf_task_t* task, cf_future_t* antecedent) {
    const char* json = nullptr;
    const cf_status_t status = cf_future_result_json(antecedent, 0, &json, nullptr, nullptr);
    if (status != CF_STATUS_OK) return status;
    return cf_task_return_json(task, ('[' + std::string(json) + ']').c_str(), -1);
}

int32_t outcome_as_json(cf_task_t* task, cf_future_t* antecedent) {
    EXPECT_EQ(cf_future_done(antecedent), 1);
    return cf_task_return_json(task, std::to_string(cf_future_outcome(antecedent)).c_str(), -1);
}

int32_t never(cf_task_t*, cf_future_t*) {
    ADD_FAILURE() << "a continuation ran";
    return 0;
}

Promise make_promise() {
    Promise promise;
    EXPECT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    return promise;
}

Future future_of(cf_promise_t* promise) {
    return Future(cf_promise_future(promise));
}

void keep(cf_promise_t* promise, const char* json = "1") {
    EXPECT_EQ(cf_promise_set_result_json(promise, json, -1, nullptr), CF_STATUS_OK);
}

void break_with(cf_promise_t* promise, const char* type) {
    Error error;
    ASSERT_EQ(cf_error_create(CF_STATUS_TASK_FAILED, type, "as told", nullptr, error.out()),
              CF_STATUS_OK);
    EXPECT_EQ(cf_promise_set_error(promise, error, nullptr), CF_STATUS_OK);
}

Pool make_inline() {
    for (const Maker& maker : all_makers()) {
        if (!maker.queues) return make(maker);
    }
    return Pool(nullptr);
}

// --- after calls of every executor ----------------------------------------------------------------

class Then : public ContractTest {};
CONTRACT_HOLDS_FOR(Then, all_makers);

TEST_P(Then, RunsAfterTheCallWithItsFuture) {
    const Pool pool = make();
    const Pool threads = make_threads(1);
    const Future first = submit(pool, "echo", "[5]");
    const Future second = then(first, threads, wrap);
    const Future third = then(second, threads, wrap);
    EXPECT_EQ(json_of(third), "[[[5]]]");
    EXPECT_EQ(json_of(second), "[[5]]");
    EXPECT_NE(cf_future_task_id(third), 0u);
}

TEST_P(Then, SeesFailures) {
    const Pool pool = make();
    const Pool threads = make_threads(1);
    const Future failed = submit(pool, "fail", R"(["ValueError", "no"])");
    EXPECT_EQ(json_of(then(failed, threads, outcome_as_json)),
              std::to_string(CF_STATUS_TASK_FAILED));
}

TEST_P(Then, OnSuccessHandsFailuresOn) {
    cf_test::Counter destroyed;
    const Pool pool = make();
    const Pool threads = make_threads(1);
    const Future failed = submit(pool, "fail", R"(["ValueError", "no"])");
    const Future second = then(failed, threads, never, CF_THEN_ON_SUCCESS, &destroyed);
    const Future third = then(second, threads, never, CF_THEN_ON_SUCCESS, &destroyed);
    EXPECT_EQ(outcome_of(third), CF_STATUS_TASK_FAILED);
    EXPECT_EQ(cf_future_error(third), cf_future_error(failed));
    EXPECT_STREQ(cf_error_type(cf_future_error(third)), "ValueError");
    destroyed.wait_for(2);
    const Future good = submit(pool, "echo", "[5]");
    EXPECT_EQ(json_of(then(good, threads, wrap, CF_THEN_ON_SUCCESS)), "[[5]]");
}

TEST_P(Then, ManyOnOneFuture) {
    const Pool pool = make();
    const Pool threads = make_threads(2);
    const Future first = submit(pool, "echo", "[5]");
    std::vector<Future> derived;
    for (int i = 0; i < 100; ++i)
        derived.push_back(then(first, threads, wrap));
    for (const Future& future : derived)
        EXPECT_EQ(json_of(future), "[[5]]");
}

// --- on executors of this process -----------------------------------------------------------------

class ThenOn : public ContractTest {};
CONTRACT_HOLDS_FOR(ThenOn, in_process_makers);

TEST_P(ThenOn, WaitsForTheAntecedent) {
    cf_test::Counter destroyed;
    const Pool pool = make();
    const Promise promise = make_promise();
    const Future derived = then(future_of(promise), pool, wrap, 0, &destroyed);
    EXPECT_EQ(cf_future_wait(derived, cf_test::short_wait_ns()), CF_STATUS_TIMEOUT);
    EXPECT_EQ(cf_future_state(derived), CF_FUTURE_STATE_PENDING);
    EXPECT_EQ(destroyed.value(), 0);
    keep(promise);
    EXPECT_EQ(json_of(derived), "[1]");
    EXPECT_EQ(destroyed.value(), 1);
}

TEST_P(ThenOn, OfADoneFutureRunsAtOnce) {
    const Pool pool = make();
    const Promise promise = make_promise();
    keep(promise);
    EXPECT_EQ(json_of(then(future_of(promise), pool, wrap)), "[1]");
    const Promise cancelled = make_promise();
    EXPECT_EQ(cf_future_cancel(future_of(cancelled)), 1);
    EXPECT_EQ(json_of(then(future_of(cancelled), pool, outcome_as_json)),
              std::to_string(CF_STATUS_CANCELLED));
}

TEST_P(ThenOn, ACancelledAntecedentCancelsThoseOnSuccess) {
    const Pool pool = make();
    const Promise promise = make_promise();
    const Future second = then(future_of(promise), pool, never, CF_THEN_ON_SUCCESS);
    const Future third = then(second, pool, never, CF_THEN_ON_SUCCESS);
    const Future always = then(second, pool, outcome_as_json);
    EXPECT_EQ(cf_future_cancel(future_of(promise)), 1);
    EXPECT_EQ(cf_future_cancelled(third), 1);
    EXPECT_EQ(json_of(always), std::to_string(CF_STATUS_CANCELLED));
}

TEST_P(ThenOn, CancellingTheDerivedLeavesTheAntecedentAlone) {
    cf_test::Counter destroyed;
    const Pool pool = make();
    const Promise promise = make_promise();
    const Future derived = then(future_of(promise), pool, never, 0, &destroyed);
    EXPECT_EQ(cf_future_cancel(derived), 1);
    EXPECT_EQ(destroyed.value(), 1);
    EXPECT_EQ(cf_future_state(future_of(promise)), CF_FUTURE_STATE_PENDING);
    keep(promise);
    EXPECT_EQ(json_of(future_of(promise)), "1");
    EXPECT_EQ(cf_future_cancelled(derived), 1);
    EXPECT_EQ(destroyed.value(), 1);
}

TEST_P(ThenOn, AnExecutorThatWasShutDownFailsIt) {
    const Promise promise = make_promise();
    cf_test::Counter destroyed;
    Future derived;
    {
        const Pool pool = make();
        derived = then(future_of(promise), pool, never, 0, &destroyed);
        ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    }
    EXPECT_EQ(cf_future_done(derived), 0);
    keep(promise);
    expect_failure(derived, CF_STATUS_SHUT_DOWN);
    EXPECT_EQ(destroyed.value(), 1);
}

TEST_P(ThenOn, AnExecutorThatWasReleasedFailsIt) {
    const Promise promise = make_promise();
    Pool pool = make();
    const Future derived = then(future_of(promise), pool, never);
    pool.release();
    keep(promise);
    expect_failure(derived, CF_STATUS_SHUT_DOWN);
}

TEST_P(ThenOn, ABrokenPromiseIsAnAntecedentToo) {
    const Pool pool = make();
    Promise promise = make_promise();
    const Future derived = then(future_of(promise), pool, outcome_as_json);
    promise.reset();
    EXPECT_EQ(json_of(derived), std::to_string(CF_STATUS_BROKEN_PROMISE));
}

TEST_P(ThenOn, TheAntecedentMayBeReleased) {
    const Pool pool = make();
    Promise promise = make_promise();
    const Future derived = then(future_of(promise), pool, wrap);
    keep(promise);
    promise.reset();
    EXPECT_EQ(json_of(derived), "[1]");
}

TEST_P(ThenOn, NobodyHasToWantTheDerived) {
    cf_test::Counter destroyed;
    const Pool pool = make();
    const Promise promise = make_promise();
    auto* called = new Called{wrap, &destroyed};
    ASSERT_EQ(cf_future_then(future_of(promise), pool, nullptr, 0, Called::run, called,
                             Called::destroy, nullptr, nullptr),
              CF_STATUS_OK);
    keep(promise);
    destroyed.wait_for(1);
}

TEST_P(ThenOn, HasItsName) {
    const Pool pool = make();
    const Promise promise = make_promise();
    SubmitOptions options;
    ASSERT_EQ(cf_submit_options_create(options.out(), nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_submit_options_set_name(options, "after that", nullptr), CF_STATUS_OK);
    Future derived;
    auto* called = new Called{[](cf_task_t*, cf_future_t*) { return 3; }, nullptr};
    ASSERT_EQ(cf_future_then(future_of(promise), pool, options, 0, Called::run, called,
                             Called::destroy, derived.out(), nullptr),
              CF_STATUS_OK);
    keep(promise);
    EXPECT_STREQ(cf_error_function(error_of(derived)), "after that");
}

// A chain is as long as memory allows: it is walked, and does not nest.
TEST_P(ThenOn, T21LongChainsDoNotNest) {
    constexpr int kLinks = 20000;
    for (const cf_then_flags_t flags : {0, int{CF_THEN_ON_SUCCESS}}) {
        for (const bool fails : {false, true}) {
            cf_test::Counter ran;
            const Pool pool = make();
            const Promise promise = make_promise();
            Future last = future_of(promise);
            for (int i = 0; i < kLinks; ++i) {
                last = then(
                    last, pool,
                    [&](cf_task_t*, cf_future_t*) {
                        ran.add();
                        return 0;
                    },
                    flags);
            }
            fails ? break_with(promise, "E") : keep(promise);
            const bool all_run = !fails || flags == 0;
            EXPECT_EQ(outcome_of(last), all_run ? CF_STATUS_OK : CF_STATUS_TASK_FAILED);
            EXPECT_EQ(ran.value(), all_run ? kLinks : 0);
        }
    }
}

// What user code in a continuation causes is over when it looks, however deep it is.
TEST(ThenInside, ContinuationsOfUserCodeDoNotWaitForTheirTurn) {
    const Pool pool = make_inline();
    const Promise outer = make_promise();
    const Promise inner = make_promise();
    const Future second = then(future_of(inner), pool, wrap);
    const Future first = then(future_of(outer), pool, [&](cf_task_t*, cf_future_t*) {
        keep(inner);
        EXPECT_EQ(json_of(second), "[1]");
        return 0;
    });
    keep(outer);
    EXPECT_EQ(outcome_of(first), CF_STATUS_OK);

    const Promise third = make_promise();
    const Promise fourth = make_promise();
    const Future last = then(future_of(fourth), pool, wrap);
    const Future before = then(future_of(third), pool, wrap);
    static cf_promise_t* kept;
    static cf_future_t* looked_at;
    kept = fourth;
    looked_at = last;
    const auto on_done = [](cf_future_t*, void*) {
        keep(kept);
        EXPECT_EQ(cf_future_done(looked_at), 1);
    };
    ASSERT_EQ(cf_future_add_done_callback(before, on_done, nullptr, nullptr, nullptr),
              CF_STATUS_OK);
    keep(third);
    EXPECT_EQ(cf_future_done(last), 1);
}

TEST_P(ThenOn, RacesOfCancelAndCompletionEndOnce) {
    const Pool pool = make();
    for (int round = 0; round < 500; ++round) {
        const Promise promise = make_promise();
        cf_test::Counter destroyed;
        cf_test::Counter ran;
        const Future derived = then(
            future_of(promise), pool,
            [&](cf_task_t*, cf_future_t*) {
                ran.add();
                return 0;
            },
            0, &destroyed);
        cf_test::Latch together(2);
        std::thread canceller([&] {
            together.arrive_and_wait();
            cf_future_cancel(derived);
        });
        together.arrive_and_wait();
        keep(promise);
        canceller.join();
        const cf_status_t outcome = outcome_of(derived);
        EXPECT_EQ(outcome, ran.value() == 1 ? CF_STATUS_OK : CF_STATUS_CANCELLED);
        destroyed.wait_for(1);
        EXPECT_EQ(destroyed.value(), 1);
    }
}

// --- prepared calls -------------------------------------------------------------------------------

struct Story {
    cf_test::Counter ran;
    cf_test::Counter abandoned;

    static int32_t run(cf_task_t*, void* payload) {
        (*static_cast<Story**>(payload))->ran.add();
        return 0;
    }
    static void abandon(void* payload) { (*static_cast<Story**>(payload))->abandoned.add(); }
};

Future prepare(cf_executor_t* executor, Story& story) {
    void* payload = nullptr;
    Future future;
    EXPECT_EQ(cf_executor_prepare(executor, nullptr, sizeof(Story*), alignof(Story*), Story::run,
                                  Story::abandon, nullptr, &payload, future.out(), nullptr),
              CF_STATUS_OK);
    new (payload) Story*(&story);
    return future;
}

class ThenPrepared : public ContractTest {
  protected:
    Story story_;
};
CONTRACT_HOLDS_FOR(ThenPrepared, in_process_makers);

TEST_P(ThenPrepared, IsSubmittedWhenTheAntecedentIsDone) {
    const Pool pool = make();
    const Promise promise = make_promise();
    const Future derived = prepare(pool, story_);
    ASSERT_EQ(cf_future_then_prepared(future_of(promise), pool, 0, derived, nullptr), CF_STATUS_OK);
    EXPECT_EQ(story_.ran.value(), 0);
    keep(promise);
    EXPECT_EQ(outcome_of(derived), CF_STATUS_OK);
    EXPECT_EQ(story_.ran.value(), 1);
    EXPECT_EQ(story_.abandoned.value(), 0);
}

TEST_P(ThenPrepared, OnSuccessItIsAbandonedAfterAFailure) {
    const Pool pool = make();
    const Promise promise = make_promise();
    const Future derived = prepare(pool, story_);
    ASSERT_EQ(
        cf_future_then_prepared(future_of(promise), pool, CF_THEN_ON_SUCCESS, derived, nullptr),
        CF_STATUS_OK);
    break_with(promise, "KeyError");
    EXPECT_STREQ(cf_error_type(error_of(derived)), "KeyError");
    EXPECT_EQ(story_.ran.value(), 0);
    EXPECT_EQ(story_.abandoned.value(), 1);
}

TEST_P(ThenPrepared, OnlyOnceAndOnlyForItsExecutor) {
    const Pool pool = make();
    const Pool other = make();
    const Promise promise = make_promise();
    keep(promise);
    const Future derived = prepare(pool, story_);
    Error error;
    expect_error(cf_future_then_prepared(future_of(promise), other, 0, derived, error.out()), error,
                 CF_STATUS_INVALID_STATE, {"prepared"});
    ASSERT_EQ(cf_future_then_prepared(future_of(promise), pool, 0, derived, nullptr), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(derived), CF_STATUS_OK);
    EXPECT_EQ(cf_future_then_prepared(future_of(promise), pool, 0, derived, nullptr),
              CF_STATUS_INVALID_STATE);
    EXPECT_EQ(story_.ran.value(), 1);
}

TEST_P(ThenPrepared, AnAntecedentThatIsNeverSubmittedBreaksIt) {
    const Pool pool = make();
    Future antecedent = prepare(pool, story_);
    const Future derived = then(antecedent, pool, never);
    antecedent.reset();
    expect_failure(derived, CF_STATUS_BROKEN_PROMISE, {"submitted"});
    EXPECT_EQ(story_.abandoned.value(), 1);
}

// --- refusals -------------------------------------------------------------------------------------

TEST(ThenRefuses, WhatIsWrong) {
    cf_test::Counter destroyed;
    const Pool pool = make_threads(1);
    const Promise promise = make_promise();
    const Future future = future_of(promise);
    Future derived;
    const auto try_then = [&](cf_then_fn fn, cf_then_flags_t flags, Error& error) {
        auto* called = new Called{never, &destroyed};
        return cf_future_then(future, pool, nullptr, flags, fn, called, Called::destroy,
                              derived.out(), error.out());
    };
    Error no_function;
    expect_error(try_then(nullptr, 0, no_function), no_function, CF_STATUS_INVALID_ARGUMENT,
                 {"then_fn"});
    for (const cf_then_flags_t flags : {-1, 2, 3, INT32_MIN}) {
        Error error;
        expect_error(try_then(Called::run, flags, error), error, CF_STATUS_INVALID_ARGUMENT,
                     {"flags"});
    }
    EXPECT_EQ(destroyed.value(), 5);
    EXPECT_EQ(derived.get(), nullptr);
}

class ThenOnProcesses : public ContractTest {};
CONTRACT_HOLDS_FOR(ThenOnProcesses, process_makers);

TEST_P(ThenOnProcesses, IsRefusedSincePointersDoNotCross) {
    cf_test::Counter destroyed;
    const Pool pool = make();
    const Promise promise = make_promise();
    Future derived;
    Error error;
    auto* called = new Called{never, &destroyed};
    expect_error(cf_future_then(future_of(promise), pool, nullptr, 0, Called::run, called,
                                Called::destroy, derived.out(), error.out()),
                 error, CF_STATUS_UNSUPPORTED);
    EXPECT_EQ(destroyed.value(), 1);
    keep(promise);
}

}  // namespace
}  // namespace contract

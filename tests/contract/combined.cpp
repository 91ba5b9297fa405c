// when_all and when_any.
#include "contract.h"

namespace contract {
namespace {

class Combined : public ContractTest {};
CONTRACT_HOLDS_FOR(Combined, all_makers);

Future when_all(const std::vector<cf_future_t*>& futures) {
    Future derived;
    EXPECT_EQ(cf_when_all(futures.data(), futures.size(), derived.out(), nullptr), CF_STATUS_OK);
    return derived;
}

Future when_any(const std::vector<cf_future_t*>& futures) {
    Future derived;
    EXPECT_EQ(cf_when_any(futures.data(), futures.size(), derived.out(), nullptr), CF_STATUS_OK);
    return derived;
}

TEST_P(Combined, AllIsDoneWhenTheLastOneIs) {
    const Pool pool = make();
    std::vector<Future> futures;
    std::vector<cf_future_t*> list;
    for (int i = 0; i < 50; ++i) {
        futures.push_back(submit(pool, "fail_seventh", '[' + std::to_string(i) + ']'));
        list.push_back(futures.back());
    }
    const Future all = when_all(list);
    EXPECT_EQ(outcome_of(all), CF_STATUS_OK);
    EXPECT_EQ(cf_future_result_kind(all), CF_RESULT_KIND_NONE);
    for (cf_future_t* future : list)
        EXPECT_EQ(cf_future_done(future), 1);
}

TEST_P(Combined, AnyGivesTheIndexOfADoneOne) {
    const Pool pool = make();
    const Future one = submit(pool, "echo");
    const Future two = submit(pool, "fail", R"(["E", "m"])");
    const int index = std::stoi(json_of(when_any({one, two})));
    EXPECT_EQ(cf_future_done(index == 0 ? one : two), 1);
}

// --- independent of executors ---------------------------------------------------------------------

class Combining : public testing::Test {
  protected:
    Combining() {
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(cf_promise_create(promises_[i].out(), nullptr), CF_STATUS_OK);
            futures_[i] = Future(cf_promise_future(promises_[i]));
        }
    }
    void keep(int i) {
        EXPECT_EQ(cf_promise_set_result_json(promises_[i], "1", -1, nullptr), CF_STATUS_OK);
    }
    std::vector<cf_future_t*> list() const { return {futures_[0], futures_[1], futures_[2]}; }

    Promise promises_[3];
    Future futures_[3];
};

TEST_F(Combining, AllWaitsForAllWhateverTheirOutcomes) {
    const Future all = when_all(list());
    Watcher watcher;
    watcher.add_to(all);
    keep(2);
    EXPECT_EQ(cf_future_cancel(futures_[0]), 1);
    EXPECT_EQ(cf_future_state(all), CF_FUTURE_STATE_PENDING);
    promises_[1].reset();  // fails with BROKEN_PROMISE
    EXPECT_EQ(cf_future_outcome(all), CF_STATUS_OK);
    EXPECT_EQ(watcher.called.value(), 1);
}

TEST_F(Combining, AnyTakesTheFirstWhateverItsOutcome) {
    const Future first_fails = when_any(list());
    promises_[2].reset();
    EXPECT_EQ(json_of(first_fails), "2");
    const Future again = when_any({futures_[0], futures_[1]});
    EXPECT_EQ(cf_future_cancel(futures_[1]), 1);
    EXPECT_EQ(json_of(again), "1");
    keep(0);
    EXPECT_EQ(json_of(again), "1");
}

TEST_F(Combining, DoneOnesCountAtOnce) {
    keep(1);
    EXPECT_EQ(json_of(when_any(list())), "1");
    keep(0);
    EXPECT_EQ(json_of(when_any(list())), "0");
    keep(2);
    EXPECT_EQ(cf_future_outcome(when_all(list())), CF_STATUS_OK);
    EXPECT_EQ(cf_future_outcome(when_all({futures_[0], futures_[0]})), CF_STATUS_OK);
}

TEST_F(Combining, AFutureMayStandTwice) {
    const Future all = when_all({futures_[0], futures_[0], futures_[1]});
    const Future any = when_any({futures_[0], futures_[0]});
    keep(0);
    EXPECT_EQ(json_of(any), "0");
    EXPECT_EQ(cf_future_done(all), 0);
    keep(1);
    EXPECT_EQ(cf_future_outcome(all), CF_STATUS_OK);
}

TEST_F(Combining, OfNone) {
    EXPECT_EQ(cf_future_outcome(when_all({})), CF_STATUS_OK);
    Future derived;
    Error error;
    expect_error(cf_when_any(nullptr, 0, derived.out(), error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"count"});
    cf_future_t* const wrong[] = {nullptr};
    expect_error(cf_when_all(wrong, 1, derived.out(), error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"futures[0]"});
    expect_error(cf_when_any(nullptr, 1, derived.out(), error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"futures"});
    expect_error(cf_when_all(wrong, 0, nullptr, error.out()), error, CF_STATUS_INVALID_ARGUMENT,
                 {"future_out"});
}

TEST_F(Combining, CancellingTheDerivedCancelsNoneOfThem) {
    const Future all = when_all(list());
    const Future any = when_any(list());
    EXPECT_EQ(cf_future_cancel(all), 1);
    EXPECT_EQ(cf_future_cancel(any), 1);
    for (const Future& future : futures_)
        EXPECT_EQ(cf_future_state(future), CF_FUTURE_STATE_PENDING);
    for (int i = 0; i < 3; ++i)
        keep(i);
    EXPECT_EQ(cf_future_cancelled(all), 1);
    EXPECT_EQ(cf_future_cancelled(any), 1);
}

// A long-lived future must not collect what was decided without it: it would keep their payloads.
TEST_F(Combining, WhatIsDecidedLetsGoOfTheOthers) {
    static int destroyed;
    destroyed = 0;
    void* payload = nullptr;
    Promise promise;
    const auto destroy = [](void*) { ++destroyed; };
    ASSERT_EQ(cf_promise_create_with_payload(1, 1, destroy, &payload, promise.out(), nullptr),
              CF_STATUS_OK);
    Future held(cf_promise_future(promise));
    const Future any = when_any({futures_[0], held});
    const Future all = when_all({futures_[0], held});
    promise.reset();  // fails; decides `any`
    EXPECT_EQ(json_of(any), "1");
    held.reset();
    EXPECT_EQ(destroyed, 0) << "when_all has let go of a future too early";
    EXPECT_EQ(cf_future_cancel(all), 1);
    EXPECT_EQ(destroyed, 1);
}

TEST_F(Combining, TheDerivedMayBeDropped) {
    when_all(list());
    when_any(list());
    for (int i = 0; i < 3; ++i)
        keep(i);
}

TEST(CombiningRaces, EndOnce) {
    for (int round = 0; round < 1000; ++round) {
        Promise promises[4];
        std::vector<Future> futures;
        std::vector<cf_future_t*> list;
        for (Promise& promise : promises) {
            ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
            futures.emplace_back(cf_promise_future(promise));
            list.push_back(futures.back());
        }
        cf_test::Latch together(3);
        const auto complete = [&](int from) {
            together.arrive_and_wait();
            for (int i = from; i < from + 2; ++i)
                cf_promise_set_result_json(promises[i], "1", -1, nullptr);
        };
        std::thread one(complete, 0);
        std::thread two(complete, 2);
        together.arrive_and_wait();
        const Future any = when_any(list);
        const Future all = when_all(list);
        const Future cancelled = when_all(list);
        const bool was_cancelled = cf_future_cancel(cancelled) != 0;
        EXPECT_EQ(outcome_of(all), CF_STATUS_OK);
        EXPECT_EQ(outcome_of(any), CF_STATUS_OK);
        EXPECT_EQ(outcome_of(cancelled), was_cancelled ? CF_STATUS_CANCELLED : CF_STATUS_OK);
        one.join();
        two.join();
    }
}

// A tree of derived futures ends without nesting.
TEST(CombiningChains, T21DoNotNest) {
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    Future last(cf_promise_future(promise));
    for (int i = 0; i < 50000; ++i)
        last = i % 2 == 0 ? when_all({last, last}) : when_any({last});
    EXPECT_EQ(cf_promise_set_result_json(promise, "1", -1, nullptr), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(last), CF_STATUS_OK);
}

}  // namespace
}  // namespace contract

#include "future/state_word.h"

#include <gtest/gtest.h>

#include <atomic>
#include <ostream>
#include <thread>
#include <vector>

#include "support/amount.h"
#include "support/events.h"

namespace cf_unit {
namespace {

using cf::Aftermath;
using cf::CancelOutcome;
using cf::Phase;
using cf::StateWord;

void reach(StateWord& word, Phase phase) {
    Aftermath aftermath{};
    switch (phase) {
        case Phase::kPending:
            return;
        case Phase::kRunning:
            EXPECT_TRUE(word.start());
            return;
        case Phase::kSettling:
            EXPECT_TRUE(word.begin_settle());
            return;
        case Phase::kCancelled:
            EXPECT_EQ(word.cancel(aftermath), CancelOutcome::kCancelled);
            return;
        case Phase::kSucceeded:
        case Phase::kFailed:
            ASSERT_TRUE(word.start());
            static_cast<void>(word.settle(phase));
    }
}

/// One row of the chart in state_word.h: what each attempt comes to in a phase.
struct Row {
    Phase phase;
    bool accept, start, begin_settle, dispatch, lock, request_stop;
    CancelOutcome cancel;
};

void PrintTo(const Row& row, std::ostream* out) {
    *out << "phase " << static_cast<int>(row.phase);
}

class StateWordChart : public testing::TestWithParam<Row> {};

TEST_P(StateWordChart, T19AllowsAndRefuses) {
    const Row& row = GetParam();
    const auto in_phase = [&](auto attempt) {
        StateWord word;
        reach(word, row.phase);
        return attempt(word);
    };
    EXPECT_EQ(in_phase([](StateWord& word) { return word.accept(); }), row.accept);
    EXPECT_EQ(in_phase([](StateWord& word) { return word.start(); }), row.start);
    EXPECT_EQ(in_phase([](StateWord& word) { return word.begin_settle(); }), row.begin_settle);
    EXPECT_EQ(in_phase([](StateWord& word) { return word.dispatch(); }), row.dispatch);
    EXPECT_EQ(in_phase([](StateWord& word) { return word.lock_observers(); }), row.lock);
    EXPECT_EQ(in_phase([](StateWord& word) {
                  Aftermath aftermath{};
                  return word.cancel(aftermath);
              }),
              row.cancel);
    EXPECT_EQ(in_phase([](StateWord& word) { return word.request_stop(); }), row.request_stop);
    EXPECT_EQ(in_phase([](StateWord& word) {
                  static_cast<void>(word.request_stop());
                  return word.stop_requested();
              }),
              row.request_stop);
    // A refused attempt changes nothing.
    StateWord word;
    reach(word, row.phase);
    Aftermath aftermath{};
    if (!row.start) {
        EXPECT_FALSE(word.start());
    }
    if (!row.begin_settle) {
        EXPECT_FALSE(word.begin_settle());
    }
    if (!row.dispatch) {
        EXPECT_FALSE(word.dispatch());
    }
    if (row.cancel != CancelOutcome::kCancelled) {
        EXPECT_EQ(word.cancel(aftermath), row.cancel);
    }
    EXPECT_EQ(word.phase(), row.phase);
}

INSTANTIATE_TEST_SUITE_P(
    Phases, StateWordChart,
    testing::Values(
        Row{Phase::kPending, true, true, true, true, true, false, CancelOutcome::kCancelled},
        Row{Phase::kRunning, false, false, true, false, true, true, CancelOutcome::kTooLate},
        Row{Phase::kSettling, false, false, false, false, true, false, CancelOutcome::kTooLate},
        Row{Phase::kSucceeded, false, false, false, false, false, false, CancelOutcome::kTooLate},
        Row{Phase::kFailed, false, false, false, false, false, false, CancelOutcome::kTooLate},
        Row{Phase::kCancelled, false, false, false, false, false, false,
            CancelOutcome::kWasCancelled}));

TEST(StateWord, AcceptsOnceAndTellsAtTheEnd) {
    StateWord word;
    EXPECT_TRUE(word.accept());
    EXPECT_FALSE(word.accept());
    EXPECT_TRUE(word.accepted());
    EXPECT_TRUE(word.start());
    const Aftermath aftermath = word.settle(Phase::kSucceeded);
    EXPECT_TRUE(aftermath.accepted);
    EXPECT_FALSE(aftermath.observed);
}

TEST(StateWord, IsSubmittedOnceAndOnlyWhilePending) {
    StateWord word;
    EXPECT_TRUE(word.submit());
    EXPECT_FALSE(word.submit());
    EXPECT_TRUE(word.accept());  // a claim of its own
    for (const Phase phase :
         {Phase::kRunning, Phase::kSettling, Phase::kCancelled, Phase::kFailed}) {
        StateWord later;
        reach(later, phase);
        EXPECT_FALSE(later.submit());
    }
}

TEST(StateWord, TellsTheCancellerWhatIsLeftToDo) {
    StateWord word;
    Aftermath aftermath{};
    EXPECT_TRUE(word.accept());
    EXPECT_TRUE(word.lock_observers());
    word.unlock_observers(false);
    EXPECT_EQ(word.cancel(aftermath), CancelOutcome::kCancelled);
    EXPECT_TRUE(aftermath.accepted);
    EXPECT_TRUE(aftermath.observed);
}

TEST(StateWord, ForgetsObserversWhenTheListEmpties) {
    StateWord word;
    EXPECT_TRUE(word.lock_observers());
    word.unlock_observers(false);
    EXPECT_TRUE(word.lock_observers());
    word.unlock_observers(true);
    EXPECT_TRUE(word.start());
    EXPECT_FALSE(word.settle(Phase::kFailed).observed);
}

TEST(StateWord, DispatchedCallIsCancelledOnlyAfterRecall) {
    StateWord word;
    Aftermath aftermath{};
    EXPECT_TRUE(word.dispatch());
    EXPECT_TRUE(word.dispatched());
    EXPECT_EQ(word.phase(), Phase::kPending);
    EXPECT_EQ(word.cancel(aftermath), CancelOutcome::kDispatched);
    word.recall();
    EXPECT_FALSE(word.dispatched());
    EXPECT_EQ(word.cancel(aftermath), CancelOutcome::kCancelled);
}

TEST(StateWord, DispatchedCallStartsAndSettles) {
    StateWord word;
    EXPECT_TRUE(word.accept());
    EXPECT_TRUE(word.dispatch());
    EXPECT_TRUE(word.start());
    EXPECT_TRUE(word.settle(Phase::kSucceeded).accepted);
    EXPECT_FALSE(word.dispatched());
}

TEST(StateWord, ACallOfALostWorkerStartsOver) {
    StateWord word;
    EXPECT_TRUE(word.accept());
    for (const bool started : {false, true}) {
        EXPECT_TRUE(word.dispatch());
        if (started) {
            EXPECT_TRUE(word.start());
        }
        word.restart();
        EXPECT_EQ(word.phase(), Phase::kPending);
        EXPECT_FALSE(word.dispatched());
        EXPECT_TRUE(word.accepted());
    }
    Aftermath aftermath{};
    EXPECT_EQ(word.cancel(aftermath), CancelOutcome::kCancelled);
}

TEST(StateWord, WaitPollsAndTimesOut) {
    StateWord word;
    EXPECT_FALSE(word.wait(cf::Deadline::after(0)));
    EXPECT_FALSE(word.wait(cf::Deadline::after(1)));
    EXPECT_TRUE(word.start());
    EXPECT_FALSE(word.wait(cf::Deadline::after(0)));
    static_cast<void>(word.settle(Phase::kSucceeded));
    EXPECT_TRUE(word.wait(cf::Deadline::after(0)));
    EXPECT_TRUE(word.wait(cf::Deadline::never()));
}

/// Races contenders for one word, many times; wakes sleepers; counts who won.
TEST(StateWord, ExactlyOneContenderWinsAndEverySleeperWakes) {
    constexpr auto kRounds = cf_test::amount(3000);
    for (int round = 0; round < kRounds; ++round) {
        StateWord word;
        std::atomic<int> winners{0};
        cf_test::Latch start(4);
        std::vector<std::thread> threads;
        threads.emplace_back([&] {
            start.arrive_and_wait();
            if (!word.start()) return;
            ++winners;
            static_cast<void>(word.settle(Phase::kSucceeded));
        });
        threads.emplace_back([&] {
            Aftermath aftermath{};
            start.arrive_and_wait();
            if (word.cancel(aftermath) == CancelOutcome::kCancelled) ++winners;
        });
        threads.emplace_back([&] {
            start.arrive_and_wait();
            while (word.lock_observers())
                word.unlock_observers(true);
        });
        threads.emplace_back([&] {
            start.arrive_and_wait();
            EXPECT_TRUE(word.wait(cf::Deadline::after(cf_test::long_wait_ns())));
        });
        for (std::thread& thread : threads)
            thread.join();
        ASSERT_EQ(winners, 1);
    }
}

}  // namespace
}  // namespace cf_unit

// How deep a worker's window is, by the clock of the test.
#include "process_pool/pace.h"

#include <gtest/gtest.h>

namespace cf_unit {
namespace {

using cf::kMillisecond;
using cf::Pace;

TEST(Pace, BeginsWithOneCall) {
    Pace pace;
    EXPECT_EQ(pace.window(), 1U);
    pace.began(100);
    EXPECT_EQ(pace.window(), 1U) << "nothing was measured yet";
}

TEST(Pace, ShortCallsDeepenItRoundByRound) {
    // Travelling takes 50 us, a call 500 ns.
    Pace pace;
    cf::Nanoseconds now = 0;
    size_t before = 0;
    for (int round = 0; round < 12; ++round) {
        before = pace.window();
        pace.began(now);
        now += 50'000 + static_cast<cf::Nanoseconds>(before) * 500;
        pace.answered(now, before);
        EXPECT_GE(pace.window(), before);
    }
    EXPECT_GT(pace.window(), 200U);
    EXPECT_LE(pace.window(), Pace::kMost);
}

TEST(Pace, LongCallsAreGivenOneByOne) {
    Pace pace;
    pace.began(0);
    pace.answered(8 * kMillisecond, 1);
    EXPECT_EQ(pace.window(), 1U);
    pace.began(8 * kMillisecond);
    for (int i = 1; i < 10; ++i)
        pace.answered(8 * kMillisecond + i * 100'000, 1);
    EXPECT_EQ(pace.window(), 2U) << "one runs and one waits";
}

TEST(Pace, AWorkerThatDoesNotAnswerGetsNothingMore) {
    Pace pace;
    pace.began(0);
    pace.answered(100, 100);
    EXPECT_EQ(pace.window(), Pace::kMost);
    EXPECT_FALSE(pace.gets_stuck(kMillisecond));
    EXPECT_TRUE(pace.gets_stuck(100 + kMillisecond));
    EXPECT_FALSE(pace.gets_stuck(9 * kMillisecond)) << "it is already";
    EXPECT_EQ(pace.window(), 1U);
    pace.answered(10 * kMillisecond, 1);
    EXPECT_FALSE(pace.stuck());
}

}  // namespace
}  // namespace cf_unit

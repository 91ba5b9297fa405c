// Timeout: every duration becomes nanoseconds without overflow.
#include <gtest/gtest.h>
#include <cfutures/timeout.hpp>

#include <chrono>
#include <cstdint>
#include <limits>

namespace {

using cfutures::Timeout;

TEST(TimeoutTest, DefaultsToForEver) {
    EXPECT_EQ(Timeout().nanoseconds(), -1);
    EXPECT_TRUE(Timeout::forever().is_forever());
}

TEST(TimeoutTest, TakesAnyDuration) {
    EXPECT_EQ(Timeout(std::chrono::seconds(2)).nanoseconds(), 2'000'000'000);
    EXPECT_EQ(Timeout(std::chrono::duration<double>(0.25)).nanoseconds(), 250'000'000);
    EXPECT_EQ(Timeout(std::chrono::nanoseconds(1)).nanoseconds(), 1);
}

TEST(TimeoutTest, NoTimeLeftPolls) {
    EXPECT_EQ(Timeout(std::chrono::seconds(0)).nanoseconds(), 0);
    EXPECT_EQ(Timeout(std::chrono::seconds(-5)).nanoseconds(), 0);
    EXPECT_EQ(Timeout(std::chrono::hours::min()).nanoseconds(), 0);
    EXPECT_EQ(Timeout(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()))
                  .nanoseconds(),
              0);
}

TEST(TimeoutTest, T14Saturates) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(Timeout(std::chrono::hours::max()).nanoseconds(), kMax);
    EXPECT_EQ(Timeout(std::chrono::nanoseconds::max()).nanoseconds(), kMax);
    EXPECT_EQ(Timeout(std::chrono::duration<double>(std::numeric_limits<double>::infinity()))
                  .nanoseconds(),
              kMax);
}

}  // namespace

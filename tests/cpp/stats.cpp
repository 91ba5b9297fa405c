// Counters of an executor.
#include <gtest/gtest.h>
#include <cfutures/thread_pool.hpp>

#include <numeric>
#include <stdexcept>

namespace {

TEST(Stats, CountsHowCallsEnd) {
    cfutures::ThreadPool pool({.max_workers = 2});
    for (int i = 0; i < 5; ++i)
        pool.post([] {});
    EXPECT_THROW(pool.submit([] { throw std::runtime_error("no"); }).result(), std::exception);
    pool.shutdown();
    const cfutures::Stats stats = pool.stats();
    EXPECT_EQ(stats.submitted, 6);
    EXPECT_EQ(stats.succeeded, 5);
    EXPECT_EQ(stats.failed, 1);
    EXPECT_EQ(stats.cancelled, 0);
    EXPECT_EQ(stats.queued, 0);
    EXPECT_EQ(stats.active_workers, 0);
    EXPECT_EQ(stats.idle_workers, 0);
    EXPECT_FALSE(stats.waits);
    EXPECT_FALSE(stats.runs);
}

TEST(Stats, TimesAreMeasuredWhereThatIsWanted) {
    cfutures::ThreadPool pool({.max_workers = 1, .timed = true});
    for (int i = 0; i < 5; ++i)
        pool.post([] {});
    pool.shutdown();
    const cfutures::Stats stats = pool.stats();
    ASSERT_TRUE(stats.waits);
    ASSERT_TRUE(stats.runs);
    for (const cfutures::TimeStats& times : {*stats.waits, *stats.runs}) {
        EXPECT_EQ(std::accumulate(times.histogram.begin(), times.histogram.end(), 0u), 5u);
        EXPECT_GE(times.sum.count(), 0);
    }
}

}  // namespace

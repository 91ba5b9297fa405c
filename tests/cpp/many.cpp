// wait() and as_completed(), also for futures of different types.
#include <gtest/gtest.h>
#include <cfutures/as_completed.hpp>
#include <cfutures/promise.hpp>
#include <cfutures/thread_pool.hpp>
#include <cfutures/wait.hpp>

#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "counted.h"
#include "support/events.h"
#include "support/time.h"

namespace {

using cf_test::Counted;
using cf_test::Gate;
using cf_test::short_wait;
using cfutures::Future;
using cfutures::Promise;
using cfutures::ReturnWhen;

class Many : public testing::Test {
  protected:
    Many() {
        for (auto& promise : promises_)
            futures_.push_back(promise.get_future());
    }

    std::vector<Promise<int>> promises_{3};
    std::vector<Future<int>> futures_;
};

TEST_F(Many, WaitForAll) {
    std::thread completer([&] {
        for (auto& promise : promises_)
            promise.set_result(1);
    });
    const auto result = cfutures::wait(futures_);
    EXPECT_EQ(result.done, futures_);
    EXPECT_TRUE(result.not_done.empty());
    completer.join();
}

TEST_F(Many, WaitForTheFirst) {
    promises_[1].set_result(1);
    const auto result = cfutures::wait(futures_, ReturnWhen::kFirstCompleted);
    EXPECT_EQ(result.done, std::vector{futures_[1]});
    EXPECT_EQ(result.not_done, (std::vector{futures_[0], futures_[2]}));
}

TEST_F(Many, WaitForTheFirstException) {
    promises_[0].set_result(1);
    EXPECT_TRUE(futures_[2].cancel());
    auto result = cfutures::wait(futures_, ReturnWhen::kFirstException, short_wait());
    EXPECT_EQ(result.not_done.size(), 1U);
    promises_[1].set_exception(std::runtime_error("no"));
    result = cfutures::wait(futures_, ReturnWhen::kFirstException);
    EXPECT_EQ(result.done.size(), 3U);
}

TEST_F(Many, WaitTimesOutQuietly) {
    const auto result = cfutures::wait(futures_, short_wait());
    EXPECT_TRUE(result.done.empty());
    EXPECT_EQ(result.not_done, futures_);
}

TEST_F(Many, WaitTakesAnyRange) {
    EXPECT_TRUE(cfutures::wait(std::vector<Future<int>>()).done.empty());
    promises_[0].set_result(1);
    const std::list<Future<int>> list{futures_[0]};
    EXPECT_EQ(cfutures::wait(list).done.size(), 1U);
    const Future<int> array[] = {futures_[0]};
    EXPECT_EQ(cfutures::wait(array).done.size(), 1U);
    EXPECT_THROW(cfutures::wait(std::vector<Future<int>>(1)), cfutures::InvalidArgument);
}

TEST_F(Many, FuturesOfDifferentTypes) {
    cfutures::ThreadPool pool;
    const Future<std::string> text = pool.submit([] { return std::string("text"); });
    const Future<void> nothing = pool.submit([] {});
    const auto result = cfutures::wait({text, nothing, futures_[0]}, ReturnWhen::kFirstCompleted);
    EXPECT_GE(result.done.size(), 1U);
    promises_[0].set_result(1);
    EXPECT_EQ(cfutures::wait({text, nothing, futures_[0]}).done.size(), 3U);
    int seen = 0;
    for (const cfutures::AnyFuture& future : cfutures::as_completed({text, nothing, futures_[0]})) {
        EXPECT_TRUE(future.done());
        ++seen;
    }
    EXPECT_EQ(seen, 3);
}

TEST_F(Many, AsCompletedGivesTheOrderOfCompletion) {
    std::vector<int> seen;
    auto completed = cfutures::as_completed(futures_);
    promises_[2].set_result(2);
    auto it = completed.begin();
    seen.push_back(it->result());
    promises_[0].set_result(0);
    ++it;
    seen.push_back((*it).result());
    promises_[1].set_result(1);
    for (; it != completed.end(); ++it)
        seen.push_back(it->result());
    EXPECT_EQ(seen, (std::vector<int>{2, 0, 0, 1}));
}

TEST_F(Many, AsCompletedGivesEachFutureOnce) {
    for (int i = 0; i < 3; ++i)
        promises_[static_cast<std::size_t>(i)].set_result(i);
    std::vector<Future<int>> twice = futures_;
    twice.insert(twice.end(), futures_.begin(), futures_.end());
    int sum = 0;
    int count = 0;
    for (const auto& future : cfutures::as_completed(twice)) {
        sum += future.result();
        ++count;
    }
    EXPECT_EQ(sum, 3);
    EXPECT_EQ(count, 3);
}

TEST_F(Many, AsCompletedSeesCancelledFutures) {
    for (const auto& future : futures_)
        EXPECT_TRUE(future.cancel());
    int cancelled = 0;
    for (const auto& future : cfutures::as_completed(futures_))
        cancelled += future.cancelled();
    EXPECT_EQ(cancelled, 3);
}

TEST_F(Many, AsCompletedTimesOutAndLeavesTheFuturesAlone) {
    promises_[0].set_result(1);
    auto completed = cfutures::as_completed(futures_, short_wait());
    auto it = completed.begin();
    EXPECT_EQ(it->result(), 1);
    EXPECT_THROW(++it, cfutures::TimeoutError);
    EXPECT_FALSE(futures_[1].done());
    promises_[1].set_result(2);
    EXPECT_EQ(futures_[1].result(), 2);
}

TEST_F(Many, AsCompletedMayBeLeftEarly) {
    promises_[0].set_result(1);
    for (const auto& future : cfutures::as_completed(futures_)) {
        EXPECT_EQ(future.result(), 1);
        break;
    }
    EXPECT_FALSE(futures_[1].done());
}

TEST_F(Many, AsCompletedOfNothing) {
    for (const auto& future : cfutures::as_completed(std::vector<Future<int>>())) {
        FAIL() << future.task_id();
    }
}

TEST_F(Many, AsCompletedLetsGoOfWhatWasSeen) {
    {
        std::vector<Future<Counted>> futures;
        for (int i = 0; i < 2; ++i) {
            Promise<Counted> promise;
            promise.set_result();
            futures.push_back(promise.get_future());
        }
        auto completed = cfutures::as_completed(futures);
        futures.clear();
        EXPECT_EQ(Counted::alive, 2);
        auto it = completed.begin();
        ++it;
        EXPECT_EQ(Counted::alive, 1);
    }
    EXPECT_EQ(Counted::alive, 0);
}

}  // namespace

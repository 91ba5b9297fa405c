// CompletionQueue, and the index that as_completed() gives.
#include <gtest/gtest.h>
#include <poll.h>
#include <cfutures/as_completed.hpp>
#include <cfutures/completion_queue.hpp>
#include <cfutures/promise.hpp>
#include <cfutures/thread_pool.hpp>

#include <set>
#include <string>
#include <vector>

#include "counted.h"
#include "support/time.h"

namespace {

using cf_test::Counted;
using cfutures::AnyFuture;
using cfutures::CompletionQueue;
using cfutures::Future;
using cfutures::Promise;

TEST(CompletionQueue, GivesDoneFuturesWithTheirTags) {
    cfutures::ThreadPool pool;
    CompletionQueue<Future<int>> queue;
    for (int i = 0; i < 20; ++i)
        queue.add(pool.submit([i] { return i * i; }), static_cast<std::uint64_t>(i));
    std::set<std::uint64_t> seen;
    while (const auto done = queue.next()) {
        EXPECT_EQ(done->future.result(), static_cast<int>(done->tag * done->tag));
        seen.insert(done->tag);
    }
    EXPECT_EQ(seen.size(), 20U);
}

TEST(CompletionQueue, GivesBatches) {
    CompletionQueue<Future<int>> queue;
    std::vector<Promise<int>> promises(5);
    for (std::size_t i = 0; i < promises.size(); ++i)
        queue.add(promises[i].get_future(), i);
    EXPECT_THROW(queue.next_batch(3, cf_test::short_wait()), cfutures::TimeoutError);
    for (std::size_t i = promises.size(); i-- > 0;)
        promises[i].set_result(static_cast<int>(i));
    EXPECT_EQ(queue.next_batch(3).size(), 3U);
    const auto rest = queue.next_batch(3);
    ASSERT_EQ(rest.size(), 2U);
    EXPECT_EQ(rest[0].future.result(), 1);
    EXPECT_EQ(rest[1].tag, 0U);
    EXPECT_TRUE(queue.next_batch(3).empty());
    EXPECT_FALSE(queue.next().has_value());
    EXPECT_THROW(queue.next_batch(0), cfutures::InvalidArgument);
}

TEST(CompletionQueue, CanBePolled) {
    CompletionQueue<> queue;
    Promise<int> number;
    Promise<std::string> text;
    queue.add(number.get_future());
    queue.add(text.get_future());
    pollfd polled{queue.descriptor(), POLLIN, 0};
    EXPECT_EQ(poll(&polled, 1, 0), 0);
    text.set_result("t");
    EXPECT_EQ(poll(&polled, 1, 0), 1);
    EXPECT_EQ(queue.next()->future, text.get_future());
    EXPECT_EQ(poll(&polled, 1, 0), 0);
}

TEST(CompletionQueue, ForgetsWhatWasNotTaken) {
    {
        Promise<Counted> pending;
        {
            CompletionQueue<Future<Counted>> queue;
            Promise<Counted> done;
            done.set_result();
            queue.add(done.get_future());
            queue.add(pending.get_future());
            EXPECT_THROW(queue.add(Future<Counted>()), cfutures::InvalidArgument);
        }
        EXPECT_EQ(Counted::alive, 0);
        EXPECT_FALSE(pending.get_future().done());
    }
}

TEST(AsCompleted, TellsTheIndex) {
    std::vector<Promise<int>> promises(3);
    std::vector<Future<int>> futures;
    for (const auto& promise : promises)
        futures.push_back(promise.get_future());
    for (const int i : {2, 0, 1})
        promises[static_cast<std::size_t>(i)].set_result(i);
    auto completed = cfutures::as_completed(futures);
    std::vector<std::size_t> indices;
    for (const auto& future : completed) {
        EXPECT_EQ(completed.index(), static_cast<std::size_t>(future.result()));
        indices.push_back(completed.index());
    }
    EXPECT_EQ(indices, (std::vector<std::size_t>{0, 1, 2}));  // done before: in the input's order
    auto again = cfutures::as_completed(futures);
    EXPECT_EQ(again.begin().index(), 0U);
}

}  // namespace

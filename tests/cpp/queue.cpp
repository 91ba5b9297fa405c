// Priorities and bounded queues.
#include <gtest/gtest.h>
#include <cfutures/thread_pool.hpp>

#include <chrono>
#include <string>
#include <thread>

#include "support/events.h"

namespace {

using cf_test::Gate;

// Occupies the only worker of a pool.
class Occupied {
  public:
    explicit Occupied(cfutures::ThreadPool& pool) {
        pool.post({.priority = 100}, [this] {
            begun_.open();
            go_.wait();
            ended_.open();
        });
        begun_.wait();
    }
    ~Occupied() {
        go_.open();
        ended_.wait();
    }

  private:
    Gate begun_;
    Gate go_;
    Gate ended_;
};

TEST(Queue, HigherPrioritiesStartFirst) {
    std::string order;
    {
        cfutures::ThreadPool pool({.max_workers = 1});
        const Occupied occupied(pool);
        const auto post = [&](char letter, int priority) {
            pool.post({.priority = priority}, [&order, letter] { order += letter; });
        };
        post('c', -1);
        post('b', 0);
        post('a', 1);
    }
    EXPECT_EQ(order, "abc");
}

TEST(Queue, IsFull) {
    cfutures::ThreadPool pool(
        {.max_workers = 1, .max_queue = 1, .queue_policy = cfutures::QueuePolicy::kFail});
    const Occupied occupied(pool);
    pool.post([] {});
    EXPECT_THROW(pool.post([] {}), cfutures::QueueFullError);
    EXPECT_THROW(pool.submit([] { return 1; }), cfutures::QueueFullError);
}

TEST(Queue, AWaitForAPlaceEnds) {
    cfutures::ThreadPool pool({.max_workers = 1, .max_queue = 1});
    const Occupied occupied(pool);
    pool.post([] {});
    EXPECT_THROW(pool.submit({.queue_timeout = std::chrono::nanoseconds(1)}, [] {}),
                 cfutures::QueueFullError);
}

TEST(Queue, RunsInTheCaller) {
    cfutures::ThreadPool pool(
        {.max_workers = 1, .max_queue = 1, .queue_policy = cfutures::QueuePolicy::kRunInCaller});
    const Occupied occupied(pool);
    pool.post([] {});
    EXPECT_EQ(pool.submit([] { return std::this_thread::get_id(); }).result(),
              std::this_thread::get_id());
}

}  // namespace

// Future<T>: states, waiting, sharing and moving out, callbacks.
#include <gtest/gtest.h>
#include <cfutures/future.hpp>
#include <cfutures/thread_pool.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "counted.h"
#include "support/events.h"
#include "support/time.h"

namespace {

using cf_test::Counted;
using cf_test::Gate;
using cf_test::long_wait;
using cf_test::short_wait;
using cfutures::FutureState;

static_assert(std::is_nothrow_move_constructible_v<cfutures::Future<int>>);
static_assert(std::is_copy_constructible_v<cfutures::Future<std::unique_ptr<int>>>);

// A pool of one worker that is busy until the gate opens.
class FutureTest : public testing::Test {
  protected:
    ~FutureTest() override { gate_.open(); }

    cfutures::Future<void> occupy() {
        auto busy = pool_.submit([this] {
            started_.open();
            gate_.wait();
        });
        started_.wait();
        return busy;
    }

    Gate started_;
    Gate gate_;
    cfutures::ThreadPool pool_{{.max_workers = 1}};
};

TEST_F(FutureTest, States) {
    const auto busy = occupy();
    const auto next = pool_.submit([] { return 1; });
    EXPECT_EQ(busy.state(), FutureState::kRunning);
    EXPECT_TRUE(busy.running());
    EXPECT_FALSE(busy.done());
    EXPECT_EQ(next.state(), FutureState::kPending);
    EXPECT_FALSE(busy.cancel());
    gate_.open();
    EXPECT_EQ(next.result(), 1);
    EXPECT_EQ(next.state(), FutureState::kFinished);
    EXPECT_TRUE(next.done());
    EXPECT_FALSE(next.running());
    EXPECT_FALSE(next.cancel());
    EXPECT_NE(next.task_id(), 0U);
    EXPECT_NE(next.task_id(), busy.task_id());
}

TEST_F(FutureTest, Cancel) {
    occupy();
    const auto next = pool_.submit([] { return 1; });
    EXPECT_TRUE(next.cancel());
    EXPECT_TRUE(next.cancel());
    EXPECT_TRUE(next.cancelled());
    EXPECT_TRUE(next.done());
    EXPECT_TRUE(next.wait());
    EXPECT_THROW(next.result(), cfutures::CancelledError);
    EXPECT_THROW(static_cast<void>(next.exception()), cfutures::CancelledError);
}

TEST_F(FutureTest, TimeoutLeavesTheCallAlone) {
    const auto busy = occupy();
    EXPECT_FALSE(busy.wait(short_wait()));
    EXPECT_THROW(busy.result(short_wait()), cfutures::TimeoutError);
    EXPECT_THROW(busy.result(std::chrono::seconds(0)), cfutures::TimeoutError);
    EXPECT_THROW(busy.result(std::chrono::seconds(-1)), cfutures::TimeoutError);
    EXPECT_THROW(static_cast<void>(busy.exception(short_wait())), cfutures::TimeoutError);
    gate_.open();
    EXPECT_TRUE(busy.wait(long_wait()));
    busy.result();
}

TEST_F(FutureTest, Exception) {
    const auto fails = pool_.submit([] { throw std::runtime_error("no"); });
    const auto succeeds = pool_.submit([] {});
    EXPECT_THROW(std::rethrow_exception(fails.exception()), std::runtime_error);
    EXPECT_EQ(succeeds.exception(), nullptr);
}

TEST_F(FutureTest, EmptyFuture) {
    const cfutures::Future<int> empty;
    EXPECT_FALSE(empty.valid());
    EXPECT_EQ(empty.native_handle(), nullptr);
    EXPECT_THROW(static_cast<void>(empty.state()), cfutures::InvalidArgument);
    EXPECT_THROW(empty.wait(), cfutures::InvalidArgument);
    EXPECT_THROW(empty.result(), cfutures::InvalidArgument);
    EXPECT_THROW(empty.cancel(), cfutures::InvalidArgument);
    EXPECT_THROW(empty.add_done_callback([](auto&) {}), cfutures::InvalidArgument);
}

TEST_F(FutureTest, CopiesShareTheResult) {
    const auto future = pool_.submit([] { return std::string("text"); });
    const auto copy = future;
    EXPECT_EQ(future, copy);
    EXPECT_EQ(&future.result(), &copy.result());
    EXPECT_EQ(copy.result(), "text");
}

TEST_F(FutureTest, ATemporaryMovesItsResultOut) {
    EXPECT_EQ(*pool_.submit([] { return std::make_unique<int>(3); }).result(), 3);
    auto future = pool_.submit([] { return std::string(100, 'x'); });
    const auto copy = future;
    const char* characters = copy.result().data();
    const std::string mine = std::move(future).result();
    EXPECT_EQ(mine.data(), characters);
    EXPECT_THROW(copy.result(), cfutures::InvalidStateError);
    EXPECT_THROW(static_cast<void>(copy.take()), cfutures::InvalidStateError);
    EXPECT_EQ(copy.exception(), nullptr);
}

TEST_F(FutureTest, ResultsThatAreCopiedCanBeTakenAgain) {
    const auto future = pool_.submit([] { return 5; });
    EXPECT_EQ(cfutures::Future<int>(future).result(), 5);
    EXPECT_EQ(future.take(), 5);
    EXPECT_EQ(future.result(), 5);
}

TEST_F(FutureTest, OneOfManyThreadsTakesTheResult) {
    const auto future = pool_.submit([] { return std::make_unique<int>(1); });
    future.wait();
    std::atomic<int> taken{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            try {
                taken += *future.take();
            } catch (const cfutures::InvalidStateError&) {
                ++refused;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(taken, 1);
    EXPECT_EQ(refused, 7);
}

TEST_F(FutureTest, CallbackRunsOnceWhenDone) {
    auto busy = occupy();
    const auto next = pool_.submit([] { return 7; });
    Gate called;
    int seen = 0;
    next.add_done_callback([&](const cfutures::Future<int>& done) {
        EXPECT_TRUE(done.done());
        EXPECT_EQ(done, next);
        seen += done.result();
        called.open();
    });
    gate_.open();
    called.wait();
    pool_.shutdown();
    EXPECT_EQ(seen, 7);
}

TEST_F(FutureTest, CallbackOfADoneFutureRunsAtOnce) {
    auto future = pool_.submit([] { return 7; });
    future.wait();
    const auto self = std::this_thread::get_id();
    bool here = false;
    future.add_done_callback([&](cfutures::Future<int>& done) {
        here = std::this_thread::get_id() == self && done.result() == 7;
    });
    EXPECT_TRUE(here);
}

TEST_F(FutureTest, CallbacksRunInOrderOnTheCanceller) {
    occupy();
    const auto next = pool_.submit([] {});
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) {
        next.add_done_callback([&order, i](cfutures::Future<void> done) {
            EXPECT_TRUE(done.cancelled());
            order.push_back(i);
        });
    }
    EXPECT_TRUE(next.cancel());
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST_F(FutureTest, CallbackIsDestroyedRightAfterItRan) {
    occupy();
    const auto next = pool_.submit([] {});
    int alive = 0;
    next.add_done_callback(
        [&, c = Counted(), p = std::make_unique<int>(1)](auto&) { alive = Counted::alive; });
    EXPECT_EQ(Counted::alive, 1);
    EXPECT_TRUE(next.cancel());
    EXPECT_EQ(alive, 1);
    EXPECT_EQ(Counted::alive, 0);
}

TEST_F(FutureTest, WhatACallbackThrowsIsDropped) {
    auto future = pool_.submit([] {});
    future.wait();
    bool second = false;
    future.add_done_callback([](auto&) { throw std::runtime_error("nobody listens"); });
    future.add_done_callback([&](auto&) { second = true; });
    EXPECT_TRUE(second);
    future.result();
}

TEST_F(FutureTest, ACallbackMayHoldItsOwnFuture) {
    occupy();
    auto future = pool_.submit([] { return Counted(); });
    future.add_done_callback([future](auto&) {});
    future = {};
    gate_.open();
    pool_.shutdown();
    EXPECT_EQ(Counted::alive, 0);
}

}  // namespace

// co_await, and coroutines that return a Future.
#include <gtest/gtest.h>
#include <cfutures/coroutine.hpp>
#include <cfutures/inline_executor.hpp>
#include <cfutures/promise.hpp>
#include <cfutures/thread_pool.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "counted.h"
#include "support/events.h"
#include "support/time.h"

#ifndef CFUTURES_HAS_COROUTINES
#error "the compiler of these tests has coroutines"
#endif

namespace {

using cf_test::Counted;
using cfutures::Future;
using cfutures::Promise;

class Coroutines : public testing::Test {
  protected:
    cfutures::ThreadPool pool_{{.max_workers = 2}};
};

Future<int> add(Future<int> a, Future<int> b) {
    co_return co_await a + co_await b;
}

Future<std::string> as_text(Future<int> number) {
    co_return std::to_string(co_await number);
}

Future<void> nothing(Future<void> before) {
    co_await before;
}

Future<int> fail(Future<void> before) {
    co_await before;
    throw std::out_of_range("far");
}

TEST_F(Coroutines, WaitForFutures) {
    const auto sum = add(pool_.submit([] { return 40; }), pool_.submit([] { return 2; }));
    EXPECT_EQ(sum.result(), 42);
    EXPECT_EQ(as_text(sum).result(), "42");
    nothing(pool_.submit([] {})).result();
}

TEST_F(Coroutines, DoNotWaitForDoneFutures) {
    Promise<int> promise;
    promise.set_result(3);
    const auto text = as_text(promise.get_future());
    EXPECT_TRUE(text.done());
    EXPECT_EQ(text.result(), "3");
}

TEST_F(Coroutines, ExceptionsTravel) {
    EXPECT_THROW(fail(pool_.submit([] {})).result(), std::out_of_range);
    const auto through = as_text(pool_.submit([]() -> int { throw std::range_error("inside"); }));
    EXPECT_THROW(through.result(), std::range_error);
    const auto caught = [](Future<int> future) -> Future<bool> {
        try {
            co_await future;
        } catch (const std::out_of_range&) {
            co_return true;
        }
        co_return false;
    };
    EXPECT_TRUE(caught(fail(pool_.submit([] {}))).result());
}

TEST_F(Coroutines, SeeCancellations) {
    Promise<int> promise;
    const auto text = as_text(promise.get_future());
    EXPECT_TRUE(promise.get_future().cancel());
    EXPECT_FALSE(text.cancelled());  // it failed; it was not cancelled itself
    EXPECT_THROW(text.result(), cfutures::RemoteError);
}

TEST_F(Coroutines, HaveStartedAndCannotBeCancelled) {
    Promise<int> promise;
    const auto text = as_text(promise.get_future());
    EXPECT_TRUE(text.running());
    EXPECT_FALSE(text.cancel());
    promise.set_result(1);
    EXPECT_EQ(text.result(), "1");
}

Future<std::thread::id> where_after(Future<void> before) {
    co_await before;
    co_return std::this_thread::get_id();
}

TEST_F(Coroutines, GoOnWhereTheFutureWasCompleted) {
    Promise<void> promise;
    const auto where = where_after(promise.get_future());
    std::thread completer([&] { promise.set_result(); });
    const std::thread::id expected = completer.get_id();
    completer.join();
    EXPECT_EQ(where.result(), expected);
}

Future<std::thread::id> where_on(cfutures::ThreadPool& pool, Future<void> before) {
    co_await cfutures::resume_on(pool, before);
    co_return std::this_thread::get_id();
}

TEST_F(Coroutines, GoOnOnAnExecutor) {
    cfutures::ThreadPool one({.max_workers = 1});
    const std::thread::id worker = one.submit([] { return std::this_thread::get_id(); }).result();
    Promise<void> promise;
    const auto where = where_on(one, promise.get_future());
    promise.set_result();
    EXPECT_EQ(where.result(), worker);
    EXPECT_EQ(where_on(one, promise.get_future()).result(), worker);  // done before
}

Future<bool> hop(cfutures::ThreadPool& pool, std::thread::id worker) {
    co_await cfutures::resume_on(pool);
    const bool there = std::this_thread::get_id() == worker;
    co_await cfutures::resume_on(pool);
    co_return there&& std::this_thread::get_id() == worker;
}

TEST_F(Coroutines, HopToAnExecutor) {
    cfutures::ThreadPool one({.max_workers = 1});
    const std::thread::id worker = one.submit([] { return std::this_thread::get_id(); }).result();
    EXPECT_TRUE(hop(one, worker).result());
}

TEST_F(Coroutines, OnAnInlineExecutorTheyStay) {
    cfutures::InlineExecutor here;
    Promise<int> promise;
    const auto coroutine = [](cfutures::InlineExecutor& executor,
                              Future<int> future) -> Future<int> {
        co_await cfutures::resume_on(executor);
        const int number = co_await cfutures::resume_on(executor, std::move(future));
        co_return number + 1;
    };
    const auto future = coroutine(here, promise.get_future());
    promise.set_result(1);
    EXPECT_EQ(future.result(), 2);
}

// A coroutine whose executor does not run it goes on with the reason, and so its future ends.
TEST_F(Coroutines, AnExecutorThatIsShutDownThrows) {
    Promise<void> promise;
    const auto waiting = where_on(pool_, promise.get_future());
    EXPECT_TRUE(pool_.shutdown());
    promise.set_result();
    EXPECT_THROW(waiting.result(), cfutures::ShutDownError);
    EXPECT_THROW(hop(pool_, {}).result(), cfutures::ShutDownError);
}

TEST_F(Coroutines, AnExecutorThatCancelsThrows) {
    cf_test::Gate gate;
    cf_test::Latch arrived(1);
    cfutures::ThreadPool one({.max_workers = 1});
    const auto parked = one.submit([&] {
        arrived.arrive();
        gate.wait();
    });
    arrived.wait();
    const auto caught = [](cfutures::ThreadPool& pool) -> Future<bool> {
        try {
            co_await cfutures::resume_on(pool);
        } catch (const cfutures::CancelledError&) {
            co_return true;
        }
        co_return false;
    };
    const auto waiting = caught(one);
    EXPECT_FALSE(waiting.done());
    EXPECT_FALSE(one.shutdown({.wait = false, .cancel_futures = true}));
    EXPECT_TRUE(waiting.result());
    gate.open();
}

Future<Counted> give(Future<void> before) {
    const Counted local;
    co_await before;
    co_return Counted();
}

TEST_F(Coroutines, LocalsAreGoneWhenTheFutureIsDone) {
    {
        Promise<void> promise;
        const auto future = give(promise.get_future());
        EXPECT_EQ(Counted::alive, 1);
        int seen = 0;
        future.add_done_callback([&](const Future<Counted>&) { seen = Counted::alive; });
        promise.set_result();
        EXPECT_EQ(seen, 1);  // the result alone
        EXPECT_EQ(Counted::alive, 1);
    }
    EXPECT_EQ(Counted::alive, 0);
}

Future<std::unique_ptr<int>> make_owner(cfutures::ThreadPool& pool) {
    co_return co_await pool.submit([] { return std::make_unique<int>(5); });
}

TEST_F(Coroutines, MoveOnlyResults) {
    EXPECT_EQ(*make_owner(pool_).result(), 5);
}

Future<int&> give_reference(int& number) {
    co_return number;
}

TEST_F(Coroutines, References) {
    int number = 1;
    EXPECT_EQ(&give_reference(number).result(), &number);
}

Future<int> count_to(cfutures::ThreadPool& pool, int limit) {
    int sum = 0;
    for (int i = 0; i < limit; ++i)
        sum += co_await pool.submit([] { return 1; });
    co_return sum;
}

Future<void> hop_often(cfutures::InlineExecutor& executor, Future<void> before, int times) {
    for (int i = 0; i < times; ++i) {
        co_await cfutures::resume_on(executor);
        co_await cfutures::resume_on(executor, before);
    }
}

TEST_F(Coroutines, LoopsDoNotNest) {
    EXPECT_EQ(count_to(pool_, 5000).result(), 5000);
    cfutures::InlineExecutor here;
    hop_often(here, here.submit([] {}), 100000).result();
}

}  // namespace

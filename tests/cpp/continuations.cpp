// then(), when_all(), when_any().
#include <gtest/gtest.h>
#include <cfutures/inline_executor.hpp>
#include <cfutures/promise.hpp>
#include <cfutures/thread_pool.hpp>
#include <cfutures/when.hpp>

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
using cfutures::Future;
using cfutures::Promise;

class Continue : public testing::Test {
  protected:
    cfutures::ThreadPool pool_{{.max_workers = 2}};
};

TEST_F(Continue, WithTheResult) {
    const Future<int> number = pool_.submit([] { return 20; });
    const Future<std::string> text =
        number.then(pool_, [](int n) { return n + 1; }).then(pool_, [](const int& n) {
            return std::to_string(2 * n);
        });
    EXPECT_EQ(text.result(), "42");
    EXPECT_EQ(number.result(), 20);
}

TEST_F(Continue, WithTheFuture) {
    const Future<int> failed = pool_.submit([]() -> int { throw std::out_of_range("far"); });
    const Future<bool> saw = failed.then(
        pool_, [](const Future<int>& done) { return done.done() && done.exception() != nullptr; });
    EXPECT_TRUE(saw.result());
    const Future<int> again = failed.then(pool_, [](Future<int> done) { return done.result(); });
    EXPECT_THROW(again.result(), std::out_of_range);
}

TEST_F(Continue, NothingAndReferences) {
    static int number = 1;
    const Future<int&> reference = pool_.submit([] {}).then(pool_, []() -> int& { return number; });
    EXPECT_EQ(&reference.result(), &number);
    reference.then(pool_, [](int& n) { n = 5; }).result();
    EXPECT_EQ(number, 5);
}

TEST_F(Continue, MoveOnlyThings) {
    auto owner = std::make_unique<int>(4);
    const Future<std::unique_ptr<int>> future =
        pool_.submit([] { return std::make_unique<int>(3); })
            .then(pool_, [owner = std::move(owner)](const std::unique_ptr<int>& n) {
                return std::make_unique<int>(*n * *owner);
            });
    EXPECT_EQ(*future.result(), 12);
    const Future<int> taken =
        future.then(pool_, [](const Future<std::unique_ptr<int>>& done) { return *done.take(); });
    EXPECT_EQ(taken.result(), 12);
}

TEST_F(Continue, AnExceptionTravelsAsItself) {
    bool called = false;
    const auto last = pool_.submit([]() -> int { throw std::out_of_range("far"); })
                          .then(pool_,
                                [&](int n) {
                                    called = true;
                                    return n;
                                })
                          .then(pool_, [&](int) { called = true; });
    EXPECT_THROW(last.result(), std::out_of_range);
    EXPECT_NE(last.exception(), nullptr);
    EXPECT_FALSE(called);
}

TEST_F(Continue, AnExceptionOfTheContinuation) {
    const auto future =
        pool_.submit([] { return 1; }).then(pool_, [](int) -> int { throw std::range_error("r"); });
    EXPECT_THROW(future.result(), std::range_error);
}

TEST_F(Continue, ACancellationTravels) {
    Promise<int> promise;
    const auto derived = promise.get_future().then(pool_, [](int n) { return n; });
    const auto last = derived.then(pool_, [](int) {});
    EXPECT_TRUE(promise.get_future().cancel());
    EXPECT_TRUE(last.cancelled());
    EXPECT_THROW(last.result(), cfutures::CancelledError);
}

TEST_F(Continue, CancellingTheDerivedLeavesTheOtherAlone) {
    {
        Promise<int> promise;
        const auto derived =
            promise.get_future().then(pool_, [counted = Counted()](int n) { return n; });
        EXPECT_EQ(Counted::alive, 1);
        EXPECT_TRUE(derived.cancel());
        EXPECT_EQ(Counted::alive, 0);
        EXPECT_FALSE(promise.get_future().done());
        promise.set_result(3);
        EXPECT_EQ(promise.get_future().result(), 3);
    }
    EXPECT_EQ(Counted::alive, 0);
}

TEST_F(Continue, OnAnExecutorThatIsShutDown) {
    Promise<int> promise;
    const auto derived = promise.get_future().then(pool_, [](int n) { return n; });
    EXPECT_TRUE(pool_.shutdown());
    promise.set_result(1);
    EXPECT_THROW(derived.result(), cfutures::ShutDownError);
}

TEST_F(Continue, Inline) {
    cfutures::InlineExecutor here;
    Promise<void> promise;
    std::thread::id where;
    const auto derived =
        promise.get_future().then(here, [&] { where = std::this_thread::get_id(); });
    std::thread completer([&] { promise.set_result(); });
    const std::thread::id expected = completer.get_id();
    completer.join();
    derived.result();
    EXPECT_EQ(where, expected);
}

TEST_F(Continue, LetsGoOfWhatItDoesNotNeed) {
    {
        const auto derived =
            pool_.submit([] { return Counted(); }).then(pool_, [](const Counted&) { return 1; });
        EXPECT_EQ(derived.result(), 1);
        EXPECT_TRUE(pool_.shutdown());
        EXPECT_EQ(Counted::alive, 0);
    }
    EXPECT_EQ(Counted::alive, 0);
}

TEST_F(Continue, EmptyFuturesAreRefused) {
    EXPECT_THROW(Future<int>().then(pool_, [](int) {}), cfutures::InvalidArgument);
}

TEST_F(Continue, WhenAllOfARange) {
    std::vector<Future<int>> futures;
    for (int i = 0; i < 10; ++i)
        futures.push_back(pool_.submit([i] { return i; }));
    const auto all = cfutures::when_all(futures);
    const Future<int> sum = all.then(pool_, [](const std::vector<Future<int>>& done) {
        int total = 0;
        for (const Future<int>& one : done)
            total += one.result();
        return total;
    });
    EXPECT_EQ(sum.result(), 45);
    EXPECT_EQ(all.result(), futures);
    EXPECT_TRUE(cfutures::when_all(std::list<Future<int>>()).result().empty());
}

TEST_F(Continue, WhenAllOfDifferentTypes) {
    const Future<int> number = pool_.submit([] { return 1; });
    const Future<std::string> text = pool_.submit([] { return std::string("t"); });
    const Future<void> failed = pool_.submit([] { throw std::runtime_error("no"); });
    const auto all = cfutures::when_all(number, text, failed);
    const auto& [one, two, three] = all.result();
    EXPECT_EQ(one.result(), 1);
    EXPECT_EQ(two.result(), "t");
    EXPECT_THROW(three.result(), std::runtime_error);
}

TEST_F(Continue, WhenAny) {
    std::vector<Promise<int>> promises(3);
    std::vector<Future<int>> futures;
    for (const auto& promise : promises)
        futures.push_back(promise.get_future());
    const auto any = cfutures::when_any(futures);
    const auto value = any.then(pool_, [](const cfutures::WhenAny<Future<int>>& first) {
        return first.futures[first.index].result();
    });
    EXPECT_FALSE(any.done());
    promises[1].set_result(7);
    EXPECT_EQ(value.result(), 7);
    EXPECT_EQ(any.result().index, 1U);
    EXPECT_EQ(any.result().futures, futures);
    EXPECT_FALSE(futures[0].done());
    EXPECT_THROW(cfutures::when_any(std::vector<Future<int>>()), cfutures::InvalidArgument);
}

TEST_F(Continue, WhenIsCancelledAlone) {
    Promise<int> promise;
    const auto all = cfutures::when_all(promise.get_future());
    EXPECT_TRUE(all.cancel());
    EXPECT_FALSE(promise.get_future().done());
    EXPECT_THROW(all.result(), cfutures::CancelledError);
    promise.set_result(1);
}

}  // namespace

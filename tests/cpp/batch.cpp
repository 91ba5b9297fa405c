// Calls that are submitted together, and calls that are posted.
#include <gtest/gtest.h>
#include <cfutures/cfutures.hpp>

#include <iterator>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "counted.h"
#include "support/events.h"

namespace {

using cf_test::Counted;

int twice(int n) {
    return 2 * n;
}

class Batch : public testing::Test {
  protected:
    ~Batch() override { EXPECT_EQ(Counted::alive, 0); }
};

TEST_F(Batch, EachElementHasAFuture) {
    cfutures::ThreadPool pool;
    std::vector<int> numbers(1000);
    std::iota(numbers.begin(), numbers.end(), 0);
    auto futures = pool.submit_batch([](int n) { return std::to_string(n); }, numbers);
    ASSERT_EQ(futures.size(), 1000u);
    for (int i = 0; i < 1000; ++i)
        EXPECT_EQ(futures[static_cast<std::size_t>(i)].result(), std::to_string(i));
}

TEST_F(Batch, OfNothingAndInline) {
    cfutures::InlineExecutor executor;
    EXPECT_TRUE(executor.submit_batch(twice, std::vector<int>()).empty());
    auto futures = executor.submit_batch(twice, std::vector{1, 2});
    EXPECT_TRUE(futures[1].done());
    EXPECT_EQ(futures[1].result(), 4);
}

TEST_F(Batch, AFunctionAndOptions) {
    cfutures::ThreadPool pool;
    EXPECT_EQ(pool.submit_batch<twice>(std::vector{1, 2, 3})[2].result(), 6);
    auto futures = pool.submit_batch({.name = "batch"}, twice, std::vector{4});
    EXPECT_EQ(futures[0].result(), 8);
}

TEST_F(Batch, OnAnyExecutor) {
    cfutures::ThreadPool pool;
    const cfutures::ExecutorRef any = pool;
    EXPECT_EQ(any.submit_batch<twice>(std::vector{21})[0].result(), 42);
}

TEST_F(Batch, RvaluesThatARangeGivesAreMoved) {
    struct Moving {
        std::vector<std::unique_ptr<int>>& from;
        auto begin() const { return std::make_move_iterator(from.begin()); }
        auto end() const { return std::make_move_iterator(from.end()); }
    };
    std::vector<std::unique_ptr<int>> numbers(3);
    for (auto& number : numbers)
        number = std::make_unique<int>(2);
    cfutures::ThreadPool pool;
    auto futures =
        pool.submit_batch([](const std::unique_ptr<int>& n) { return *n; }, Moving{numbers});
    EXPECT_EQ(futures[2].result(), 2);
    EXPECT_EQ(numbers[2], nullptr);
}

TEST_F(Batch, ACopyThatThrowsSubmitsNothing) {
    struct Fragile {
        explicit Fragile(int n) : number(n) {}
        Fragile(const Fragile& other) : number(other.number) {
            if (number == 2) throw std::runtime_error("no copy");
        }
        int number;
        Counted counted;
    };
    cf_test::Counter ran;
    cfutures::ThreadPool pool;
    std::vector<Fragile> elements;
    elements.reserve(3);
    for (int i = 0; i < 3; ++i)
        elements.emplace_back(i);
    EXPECT_THROW(pool.submit_batch([&](const Fragile&) { ran.add(); }, elements),
                 std::runtime_error);
    pool.shutdown();
    EXPECT_EQ(ran.value(), 0);
}

TEST_F(Batch, AfterShutdown) {
    cfutures::ThreadPool pool;
    pool.shutdown();
    EXPECT_THROW(pool.submit_batch(twice, std::vector{1}), cfutures::ShutDownError);
    EXPECT_THROW(pool.post(twice, 1), cfutures::ShutDownError);
    EXPECT_THROW(pool.post_batch(twice, std::vector{1}), cfutures::ShutDownError);
}

TEST_F(Batch, PostedCallsRun) {
    cf_test::Counter ran;
    {
        cfutures::ThreadPool pool;
        pool.post([&](int n, const Counted&) { ran.add(n); }, 1, Counted());
        pool.post({.name = "posted"}, [&] { ran.add(); });
        pool.post_batch([&](int n) { ran.add(n); }, std::vector{10, 100});
    }
    EXPECT_EQ(ran.value(), 112);
}

}  // namespace

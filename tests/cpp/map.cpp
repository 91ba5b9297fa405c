// map() on the executors of this process.
#include <gtest/gtest.h>
#include <cfutures/inline_executor.hpp>
#include <cfutures/map.hpp>
#include <cfutures/thread_pool.hpp>

#include <cstdint>
#include <iterator>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "counted.h"
#include "generated.h"
#include "support/events.h"
#include "support/time.h"

namespace {

using cf_test::Counted;
using cf_test::Counter;
using cf_test::Gate;
using cf_test::Generated;

int square(int n) {
    return n * n;
}

int same(int n) {
    return n;
}

template <class M>
auto collect(M map) {
    std::vector<std::decay_t<decltype(*map.begin())>> results;
    for (auto& result : map)
        results.push_back(std::move(result));
    return results;
}

class MapTest : public testing::Test {
  protected:
    ~MapTest() override { EXPECT_EQ(Counted::alive, 0); }

    const std::vector<int> numbers_{1, 2, 3, 4, 5};
    const std::vector<int> squares_{1, 4, 9, 16, 25};
    cfutures::ThreadPool pool_{{.max_workers = 4}};
};

TEST_F(MapTest, ResultsInTheOrderOfTheInput) {
    EXPECT_EQ(collect(pool_.map(square, numbers_)), squares_);
    EXPECT_EQ(collect(pool_.map<square>(numbers_)), squares_);
    EXPECT_EQ(collect(pool_.map<square>(cfutures::MapOptions(), numbers_)), squares_);
    cfutures::InlineExecutor executor;
    EXPECT_EQ(collect(executor.map<square>(numbers_)), squares_);
}

TEST_F(MapTest, SeveralRangesStopAtTheShortest) {
    const std::list<std::string> words{"a", "b", "c"};
    const auto repeat = [](int n, const std::string& s) {
        std::string text;
        while (n-- > 0)
            text += s;
        return text;
    };
    EXPECT_EQ(collect(pool_.map(repeat, numbers_, words)),
              (std::vector<std::string>{"a", "bb", "ccc"}));
}

TEST_F(MapTest, AnyKindOfRange) {
    EXPECT_EQ(collect(pool_.map<square>(std::vector<int>{1, 2})), (std::vector<int>{1, 4}));
    const int array[] = {1, 2, 3};
    EXPECT_EQ(collect(pool_.map<square>(array)), (std::vector<int>{1, 4, 9}));
    EXPECT_EQ(collect(pool_.map<square>(Generated(same, 1, 4))), (std::vector<int>{1, 4, 9}));
    EXPECT_EQ(collect(pool_.map<square>(std::vector<int>())), std::vector<int>());
}

TEST_F(MapTest, EndlessInput) {
    std::vector<int> seen;
    auto map = pool_.map(square, Generated(same, 1));
    for (int n : map) {
        seen.push_back(n);
        if (seen.size() == 5) break;
    }
    EXPECT_EQ(seen, squares_);
    EXPECT_EQ(*map.begin(), 36) << "a loop that is begun anew goes on";
}

TEST_F(MapTest, MoveOnlyResults) {
    auto map = pool_.map([](int n) { return std::make_unique<int>(n); }, numbers_);
    int sum = 0;
    for (auto& pointer : map) {
        const std::unique_ptr<int> mine = std::move(pointer);
        sum += *mine;
    }
    EXPECT_EQ(sum, 15);
}

TEST_F(MapTest, OneCopyOfTheFunction) {
    {
        auto map = pool_.map([c = Counted()](int n) { return n; }, numbers_);
        for (int n : map) {
            EXPECT_GT(n, 0);
            EXPECT_EQ(Counted::alive, 1);
        }
    }
    pool_.shutdown();
}

TEST_F(MapTest, IterationGoesOnAfterAnException) {
    auto map = pool_.map(
        [](int n) {
            if (n % 2 == 0) throw std::runtime_error("even");
            return n;
        },
        numbers_);
    std::vector<int> seen;
    int failures = 0;
    for (auto it = map.begin(); it != map.end(); ++it) {
        try {
            seen.push_back(*it);
        } catch (const std::runtime_error&) {
            ++failures;
        }
    }
    EXPECT_EQ(seen, (std::vector<int>{1, 3, 5}));
    EXPECT_EQ(failures, 2);
}

TEST_F(MapTest, Outcomes) {
    auto map = pool_.map(
        [](int n) {
            if (n == 2) throw std::runtime_error("two");
            return n;
        },
        numbers_);
    std::size_t expected = 0;
    for (auto& [index, future] : map.outcomes()) {
        EXPECT_EQ(index, expected++);
        EXPECT_TRUE(future.done());
        EXPECT_EQ(future.exception() != nullptr, index == 1);
    }
    EXPECT_EQ(expected, 5U);
    EXPECT_FALSE(map.next().has_value());
}

TEST_F(MapTest, VoidFunction) {
    std::atomic<int> sum{0};
    auto map = pool_.map([&](int n) { sum += n; }, numbers_);
    while (auto item = map.next())
        item->future.result();
    EXPECT_EQ(sum, 15);
}

TEST_F(MapTest, UnorderedGivesTheFirstThatIsDone) {
    Gate gate;
    auto map = pool_.map(
        {.unordered = true},
        [&](int n) {
            if (n == 1) gate.wait();
            return n;
        },
        numbers_);
    std::vector<std::size_t> indices;
    for (auto& [index, future] : map.outcomes()) {
        indices.push_back(index);
        EXPECT_EQ(future.result(), numbers_[index]);
        if (indices.size() == 4) gate.open();
    }
    ASSERT_EQ(indices.size(), 5U);
    EXPECT_EQ(indices.back(), 0U);
}

TEST_F(MapTest, TheWindowIsNeverExceeded) {
    int pulled = 0;
    const auto counting = [&](int n) {
        ++pulled;
        return n;
    };
    auto map = pool_.map({.window = 2}, square, Generated(counting, 1, 6));
    EXPECT_EQ(pulled, 2);
    auto it = map.begin();
    EXPECT_EQ(pulled, 3);
    for (int taken = 1; it != map.end(); ++it, ++taken)
        EXPECT_LE(pulled - taken, 2);
    EXPECT_EQ(pulled, 5);
}

TEST_F(MapTest, SizedInputIsReadAtOnce) {
    auto short_lived = std::make_unique<std::vector<int>>(numbers_);
    auto map = pool_.map<square>(*short_lived);
    short_lived.reset();
    EXPECT_EQ(collect(std::move(map)), squares_);
}

TEST_F(MapTest, TimeoutCountsFromTheCall) {
    Gate gate;
    auto map = pool_.map(
        {.timeout = cf_test::short_wait()},
        [&](int n) {
            gate.wait();
            return n;
        },
        numbers_);
    EXPECT_THROW(map.begin(), cfutures::TimeoutError);
    gate.open();
    pool_.shutdown();
    EXPECT_EQ(*map.begin(), 1) << "what is done can still be had";
}

TEST_F(MapTest, TheEndOfTheMapCancelsWhatHasNotStarted) {
    cfutures::ThreadPool one({.max_workers = 1});
    Gate started;
    Gate gate;
    Counter runs;
    const auto task = [&](int n) {
        runs.add();
        started.open();
        gate.wait();
        return n;
    };
    {
        auto map = one.map(task, numbers_);
        started.wait();
    }
    gate.open();
    one.shutdown();
    EXPECT_EQ(runs.value(), 1);
}

TEST_F(MapTest, TheEndOfTheMapMayLetAllRun) {
    Counter runs;
    pool_.map(
        {.cancel_on_close = false},
        [&](int n) {
            runs.add();
            return n;
        },
        numbers_);
    pool_.shutdown();
    EXPECT_EQ(runs.value(), 5);
}

TEST_F(MapTest, FailingInputComesAfterTheItemsBeforeIt) {
    const auto failing = [](int n) {
        if (n == 3) throw std::runtime_error("input");
        return n;
    };
    auto map = pool_.map({.window = 1}, square, Generated(failing, 1, 6));
    auto it = map.begin();
    EXPECT_EQ(*it, 1);
    ++it;
    EXPECT_EQ(*it, 4);
    EXPECT_THROW(++it, std::runtime_error);
    EXPECT_EQ(map.begin(), map.end());
    EXPECT_THROW(pool_.map(square, Generated(failing, 1, 6)), std::runtime_error)
        << "in the call when it reads that far";
}

TEST_F(MapTest, ARangeIsMappedInParts) {
    std::vector<std::int64_t> squares(1000);
    pool_.map_range(0, 1000, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            squares[static_cast<std::size_t>(i)] = i * i;
    });
    for (std::int64_t i = 0; i < 1000; ++i)
        ASSERT_EQ(squares[static_cast<std::size_t>(i)], i * i);
    cfutures::InlineExecutor inline_executor;
    std::int64_t sum = 0;
    inline_executor.map_range(1, 5, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            sum += i;
    });
    EXPECT_EQ(sum, 10);
}

TEST_F(MapTest, ARangeBodyMayWantItsTaskAndThrow) {
    struct Own {};
    EXPECT_THROW(pool_.map_range(
                     0, 10,
                     [](cfutures::TaskContext task, std::int64_t, std::int64_t) {
                         if (!task.stop_requested()) throw Own();
                     },
                     1),
                 Own);
    EXPECT_THROW(pool_.map_range(
                     0, 1, [](std::int64_t, std::int64_t) {}, -1),
                 cfutures::InvalidArgument);
    pool_.shutdown();
    EXPECT_THROW(pool_.map_range(0, 1, [](std::int64_t, std::int64_t) {}), cfutures::ShutDownError);
}

TEST_F(MapTest, WrongUse) {
    EXPECT_THROW(pool_.map<square>({.window = -1}, numbers_), cfutures::InvalidArgument);
    pool_.shutdown();
    EXPECT_THROW(pool_.map<square>(numbers_), cfutures::ShutDownError);
}

}  // namespace

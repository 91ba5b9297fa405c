// Waits inside of tasks: what is run in place, how cycles are told.
#include <gtest/gtest.h>
#include <cfutures/thread_pool.hpp>
#include <cfutures/wait.hpp>

#include <string>
#include <thread>
#include <vector>

#include "support/events.h"

namespace {

using cf_test::Gate;
using cfutures::Future;
using cfutures::Help;
using cfutures::ThreadPool;

int fibonacci(ThreadPool& pool, int n) {
    if (n < 2) return n;
    Future<int> one = pool.submit([&pool, n] { return fibonacci(pool, n - 1); });
    const int other = fibonacci(pool, n - 2);
    return one.result() + other;
}

TEST(Waiting, S9ForkAndJoinOnOneWorkerAndOnTwo) {
    for (const int workers : {1, 2}) {
        ThreadPool pool({.max_workers = workers});
        EXPECT_EQ(pool.submit([&] { return fibonacci(pool, 12); }).result(), 144);
    }
}

TEST(Waiting, S9WaitForSeveral) {
    ThreadPool pool({.max_workers = 1, .max_compensating_workers = 0});
    auto sum = pool.submit([&] {
        std::vector<Future<int>> parts;
        for (int i = 0; i < 10; ++i)
            parts.push_back(pool.submit([i] { return i; }));
        EXPECT_EQ(cfutures::wait(parts).done.size(), 10U);
        int total = 0;
        for (const int item : pool.map([](int n) { return n; }, std::vector{100, 200}))
            total += item;
        for (const Future<int>& part : parts)
            total += part.result();
        return total;
    });
    EXPECT_EQ(sum.result(), 345);
}

TEST(Waiting, S9TwoThatWaitForEachOther) {
    Gate both;
    ThreadPool pool({.max_workers = 2});
    Future<std::string> a, b;
    const auto wait_for = [&](Future<std::string>& other) -> std::string {
        both.wait();
        try {
            return other.result();
        } catch (const cfutures::WouldDeadlockError& error) {
            return error.what();
        }
    };
    a = pool.submit([&] { return wait_for(b); });
    b = pool.submit([&] { return wait_for(a); });
    both.open();
    EXPECT_EQ(a.result(), b.result());
    EXPECT_NE(a.result().find("waits for task"), std::string::npos) << a.result();
}

TEST(Waiting, S9ACallThatWaitsForItself) {
    Gate made;
    ThreadPool pool({.max_workers = 1});
    Future<int> self;
    self = pool.submit([&] {
        made.wait();
        EXPECT_THROW(self.wait(), cfutures::WouldDeadlockError);
        return 1;
    });
    made.open();
    EXPECT_EQ(self.result(), 1);
}

TEST(Waiting, ACallIsRunInPlaceOnDemand) {
    ThreadPool pool({.max_workers = 1, .max_compensating_workers = 0});
    auto ran_here = pool.submit([&] {
        const Future<std::thread::id> target =
            pool.submit([] { return std::this_thread::get_id(); });
        return target.run_in_place() && target.result() == std::this_thread::get_id();
    });
    EXPECT_TRUE(ran_here.result());
}

TEST(Waiting, WithoutHelpAnotherWorkerRunsTheTarget) {
    ThreadPool pool({.max_workers = 1, .help = Help::kNone, .max_compensating_workers = 1});
    auto same = pool.submit([&] {
        return pool.submit([] { return std::this_thread::get_id(); }).result() ==
               std::this_thread::get_id();
    });
    EXPECT_FALSE(same.result());
}

TEST(Waiting, AThreadOutsideRunsItsTargetWhereThatWasAskedFor) {
    Gate parked, go;
    ThreadPool pool({.max_workers = 1, .outside_help = true});
    auto occupies = pool.submit([&] {
        parked.open();
        go.wait();
    });
    parked.wait();
    EXPECT_EQ(pool.submit([] { return std::this_thread::get_id(); }).result(),
              std::this_thread::get_id());
    go.open();
}

TEST(Waiting, OptionsOutOfRange) {
    EXPECT_THROW(ThreadPool({.max_workers = 1, .help = static_cast<Help>(9)}),
                 cfutures::InvalidArgument);
    EXPECT_THROW(ThreadPool({.max_workers = 1, .max_compensating_workers = -1}),
                 cfutures::InvalidArgument);
}

}  // namespace

// Executors as objects: options, moving, shutdown, destruction, detach.
#include <gtest/gtest.h>
#include <pthread.h>
#include <cfutures/inline_executor.hpp>
#include <cfutures/thread_pool.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "counted.h"
#include "support/events.h"
#include "support/eventually.h"
#include "support/time.h"

namespace {

using cf_test::Counted;
using cf_test::Counter;
using cf_test::Gate;
using cf_test::Latch;
using cfutures::ThreadPool;

static_assert(!std::is_copy_constructible_v<ThreadPool>);
static_assert(std::is_nothrow_move_constructible_v<ThreadPool>);

TEST(ExecutorTest, RunsAsManyAtOnceAsItHasWorkers) {
    Latch together(5);
    ThreadPool pool({.max_workers = 5});
    for (int i = 0; i < 5; ++i)
        pool.submit([&] { together.arrive_and_wait(); });
    together.wait();
}

TEST(ExecutorTest, RefusesZeroWorkers) {
    EXPECT_THROW(ThreadPool({.max_workers = 0}), cfutures::InvalidArgument);
    EXPECT_THROW(ThreadPool({.max_workers = -1}), cfutures::InvalidArgument);
}

TEST(ExecutorTest, NamesItsThreads) {
    ThreadPool pool({.max_workers = 1, .name_prefix = "crew"});
    const auto name = pool.submit([] {
        char text[16] = "";
        pthread_getname_np(pthread_self(), text, sizeof text);
        return std::string(text);
    });
    EXPECT_EQ(name.result().substr(0, 5), "crew_");
}

TEST(ExecutorTest, InitializerRunsInEachThread) {
    static thread_local bool ready = false;
    Counter runs;
    Latch together(2);
    ThreadPool pool({.max_workers = 2, .initializer = [&] {
                         ready = true;
                         runs.add();
                     }});
    const auto task = [&] {
        together.arrive_and_wait();
        return ready;
    };
    const auto a = pool.submit(task);
    const auto b = pool.submit(task);
    EXPECT_TRUE(a.result());
    EXPECT_TRUE(b.result());
    EXPECT_EQ(runs.value(), 2);
}

TEST(ExecutorTest, ThrowingInitializerBreaksThePool) {
    ThreadPool pool({.max_workers = 1, .initializer = [c = Counted()] {
                         throw std::runtime_error("the lamp is broken");
                     }});
    const auto future = pool.submit([] {});
    try {
        future.result();
        FAIL();
    } catch (const cfutures::BrokenExecutorError& error) {
        const std::string why = std::string(error.what()) + " " + std::string(error.cause());
        EXPECT_NE(why.find("the lamp is broken"), std::string::npos) << why;
    }
}

TEST(ExecutorTest, InitializerDiesWithThePool) {
    {
        ThreadPool pool({.initializer = [c = Counted()] {}});
        pool.submit([] {}).result();
        EXPECT_GE(Counted::alive, 1);
    }
    EXPECT_EQ(Counted::alive, 0);
}

TEST(ExecutorTest, DestructionWaitsForAcceptedCalls) {
    std::atomic<int> ran{0};
    Gate gate;
    {
        ThreadPool pool({.max_workers = 1});
        for (int i = 0; i < 10; ++i) {
            pool.submit([&] {
                gate.wait();
                ++ran;
            });
        }
        gate.open();
    }
    EXPECT_EQ(ran, 10);
}

TEST(ExecutorTest, T05DestructionInAnOwnTaskDoesNotHang) {
    Gate moved;
    Counter finished;
    auto pool = std::make_unique<ThreadPool>();
    pool->submit([&] {
        moved.wait();
        pool.reset();
        finished.add();
    });
    moved.open();
    finished.wait_for(1);
}

TEST(ExecutorTest, DetachDoesNotWait) {
    Gate gate;
    Gate finished;
    ThreadPool pool({.max_workers = 1});
    const auto future = pool.submit([&] {
        gate.wait();
        return 1;
    });
    pool.detach();
    EXPECT_FALSE(pool.valid());
    EXPECT_FALSE(future.done());
    gate.open();
    EXPECT_EQ(future.result(), 1);
    EXPECT_THROW(pool.submit([] {}), cfutures::InvalidArgument);
}

TEST(ExecutorTest, ShutdownSaysWhetherAllIsDone) {
    Gate gate;
    ThreadPool pool({.max_workers = 1});
    const auto future = pool.submit([&] { gate.wait(); });
    EXPECT_FALSE(pool.shutdown({.wait = false}));
    EXPECT_FALSE(pool.shutdown({.timeout = cf_test::short_wait()}));
    EXPECT_THROW(pool.submit([] {}), cfutures::ShutDownError);
    gate.open();
    EXPECT_TRUE(pool.shutdown());
    EXPECT_TRUE(future.done());
    EXPECT_TRUE(pool.shutdown());
}

TEST(ExecutorTest, ShutdownCancelsWhatHasNotStarted) {
    Gate started;
    Gate gate;
    ThreadPool pool({.max_workers = 1});
    const auto running = pool.submit([&] {
        started.open();
        gate.wait();
    });
    const auto pending = pool.submit([] {});
    started.wait();
    EXPECT_FALSE(pool.shutdown({.wait = false, .cancel_futures = true}));
    EXPECT_TRUE(pending.cancelled());
    gate.open();
    running.result();
}

TEST(ExecutorTest, ShutdownInAnOwnTaskIsRefusedToWait) {
    ThreadPool pool;
    EXPECT_THROW(pool.submit([&] { pool.shutdown(); }).result(), cfutures::WouldDeadlockError);
}

TEST(ExecutorTest, MoveHandsTheThreadsOn) {
    Gate gate;
    ThreadPool first({.max_workers = 1});
    const auto future = first.submit([&] { gate.wait(); });
    ThreadPool second = std::move(first);
    EXPECT_FALSE(first.valid());  // NOLINT: that is the point
    const auto next = second.submit([] { return 2; });
    gate.open();
    EXPECT_EQ(next.result(), 2);
    std::atomic<bool> finished{false};
    second.submit([&] { finished = true; });
    second = ThreadPool();  // waits for the old one
    EXPECT_TRUE(finished);
    EXPECT_EQ(second.submit([] { return 3; }).result(), 3);
}

TEST(ExecutorTest, InlineExecutorRefusesCallsAfterShutdown) {
    cfutures::InlineExecutor executor;
    EXPECT_TRUE(executor.shutdown());
    EXPECT_THROW(executor.submit([] {}), cfutures::ShutDownError);
}

}  // namespace

// What a running C++ call can see and be asked for, and deadlines.
#include <gtest/gtest.h>
#include <cfutures/inline_executor.hpp>
#include <cfutures/promise.hpp>
#include <cfutures/thread_pool.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/events.h"
#include "support/time.h"

namespace {

using cf_test::Gate;
using cfutures::TaskContext;

int wait_for_a_request(TaskContext task, Gate& started) {
    started.open();
    while (!task.stop_requested())
        std::this_thread::yield();
    return 7;
}

std::uint64_t identity(TaskContext task, int factor) {
    return static_cast<std::uint64_t>(factor) * task.worker_id();
}

TEST(TaskContextTest, SeesTheRequestAndEndsAsItLikes) {
    Gate started;
    cfutures::ThreadPool pool;
    const auto future = pool.submit(wait_for_a_request, std::ref(started));
    started.wait();
    EXPECT_FALSE(future.cancel());
    EXPECT_TRUE(future.cancel_running());
    EXPECT_EQ(future.result(), 7);
    EXPECT_FALSE(future.cancel_running());
}

TEST(TaskContextTest, GoesToCallablesThatWantOne) {
    cfutures::ThreadPool pool({.max_workers = 1});
    cfutures::InlineExecutor in_place;
    EXPECT_EQ(pool.submit([](TaskContext task) { return task.worker_id(); }).result(), 1U);
    EXPECT_EQ(in_place.submit([](TaskContext task) { return task.worker_id(); }).result(), 0U);
    EXPECT_EQ(pool.submit(identity, 5).result(), 5U);
    EXPECT_EQ(pool.submit<identity>(6).result(), 6U);
    const auto moved = pool.submit(
        [](TaskContext task, std::unique_ptr<int> n) {
            return task.task_id() != 0 && task.native_handle() != nullptr ? *n : 0;
        },
        std::make_unique<int>(9));
    EXPECT_EQ(moved.result(), 9);
    // One that takes whatever comes is called with its arguments alone.
    EXPECT_EQ(pool.submit([](auto... all) { return sizeof...(all); }, 1, 2).result(), 2U);
    const auto nothing = pool.submit([](TaskContext) {});
    nothing.result();
}

TEST(TaskContextTest, KnowsTheTimeThatIsLeft) {
    cfutures::ThreadPool pool;
    const auto left = [](TaskContext task) { return task.time_left(); };
    EXPECT_TRUE(pool.submit(left).result().is_forever());
    const cfutures::Timeout some = pool.submit({.deadline = cf_test::long_wait()}, left).result();
    EXPECT_FALSE(some.is_forever());
    EXPECT_GT(some.nanoseconds(), 0);
    EXPECT_LE(some.nanoseconds(), cf_test::long_wait_ns());
}

TEST(TaskContextTest, ReportsProgressThatTheFutureKeeps) {
    Gate reported;
    Gate go;
    cfutures::ThreadPool pool;
    const auto future = pool.submit([&](TaskContext task) {
        task.report_progress(R"({"done":1})");
        EXPECT_THROW(task.report_progress("{"), cfutures::EncodeError);
        reported.open();
        go.wait();
    });
    reported.wait();
    EXPECT_EQ(future.progress(), R"({"done":1})");
    go.open();
    future.result();
    EXPECT_EQ(future.progress(), R"({"done":1})");
    EXPECT_EQ(pool.submit([] {}).progress(), std::nullopt);
    EXPECT_THROW(cfutures::AnyFuture().progress(), cfutures::InvalidArgument);
}

TEST(DeadlineTest, ACallThatStartsTooLateThrows) {
    Gate go;
    cfutures::ThreadPool pool({.max_workers = 1});
    const auto running = pool.submit([&] { go.wait(); });
    const auto late = pool.submit({.name = "late", .deadline = cf_test::time_unit()}, [] {});
    const auto none = pool.submit({.deadline = std::chrono::seconds(-1)}, [] {});
    EXPECT_THROW(none.result(), cfutures::DeadlineExceededError);
    try {
        late.result();
        FAIL();
    } catch (const cfutures::DeadlineExceededError& error) {
        EXPECT_EQ(error.function(), "late");
    }
    EXPECT_FALSE(running.done());
    go.open();
}

TEST(CancelRunning, OfAPromiseThatRunsIsUnsupported) {
    cfutures::Promise<int> promise;
    const auto future = promise.get_future();
    EXPECT_TRUE(promise.set_running_or_notify_cancel());
    EXPECT_THROW(future.cancel_running(), cfutures::UnsupportedError);
    promise.set_result(1);
    EXPECT_FALSE(future.cancel_running());
    EXPECT_THROW(cfutures::AnyFuture().cancel_running(), cfutures::InvalidArgument);
}

}  // namespace

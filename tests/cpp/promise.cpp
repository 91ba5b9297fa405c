// Promise<T>: exactly one completion wins.
#include <gtest/gtest.h>
#include <cfutures/promise.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "counted.h"
#include "support/events.h"

namespace {

using cf_test::Counted;
using cfutures::FutureState;
using cfutures::Promise;

TEST(PromiseTest, Result) {
    Promise<std::string> promise;
    const auto future = promise.get_future();
    EXPECT_EQ(future.state(), FutureState::kPending);
    EXPECT_EQ(future.task_id(), 0U);
    promise.set_result("text");
    EXPECT_EQ(future.result(), "text");
    const auto again = promise.get_future();
    EXPECT_EQ(again, future);
    EXPECT_EQ(&again.result(), &future.result());
}

TEST(PromiseTest, BuildsTheResultFromItsArguments) {
    Promise<std::string> promise;
    promise.set_result(3U, 'x');
    EXPECT_EQ(promise.get_future().result(), "xxx");
}

TEST(PromiseTest, VoidReferenceAndMoveOnly) {
    Promise<void> nothing;
    nothing.set_result();
    nothing.get_future().result();
    int number = 0;
    Promise<int&> reference;
    reference.set_result(number);
    EXPECT_EQ(&reference.get_future().result(), &number);
    Promise<std::unique_ptr<int>> pointer;
    pointer.set_result(std::make_unique<int>(4));
    EXPECT_EQ(*pointer.get_future().result(), 4);
}

TEST(PromiseTest, WakesAWaiter) {
    Promise<int> promise;
    cf_test::Gate waiting;
    std::thread waiter([&, future = promise.get_future()] {
        waiting.open();
        EXPECT_EQ(future.result(), 9);
    });
    waiting.wait();
    promise.set_result(9);
    waiter.join();
}

TEST(PromiseTest, ExceptionArrivesAsItself) {
    Promise<int> promise;
    promise.set_exception(std::out_of_range("far"));
    const auto future = promise.get_future();
    EXPECT_THROW(future.result(), std::out_of_range);
    EXPECT_EQ(cf_future_outcome(future.native_handle()), CF_STATUS_TASK_FAILED);
    EXPECT_STREQ(cf_error_type(cf_future_error(future.native_handle())), "std::out_of_range");

    Promise<void> other;
    other.set_exception(std::make_exception_ptr(17));
    EXPECT_THROW(other.get_future().result(), int);
    EXPECT_THROW(Promise<void>().set_exception(std::exception_ptr()), cfutures::InvalidArgument);
}

TEST(PromiseTest, TimeoutAsAnExceptionIsNotATimeoutOfTheWait) {
    Promise<int> promise;
    promise.set_exception(cfutures::TimeoutError());
    EXPECT_THROW(promise.get_future().result(), cfutures::RemoteError);
}

TEST(PromiseTest, SecondCompletionIsRefused) {
    Promise<int> promise;
    promise.set_result(1);
    EXPECT_THROW(promise.set_result(2), cfutures::InvalidStateError);
    EXPECT_THROW(promise.set_exception(std::runtime_error("late")), cfutures::InvalidStateError);
    EXPECT_THROW(promise.set_running_or_notify_cancel(), cfutures::InvalidStateError);
    EXPECT_EQ(promise.get_future().result(), 1);
}

TEST(PromiseTest, OneOfManyThreadsCompletesIt) {
    Promise<int> promise;
    std::atomic<int> winner{0};
    cf_test::Latch together(8);
    std::vector<std::thread> threads;
    for (int i = 1; i <= 8; ++i) {
        threads.emplace_back([&, i] {
            together.arrive_and_wait();
            try {
                if (i % 2 == 0) {
                    promise.set_result(i);
                } else {
                    promise.set_exception(std::make_exception_ptr(i));
                }
                winner += i;
            } catch (const cfutures::InvalidStateError&) {
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    int seen = 0;
    try {
        seen = promise.get_future().result();
    } catch (int number) {
        seen = number;
    }
    EXPECT_EQ(seen, winner);
}

TEST(PromiseTest, CancelledBeforeItStarts) {
    Promise<int> promise;
    const auto future = promise.get_future();
    EXPECT_TRUE(future.cancel());
    EXPECT_FALSE(promise.set_running_or_notify_cancel());
    EXPECT_THROW(promise.set_result(1), cfutures::InvalidStateError);
    EXPECT_THROW(future.result(), cfutures::CancelledError);
}

TEST(PromiseTest, RunningCannotBeCancelled) {
    Promise<int> promise;
    EXPECT_TRUE(promise.set_running_or_notify_cancel());
    EXPECT_TRUE(promise.get_future().running());
    EXPECT_FALSE(promise.get_future().cancel());
    promise.set_result(1);
}

TEST(PromiseTest, Broken) {
    cfutures::Future<int> future;
    {
        Promise<int> promise;
        future = promise.get_future();
    }
    EXPECT_THROW(future.result(), cfutures::BrokenPromiseError);
    EXPECT_THROW(std::rethrow_exception(future.exception()), cfutures::BrokenPromiseError);
}

TEST(PromiseTest, ThrowingConstructorLeavesThePromiseOpen) {
    struct Fussy {
        explicit Fussy(bool fail) {
            if (fail) throw std::runtime_error("no");
        }
    };
    Promise<Fussy> promise;
    EXPECT_THROW(promise.set_result(true), std::runtime_error);
    promise.set_result(false);
    promise.get_future().result();
}

TEST(PromiseTest, CallbackSeesTheResult) {
    Promise<std::string> promise;
    std::string seen;
    promise.get_future().add_done_callback([&](auto& future) { seen = future.result(); });
    promise.set_result("text");
    EXPECT_EQ(seen, "text");
}

TEST(PromiseTest, ResultDiesWithTheLastReference) {
    cfutures::Future<Counted> future;
    {
        Promise<Counted> promise;
        promise.set_result();
        future = promise.get_future();
    }
    EXPECT_EQ(Counted::alive, 1);
    future = {};
    EXPECT_EQ(Counted::alive, 0);
}

TEST(PromiseTest, MovedFrom) {
    Promise<int> promise;
    Promise<int> other = std::move(promise);
    other.set_result(1);
    EXPECT_THROW(promise.set_result(2), cfutures::InvalidArgument);  // NOLINT: that is the point
}

}  // namespace

// What can be submitted, and what becomes of callables, arguments and results.
#include <gtest/gtest.h>
#include <pthread.h>
#include <cfutures/inline_executor.hpp>
#include <cfutures/thread_pool.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "counted.h"
#include "support/events.h"

namespace {

int throw_it(int n) {
    throw std::runtime_error(std::to_string(n));
}

using cf_test::Counted;
using cf_test::Gate;

int add(int a, int b) {
    return a + b;
}
std::string join(const std::string& a, std::string b) {
    return a + b;
}
int twice(int n) noexcept {
    return 2 * n;
}

struct Account {
    int balance = 0;
    int deposit(int amount) { return balance += amount; }
};

struct Immovable {
    explicit Immovable(int n) : number(n) {}
    Immovable(Immovable&&) = delete;
    int number;
};

struct alignas(128) Aligned {
    int number = 7;
};

class Submit : public testing::Test {
  protected:
    ~Submit() override { EXPECT_EQ(Counted::alive, 0); }
};

TEST_F(Submit, Lambda) {
    cfutures::ThreadPool pool;
    EXPECT_EQ(pool.submit([](int a, int b) { return a * b; }, 6, 7).result(), 42);
}

TEST_F(Submit, FunctionPointer) {
    cfutures::ThreadPool pool;
    EXPECT_EQ(pool.submit(add, 1, 2).result(), 3);
    EXPECT_EQ(pool.submit(&add, 1, 2).result(), 3);
}

TEST_F(Submit, FunctionOfTheProgram) {
    cfutures::ThreadPool pool;
    EXPECT_EQ(pool.submit<add>(1, 2).result(), 3);
    EXPECT_EQ(pool.submit<twice>(21).result(), 42);
    EXPECT_EQ(pool.submit<join>("a", "b").result(), "ab");
}

TEST_F(Submit, MemberFunctionAndMember) {
    cfutures::ThreadPool pool;
    Account account;
    EXPECT_EQ(pool.submit(&Account::deposit, &account, 5).result(), 5);
    EXPECT_EQ(pool.submit(&Account::deposit, std::ref(account), 5).result(), 10);
    EXPECT_EQ(account.balance, 10);
    const cfutures::Future<int&> balance = pool.submit(&Account::balance, std::ref(account));
    balance.result() = 3;
    EXPECT_EQ(account.balance, 3);
}

TEST_F(Submit, CopiesArgumentsUnlessTheyAreReferences) {
    cfutures::ThreadPool pool;
    int copied = 1;
    int referred = 1;
    pool.submit(
            [](int a, int& b) {
                a = 2;
                b = a;
            },
            copied, std::ref(referred))
        .result();
    EXPECT_EQ(copied, 1);
    EXPECT_EQ(referred, 2);
}

TEST_F(Submit, MoveOnlyCallableArgumentAndResult) {
    cfutures::ThreadPool pool;
    auto future = pool.submit(
        [base = std::make_unique<int>(40)](std::unique_ptr<int> more) {
            *more += *base;
            return more;
        },
        std::make_unique<int>(2));
    EXPECT_EQ(*future.result(), 42);
    const std::unique_ptr<int> mine = future.take();
    EXPECT_EQ(*mine, 42);
}

TEST_F(Submit, Void) {
    cfutures::ThreadPool pool;
    bool ran = false;
    const cfutures::Future<void> future = pool.submit([&] { ran = true; });
    future.result();
    future.get();
    EXPECT_TRUE(ran);
}

TEST_F(Submit, Reference) {
    cfutures::ThreadPool pool;
    int number = 0;
    const cfutures::Future<int&> future = pool.submit([&]() -> int& { return number; });
    EXPECT_EQ(&future.result(), &number);
    EXPECT_EQ(&cfutures::Future<int&>(future).take(), &number);
}

TEST_F(Submit, ConstAndRvalueReferenceResultsAreValues) {
    cfutures::ThreadPool pool;
    std::string text = "text";
    auto constant = pool.submit([]() -> const std::string { return "constant"; });
    static_assert(std::is_same_v<decltype(constant), cfutures::Future<std::string>>);
    EXPECT_EQ(constant.result(), "constant");
    auto moved = pool.submit([&]() -> std::string&& { return std::move(text); });
    static_assert(std::is_same_v<decltype(moved), cfutures::Future<std::string>>);
    EXPECT_EQ(moved.result(), "text");
}

TEST_F(Submit, ResultThatCannotMove) {
    cfutures::ThreadPool pool;
    const auto future = pool.submit([] { return Immovable(5); });
    EXPECT_EQ(future.result().number, 5);
}

TEST_F(Submit, OverAlignedResult) {
    cfutures::ThreadPool pool;
    const auto future = pool.submit([] { return Aligned(); });
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&future.result()) % alignof(Aligned), 0U);
    EXPECT_EQ(future.result().number, 7);
}

TEST_F(Submit, LargeResult) {
    cfutures::ThreadPool pool;
    const auto future = pool.submit([] { return std::vector<int>(1'000'000, 1); });
    EXPECT_EQ(future.result().size(), 1'000'000U);
}

TEST_F(Submit, T01ExceptionArrivesAsItself) {
    struct Mine {
        std::unique_ptr<int> part;
    };
    cfutures::ThreadPool pool;
    EXPECT_THROW(pool.submit([] { throw std::out_of_range("far"); }).result(), std::out_of_range);
    const auto future = pool.submit([]() -> int { throw 42; });
    for (int i = 0; i < 2; ++i) {
        try {
            future.result();
            FAIL();
        } catch (int number) {
            EXPECT_EQ(number, 42);
        }
    }
}

TEST_F(Submit, CSeesTheExceptionToo) {
    cfutures::ThreadPool pool;
    const auto future = pool.submit([]() -> int { throw std::out_of_range("far"); });
    future.wait();
    EXPECT_EQ(cf_future_outcome(future.native_handle()), CF_STATUS_TASK_FAILED);
    const cf_error_t* error = cf_future_error(future.native_handle());
    EXPECT_STREQ(cf_error_type(error), "std::out_of_range");
    EXPECT_STREQ(cf_error_message(error), "far");
}

TEST_F(Submit, T16ExitedThreadIsATaskExitedError) {
    cfutures::ThreadPool pool({.max_workers = 1});
    const Counted capture;
    const auto future = pool.submit([capture] { pthread_exit(nullptr); });
    EXPECT_THROW(future.result(), cfutures::TaskExitedError);
    EXPECT_EQ(Counted::alive, 1);
    EXPECT_EQ(pool.submit(add, 1, 2).result(), 3);
}

TEST_F(Submit, S6TimeoutOfATaskIsNotATimeoutOfTheWait) {
    cfutures::ThreadPool pool;
    const auto timed_out = pool.submit([]() -> int { throw cfutures::TimeoutError(); });
    const auto cancelled = pool.submit([]() -> int { throw cfutures::CancelledError(); });
    try {
        timed_out.result();
        FAIL();
    } catch (const cfutures::RemoteError& error) {
        EXPECT_EQ(error.type_name(), "cfutures::TimeoutError");
    }
    EXPECT_THROW(cancelled.result(), cfutures::RemoteError);
    EXPECT_FALSE(cancelled.cancelled());
}

TEST_F(Submit, CapturesDieRightAfterTheCall) {
    cfutures::ThreadPool pool;
    const auto future = pool.submit([](const Counted&) { return 1; }, Counted());
    future.wait();
    EXPECT_EQ(Counted::alive, 0);
}

TEST_F(Submit, CapturesDieWhenTheCallThrows) {
    cfutures::ThreadPool pool;
    const auto future = pool.submit([c = Counted()] { throw 1; });
    future.wait();
    EXPECT_EQ(Counted::alive, 0);
}

TEST_F(Submit, CapturesDieWhenTheCallIsCancelled) {
    Gate gate;
    cfutures::ThreadPool pool({.max_workers = 1});
    pool.submit([&] { gate.wait(); });
    const auto future = pool.submit([c = Counted()] {});
    EXPECT_EQ(Counted::alive, 1);
    EXPECT_TRUE(future.cancel());
    EXPECT_EQ(Counted::alive, 0);
    gate.open();
}

TEST_F(Submit, CapturesDieWhenSubmitFails) {
    cfutures::ThreadPool pool;
    pool.shutdown();
    EXPECT_THROW(pool.submit([c = Counted()] {}), cfutures::ShutDownError);
    EXPECT_EQ(Counted::alive, 0);
}

TEST_F(Submit, NothingIsLeftWhenCopyingAnArgumentThrows) {
    struct Uncopyable {
        Uncopyable() = default;
        Uncopyable(const Uncopyable&) { throw std::runtime_error("no copy"); }
    };
    cfutures::ThreadPool pool;
    const Uncopyable argument;
    EXPECT_THROW(pool.submit([c = Counted()](const Uncopyable&) {}, argument), std::runtime_error);
    EXPECT_EQ(Counted::alive, 0);
}

TEST_F(Submit, ResultLivesAsLongAsTheFuture) {
    cfutures::ThreadPool pool;
    {
        const auto future = pool.submit([] { return Counted(); });
        const auto copy = future;
        future.wait();
        EXPECT_EQ(Counted::alive, 1);
    }
    pool.shutdown();
    EXPECT_EQ(Counted::alive, 0);
}

TEST_F(Submit, ResultNobodyWantsDies) {
    cfutures::ThreadPool pool;
    pool.submit([] { return Counted(); });
    pool.shutdown();
    EXPECT_EQ(Counted::alive, 0);
}

TEST_F(Submit, InlineRunsAtOnce) {
    cfutures::InlineExecutor executor;
    const auto self = pthread_self();
    const auto future =
        executor.submit([self] { return pthread_equal(pthread_self(), self) != 0; });
    EXPECT_TRUE(future.done());
    EXPECT_TRUE(future.result());
    EXPECT_EQ(executor.submit<add>(1, 2).result(), 3);
    EXPECT_THROW(executor.submit([] { throw 1; }).result(), int);
}

TEST(SubmitOptions, NameACall) {
    cfutures::ThreadPool pool({.max_workers = 1});
    const auto name_of = [](const auto& future) {
        static_cast<void>(future.exception());
        return std::string(cf_error_function(cf_future_error(future.native_handle())));
    };
    const auto fail = [](int n) -> int { throw std::runtime_error(std::to_string(n)); };
    EXPECT_EQ(name_of(pool.submit({.name = "callable"}, fail, 1)), "callable");
    const cfutures::SubmitOptions options{.name = "lvalue"};
    EXPECT_EQ(name_of(pool.submit(options, fail, 1)), "lvalue");
    EXPECT_EQ(name_of(pool.submit<throw_it>({.name = "function"}, 1)), "function");
    EXPECT_EQ(name_of(pool.submit<throw_it>(options, 1)), "lvalue");
    EXPECT_EQ(name_of(pool.submit<throw_it>(cfutures::SubmitOptions{.name = "rvalue"}, 1)),
              "rvalue");
    EXPECT_EQ(name_of(pool.submit(fail, 1)), "");
}

}  // namespace

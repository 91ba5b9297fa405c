#include "thread_pool/thread_pool.h"

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "future/spin.h"
#include "helpers.h"
#include "support/system_calls.h"

namespace cf_unit {
namespace {

using cf::FutureRef;
using cf::Initializer;
using cf::Phase;
using cf::Ref;
using cf_test::Counter;
using cf_test::Gate;

/// Tells when the thread that called it has run its last code.
void tell_end_of_thread(Counter& ended) {
    struct Ending {
        Counter* ended = nullptr;
        ~Ending() {
            if (ended != nullptr) ended->add();
        }
    };
    thread_local Ending ending;
    ending.ended = &ended;
}

/// An initializer whose destruction tells that its pool is gone.
Ref<Initializer> witness(Counter& freed, cf_initializer_fn initialize) {
    return Ref<Initializer>::adopt(new Initializer(initialize, &freed, count));
}

int32_t succeed(void*) {
    return 0;
}

// --- lifetime -------------------------------------------------------------------------------------

TEST(ThreadPool, LivesUntilACancellerHasRetiredItsCall) {
    Counter freed, ended;
    Gate go, cancelling, finish_callback;
    ExecutorRef pool = make_pool(1, witness(freed, succeed));
    const FutureRef running = submit(*pool, [&] {
        tell_end_of_thread(ended);
        go.wait();
    });
    const FutureRef queued = submit(*pool, [] {});
    on_done(*queued, [&] {
        cancelling.open();
        finish_callback.wait();
    });
    std::thread canceller([&] { EXPECT_TRUE(queued->cancel()); });
    cancelling.wait();
    pool = nullptr;
    go.open();
    ended.wait_for(1);  // the last worker is gone, and the cancelled call is still outstanding
    EXPECT_EQ(freed.value(), 0);
    finish_callback.open();
    canceller.join();
    EXPECT_EQ(freed.value(), 1);
}

TEST(ThreadPool, T05ReleasedByItsOwnTaskRunsWhatIsQueued) {
    Counter freed, ran;
    Gate go;
    ExecutorRef pool = make_pool(1, witness(freed, succeed));
    submit(*pool, [&] {
        go.wait();
        pool = nullptr;
    });
    for (int i = 0; i < 10; ++i)
        submit(*pool, [&] { ran.add(); });
    go.open();
    freed.wait_for(1);
    EXPECT_EQ(ran.value(), 10);
}

TEST(ThreadPool, ReleaseUnusedFreesAtOnce) {
    Counter freed;
    make_pool(1, witness(freed, succeed));
    EXPECT_EQ(freed.value(), 1);
}

// --- ended threads --------------------------------------------------------------------------------

TEST(ThreadPool, T16TaskThatEndsItsThreadFailsAloneAndTheQueueGoesOn) {
    Gate go;
    Counter ran;
    const ExecutorRef pool = make_pool(1);
    const FutureRef exits = submit(*pool, [&] {
        go.wait();
        pthread_exit(nullptr);
    });
    for (int i = 0; i < 10; ++i)
        submit(*pool, [&] { ran.add(); });
    go.open();
    ran.wait_for(10);
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
    EXPECT_EQ(exits->outcome_status(), CF_STATUS_TASK_EXITED);
}

TEST(ThreadPool, T16CallbackThatEndsItsThreadLeavesTheOthersToRun) {
    Gate go;
    Counter called;
    const ExecutorRef pool = make_pool(1);
    const FutureRef future = submit(*pool, [&] { go.wait(); });
    on_done(*future, [&] { called.add(); });
    on_done(*future, [&] {
        called.add();
        pthread_exit(nullptr);
    });
    on_done(*future, [&] { called.add(); });
    const FutureRef next = submit(*pool, [] {});
    go.open();
    EXPECT_TRUE(next->wait(soon()));
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
    EXPECT_EQ(called.value(), 3);
    EXPECT_EQ(future->phase(), Phase::kSucceeded);
    EXPECT_EQ(next->phase(), Phase::kSucceeded);
}

TEST(ThreadPool, CancellingShutdownThatACallbackEndsStillCancelsTheRest) {
    Gate go;
    const ExecutorRef pool = make_pool(1);
    submit(*pool, [&] { go.wait(); });
    std::vector<FutureRef> queued;
    for (int i = 0; i < 5; ++i)
        queued.push_back(submit(*pool, [] {}));
    on_done(*queued[1], [] { pthread_exit(nullptr); });
    std::thread([&] {
        static_cast<void>(pool->shutdown(CF_SHUTDOWN_CANCEL_FUTURES, soon()));
        ADD_FAILURE() << "the callback ends this thread";
    }).join();
    for (const FutureRef& future : queued)
        EXPECT_EQ(future->phase(), Phase::kCancelled);
    go.open();
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
}

// --- initializer ----------------------------------------------------------------------------------

class BreakingInitializer : public testing::TestWithParam<cf_initializer_fn> {};

TEST_P(BreakingInitializer, FailsWhatIsQueuedAndEverythingAfter) {
    Counter freed;
    const ExecutorRef pool = make_pool(2, witness(freed, GetParam()));
    std::vector<FutureRef> futures;
    for (int i = 0; i < 5; ++i) {
        FutureRef future = make(*pool, [] { ADD_FAILURE() << "runs in a broken pool"; });
        if (!pool->accept(future)) futures.push_back(future);
    }
    for (const FutureRef& future : futures) {
        EXPECT_TRUE(future->wait(soon()));
        EXPECT_EQ(future->outcome_status(), CF_STATUS_BROKEN_EXECUTOR);
    }
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
}

INSTANTIATE_TEST_SUITE_P(ThreadPool, BreakingInitializer,
                         testing::Values([](void*) -> int32_t { return 7; },
                                         [](void*) -> int32_t {
                                             throw std::runtime_error("no licence");
                                         },
                                         [](void*) -> int32_t { pthread_exit(nullptr); }));

TEST(ThreadPool, CallbackThatEndsItsThreadWhileThePoolBreaksLeavesNoCallBehind) {
    Counter freed;
    static Gate* go;
    Gate gate;
    go = &gate;
    const ExecutorRef pool = make_pool(1, witness(freed, [](void*) -> int32_t {
                                           go->wait();
                                           return 1;
                                       }));
    std::vector<FutureRef> queued;
    for (int i = 0; i < 5; ++i)
        queued.push_back(submit(*pool, [] {}));
    on_done(*queued[1], [] { pthread_exit(nullptr); });
    gate.open();
    for (const FutureRef& future : queued)
        EXPECT_TRUE(future->wait(soon()));
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
}

// --- threads that cannot start --------------------------------------------------------------------

std::atomic<int> starts_left{0};

int start_while_any_left(pthread_t* thread, const pthread_attr_t* attributes,
                         void* (*function)(void*), void* argument) {
    if (starts_left.fetch_sub(1) <= 0) return EAGAIN;
    return cf::real_system_calls().pthread_create(thread, attributes, function, argument);
}

/// Lets `number` threads start, and then no more.
class FewThreads {
  public:
    explicit FewThreads(int number) { starts_left = number; }

  private:
    // For good: a thread of a pool may still look into a table that was in force.
    static const cf::SystemCalls& table() {
        static const cf::SystemCalls table = [] {
            cf::SystemCalls calls = cf::real_system_calls();
            calls.pthread_create = start_while_any_left;
            return calls;
        }();
        return table;
    }

    cf::ScopedSystemCalls scope_{table()};
};

TEST(ThreadPool, T09SubmitFailsWhenNoThreadStartsAndWorksWhenOneDoes) {
    const ExecutorRef pool = make_pool(2);
    {
        const FewThreads none(0);
        const FutureRef future = make(*pool, [] { ADD_FAILURE() << "runs after a failed submit"; });
        const cf::ErrorRef error = pool->accept(future);
        ASSERT_TRUE(error);
        EXPECT_EQ(error->status(), CF_STATUS_SYSTEM);
        EXPECT_EQ(error->fields().os_code, EAGAIN);
        EXPECT_FALSE(future->state().accepted());
    }
    EXPECT_TRUE(submit(*pool, [] {})->wait(soon()));
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
}

TEST(ThreadPool, T09GoesOnWithTheThreadsThatStarted) {
    const ExecutorRef pool = make_pool(8);
    const FewThreads two(2);
    std::vector<FutureRef> futures;
    for (int i = 0; i < 100; ++i)
        futures.push_back(submit(*pool, [] {}));
    for (const FutureRef& future : futures)
        EXPECT_TRUE(future->wait(soon()));
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
}

TEST(ThreadPool, T09RefusesADeadlineWhoseTimerCannotStart) {
    Counter destroyed;
    const ExecutorRef pool = make_pool(1);
    const FutureRef running = submit(*pool, [] {});
    const auto submit_with_deadline = [&] {
        FutureRef future;
        const cf::FunctionCall call{[](cf_task_t*, void*) -> int32_t { return 0; }, &destroyed,
                                    count};
        EXPECT_FALSE(pool->make_function({.timeout = cf_test::long_wait_ns()}, call, future));
        return pool->accept(future);
    };
    for (const int threads : {0, 1}) {
        const FewThreads few(threads);
        const cf::ErrorRef error = submit_with_deadline();
        ASSERT_TRUE(error);
        EXPECT_EQ(error->status(), CF_STATUS_SYSTEM);
    }
    EXPECT_FALSE(submit_with_deadline());
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
    EXPECT_EQ(destroyed.value(), 3);
}

TEST(ThreadPool, FreesItselfWithItsTimer) {
    Counter freed;
    FutureRef future;
    {
        const ExecutorRef pool = make_pool(1, witness(freed, succeed));
        const cf::FunctionCall call{[](cf_task_t*, void*) -> int32_t { return 0; }, nullptr,
                                    nullptr};
        EXPECT_FALSE(pool->make_function({.timeout = cf_test::long_wait_ns()}, call, future));
        EXPECT_FALSE(pool->accept(future));
    }
    freed.wait_for(1);
    EXPECT_EQ(future->outcome_status(), CF_STATUS_OK);
}

TEST(ThreadPool, T09BreaksWhenItsLastThreadEndsAndNoOtherStarts) {
    Gate go;
    const ExecutorRef pool = make_pool(1);
    const FewThreads one(1);
    submit(*pool, [&] {
        go.wait();
        pthread_exit(nullptr);
    });
    const FutureRef queued = submit(*pool, [] { ADD_FAILURE() << "runs without a thread"; });
    go.open();
    EXPECT_TRUE(queued->wait(soon()));
    EXPECT_EQ(queued->outcome_status(), CF_STATUS_BROKEN_EXECUTOR);
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
}

// --- shutdown -------------------------------------------------------------------------------------

TEST(ThreadPool, T03ShutdownsFromManyThreadsAllReturn) {
    for (int round = 0; round < 20; ++round) {
        const ExecutorRef pool = make_pool(3);
        for (int i = 0; i < 20; ++i)
            submit(*pool, [] {});
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] {
                const int flags = i % 2 == 0 ? CF_SHUTDOWN_CANCEL_FUTURES : 0;
                EXPECT_EQ(finish(*pool, flags), CF_STATUS_OK);
            });
        }
        for (std::thread& thread : threads)
            thread.join();
    }
}

TEST(ThreadPool, ShutdownFromTaskOrCallbackWouldDeadlockAndStillBegins) {
    Counter refused;
    Gate go;
    const ExecutorRef pool = make_pool(2);
    const auto shut_down = [&] {
        if (finish(*pool) == CF_STATUS_WOULD_DEADLOCK) refused.add();
    };
    const FutureRef future = submit(*pool, [&] {
        go.wait();
        shut_down();
    });
    on_done(*future, shut_down);
    go.open();
    EXPECT_TRUE(future->wait(soon()));
    refused.wait_for(2);
    const cf::ErrorRef error = pool->accept(make(*pool, [] {}));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->status(), CF_STATUS_SHUT_DOWN);
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
}

TEST(ThreadPool, T04EveryCallRunsOrIsCancelledExactlyOnceUnderPressure) {
    constexpr int kCalls = 2000;
    std::atomic<int> ran{0};
    std::atomic<int> cancelled{0};
    const ExecutorRef pool = make_pool(3);
    std::vector<FutureRef> futures;
    for (int i = 0; i < kCalls; ++i)
        futures.push_back(submit(*pool, [&] { ++ran; }));
    std::vector<std::thread> cancellers;
    for (int i = 0; i < 2; ++i) {
        cancellers.emplace_back([&] {
            for (auto future = futures.rbegin(); future != futures.rend(); ++future) {
                static_cast<void>((*future)->cancel());
            }
        });
    }
    for (std::thread& thread : cancellers)
        thread.join();
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
    for (const FutureRef& future : futures) {
        if (future->phase() == Phase::kCancelled) ++cancelled;
    }
    EXPECT_EQ(ran + cancelled, kCalls);
}

TEST(ThreadPool, SpinsOnlyWhereThatIsOn) {
    for (const bool spin : {false, true}) {
        const ExecutorRef pool = made(new cf::ThreadPool({.max_workers = 1, .spin = spin}));
        EXPECT_EQ(pool->waiters_spin(), spin && cf::processors() > 1);
        EXPECT_EQ(finish(*pool), CF_STATUS_OK);
    }
}

}  // namespace
}  // namespace cf_unit

// Races between those who wait and those who complete: observers, waits for many, completion queues
// and the condition variable under them.
#include "future/observer.h"

#include <linux/futex.h>

#include <atomic>
#include <cerrno>
#include <limits>
#include <thread>

#include "future/completion_queue.h"
#include "future/wait.h"
#include "helpers.h"
#include "support/amount.h"
#include "support/system_calls.h"

namespace cf_unit {
namespace {

using cf::CompletionQueue;
using cf::FutureRef;
using cf::Outcome;
using cf_test::Gate;
using cf_test::Latch;

struct CountingObserver : cf::Observer {
    CountingObserver() : Observer(Kind::kWaiter) {}
    void notify(cf::Future&) override { notified.fetch_add(1); }
    std::atomic<int> notified{0};
};

void complete(cf::Future& future) {
    ASSERT_TRUE(future.state().begin_settle());
    future.settle(Outcome());
}

/// Runs one round of each body together with the others, `rounds` times.
template <typename Prepare, typename First, typename Second, typename Check>
void race(int rounds, Prepare prepare, First first, Second second, Check check) {
    for (int round = 0; round < rounds; ++round) {
        auto state = prepare();
        std::atomic<int> ready{0};
        const auto together = [&] {
            ++ready;
            while (ready.load() < 2)
                std::this_thread::yield();
        };
        std::thread other([&] {
            together();
            second(*state);
        });
        together();
        first(*state);
        other.join();
        check(*state);
    }
}

constexpr auto kRounds = static_cast<int>(cf_test::amount(5000));

TEST(ObserverRace, NotifiedOnceOrRemoved) {
    struct State {
        FutureRef future = cf::Future::for_promise();
        CountingObserver observers[3];
        int expected = 0;
    };
    race(
        kRounds, [] { return std::make_unique<State>(); },
        [](State& state) {
            for (CountingObserver& observer : state.observers) {
                if (!state.future->add_observer(observer)) continue;
                if (!state.future->remove_observer(observer)) ++state.expected;
            }
        },
        [](State& state) { complete(*state.future); },
        [](State& state) {
            int notified = 0;
            for (CountingObserver& observer : state.observers) {
                EXPECT_LE(observer.notified, 1);
                notified += observer.notified;
            }
            EXPECT_EQ(notified, state.expected);
        });
}

TEST(ObserverRace, CallbackRunsOnceHoweverLate) {
    struct State {
        FutureRef future = cf::Future::for_promise();
        std::atomic<int> called{0};
    };
    race(
        kRounds, [] { return std::make_unique<State>(); },
        [](State& state) { on_done(*state.future, [&state] { ++state.called; }); },
        [](State& state) { complete(*state.future); },
        [](State& state) { EXPECT_EQ(state.called, 1); });
}

class WaitRace : public testing::TestWithParam<cf_return_when_t> {};

TEST_P(WaitRace, LeavesNoNodeAndMissesNoCompletion) {
    struct State {
        FutureRef futures[3] = {cf::Future::for_promise(), cf::Future::for_promise(),
                                cf::Future::for_promise()};
    };
    race(
        kRounds, [] { return std::make_unique<State>(); },
        [](State& state) {
            // The same future twice, too.
            cf::Future* const futures[] = {state.futures[0].get(), state.futures[1].get(),
                                           state.futures[0].get(), state.futures[2].get()};
            static_cast<void>(cf::wait_for_many(futures, GetParam(), cf::Deadline::after(0)));
            EXPECT_EQ(cf::wait_for_many(futures, GetParam(), soon()), CF_STATUS_OK);
            if (GetParam() != CF_RETURN_WHEN_ALL_COMPLETED) return;
            for (cf::Future* future : futures)
                EXPECT_TRUE(future->done());
        },
        [](State& state) {
            complete(*state.futures[1]);
            EXPECT_TRUE(state.futures[0]->cancel());
            complete(*state.futures[2]);
        },
        [](State& state) {
            for (const FutureRef& future : state.futures)
                EXPECT_FALSE(future->has_callbacks());
        });
}

INSTANTIATE_TEST_SUITE_P(Conditions, WaitRace,
                         testing::Values(CF_RETURN_WHEN_FIRST_COMPLETED,
                                         CF_RETURN_WHEN_FIRST_EXCEPTION,
                                         CF_RETURN_WHEN_ALL_COMPLETED));

TEST(CompletionQueueRace, CloseWhileNotifying) {
    struct State {
        FutureRef futures[3] = {cf::Future::for_promise(), cf::Future::for_promise(),
                                cf::Future::for_promise()};
        cf::Ref<CompletionQueue> queue =
            cf::Ref<CompletionQueue>::adopt(new CompletionQueue(cf::Deadline::never()));
    };
    race(
        kRounds,
        [] {
            auto state = std::make_unique<State>();
            for (const FutureRef& future : state->futures)
                state->queue->add(future, 0);
            return state;
        },
        [](State& state) { state.queue = nullptr; },
        [](State& state) {
            for (const FutureRef& future : state.futures)
                complete(*future);
        },
        [](State&) {});
}

TEST(CompletionQueueRace, EveryFutureIsTakenOnceAndEveryTakerEnds) {
    for (int round = 0; round < 300; ++round) {
        constexpr int kFutures = 8;
        const auto queue = cf::Ref<CompletionQueue>::adopt(new CompletionQueue(soon()));
        std::vector<FutureRef> futures;
        for (uint64_t i = 0; i < kFutures; ++i) {
            futures.push_back(cf::Future::for_promise());
            queue->add(futures.back(), i);
        }
        std::atomic<int> taken[kFutures]{};
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&] {
                CompletionQueue::Taken one;
                cf_status_t status = CF_STATUS_OK;
                while ((status = queue->next(soon(), one)) == CF_STATUS_OK)
                    ++taken[one.tag];
                EXPECT_EQ(status, CF_STATUS_END);
            });
        }
        for (const FutureRef& future : futures)
            complete(*future);
        for (std::thread& thread : threads)
            thread.join();
        for (const std::atomic<int>& times : taken)
            EXPECT_EQ(times, 1);
    }
}

TEST(CompletionQueueDescriptor, SaysWhyThereIsNone) {
    const auto queue = cf::Ref<CompletionQueue>::adopt(new CompletionQueue(cf::Deadline::never()));
    int descriptor = -1;
    {
        cf::SystemCalls table = cf::real_system_calls();
        table.eventfd = [](unsigned, int) {
            errno = EMFILE;
            return -1;
        };
        const cf::ScopedSystemCalls scope(table);
        const cf::ErrorRef error = queue->descriptor(descriptor);
        ASSERT_TRUE(error);
        EXPECT_EQ(error->status(), CF_STATUS_SYSTEM);
        EXPECT_EQ(error->fields().os_code, EMFILE);
    }
    EXPECT_FALSE(queue->descriptor(descriptor));  // it may be asked for again
    EXPECT_GT(descriptor, 2);
}

// --- the condition variable and the clock under them ----------------------------------------------

/// Two threads hand a turn to each other; one missed notification and both sleep for ever.
void ping_pong(int turns) {
    cf::Mutex mutex;
    cf::Condition changed;
    int turn = 0;
    const auto play = [&](int mine) {
        for (;;) {
            cf::MutexLock lock(mutex);
            while (turn < turns && turn % 2 != mine) {
                if (!changed.wait(lock, soon())) return ADD_FAILURE() << "missed at turn " << turn;
            }
            if (turn >= turns) return;
            ++turn;
            lock.unlock();
            changed.notify_one();
        }
    };
    std::thread other(play, 1);
    play(0);
    other.join();
}

// Whatever somebody does to the wall clock, it is not looked at: neither for the time nor for a sleep.
TEST(Deadline, T14TheWallClockIsNotAsked) {
    static std::atomic<int> asked;
    static std::atomic<int> wrong;
    asked = 0;
    wrong = 0;
    cf::SystemCalls table = cf::real_system_calls();
    table.clock_gettime = [](clockid_t clock, timespec* time) {
        asked.fetch_add(1);
        if (clock != CLOCK_MONOTONIC) wrong.fetch_add(1);
        return cf::real_system_calls().clock_gettime(clock, time);
    };
    table.futex = [](uint32_t* address, int operation, uint32_t value, const timespec* timeout,
                     uint32_t bits) {
        asked.fetch_add(1);
        const int command = operation & FUTEX_CMD_MASK;
        if ((operation & FUTEX_CLOCK_REALTIME) != 0 ||
            (command != FUTEX_WAIT_BITSET && command != FUTEX_WAKE)) {
            wrong.fetch_add(1);
        }
        return cf::real_system_calls().futex(address, operation, value, timeout, bits);
    };
    const cf::ScopedSystemCalls scope(table);
    const cf::Nanoseconds moment = cf_test::time_unit().count() / 10;
    Gate go;
    const ExecutorRef pool = make_pool(2);
    const FutureRef never = cf::Future::for_promise();
    EXPECT_FALSE(never->wait(cf::Deadline::after(moment)));
    cf::Future* const one = never.get();
    EXPECT_EQ(
        cf::wait_for_many({&one, 1}, CF_RETURN_WHEN_ALL_COMPLETED, cf::Deadline::after(moment)),
        CF_STATUS_TIMEOUT);
    submit(*pool, [&] { go.wait(); });
    EXPECT_EQ(pool->shutdown(CF_SHUTDOWN_WAIT, cf::Deadline::after(moment))->status(),
              CF_STATUS_TIMEOUT);
    go.open();
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
    EXPECT_GT(asked.load(), 10);
    EXPECT_EQ(wrong.load(), 0);
}

/// Its first word counts notifications, and may wrap.
TEST(Condition, T18ItsCounterWraps) {
    cf::Mutex mutex;
    cf::Condition changed;
    auto* const sequence = reinterpret_cast<std::atomic<uint32_t>*>(&changed);
    static_assert(sizeof(cf::Condition) == 2 * sizeof(uint32_t));
    sequence->store(std::numeric_limits<uint32_t>::max() - 3);
    int turn = 0;
    const auto play = [&](int mine) {
        for (int round = 0; round < 20; ++round) {
            cf::MutexLock lock(mutex);
            while (turn % 2 != mine)
                ASSERT_TRUE(changed.wait(lock, soon()) || turn % 2 == mine);
            ++turn;
            changed.notify_one();
        }
    };
    std::thread other([&] { play(1); });
    play(0);
    other.join();
    EXPECT_EQ(turn, 40);
    EXPECT_LT(sequence->load(), 100u);
}

TEST(Condition, T20MissesNoNotification) {
    ping_pong(20000);
}

TEST(Condition, T20TakesEarlyReturnsForWhatTheyAre) {
    static std::atomic<int> calls;
    cf::SystemCalls table = cf::real_system_calls();
    table.futex = [](uint32_t* address, int operation, uint32_t value, const timespec* timeout,
                     uint32_t bits) -> long {
        if (calls.fetch_add(1) % 3 == 0 && bits != 0) {  // bits are set for a wait only
            errno = EINTR;
            return -1;
        }
        return cf::real_system_calls().futex(address, operation, value, timeout, bits);
    };
    const cf::ScopedSystemCalls scope(table);
    ping_pong(2000);
    const FutureRef future = cf::Future::for_promise();
    EXPECT_FALSE(future->wait(cf::Deadline::after(1000)));
    std::thread completer([&] { complete(*future); });
    EXPECT_TRUE(future->wait(soon()));
    completer.join();
}

TEST(Deadline, T14SaturatesAndPolls) {
    EXPECT_TRUE(cf::Deadline::after(-1).is_never());
    EXPECT_TRUE(cf::Deadline::after(INT64_MIN).is_never());
    EXPECT_TRUE(cf::Deadline::after(INT64_MAX).is_never());
    EXPECT_TRUE(cf::Deadline::after(INT64_MAX - 1).is_never());
    EXPECT_FALSE(cf::Deadline::never().passed());
    EXPECT_TRUE(cf::Deadline::after(0).passed());
    EXPECT_FALSE(cf::Deadline::after(cf_test::long_wait_ns()).passed());
    const cf::Deadline first = cf::Deadline::after(1);
    EXPECT_EQ(first.earlier(cf::Deadline::never()).at(), first.at());
    EXPECT_EQ(cf::Deadline::never().earlier(first).at(), first.at());
}

}  // namespace
}  // namespace cf_unit

// Where the callbacks of a process pool run, and what rude ones do to it.
#include <pthread.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <set>

#include "pool.h"
#include "support/process_gate.h"

namespace cf_unit {
namespace {

using cf::FutureRef;

TEST(CallbackThread, S4AllCallbacksRunOnOneThreadThatIsNotTheManager) {
    std::mutex mutex;
    std::set<std::string> names;
    std::set<pthread_t> threads;
    {
        Pool pool(by_itself(2));
        for (int i = 0; i < 20; ++i) {
            const FutureRef call = pool.make("echo");
            on_done(*call, [&] {
                char name[16];
                pthread_getname_np(pthread_self(), name, sizeof name);
                const std::lock_guard lock(mutex);
                names.insert(name);
                threads.insert(pthread_self());
            });
            ASSERT_FALSE(pool->accept(call));
        }
    }
    EXPECT_EQ(threads.size(), 1U);
    EXPECT_EQ(names, std::set<std::string>{"cf-callbacks"});
}

TEST(CallbackThread, S4ABlockedCallbackDelaysNoResult) {
    cf_test::Gate gate;
    cf_test::Gate blocked;
    Pool pool(by_itself());
    const FutureRef first = pool.make("echo");
    on_done(*first, [&] {
        blocked.open();
        gate.wait();
    });
    ASSERT_FALSE(pool->accept(first));
    blocked.wait();
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(status_of(pool.submit("echo")), CF_STATUS_OK);
    gate.open();
}

TEST(CallbackThread, ShutdownInACallbackIsRefusedToWaitAndGoesOn) {
    cf_status_t status = CF_STATUS_OK;
    {
        Pool pool(by_itself());
        const FutureRef call = pool.make("echo");
        on_done(*call, [&] { status = pool.shutdown(); });
        ASSERT_FALSE(pool->accept(call));
        EXPECT_EQ(status_of(call), CF_STATUS_OK);
        EXPECT_EQ(pool.shutdown(), CF_STATUS_OK);
        EXPECT_TRUE(pool->accept(pool.make("echo")));
    }
    EXPECT_EQ(status, CF_STATUS_WOULD_DEADLOCK);
}

TEST(CallbackThread, ACallbackMaySubmitAndAddCallbacks) {
    cf_test::Gate done;
    Pool pool(by_itself());
    const FutureRef call = pool.make("echo");
    on_done(*call, [&] {
        const FutureRef next = pool.submit("echo");
        on_done(*next, [&] { done.open(); });
    });
    ASSERT_FALSE(pool->accept(call));
    done.wait();
}

TEST(CallbackThread, ACallbackThatEndsItsThreadStopsNoOther) {
    cf_test::Counter called;
    {
        Pool pool(by_itself());
        // Together, so that others wait behind each one that ends the thread.
        for (int i = 0; i < 12; ++i) {
            const FutureRef call = pool.make("echo");
            on_done(*call, [&called, i] {
                called.add();
                if (i % 3 == 0) pthread_exit(nullptr);
            });
            ASSERT_FALSE(pool->accept(call));
        }
        called.wait_for(12);
    }
    EXPECT_EQ(called.value(), 12);
}

/// A process whose first callback calls exit() when two others wait behind it.
[[noreturn]] void exit_in_a_callback() {
    static cf_test::Gate all_are_done;
    static cf_test::Counter called;
    // Handlers run last to first: the pool's, which it registers now, is before this one.
    std::atexit([] { _exit(called.value() == 3 ? 0 : 71); });
    cf::Executor* pool = nullptr;
    if (create_listed(by_itself(), pool)) _exit(70);
    FutureRef call;
    for (int i = 0; i < 3; ++i) {
        if (pool->make_call({}, "echo", "[]", call)) _exit(72);
        on_done(*call, [i] {
            if (i == 0) all_are_done.wait();
            called.add();
            if (i == 0) exit(3);
        });
        if (pool->accept(call)) _exit(73);
    }
    call->wait(soon());
    all_are_done.open();
    for (;;)
        pause();
}

TEST(CallbackThreadDeathTest, T12ExitInACallbackLetsTheOthersRun) {
    EXPECT_EXIT(exit_in_a_callback(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cf_unit

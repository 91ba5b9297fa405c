// Threads that end in the middle of things: callbacks that end the thread which another is already
// ending, and thread-local objects that take their time.
#include "helpers.h"
#include "support/thread.h"

namespace cf_unit {
namespace {

using cf_test::Counter;
using cf_test::Gate;

void run_on_a_thread(cf::Thread& thread, void (*function)(void*), void* argument) {
    ASSERT_FALSE(thread.start("unit", function, argument));
}

TEST(ThreadEnd, T16EveryCallbackMayEndTheThread) {
    const cf::FutureRef future = cf::Future::for_promise();
    Counter called;
    for (int i = 0; i < 3; ++i) {
        on_done(*future, [&] {
            called.add();
            pthread_exit(nullptr);
        });
    }
    on_done(*future, [&] { called.add(); });
    cf::Thread thread;
    run_on_a_thread(
        thread, [](void* done) { static_cast<cf::Future*>(done)->cancel(); }, future.get());
    thread.join();
    EXPECT_EQ(called.value(), 4);
}

TEST(ThreadEnd, T16ATaskAndItsCallbacksMayAllEndTheThread) {
    Gate go;
    Counter called;
    const ExecutorRef pool = make_pool(1);
    const cf::FutureRef future = submit(*pool, [&] {
        go.wait();
        pthread_exit(nullptr);
    });
    for (int i = 0; i < 3; ++i) {
        on_done(*future, [&] {
            called.add();
            pthread_exit(nullptr);
        });
    }
    const cf::FutureRef next = submit(*pool, [] {});
    go.open();
    EXPECT_TRUE(next->wait(soon()));
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
    EXPECT_EQ(called.value(), 3);
    EXPECT_EQ(future->outcome_status(), CF_STATUS_TASK_EXITED);
}

// --- thread-local objects -------------------------------------------------------------------------

struct SlowToGo {
    Gate* go = nullptr;
    ~SlowToGo() {
        if (go != nullptr) go->wait();
    }
};
thread_local SlowToGo slow_to_go;

TEST(ThreadEnd, AJoinWithADeadlineDoesNotWaitForThreadLocalObjects) {
    Gate go;
    cf::Thread thread;
    run_on_a_thread(
        thread, [](void* gate) { slow_to_go.go = static_cast<Gate*>(gate); }, &go);
    EXPECT_FALSE(thread.join(cf::Deadline::after(0)));
    EXPECT_FALSE(thread.join(cf::Deadline::after(cf::kMillisecond)));
    EXPECT_TRUE(thread.joinable());
    go.open();
    EXPECT_TRUE(thread.join(soon()));
    EXPECT_FALSE(thread.joinable());
}

TEST(ThreadEnd, AShutdownWithATimeoutDoesNotWaitForThreadLocalObjects) {
    Gate go;
    const ExecutorRef pool = make_pool(2);
    EXPECT_TRUE(submit(*pool, [&] { slow_to_go.go = &go; })->wait(soon()));
    for (int i = 0; i < 2; ++i) {
        const cf::ErrorRef error =
            pool->shutdown(CF_SHUTDOWN_WAIT, cf::Deadline::after(cf::kMillisecond));
        ASSERT_TRUE(error);
        EXPECT_EQ(error->status(), CF_STATUS_TIMEOUT);
    }
    go.open();
    EXPECT_EQ(finish(*pool), CF_STATUS_OK);
}

}  // namespace
}  // namespace cf_unit

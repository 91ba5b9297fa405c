#include "executor/inline_executor.h"

#include <pthread.h>

#include <thread>

#include "helpers.h"

namespace cf_unit {
namespace {

using cf::FutureRef;
using cf::Phase;
using cf_test::Counter;
using cf_test::Gate;

TEST(InlineExecutor, T05ReleasedByItsOwnTaskLivesUntilTheCallIsOver) {
    Counter called;
    ExecutorRef executor = make_inline();
    FutureRef future = make(*executor, [&] { executor = nullptr; });
    on_done(*future, [&] { called.add(); });
    cf::Executor* borrowed = executor.get();
    EXPECT_FALSE(borrowed->accept(future));
    EXPECT_FALSE(executor);
    EXPECT_EQ(future->phase(), Phase::kSucceeded);
    EXPECT_EQ(called.value(), 1);
}

TEST(InlineExecutor, T05ReleasedByItsOwnCallbackLivesUntilTheCallIsOver) {
    ExecutorRef executor = make_inline();
    FutureRef future = make(*executor, [] {});
    on_done(*future, [&] { executor = nullptr; });
    cf::Executor* borrowed = executor.get();
    EXPECT_FALSE(borrowed->accept(future));
    EXPECT_FALSE(executor);
    EXPECT_EQ(future->phase(), Phase::kSucceeded);
}

TEST(InlineExecutor, T16RunsTheRestOfAListWhenATaskEndsTheThread) {
    const ExecutorRef executor = make_inline();
    std::vector<FutureRef> futures;
    futures.push_back(make(*executor, [] {}));
    futures.push_back(make(*executor, [] { pthread_exit(nullptr); }));
    futures.push_back(make(*executor, [] {}));
    std::thread([&] {
        cf::FutureList list;
        for (const FutureRef& future : futures)
            list.push_back(future);
        static_cast<void>(executor->accept(list));
        ADD_FAILURE() << "the task ends this thread";
    }).join();
    EXPECT_EQ(futures[0]->outcome_status(), CF_STATUS_OK);
    EXPECT_EQ(futures[1]->outcome_status(), CF_STATUS_TASK_EXITED);
    EXPECT_EQ(futures[2]->outcome_status(), CF_STATUS_OK);
    EXPECT_EQ(finish(*executor), CF_STATUS_OK);
}

TEST(InlineExecutor, ShutdownWaitsForCallsOnOtherThreads) {
    Gate started, go;
    const ExecutorRef executor = make_inline();
    std::thread caller([&] {
        submit(*executor, [&] {
            started.open();
            go.wait();
        });
    });
    started.wait();
    const cf::ErrorRef error = executor->shutdown(CF_SHUTDOWN_WAIT, cf::Deadline::after(0));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->status(), CF_STATUS_TIMEOUT);
    go.open();
    EXPECT_EQ(finish(*executor), CF_STATUS_OK);
    caller.join();
}

TEST(InlineExecutor, ShutdownFromItsTaskWouldDeadlock) {
    const ExecutorRef executor = make_inline();
    cf_status_t status = CF_STATUS_OK;
    submit(*executor, [&] { status = finish(*executor); });
    EXPECT_EQ(status, CF_STATUS_WOULD_DEADLOCK);
    EXPECT_EQ(finish(*executor), CF_STATUS_OK);
}

TEST(InlineExecutor, NestedCallsRunInPlace) {
    const ExecutorRef executor = make_inline();
    std::string order;
    submit(*executor, [&] {
        order += "a";
        submit(*executor, [&] { order += "b"; });
        order += "c";
    });
    EXPECT_EQ(order, "abc");
    EXPECT_EQ(finish(*executor), CF_STATUS_OK);
}

}  // namespace
}  // namespace cf_unit

// The thread pool as a whole: submission, sleeping workers, shutdown, breaking.
#include "thread_pool/thread_pool.h"

#include "scenario.h"

namespace cf_model {
namespace {

ExecutorRef make_pool(size_t workers, cf::Ref<cf::Initializer> initializer = nullptr) {
    return ExecutorRef::adopt(new cf::ThreadPool(
        {.max_workers = workers, .initializer = std::move(initializer), .spin = false}));
}

/// Stale loads are left to the scenarios of its parts, in queues_test.cpp.
Options without_stale_loads() {
    Options options;
    options.budget.stale_loads = 0;
    return options;
}

TEST(ModelThreadPool, SubmitAgainstASleepingWorker) {
    prove([] {
        const ExecutorRef pool = make_pool(1);
        Count ran;
        const FutureRef first = submit(*pool, [&] { ran.add(); });
        const FutureRef second = submit(*pool, [&] { ran.add(); });
        check(second->wait(Deadline::never()), "done");
        shut_down(*pool);
        check(ran.get() == 2, "both ran");
    });
}

TEST(ModelThreadPool, T03ShutdownAgainstSubmit) {
    prove(
        [] {
            const ExecutorRef pool = make_pool(1);
            Count ran;
            FutureRef call;
            together([&] { call = submit(*pool, [&] { ran.add(); }); }, [&] { shut_down(*pool); });
            check(!call || call->done(), "who is accepted is done when the shutdown has ended");
            check(ran.get() == (call ? 1 : 0), "accepted and run, or refused");
        },
        without_stale_loads());
}

TEST(ModelThreadPool, T03CancellingShutdownAgainstTheWorker) {
    prove([] {
        const ExecutorRef pool = make_pool(1);
        Count ran, told;
        const FutureRef call = submit(*pool, [&] { ran.add(); });
        on_done(*call, [&] { told.add(); });
        shut_down(*pool, CF_SHUTDOWN_CANCEL_FUTURES);
        check(call->done() && told.get() == 1, "it has an end that was told");
        check(ran.get() == (call->phase() == cf::Phase::kCancelled ? 0 : 1), "the end that it had");
    });
}

TEST(ModelThreadPool, CancelAgainstTheWorker) {
    prove([] {
        const ExecutorRef pool = make_pool(1);
        Count ran;
        const FutureRef call = submit(*pool, [&] { ran.add(); });
        const bool cancelled = call->cancel();
        shut_down(*pool);
        check(ran.get() == (cancelled ? 0 : 1), "it ran or was cancelled");
    });
}

/// A new call of which the caller keeps the future.
template <typename Body>
FutureRef submit_new(cf::Executor& executor, Body body) {
    FutureRef call = make_call(executor, std::move(body));
    FutureRef kept = call->share_unshared();
    check(!executor.accept_new(std::move(call)), "the pool is open");
    return kept;
}

TEST(ModelThreadPool, HandleDroppedWhileTheWorkerSeesWhetherItIsAlone) {
    prove([] {
        const ExecutorRef pool = make_pool(1);
        Count ran;
        FutureRef call = submit_new(*pool, [&] { ran.add(); });
        const bool cancelled = call->cancel();
        call = nullptr;
        shut_down(*pool);
        check(ran.get() == (cancelled ? 0 : 1), "it ran or was cancelled");
    });
}

TEST(ModelThreadPool, PostsAgainstACancellingShutdown) {
    prove(
        [] {
            const ExecutorRef pool = make_pool(1);
            Count ran, freed;
            struct Told {
                Count* freed;
                ~Told() {
                    if (freed != nullptr) freed->add();
                }
                explicit Told(Count& count) : freed(&count) {}
                Told(Told&& other) noexcept : freed(std::exchange(other.freed, nullptr)) {}
            };
            cf::FutureList calls;
            for (int i = 0; i < 2; ++i)
                calls.push_back(make_call(*pool, [&ran, told = Told(freed)] { ran.add(); }));
            check(!pool->accept_new(calls), "the pool is open");
            shut_down(*pool, CF_SHUTDOWN_CANCEL_FUTURES);
            check(ran.get() <= 2 && freed.get() == 2, "run or cancelled, and freed");
        },
        without_stale_loads());
}

ExecutorRef make_bounded_pool(size_t places) {
    return ExecutorRef::adopt(
        new cf::ThreadPool({.max_workers = 1, .max_queue = places, .spin = false}));
}

TEST(ModelThreadPool, ABlockedSubmitterAgainstTheWorkerThatMakesRoom) {
    prove(
        [] {
            const ExecutorRef pool = make_bounded_pool(1);
            Count ran;
            const FutureRef first = submit(*pool, [&] { ran.add(); });
            const FutureRef second = submit(*pool, [&] { ran.add(); });  // may have to wait
            check(first && second, "the pool is open");
            shut_down(*pool);
            check(ran.get() == 2, "both ran");
        },
        without_stale_loads());
}

TEST(ModelQueueLimit, GiveBackAgainstWaitersAndATimeout) {
    prove([] {
        cf::QueueLimit limit(1, CF_QUEUE_POLICY_BLOCK);
        check(limit.take(1), "there is a place");
        Count taken;
        const auto wait = [&](Deadline deadline) {
            const auto outcome = limit.wait(1, deadline);
            if (outcome != cf::QueueLimit::Wait::kTaken) return false;
            taken.add();
            limit.give_back(1);
            return true;
        };
        together([&] { limit.give_back(1); },
                 [&] { check(wait(Deadline::never()), "it is served"); }, [&] { wait(soon()); });
        check(limit.take(1) && !limit.take(1), "no place is lost, and none is made");
    });
}

TEST(ModelQueueLimit, CloseAgainstWait) {
    prove([] {
        cf::QueueLimit limit(1, CF_QUEUE_POLICY_BLOCK);
        check(limit.take(1), "there is a place");
        together([&] { limit.close(); },
                 [&] {
                     check(limit.wait(1, Deadline::never()) == cf::QueueLimit::Wait::kClosed,
                           "a waiter is told");
                 });
    });
}

/// A call with a priority; not accepted yet.
template <typename Body>
FutureRef make_urgent(cf::Executor& executor, Body body) {
    FutureRef future;
    auto* data = new OnHeap<Body>{std::move(body)};
    const cf::FunctionCall call{OnHeap<Body>::run, data, OnHeap<Body>::destroy};
    check(!executor.make_function({.priority = 1}, call, future), "a call is made");
    return future;
}

TEST(ModelThreadPool, AnUrgentCallAgainstAWorkerThatGoesToSleep) {
    prove(
        [] {
            const ExecutorRef pool = make_pool(1);
            Count ran;
            const FutureRef first = submit(*pool, [&] { ran.add(); });
            FutureRef urgent = make_urgent(*pool, [&] { ran.add(); });
            const FutureRef kept = urgent;
            check(!pool->accept_new(std::move(urgent)), "the pool is open");
            check(kept->wait(Deadline::never()), "it is found");
            shut_down(*pool);
            check(ran.get() == 2, "both ran");
        },
        without_stale_loads());
}

TEST(ModelThreadPool, T03LastHandleAgainstTheLastWorker) {
    prove([] {
        ExecutorRef pool = make_pool(1);
        Count ran;
        FutureRef call = submit(*pool, [&] { ran.add(); });
        pool = nullptr;
        check(call->wait(Deadline::never()), "accepted work is finished");
        call = nullptr;
        check(ran.get() == 1, "it ran");
    });
}

TEST(ModelThreadPool, TwoWorkersAndTwoCalls) {
    // All with one pre-emption; the 425,843 with two take a minute.
    Options options = without_stale_loads();
    options.budget.preemptions = 1;
    options.random_schedules = 5'000;
    prove(
        [] {
            const ExecutorRef pool = make_pool(2);
            Count ran;
            submit(*pool, [&] { ran.add(); });
            submit(*pool, [&] { ran.add(); });
            shut_down(*pool);
            check(ran.get() == 2, "each ran once");
        },
        options);
}

TEST(ModelThreadPool, ABreakingPoolAgainstSubmit) {
    prove(
        [] {
            const auto fail = [](void*) -> int32_t { return 1; };
            const ExecutorRef pool = make_pool(
                1, cf::Ref<cf::Initializer>::adopt(new cf::Initializer(fail, nullptr, nullptr)));
            Count ran;
            const FutureRef first = submit(*pool, [&] { ran.add(); });
            const FutureRef second = submit(*pool, [&] { ran.add(); });
            check(!first || first->wait(Deadline::never()), "who was accepted is failed");
            check(!second || second->wait(Deadline::never()), "the second one, too");
            check(ran.get() == 0, "nothing runs in a pool that broke");
            shut_down(*pool);
        },
        without_stale_loads());
}

}  // namespace
}  // namespace cf_model

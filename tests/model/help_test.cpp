// Waits inside of calls (S9): help, compensation, cycles.
#include "future/blocking.h"
#include "thread_pool/thread_pool.h"

#include "scenario.h"

namespace cf_model {
namespace {

using cf::Help;

struct PoolOptions {
    size_t workers = 1;
    size_t compensating = 1;
    Help help = Help::kOwnTarget;
    bool outside_help = false;
};

ExecutorRef make_pool(const PoolOptions& options) {
    return ExecutorRef::adopt(new cf::ThreadPool({.max_workers = options.workers,
                                                  .max_compensating_workers = options.compensating,
                                                  .help = options.help,
                                                  .outside_help = options.outside_help,
                                                  .spin = false}));
}

/// The whole pool is large; its parts are explored deeper in queues_test.cpp.
Options one_preemption() {
    Options options;
    options.budget.preemptions = 1;
    options.budget.stale_loads = 0;
    return options;
}

void wait_for(Future& future) {
    check(future.wait(Deadline::never()), "it is done");
}

// --- help -----------------------------------------------------------------------------------------

// The worker takes the call from its queue, or the waiter does, or the canceller.
TEST(ModelHelp, AWaiterOutsideAgainstTheWorker) {
    prove(
        [] {
            const ExecutorRef pool = make_pool({.outside_help = true});
            Count ran;
            const FutureRef call = submit(*pool, [&] { ran.add(); });
            wait_for(*call);
            check(ran.get() == 1, "it ran once");
            shut_down(*pool);
        },
        one_preemption());
}

TEST(ModelHelp, TwoWaitersOutsideAndACanceller) {
    prove(
        [] {
            const ExecutorRef pool = make_pool({.outside_help = true});
            Count ran;
            const FutureRef call = submit(*pool, [&] { ran.add(); });
            bool cancelled = false;
            together([&] { wait_for(*call); }, [&] { cancelled = call->cancel(); });
            check(ran.get() == (cancelled ? 0 : 1), "it ran once or was cancelled");
            shut_down(*pool);
        },
        one_preemption());
}

// A wait inside of a call against the other worker, which takes the target from its queue.
TEST(ModelHelp, AWaiterInsideAgainstAnotherWorker) {
    prove(
        [] {
            const ExecutorRef pool = make_pool({.workers = 2});
            Count ran;
            const FutureRef waits = submit(*pool, [&] {
                const FutureRef target = submit(*pool, [&] { ran.add(); });
                wait_for(*target);
                check(ran.get() == 1, "it ran once");
            });
            wait_for(*waits);
            shut_down(*pool);
        },
        one_preemption());
}

// What was run for its waiter is in the queue still, and goes with its turn.
TEST(ModelHelp, OlderTargetsLeaveNothingBehind) {
    prove(
        [] {
            const ExecutorRef pool = make_pool({});
            Count ran;
            const FutureRef waits = submit(*pool, [&] {
                const FutureRef older = submit(*pool, [&] { ran.add(); });
                const FutureRef newer = submit(*pool, [&] { ran.add(); });
                wait_for(*older);
                wait_for(*newer);
            });
            wait_for(*waits);
            shut_down(*pool);
            check(ran.get() == 2, "each ran once");
        },
        one_preemption());
}

// The call is accepted by one thread while another one that waits for it already runs it.
TEST(ModelHelp, APreparedCallThatIsRunWhileItIsAccepted) {
    prove(
        [] {
            const ExecutorRef pool = make_pool({.outside_help = true});
            Count ran;
            const FutureRef call = make_call(*pool, [&] { ran.add(); });
            together([&] { check(!pool->accept(call), "it is accepted"); },
                     [&] {
                         wait_for(*call);
                         check(ran.get() == 1, "it ran once");
                     });
            shut_down(*pool);
        },
        one_preemption());
}

// Whoever runs the last call of a pool that is shut down may be no thread of it.
TEST(ModelHelp, AWaiterOutsideAgainstTheLastHandle) {
    prove(
        [] {
            ExecutorRef pool = make_pool({.outside_help = true});
            Count ran;
            FutureRef call = submit(*pool, [&] { ran.add(); });
            together([&] { pool = nullptr; },
                     [&] {
                         wait_for(*call);
                         call = nullptr;
                     });
            check(ran.get() == 1, "accepted work is finished");
        },
        one_preemption());
}

// --- compensation ---------------------------------------------------------------------------------

// The only worker blocks while a call is submitted from outside: who comes second sees the other.
TEST(ModelCompensation, ABlockAgainstASubmit) {
    prove(
        [] {
            const ExecutorRef pool = make_pool({});
            const PromiseRef promise = make_promise();
            const FutureRef waits = submit(*pool, [&] { wait_for(*promise->future()); });
            const FutureRef keeps = submit(*pool, [&] { promise->settle(number(1)); });
            wait_for(*waits);
            wait_for(*keeps);
            shut_down(*pool);
        },
        one_preemption());
}

// What it waits for is done just when the pool starts another worker; and that one leaves again.
TEST(ModelCompensation, AWakeAgainstACompensatingWorker) {
    prove(
        [] {
            const ExecutorRef pool = make_pool({});
            const PromiseRef promise = make_promise();
            Count ran;
            const FutureRef waits = submit(*pool, [&] { wait_for(*promise->future()); });
            const FutureRef other = submit(*pool, [&] { ran.add(); });
            promise->settle(number(1));
            wait_for(*other);
            wait_for(*waits);
            const FutureRef last = submit(*pool, [&] { ran.add(); });
            shut_down(*pool);
            check(ran.get() == 2, "none was lost");
        },
        one_preemption());
}

// The surplus worker leaves while calls are submitted.
TEST(ModelCompensation, LeavingAgainstASubmit) {
    prove(
        [] {
            const ExecutorRef pool = make_pool({});
            const PromiseRef promise = make_promise();
            Count ran;
            const FutureRef waits = submit(*pool, [&] {
                submit(*pool, [&] { promise->settle(number(1)); });
                wait_for(*promise->future());
            });
            wait_for(*waits);
            const FutureRef late = submit(*pool, [&] { ran.add(); });
            wait_for(*late);
            shut_down(*pool);
            check(ran.get() == 1, "it was not lost");
        },
        one_preemption());
}

TEST(ModelCompensation, AShutdownAgainstABlockedWorker) {
    prove(
        [] {
            const ExecutorRef pool = make_pool({});
            const PromiseRef promise = make_promise();
            const FutureRef waits = submit(*pool, [&] { wait_for(*promise->future()); });
            const FutureRef keeps = submit(*pool, [&] { promise->settle(number(1)); });
            shut_down(*pool);
            check(waits->done() && keeps->done(), "accepted work is finished");
        },
        one_preemption());
}

// --- cycles ---------------------------------------------------------------------------------------

/// A thread inside of a call, as the wait graph sees it.
template <typename Body>
void inside(const FutureRef& call, const Body& body) {
    const cf::OwnerScope scope(nullptr, call.get());
    body();
}

FutureRef running_call(cf::Executor& executor) {
    FutureRef call = make_call(executor, [] {});
    check(call->state().start(), "it runs");
    return call;
}
void end(const FutureRef& call) {
    call->destroy_input(false);
    call->settle(Outcome());
}

TEST(ModelWaitGraph, OneOfTwoThatWaitForEachOtherIsRefused) {
    prove([] {
        const ExecutorRef executor = ExecutorRef::adopt(new cf::InlineExecutor);
        const FutureRef a = running_call(*executor);
        const FutureRef b = running_call(*executor);
        Count refused;
        const auto wait = [&](const FutureRef& self, Future& other) {
            inside(self, [&] {
                const cf_status_t status = other.await(Deadline::never());
                check(status == CF_STATUS_OK || status == CF_STATUS_WOULD_DEADLOCK, "it ends");
                if (status == CF_STATUS_WOULD_DEADLOCK) refused.add();
            });
            end(self);
        };
        together([&] { wait(a, *b); }, [&] { wait(b, *a); });
        check(refused.get() == 1, "the second one is refused");
        check(a->done() && b->done(), "both end");
    });
}

// The last edge of what looked like a cycle goes while it is looked for.
TEST(ModelWaitGraph, ACompletionAgainstTheSearch) {
    prove([] {
        const ExecutorRef executor = ExecutorRef::adopt(new cf::InlineExecutor);
        const PromiseRef promise = make_promise();
        const FutureRef a = running_call(*executor);
        const FutureRef b = running_call(*executor);
        together([&] { promise->settle(number(1)); },
                 [&] {
                     inside(a, [&] {
                         check(promise->future()->await(Deadline::never()) == CF_STATUS_OK,
                               "a promise is in no cycle");
                     });
                     end(a);
                 },
                 [&] {
                     inside(b, [&] {
                         check(a->await(Deadline::never()) == CF_STATUS_OK, "there is no cycle");
                     });
                     end(b);
                 });
    });
}

}  // namespace
}  // namespace cf_model

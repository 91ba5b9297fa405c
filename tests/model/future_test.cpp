// One future: who makes it done, who waits, who is told, and who frees it.
#include "scenario.h"

namespace cf_model {
namespace {

using cf::Phase;

TEST(ModelFuture, T04CompleteAgainstCancelAgainstWait) {
    prove([] {
        const PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        bool completed = false;
        bool cancelled = false;
        together(
            [&] {
                if (promise->start() != CF_STATUS_OK) return;
                completed = !promise->settle(number(7));
                check(completed, "who has started may settle");
            },
            [&] { cancelled = future->cancel(); },
            [&] {
                check(future->wait(Deadline::never()), "a wait without a deadline ends done");
                const Phase phase = future->phase();
                check(phase == Phase::kCancelled || number_of(*future) == 7,
                      "the waiter sees the outcome");
            });
        check(completed != cancelled, "exactly one of both has won");
        check((future->phase() == Phase::kCancelled) == cancelled, "the phase says who");
    });
}

TEST(ModelFuture, TimedWaitAgainstCompletion) {
    prove([] {
        const PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        together(
            [&] { promise->settle(number(7)); },
            [&] {
                if (future->wait(soon())) check(number_of(*future) == 7, "the outcome is there");
            },
            [&] { check(future->wait(Deadline::never()), "the other waiter is not forgotten"); });
    });
}

TEST(ModelFuture, TheOutcomeIsThereForWhoeverSeesItDone) {
    prove([] {
        const PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        const auto look = [&] {
            if (future->done()) check(number_of(*future) == 7, "the outcome is there");
        };
        together([&] { promise->settle(number(7)); }, look, look);
    });
}

TEST(ModelFuture, CallbackAddedWhileCompleting) {
    prove([] {
        const PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        Count calls;
        const auto add = [&] {
            on_done(*future, [&] {
                check(number_of(*future) == 7, "a callback sees the outcome");
                calls.add();
            });
        };
        together([&] { promise->settle(number(7)); }, add, add);
        check(calls.get() == 2, "each callback was called once");
    });
}

TEST(ModelFuture, CallbackAddedWhileCancelling) {
    prove([] {
        const PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        Count calls;
        together([&] { check(future->cancel(), "nobody has started it"); },
                 [&] {
                     on_done(*future, [&] {
                         check(future->phase() == Phase::kCancelled, "a callback sees the end");
                         calls.add();
                     });
                 });
        check(calls.get() == 1, "the callback was called once");
    });
}

TEST(ModelFuture, T05LastReferenceDroppedInsideACallback) {
    prove([] {
        PromiseRef promise = make_promise();
        FutureRef handle = promise->future();
        Count calls;
        on_done(*handle, [&] { calls.add(); });
        on_done(*handle, [&] {
            handle = nullptr;  // the last one, if the others have gone
            calls.add();
        });
        FutureRef other = promise->future();
        together(
            [&] {
                promise->settle(number(7));
                promise = nullptr;
            },
            [&] { other = nullptr; });
        check(calls.get() == 2, "both callbacks were called");
    });
}

TEST(ModelFuture, LastReferenceDroppedBeforeTheWake) {
    prove([] {
        PromiseRef promise = make_promise();
        FutureRef handle = promise->future();
        together(
            [&] {
                promise->settle(number(7));
                promise = nullptr;
            },
            [&] {
                check(handle->wait(Deadline::never()), "done");
                check(number_of(*handle) == 7, "the outcome is there");
                handle = nullptr;
            });
    });
}

TEST(ModelFuture, T04TwoCancels) {
    prove([] {
        const PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        Count calls;
        on_done(*future, [&] { calls.add(); });
        const auto cancel = [&] {
            check(future->cancel(), "it is cancelled, by whomever");
            check(future->phase() == Phase::kCancelled, "and at once");
        };
        together(cancel, cancel,
                 [&] { check(future->wait(Deadline::never()), "a waiter is woken"); });
        check(calls.get() == 1, "one of both notifies");
    });
}

TEST(ModelFuture, T04StartAgainstCancelAgainstGivingUp) {
    prove([] {
        Count ran, freed;
        const ExecutorRef executor = ExecutorRef::adopt(new cf::InlineExecutor);
        FutureRef call = make_call(*executor, [&] { ran.add(); });
        bool started = false;
        bool cancelled = false;
        bool failed = false;
        const cf::ErrorRef broken = cf::Error::create(CF_STATUS_BROKEN_EXECUTOR, "on purpose");
        together(
            [&] {
                started = call->state().start();
                if (started) cf::run_call(*call);
            },
            [&] { cancelled = call->cancel(); }, [&] { failed = call->fail_unstarted(broken); });
        check(started + cancelled + failed == 1, "exactly one has won");
        check(ran.get() == (started ? 1 : 0), "the call ran when it was started");
    });
}

class Watcher final : public cf::Observer {
  public:
    Watcher() : Observer(Kind::kWaiter) {}
    void notify(Future&) override { notified = true; }
    bool notified = false;
};

TEST(ModelFuture, RemoveObserverAgainstNotify) {
    prove([] {
        const PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        Watcher first, second;
        check(future->add_observer(first) && future->add_observer(second), "not done yet");
        bool removed = false;
        together([&] { promise->settle(number(7)); },
                 [&] { removed = future->remove_observer(first); });
        check(removed != first.notified, "removed or notified, never both");
        check(second.notified, "the other one is not lost");
    });
}

TEST(ModelFuture, ObserversComeAndGoWhileCompleting) {
    prove([] {
        const PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        struct Visit {
            Watcher node;
            bool added = false;
            bool removed = false;
        } visits[2];
        const auto visit = [&](Visit& mine) {
            mine.added = future->add_observer(mine.node);
            if (mine.added) mine.removed = future->remove_observer(mine.node);
        };
        together([&] { promise->settle(number(7)); }, [&] { visit(visits[0]); },
                 [&] { visit(visits[1]); });
        for (const Visit& mine : visits) {
            check(mine.node.notified == (mine.added && !mine.removed),
                  "notified when it was there at the end");
        }
    });
}

/// An owner as a process pool is one: it decides whether a dispatched call can be taken back.
class Dispatcher final : public cf::FutureOwner {
  public:
    void retire(Future&) override { retired.add(); }
    bool recall(Future& future) override {
        const cf::MutexLock lock(mutex);
        if (claimed_by_worker) return false;
        recalled = true;
        future.state().recall();
        return true;
    }
    bool claim() {
        const cf::MutexLock lock(mutex);
        if (!recalled) claimed_by_worker = true;
        return claimed_by_worker;
    }
    void retain_owner() override {}
    void release_owner() override {}

    cf::Mutex mutex;
    bool recalled CF_GUARDED_BY(mutex) = false;
    bool claimed_by_worker CF_GUARDED_BY(mutex) = false;
    Count retired;
};

TEST(ModelFuture, CancelAgainstDispatchAgainstClaim) {
    prove([] {
        Dispatcher owner;
        Count freed;
        const FutureRef call = Future::for_function(
            1, {}, {nullptr, &freed, [](void* count) { static_cast<Count*>(count)->add(); }});
        call->set_owner(owner, cf::kNoTerms);
        check(call->state().accept(), "once");
        bool finished = false;
        bool cancelled = false;
        together(
            [&] {
                if (!call->state().dispatch()) return;
                if (!owner.claim()) return;
                check(call->state().start(), "a claimed call is not cancelled");
                call->destroy_input(false);
                call->settle(number(7));
                finished = true;
            },
            [&] { cancelled = call->cancel(); });
        check(!(finished && cancelled), "one of both");
        check(cancelled || finished, "nobody gives up");
        check(owner.retired.get() == 1, "retired once");
        check(freed.get() == 1, "the input was freed once");
    });
}

}  // namespace
}  // namespace cf_model

// What every executor does with a call, on the inline executor.
#include "executor/executor.h"

#include "scenario.h"

namespace cf_model {
namespace {

ExecutorRef make_inline() {
    return ExecutorRef::adopt(new cf::InlineExecutor);
}

TEST(ModelExecutor, AcceptAgainstCancelOfAPreparedCall) {
    prove([] {
        const ExecutorRef executor = make_inline();
        Count ran, told;
        const FutureRef call = make_call(*executor, [&] { ran.add(); });
        on_done(*call, [&] { told.add(); });
        bool cancelled = false;
        together([&] { check(!executor->accept(call), "it is open"); },
                 [&] { cancelled = call->cancel(); });
        check(ran.get() == (cancelled ? 0 : 1), "it ran or was cancelled");
        check(told.get() == 1, "its callback was called once");
        shut_down(*executor);
    });
}

TEST(ModelExecutor, T03ShutdownAgainstSubmit) {
    prove([] {
        const ExecutorRef executor = make_inline();
        Count ran;
        bool accepted = false;
        together([&] { accepted = static_cast<bool>(submit(*executor, [&] { ran.add(); })); },
                 [&] {
                     shut_down(*executor);
                     shut_down(*executor);
                 });
        check(ran.get() == (accepted ? 1 : 0), "accepted and run, or refused");
    });
}

TEST(ModelExecutor, T05LastHandleDroppedInsideATask) {
    prove([] {
        ExecutorRef executor = make_inline();
        ExecutorRef other = executor;
        Count ran;
        together(
            [&] {
                submit(*other, [&] {
                    other = nullptr;
                    ran.add();
                });
            },
            [&] { executor = nullptr; });
        check(ran.get() == 1, "the call was accepted before the handle went");
    });
}

// The request is seen by a task that looks until it is there, and by no call that has ended.
TEST(ModelExecutor, StopRequestAgainstTheRunningTask) {
    prove([] {
        const ExecutorRef executor = ExecutorRef::adopt(new cf::InlineExecutor);
        FutureRef call;
        bool seen = false;
        call = make_call(*executor, [&] { seen = call->state().stop_requested(); });
        bool asked = false;
        int told = 0;
        together([&] { check(!executor->accept(call), "it runs here"); },
                 [&] {
                     told = 1;
                     asked = !call->cancel_running();
                 });
        check(call->done(), "it has an end");
        check(asked || call->phase() == cf::Phase::kSucceeded, "who was refused came too late");
        check(!seen || (asked && told == 1),
              "what is seen was asked for, and seen with all before it");
        shut_down(*executor);
    });
}

}  // namespace
}  // namespace cf_model

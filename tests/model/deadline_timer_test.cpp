// Deadlines: the timer against the start, a cancellation, a callback, and the end of its executor.
#include "executor/deadline_timer.h"

#include "scenario.h"

namespace cf_model {
namespace {

/// An executor that is nothing but its timer; freed by its last reference.
class Timed final : public cf::FutureOwner {
  public:
    /// A call that was accepted and will fail in a moment, unless the deadline is far away.
    FutureRef accept(Count& destroyed, cf::Nanoseconds timeout = cf::kMillisecond) {
        const auto destroy = [](void* count) { static_cast<Count*>(count)->add(); };
        FutureRef call =
            Future::for_function(1, {.timeout = timeout}, {nullptr, &destroyed, destroy});
        call->set_owner(*this, cf::kNoTerms);
        cf::DeadlineTimer::Room room(timer_);
        check(!room.reserve(1), "there is room");
        call->start_clocks();
        check(call->state().accept(), "it is accepted");
        room.insert(*call);
        return call;
    }
    /// When so many calls are retired; all threads have ended then.
    void end(int retired) {
        while (retired_.get() != retired)
            cf::sync::relax();
        timer_.stop();
        check(timer_.join(Deadline::never()), "the threads end");
        release_owner();
    }
    void retire(Future&) override { retired_.add(); }
    void forget_deadline(Future& call) override { timer_.remove(call); }
    void retain_owner() override { references_.add(); }
    void release_owner() override {
        if (references_.drop()) delete this;
    }

  private:
    cf::ReferenceCount references_;
    Count retired_;
    cf::DeadlineTimer timer_{*this};
};

Options small() {
    Options options;
    options.budget.preemptions = 1;
    options.budget.stale_loads = 0;
    return options;
}

TEST(ModelDeadline, AgainstTheStart) {
    prove(
        [] {
            auto& executor = *new Timed;
            Count destroyed;
            const FutureRef call = executor.accept(destroyed);
            const bool started = call->state().start();
            if (started) {
                executor.forget_deadline(*call);
                call->destroy_input(false);
                call->settle({});  // which retires it
            }
            check(call->wait(Deadline::never()), "it has an end");
            check(call->outcome_status() ==
                      (started ? cf_status_t{CF_STATUS_OK} : CF_STATUS_DEADLINE_EXCEEDED),
                  "which is that of who has it");
            executor.end(1);
            check(destroyed.get() == 1, "the input is freed once");
        },
        small());
}

TEST(ModelDeadline, AgainstACancellationAndACallback) {
    prove(
        [] {
            auto& executor = *new Timed;
            Count destroyed, told;
            const FutureRef call = executor.accept(destroyed);
            on_done(*call, [&] { told.add(); });
            const bool cancelled = call->cancel();
            check(call->wait(Deadline::never()), "it has an end");
            check((call->phase() == cf::Phase::kCancelled) == cancelled, "one of two");
            executor.end(1);
            check(destroyed.get() == 1 && told.get() == 1, "freed and told once");
        },
        small());
}

TEST(ModelDeadline, OfTwoCalls) {
    prove(
        [] {
            auto& executor = *new Timed;
            Count destroyed;
            const FutureRef later = executor.accept(destroyed, 2 * cf::kMillisecond);
            const FutureRef earlier = executor.accept(destroyed, cf::kMillisecond);
            check(earlier->wait(Deadline::never()), "one has an end");
            check(later->wait(Deadline::never()), "the other has one, too");
            executor.end(2);
            check(destroyed.get() == 2, "the inputs are freed");
        },
        small());
}

}  // namespace
}  // namespace cf_model

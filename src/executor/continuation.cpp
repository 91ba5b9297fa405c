#include "executor/continuation.h"

#include <memory>

#include "support/turns.h"

namespace cf {
namespace {

/// Belongs to the antecedent's list, then to its turn; a function continuation also to its call.
class Continuation : public Observer, public Turn {
  public:
    Continuation(Executor& executor, bool on_success)
        : Observer(Kind::kCallback), executor_(&executor), on_success_(on_success) {
        executor_->retain_owner();
    }
    ~Continuation() override { executor_->release_owner(); }
    void set_call(FutureRef call) { call_ = std::move(call); }

    void notify(Future& antecedent) final {
        antecedent_ = FutureRef::share(&antecedent);  // its turn may come when the caller's is over
        take_turn(*this);
    }
    void discard() final {
        call_->fail_unstarted(Error::create(
            CF_STATUS_BROKEN_PROMISE, "the call before this one was prepared and never submitted"));
        leave();
    }

    // Turn
    void run() final {
        const std::unique_ptr<Continuation, Leave> self(this);
        if (!on_success_ || antecedent_->phase() == Phase::kSucceeded) {
            submit();
        } else if (antecedent_->phase() == Phase::kFailed) {
            antecedent_->state().mark_seen();  // whoever reads the call's error reads this one
            call_->fail_unstarted(ErrorRef::share(antecedent_->error()));
        } else {
            call_->cancel();
        }
    }

  protected:
    Future& antecedent() const { return *antecedent_; }
    virtual void drop() { delete this; }

  private:
    struct Leave {
        void operator()(Continuation* self) const { self->leave(); }
    };

    void submit() {
        const ErrorRef refused =
            error_or_no_memory([&] { return executor_->accept_beyond_limit(call_); });
        if (refused) call_->fail_unstarted(refused);
    }
    void leave() {
        call_ = nullptr;
        drop();
    }

    Executor* executor_;  // kept by a reference to its memory
    FutureRef call_;
    FutureRef antecedent_;
    const bool on_success_;
};

/// Keeps the user's function for its call, whose user_data this is.
class FunctionContinuation final : public Continuation {
  public:
    FunctionContinuation(Executor& executor, bool on_success, const ContinuationFunction& function)
        : Continuation(executor, on_success), function_(function) {}

    static int32_t run_call(cf_task_t* task, void* self) {
        auto& continuation = *static_cast<FunctionContinuation*>(self);
        const ContinuationFunction& function = continuation.function_;
        return function.then_fn(task, to_handle<cf_future_t>(&continuation.antecedent()),
                                function.user_data);
    }
    static void destroy_input(void* self) {
        auto& continuation = *static_cast<FunctionContinuation*>(self);
        call_destroy(continuation.function_.destroy, continuation.function_.user_data);
        continuation.drop();
    }

  private:
    void drop() override {
        if (references_.drop()) delete this;
    }

    const ContinuationFunction function_;
    ReferenceCount references_{2};  // the antecedent's, and the call's input
};

void wait_for(Future& antecedent, Continuation& continuation) {
    if (!antecedent.add_observer(continuation)) continuation.notify(antecedent);
}

}  // namespace

bool continue_with_prepared(Future& antecedent, Executor& executor, Future& call, bool on_success) {
    auto continuation = std::make_unique<Continuation>(executor, on_success);
    if (!call.state().submit()) return false;
    continuation->set_call(FutureRef::share(&call));
    wait_for(antecedent, *continuation.release());
    return true;
}

ErrorRef continue_with(Future& antecedent, Executor& executor, const CallOptions& options,
                       const ContinuationFunction& function, bool on_success, FutureRef& call_out) {
    DestroyGuard guard(function.destroy, function.user_data);
    auto continuation = std::make_unique<FunctionContinuation>(executor, on_success, function);
    const FunctionCall call{FunctionContinuation::run_call, continuation.get(),
                            FunctionContinuation::destroy_input};
    if (ErrorRef error = executor.make_function(options, call, call_out)) return error;
    guard.handed_on();
    continuation->set_call(call_out);
    wait_for(antecedent, *continuation.release());
    return nullptr;
}

}  // namespace cf

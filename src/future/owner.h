// What a future knows of the executor that runs it. Executors implement it; futures call it.
#pragma once

#include "future/future.h"
#include "support/thread_local.h"

namespace cf {

class FutureOwner {
  public:
    /// The future is done and its waiters know: runs its callbacks where this executor runs callbacks,
    /// then retires it. The default does both here. Called once, unless it was cancelled.
    virtual void finish(Future& future);
    /// An accepted call that has a place in the owner's bounded queue is not pending any more.
    virtual void left_queue() {}
    /// Everything about the future is over, callbacks included; called once for each accepted one.
    virtual void retire(Future& future) = 0;
    /// Runs a call that was started by a thread that waits for it; for owners that let waiters do that
    /// (kWaitersRun).
    virtual void run_started(Future&) {}

    /// An accepted call with a deadline is not pending any more.
    virtual void forget_deadline(Future&) {}

    // For owners that dispatch calls to worker processes; such owners are kept by their futures.

    /// Whether the worker has started a dispatched call.
    virtual bool claimed(Future&) { return false; }
    /// Takes a dispatched call back from its worker, for the caller to cancel; false when the worker
    /// has started it. On true the future is not dispatched any more, or was not.
    virtual bool recall(Future&) { return true; }
    /// Stops a call that its worker has started, as far as this executor can; null when that is on its
    /// way. Executors that keep no owner are not asked: their running calls see the request.
    virtual ErrorRef cancel_running(Future& future);
    /// Waits until a future of this executor is done; false when the deadline passed first. The thread
    /// that waits may do the executor's reading meanwhile, but runs no user code.
    virtual bool await(Future& future, Deadline deadline) { return future.state().wait(deadline); }
    virtual void retain_owner() = 0;
    virtual void release_owner() = 0;

  protected:
    ~FutureOwner() = default;
};

/// Marks that this thread is inside a task or a callback of an owner, while it lives; `call` is the
/// outstanding one that keeps it there, if any.
class OwnerScope {
  public:
    explicit OwnerScope(const FutureOwner* owner, const Future* call = nullptr)
        : owner_(owner), call_(call), outer_(innermost_) {
        innermost_ = this;
    }
    ~OwnerScope() { innermost_ = outer_; }
    OwnerScope(const OwnerScope&) = delete;
    OwnerScope& operator=(const OwnerScope&) = delete;

    /// Where this thread is; null when it is inside of none.
    static const OwnerScope* innermost() { return innermost_; }
    const OwnerScope* outer() const { return outer_; }
    const Future* call() const { return call_; }

    /// How many scopes of the owner this thread is inside of.
    static size_t depth(const FutureOwner* owner);
    /// How many different calls of the owner this thread is inside of.
    static size_t calls(const FutureOwner* owner);

  private:
    bool repeats_an_outer_one() const;

    static CF_THREAD_LOCAL OwnerScope* innermost_;
    const FutureOwner* owner_;
    const Future* call_;
    OwnerScope* outer_;
};

}  // namespace cf

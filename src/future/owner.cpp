#include "future/owner.h"

namespace cf {
namespace {

/// Retires a future on every path out of a scope, forced unwinding included.
class Retirement {
  public:
    Retirement(FutureOwner& owner, Future& future) : owner_(owner), future_(future) {}
    ~Retirement() {
        if (!future_.forked()) owner_.retire(future_);
    }
    Retirement(const Retirement&) = delete;
    Retirement& operator=(const Retirement&) = delete;

  private:
    FutureOwner& owner_;
    Future& future_;
};

}  // namespace

void FutureOwner::finish(Future& future) {
    if (!future.has_callbacks()) return retire(future);
    const Retirement retirement(*this, future);
    const OwnerScope scope(this, &future);
    future.run_callbacks();
}

ErrorRef FutureOwner::cancel_running(Future&) {
    return Error::create(CF_STATUS_UNSUPPORTED, "this executor cannot stop a call that runs");
}

CF_THREAD_LOCAL OwnerScope* OwnerScope::innermost_ = nullptr;

size_t OwnerScope::depth(const FutureOwner* owner) {
    size_t depth = 0;
    for (const OwnerScope* scope = innermost_; scope != nullptr; scope = scope->outer_) {
        if (scope->owner_ == owner) ++depth;
    }
    return depth;
}

bool OwnerScope::repeats_an_outer_one() const {
    for (const OwnerScope* scope = outer_; scope != nullptr; scope = scope->outer_) {
        if (scope->call_ == call_) return true;
    }
    return false;
}

size_t OwnerScope::calls(const FutureOwner* owner) {
    size_t calls = 0;
    for (const OwnerScope* scope = innermost_; scope != nullptr; scope = scope->outer_) {
        if (scope->owner_ != owner || scope->call_ == nullptr) continue;
        if (!scope->repeats_an_outer_one()) ++calls;
    }
    return calls;
}

}  // namespace cf

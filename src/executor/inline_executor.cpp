#include "executor/inline_executor.h"

namespace cf {

ErrorRef InlineExecutor::accept(FutureList& calls) {
    {
        const MutexLock lock(mutex_);
        if (shut_down_) return shut_down_error();
        outstanding_ += mark_accepted(calls);
    }
    const OwnerScope scope(this);
    while (const FutureRef call = calls.pop_front()) {
        if (call->state().start()) run_call(*call);
    }
    return nullptr;
}

void InlineExecutor::retire(Future&) {
    const MutexLock lock(mutex_);
    --outstanding_;
    changed_.notify_all();
}

void InlineExecutor::begin_shutdown(bool) {
    const MutexLock lock(mutex_);
    shut_down_ = true;
}

bool InlineExecutor::await_termination(Deadline deadline, size_t exempt) {
    MutexLock lock(mutex_);
    while (outstanding_ > exempt) {
        if (deadline.passed()) return false;
        changed_.wait(lock, deadline);
    }
    return true;
}

}  // namespace cf

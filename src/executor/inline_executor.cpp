#include "executor/inline_executor.h"

namespace cf {

ErrorRef InlineExecutor::accept(FutureList& calls) {
    const uint32_t generation = fork_generation;
    {
        const MutexLock lock(mutex_);
        if (shut_down_) return shut_down_error();
        const size_t accepted = mark_accepted(calls);
        // A task may drop the last handle.
        if (outstanding_ == 0 && accepted != 0) retain_owner();
        outstanding_ += accepted;
        accepted_ += accepted;
    }
    for_each_call(calls, [](Future& call) {
        if (!call.forked() && start_call(call)) run_call(call);
    });
    // The executor may be gone; a task may have forked, and this is the child.
    return generation == fork_generation ? nullptr : forked_error();
}

void InlineExecutor::retire(Future& future) {
    bool last = false;
    {
        const MutexLock lock(mutex_);
        last = --outstanding_ == 0;
        ++endings_.of(future);
        changed_.notify_all();
    }
    if (last) release_owner();
}

ErrorRef InlineExecutor::check_open() {
    const MutexLock lock(mutex_);
    return shut_down_ ? shut_down_error() : nullptr;
}

void InlineExecutor::read_stats(Stats& stats) {
    const MutexLock lock(mutex_);
    stats.accepted = accepted_;
    stats.active_workers = outstanding_ == 0 ? 0 : 1;
    stats.endings = endings_;
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

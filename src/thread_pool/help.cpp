// Waits inside of calls: what a worker runs in place, and how the pool makes up for blocked ones (S9).
#include "future/blocking.h"
#include "thread_pool/worker.h"

namespace cf {

void ThreadPool::run_started(Future& future) {
    if (begin_awaited_call(future)) run(future, own_seat());
}

bool ThreadPool::run_target(Seat& seat, Future& target) {
    if (options_.help == Help::kNone || !HelpScope::allowed()) return false;
    const HelpScope scope;
    FutureRef taken;  // from the queue, with the queue's reference
    if (seat.queue.pop_if(&target) || pop_through(seat, target)) {
        taken = FutureRef::adopt(&target);
        if (!start_call(target)) return target.done();
    } else {
        if (!target.state().start_accepted()) return false;
        taken = FutureRef::share(&target);  // a callback may drop the last handle (F3)
        if (!begin_awaited_call(target)) return true;
    }
    run(target, &seat);
    return true;
}

// Waits for older calls leave those behind that they have run, which would pile up.
bool ThreadPool::pop_through(Seat& seat, const Future& target) {
    while (Future* newest = seat.queue.pop()) {
        if (newest == &target) return true;
        if (newest->phase() == Phase::kPending) {
            static_cast<void>(seat.queue.push(newest));  // there is room
            after_push();
            break;
        }
        const FutureRef over = FutureRef::adopt(newest);
    }
    return false;
}

bool ThreadPool::run_any(Seat& seat) {
    if (options_.help != Help::kAny || !HelpScope::allowed()) return false;
    const FutureRef call = queues_.find(seat);
    if (!call) return false;
    const HelpScope scope;
    if (start_call(*call)) run(*call, &seat);
    return true;
}

// The race of **compensate against submit**: who blocks as the last one sets kMayGrow and then looks at
// the queues; who submits pushes and then reads the word. One of both starts the worker.
void ThreadPool::begin_blocking() {
    const MutexLock lock(mutex_);
    ++blocked_workers_;
    thread_count_changed();
    if (may_start() && queues_.any()) static_cast<void>(start_workers(0));
}

void ThreadPool::end_blocking() {
    const MutexLock lock(mutex_);
    --blocked_workers_;
    thread_count_changed();
}

}  // namespace cf

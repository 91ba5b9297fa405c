// Handing out calls: which worker gets which, and taking back what others could run sooner.
//
// Idle workers come first, and the others get more only when there is no idle one to come; then those
// with the fewest calls, each as many as its pace allows. When the queue is empty an idle worker gets
// the later half of what the busiest one has not started, if that is worth it; and what stands behind
// a long call is taken back in any case.
#include <algorithm>

#include "process_pool/process_pool.h"

namespace cf {
namespace {

/// Work that is not worth moving, since it would be over before.
constexpr Nanoseconds kNotWorthMoving = 100'000;

/// How many calls in a row go to one worker before the next is looked for.
constexpr size_t kBurst = 16;

}  // namespace

void ProcessPool::pump() {
    MutexLock lock(mutex_);
    pump(lock);
}

void ProcessPool::pump(MutexLock& lock) {
    FutureList unsent;
    FutureList stranded;
    bool again = false;
    do {
        dispatch(unsent);
        let_workers_leave();
        again = flush_workers(lock);
    } while (again);
    see_to_reading();
    // Also what came back from a worker later: no other will take its place.
    const ErrorRef broken = broken_;
    if (broken) queue_.take_all(stranded);
    if (!manager_.is_current() && workers_to_start() != 0) wake_manager();
    if (!unsent.empty() || !stranded.empty()) fail_unrun(lock, unsent, stranded, broken);
}

/// With the lock open.
void ProcessPool::fail_unrun(MutexLock& lock, FutureList& unsent, FutureList& stranded,
                             const ErrorRef& broken) CF_NO_THREAD_SAFETY_ANALYSIS {
    lock.unlock();
    while (const FutureRef call = unsent.pop_front()) {
        if (!call->state().begin_settle()) continue;
        call->leave_queue();
        call->settle(Outcome::failure(call->deadline().passed() ? call->deadline_error()
                                                                : Error::no_memory()));
    }
    while (const FutureRef call = stranded.pop_front())
        call->fail_unstarted(broken);
    lock.lock();
}

void ProcessPool::take_in() {
    if (inlet_size_.load(std::memory_order_seq_cst) == 0) return;
    const MutexLock lock(inlet_mutex_);
    queue_.append(inlet_);
    inlet_size_.store(0, std::memory_order_seq_cst);
}

void ProcessPool::dispatch(FutureList& unsent) {
    do {
        take_in();
        if (broken_ || workers_end_ != WorkersEnd::kNone) return;
        do {
            hand_out(unsent);
        } while (move_work_to_idle_worker());
        // Submitters act on this, or else we see what they have queued.
        note_what_is_wanted();
    } while (inlet_size_.load(std::memory_order_seq_cst) != 0 &&
             worker_is_idle_.load(std::memory_order_relaxed));
}

void ProcessPool::hand_out(FutureList& unsent) {
    while (!queue_.empty()) {
        PoolWorker* worker = next_to_serve();
        if (worker == nullptr) return;
        // To an idle worker one message; the others may be idle too.
        const size_t burst = worker->session().calls() == 0 ? 1 : kBurst;
        for (size_t i = 0; i < burst && worker->session().has_room(worker->pace().window()); ++i) {
            if (!can_serve(*worker) || !send_next(*worker, unsent)) break;
        }
    }
}

bool ProcessPool::spent(const PoolWorker& worker) const {
    return options_.max_tasks_per_child != 0 && worker.calls_sent >= options_.max_tasks_per_child;
}

bool ProcessPool::can_serve(const PoolWorker& worker) const {
    // Of one that a fork server makes, READY may come before its pidfd does, without which its death is not seen.
    return worker.process().is_there() && !worker.doomed() && !spent(worker);
}

bool ProcessPool::is_idle(PoolWorker& worker) const {
    return can_serve(worker) && worker.session().calls() == 0 && worker.session().has_room(1);
}

PoolWorker* ProcessPool::next_to_serve() {
    // More for a busy one only when no idle one is to come, or calls would wait behind a long one
    // while another worker could run them.
    PoolWorker* busy = nullptr;
    size_t serving = 0;
    for (const auto& worker : workers_) {
        if (!can_serve(*worker)) continue;
        Session& session = worker->session();
        if (session.state() == Session::State::kReady) ++serving;
        if (!session.has_room(worker->pace().window())) continue;
        if (session.calls() == 0) return worker.get();
        if (busy == nullptr || session.calls() < busy->session().calls()) busy = worker.get();
    }
    return serving == options_.max_workers ? busy : nullptr;
}

FutureList ProcessPool::next_message(size_t limit, FutureList& unsent) {
    constexpr size_t kChunkBytes = size_t{256} << 10;
    FutureList message;
    const Future* previous = nullptr;
    size_t bytes = 0;
    while (Future* next = queue_.front()) {
        bytes += next->arguments().size();
        const bool fits =
            previous == nullptr ||
            (next->joined() && !next->has_deadline() && !previous->has_deadline() &&
             next->id() == previous->id() + 1 && message.size() < limit && bytes <= kChunkBytes &&
             next->function_name() == previous->function_name());
        if (!fits) break;
        FutureRef call = queue_.pop_front();
        if (call->deadline().passed()) {
            unsent.push_back(std::move(call));
            continue;
        }
        if (!call->state().dispatch()) continue;  // cancelled
        if (timed()) call->set_started_at(monotonic_now());
        if (call->placed()) {
            call->set_placed(false);
            limit_->give_back(1);
        }
        previous = call.get();
        message.push_back(std::move(call));
    }
    return message;
}

bool ProcessPool::send_next(PoolWorker& worker, FutureList& unsent) {
    size_t limit = options_.max_tasks_per_child == 0
                       ? SIZE_MAX
                       : options_.max_tasks_per_child - worker.calls_sent;
    if (!worker.session().takes_chunks()) limit = 1;
    FutureList message = next_message(limit, unsent);
    if (message.empty()) return false;
    const size_t calls = message.size();
    if (worker.session().calls() == 0) worker.pace().began(monotonic_now());
    try {
        worker.session().send(message);
        worker.calls_sent += calls;
    } catch (const std::bad_alloc&) {
        unsent.append(message);
    }
    return true;
}

void ProcessPool::take_back(PoolWorker& worker, FutureList calls) {
    worker.calls_sent -= calls.size();
    queue_.prepend(calls);
}

bool ProcessPool::move_work_to_idle_worker() {
    if (!queue_.empty()) return false;
    PoolWorker* busiest = nullptr;
    bool any_idle = false;
    for (const auto& worker : workers_) {
        any_idle = any_idle || is_idle(*worker);
        const size_t calls = worker->session().calls();
        if (calls > 1 && (busiest == nullptr || calls > busiest->session().calls())) {
            busiest = worker.get();
        }
    }
    if (!any_idle || busiest == nullptr) return false;
    const Pace& pace = busiest->pace();
    const auto calls = static_cast<Nanoseconds>(busiest->session().calls());
    // Were it stuck after all, that would be seen soon.
    if (!pace.stuck() && pace.cost() != 0 && calls * pace.cost() < kNotWorthMoving) return false;
    FutureList half = busiest->session().recall_half();
    const bool any = !half.empty();
    take_back(*busiest, std::move(half));
    return any;
}

void ProcessPool::take_back_behind_long_calls() {
    MutexLock lock(mutex_);
    if (!calls_wait_behind_others_) return;
    const Nanoseconds now = monotonic_now();
    bool any = false;
    for (const auto& worker : workers_) {
        if (worker->session().calls() < 2 || !worker->pace().gets_stuck(now)) continue;
        take_back(*worker, worker->session().recall_behind());
        any = true;
    }
    if (any) pump(lock);
}

bool ProcessPool::has_idled_too_long(PoolWorker& worker) {
    if (options_.idle_timeout < 0 || worker.session().state() != Session::State::kReady)
        return false;
    if (worker.idle_until.is_never() || worker.idle_since_call != worker.calls_sent) {
        worker.idle_since_call = worker.calls_sent;
        worker.idle_until = Deadline::after(options_.idle_timeout);
        have_manager_awake_by(worker.idle_until);
    }
    return worker.idle_until.passed();
}

void ProcessPool::let_workers_leave() {
    if (workers_end_ != WorkersEnd::kNone) return;  // they are ended, with what they have started
    const bool all = !open() && outstanding_.load(std::memory_order_seq_cst) == 0;
    for (const auto& worker : workers_) {
        Session& session = worker->session();
        const bool can_leave = !worker->doomed() && (session.state() == Session::State::kReady ||
                                                     session.state() == Session::State::kStarting);
        if (!can_leave || session.entries() != 0) worker->idle_until = Deadline::never();
        if (!can_leave || session.entries() != 0) continue;
        if (!all && !spent(*worker) && !has_idled_too_long(*worker)) continue;
        session.leave();
        worker->idle_until = Deadline::never();
        worker->patience = Deadline::after(kLeavePatience);
        have_manager_awake_by(worker->patience);
    }
}

/// Tells submitters whether a call would find an idle worker, or the manager could start one for it.
void ProcessPool::note_what_is_wanted() {
    bool idle = false;
    bool behind = false;
    size_t useful = 0;
    for (const auto& worker : workers_) {
        const Session::State state = worker->session().state();
        if (state == Session::State::kStarting || !worker->process().is_there() ||
            (state == Session::State::kReady && can_serve(*worker))) {
            ++useful;
        }
        idle = idle || is_idle(*worker);
        behind = behind || (worker->session().calls() > 1 && !worker->pace().stuck());
    }
    calls_wait_behind_others_ = behind;
    if (behind) have_manager_awake_by(Deadline::after(kTick));
    worker_is_idle_.store(idle, std::memory_order_seq_cst);
    worker_may_start_.store(useful < options_.max_workers, std::memory_order_seq_cst);
}

}  // namespace cf

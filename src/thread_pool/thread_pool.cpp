#include "thread_pool/thread_pool.h"

#include "future/blocking.h"
#include "future/spin.h"
#include "thread_pool/worker.h"

namespace cf {
namespace {

/// Seats beyond the limit, for threads that stand in for workers in exit().
constexpr size_t kSpareSeats = 16;

bool can_spin(const ThreadPoolOptions& options) {
    prepare_spinning();
    return options.spin && processors() > 1;
}

OwnerTerms terms_for(const ThreadPoolOptions& options) {
    return (can_spin(options) ? kWaitersSpin : kNoTerms) |
           (options.outside_help ? kWaitersRun : kNoTerms);
}

size_t count_deadlines(const FutureList& calls) {
    size_t count = 0;
    for (const Future* call = calls.front(); call != nullptr; call = FutureList::after(call))
        count += call->has_deadline() ? 1 : 0;
    return count;
}

}  // namespace

ThreadPool::ThreadPool(ThreadPoolOptions options)
    : Executor(options.exit, terms_for(options), options.timed),
      options_(std::move(options)),
      spins_(can_spin(options_)),
      queues_(options_.max_workers + options_.max_compensating_workers + kSpareSeats,
              options_.timed),
      limit_(options_.max_queue == 0
                 ? nullptr
                 : std::make_unique<QueueLimit>(options_.max_queue, options_.queue_policy)) {
    sleepers_.set(Sleepers::kMayGrow);
    retain_owner();  // for outstanding calls: whoever ends the last one may not be a worker
}

ThreadPool::~ThreadPool() {
    for (const auto& worker : ended_) {
        // The last reference may go with the last worker, which cannot wait for itself.
        if (worker->thread.is_current()) {
            worker->thread.detach();
        } else {
            worker->thread.join();
        }
    }
}

// --- accepting ------------------------------------------------------------------------------------

Seat* ThreadPool::own_seat() const {
    BlockingContext* const context = BlockingContext::current_;
    if (context == nullptr || context->owner() != this) return nullptr;
    return &static_cast<Worker*>(context)->seat;
}

Seat* ThreadPool::own_seat_with_room(size_t count) const {
    Seat* seat = own_seat();
    if (seat == nullptr || seat->queue.room() < count) return nullptr;
    return sleepers_.has(Sleepers::kClosed) ? nullptr : seat;
}

bool ThreadPool::submit_simply(const FunctionCall& call, Future** future_out) {
    if (limit_ || timed()) return false;
    // Raw, because a posted one may be gone as soon as it is pushed.
    Future* const future = make_simply(call).detach();
    if (future_out != nullptr) static_cast<void>(future->share_unshared().detach());
    future->state().accept_unshared();
    Seat* const seat = own_seat();
    const bool pushed = seat != nullptr ? push_inside(*seat, *future) : push_outside(*future);
    if (!pushed) [[unlikely]] {
        Future::unmake(future);
        return false;
    }
    if (future_out != nullptr) *future_out = future;
    after_push();
    return true;
}

bool ThreadPool::push_outside(Future& call) {
    CallInlet& inlet = queues_.own_inlet();
    const MutexLock lock(inlet.mutex());
    if (inlet.closed || inlet.room() == 0 ||
        available_workers_.load(std::memory_order_relaxed) == 0)
        return false;
    inlet.push(&call);
    ++inlet.accepted;
    return true;
}

ErrorRef ThreadPool::accept_new(FutureRef call) {
    if (limit_ || call->has_queue_terms() || call->has_deadline()) [[unlikely]] {
        if (limit_ || call->priority() != 0 || call->has_deadline())
            return accept_one(std::move(call));
        call->start_clocks();
    }
    if (Seat* seat = own_seat_with_room(1)) {
        Seat::count(seat->accepted);
        call->state().accept_unshared();
        static_cast<void>(seat->queue.push(call.detach()));
        after_push();
        return nullptr;
    }
    return enter(1, 1,
                 [&](CallInlet& inlet, CallInlet::Reserve& reserve) CF_NO_THREAD_SAFETY_ANALYSIS {
                     call->state().accept_unshared();
                     inlet.push(call.detach(), reserve);
                     return size_t{1};
                 });
}

ErrorRef ThreadPool::accept_one(FutureRef call) {
    if (limit_ || call->priority() != 0) {
        FutureList calls;
        calls.push_back(std::move(call));
        return accept_with_terms(calls, limit_.get());
    }
    DeadlineTimer::Room room(deadlines_);
    if (call->has_deadline()) {
        if (ErrorRef error = room.reserve(1)) return error;
    }
    call->start_clocks();
    if (Seat* seat = own_seat_with_room(1)) {
        Seat::count(seat->accepted);  // P7
        if (!call->state().accept()) {
            Seat::count(seat->retired.in(Phase::kCancelled));
            return nullptr;
        }
        room.insert(*call);
        static_cast<void>(seat->queue.push(call.detach()));
        after_push();
        return nullptr;
    }
    return enter(1, 1,
                 [&](CallInlet& inlet, CallInlet::Reserve& reserve) CF_NO_THREAD_SAFETY_ANALYSIS {
                     if (!call->state().accept()) return size_t{0};
                     room.insert(*call);
                     inlet.push(call.detach(), reserve);
                     return size_t{1};
                 });
}

ErrorRef ThreadPool::accept_beyond_limit(FutureRef call) {
    FutureList calls;
    calls.push_back(std::move(call));
    return accept_with_terms(calls, nullptr);
}

ErrorRef ThreadPool::accept_new(FutureList& calls) {
    if (limit_ || calls.front()->priority() != 0 || count_deadlines(calls) != 0)
        return accept(calls);
    const size_t count = calls.size();
    CallInlet::Batch batch;
    Future* own[Seat::kCapacity];
    Seat* seat = own_seat_with_room(count);
    size_t at = 0;
    for (Future* call = calls.front(); call != nullptr; call = FutureList::after(call)) {
        call->start_clocks();
        call->state().accept_unshared();
        if (seat != nullptr) {
            own[at++] = call;
        } else {
            batch.add(call);
        }
    }
    if (seat != nullptr) {
        Seat::count(seat->accepted, count);
        seat->queue.push_all(own, count);
        after_push();
    } else if (ErrorRef error =
                   enter(count, 0,
                         [&](CallInlet& inlet, CallInlet::Reserve&) CF_NO_THREAD_SAFETY_ANALYSIS {
                             inlet.push(batch);
                             return count;
                         })) {
        return error;
    }
    calls.forget_all();
    return nullptr;
}

ErrorRef ThreadPool::accept(FutureList& calls) {
    bool terms = limit_ != nullptr;
    for (Future* call = calls.front(); call != nullptr; call = FutureList::after(call))
        terms = terms || call->priority() != 0;
    if (terms) return accept_with_terms(calls, limit_.get());
    const size_t count = calls.size();
    DeadlineTimer::Room room(deadlines_);
    if (ErrorRef error = room.reserve(count_deadlines(calls))) return error;
    return enter(count, count,
                 [&](CallInlet& inlet, CallInlet::Reserve& reserve) CF_NO_THREAD_SAFETY_ANALYSIS {
                     const size_t accepted = mark_accepted(calls);
                     while (FutureRef call = calls.pop_front()) {
                         room.insert(*call);
                         inlet.push(call.detach(), reserve);
                     }
                     return accepted;
                 });
}

ErrorRef ThreadPool::accept_with_terms(FutureList& calls, QueueLimit* limit) {
    const size_t count = calls.size();
    size_t here = 0;
    if (limit != nullptr) {
        const Nanoseconds timeout = calls.front()->queue_timeout();
        if (ErrorRef error = take_places(limit, count, timeout, here)) return error;
    }
    const size_t queued = count - here;
    QueuePlaces places(limit, queued);
    DeadlineTimer::Room room(deadlines_);
    if (ErrorRef error = room.reserve(count_deadlines(calls))) return error;
    const auto push = [&](CallInlet& inlet, CallInlet::Reserve& reserve)
                          CF_NO_THREAD_SAFETY_ANALYSIS {
                              const bool placed = limit != nullptr;
                              return push_by_priority(calls, queued, placed, inlet, reserve, room);
                          };
    if (ErrorRef error = enter(count, queued, push)) return error;
    places.keep(queued);
    if (calls.empty()) return nullptr;
    Seat* seat = own_seat();
    const HelpScope scope;
    for_each_call(calls, [&](Future& call) {
        if (start_call(call)) run(call, seat);
    });
    return nullptr;
}

ErrorRef ThreadPool::take_places(QueueLimit*& limit, size_t count, Nanoseconds timeout,
                                 size_t& here) {
    if (sleepers_.has(Sleepers::kClosed)) return refusal();
    if (limit->take(count)) return nullptr;
    const bool blocks = limit->policy() == CF_QUEUE_POLICY_BLOCK;
    // A worker that waited for its own pool to make room might wait for itself (S9).
    if (limit->policy() == CF_QUEUE_POLICY_RUN_IN_CALLER || (blocks && own_seat() != nullptr)) {
        if (HelpScope::allowed()) {
            here = count - limit->take_some(count);
        } else {
            limit = nullptr;
        }
        return nullptr;
    }
    if (!blocks || !limit->fits(count)) return limit->full_error(count);
    switch (limit->wait(count, Deadline::after(timeout))) {
        case QueueLimit::Wait::kTaken:
            return nullptr;
        case QueueLimit::Wait::kTimeout:
            return limit->full_error(count);
        case QueueLimit::Wait::kClosed:
            break;
    }
    return refusal();
}

size_t ThreadPool::push_by_priority(FutureList& calls, size_t queued, bool placed, CallInlet& inlet,
                                    CallInlet::Reserve& reserve, DeadlineTimer::Room& room) {
    bool levels_wanted = false;
    size_t at = 0;
    for (Future* call = calls.front(); call != nullptr && at < queued; ++at) {
        levels_wanted = levels_wanted || call->priority() != 0;
        call = FutureList::after(call);
    }
    if (!levels_wanted) return push_marked(calls, queued, placed, inlet, reserve, room, nullptr);
    Levels& levels = queues_.levels();
    const MutexLock lock(levels.mutex);
    at = 0;
    for (Future* call = calls.front(); call != nullptr && at < queued; ++at) {
        levels.calls.make_level(call->priority());
        call = FutureList::after(call);
    }
    return push_marked(calls, queued, placed, inlet, reserve, room, &levels);
}

size_t ThreadPool::push_marked(FutureList& calls, size_t queued, bool placed, CallInlet& inlet,
                               CallInlet::Reserve& reserve, DeadlineTimer::Room& room,
                               Levels* levels) {
    size_t accepted = 0;
    FutureList here;
    size_t at = 0;
    while (FutureRef call = calls.pop_front()) {
        const bool queues = at++ < queued;
        call->start_clocks();
        call->set_placed(placed && queues);
        if (!call->state().accept()) {  // cancelled before
            if (call->placed()) limit_->give_back(1);
            continue;
        }
        ++accepted;
        room.insert(*call);
        if (!queues) {
            here.push_back(std::move(call));
        } else if (call->priority() != 0) {
            levels->push(std::move(call));
        } else {
            inlet.push(call.detach(), reserve);
        }
    }
    calls.append(here);
    return accepted;
}

template <typename Push>
ErrorRef ThreadPool::enter(size_t count, size_t wanted, const Push& push) {
    CallInlet& inlet = queues_.own_inlet();
    CallInlet::Reserve reserve;
    for (;;) {
        size_t missing = 0;
        bool no_worker = false;
        {
            const MutexLock lock(inlet.mutex());
            if (inlet.closed) break;
            const size_t room = inlet.room() + reserve.room();
            no_worker = available_workers_.load(std::memory_order_relaxed) == 0;
            if (!no_worker && room >= wanted) {
                inlet.accepted += push(inlet, reserve);
            } else if (room < wanted) {
                missing = wanted - room;
            }
        }
        if (no_worker) {
            const MutexLock lock(mutex_);
            if (ErrorRef error = start_workers(count)) return error;
        } else if (missing == 0) {
            after_push();
            return nullptr;
        }
        while (missing != 0) {
            reserve.add();
            missing -= std::min(missing, CallInlet::Segment::kCapacity);
        }
    }
    return refusal();
}

ErrorRef ThreadPool::check_open() {
    return sleepers_.has(Sleepers::kClosed) ? refusal() : nullptr;
}

ErrorRef ThreadPool::refusal() {
    const MutexLock lock(mutex_);
    return broken_ ? broken_ : shut_down_error();
}

void ThreadPool::get_help() {
    if (sleepers_.has(Sleepers::kDiscard)) return discard_queued();
    if (sleepers_.wake_one()) return;
    if (!sleepers_.has(Sleepers::kMayGrow)) return;
    const MutexLock lock(mutex_);
    static_cast<void>(start_workers(0));
}

// --- starting threads -----------------------------------------------------------------------------

bool ThreadPool::may_start() const {
    const size_t available = available_workers_.load(std::memory_order_relaxed);
    if (available < options_.max_workers) return true;
    return blocked_workers_ >= available &&
           available - options_.max_workers < options_.max_compensating_workers;
}

bool ThreadPool::has_surplus() const {
    return available_workers_.load(std::memory_order_relaxed) >
           options_.max_workers + blocked_workers_;
}

void ThreadPool::thread_count_changed() {
    if (may_start() != sleepers_.has(Sleepers::kMayGrow)) {
        if (may_start()) {
            sleepers_.set(Sleepers::kMayGrow);
        } else {
            sleepers_.clear(Sleepers::kMayGrow);
        }
    }
    if (has_surplus() != surplus_.load(std::memory_order_relaxed))
        surplus_.store(has_surplus(), std::memory_order_seq_cst);
    // One that sleeps does not see it by itself.
    if (has_surplus()) sleepers_.wake_one();
}

ErrorRef ThreadPool::start_workers(size_t more) {
    const size_t waiting = queues_.size() + more;
    while (sleepers_.sleeping() + sleepers_.searching() + starting_workers_ < waiting &&
           may_start()) {
        if (ErrorRef error = start_worker()) {
            return available_workers_.load(std::memory_order_relaxed) == 0 ? error : nullptr;
        }
    }
    return nullptr;
}

ErrorRef ThreadPool::start_worker() {
    Seat* seat = nullptr;
    try {
        seat = queues_.take_seat();
        if (seat == nullptr) return Error::no_memory();
        seat->taken = false;
        auto worker = std::make_unique<Worker>(*this, *seat);
        ended_.reserve(unjoined_workers_ + 1);  // a worker that ends must not need memory
        const auto main = [](void* opaque) {
            auto* self = static_cast<Worker*>(opaque);
            self->pool.work(*self);
        };
        if (ErrorRef error = worker->thread.start(text(options_.name_prefix, "_", started_workers_),
                                                  main, worker.get())) {
            return error;
        }
        static_cast<void>(worker.release());  // worker_ends() takes it back
    } catch (const std::bad_alloc&) {
        return Error::no_memory();
    }
    // The new thread cannot end before we let go of the mutex.
    retain_owner();
    seat->taken = true;
    count_awake(1);
    ++started_workers_;
    ++unjoined_workers_;
    ++starting_workers_;
    available_workers_.fetch_add(1, std::memory_order_seq_cst);
    thread_count_changed();
    return nullptr;
}

// --- running calls, and counting them -------------------------------------------------------------

void ThreadPool::run_timed(Future& call, Seat* seat) {
    CallClock clock = seat != nullptr ? CallClock(*seat->times, nullptr, call)
                                      : CallClock(times_of_others_, &times_mutex_, call);
    run_call(call, seat != nullptr ? seat->index + 1 : 0, clock);
}

void ThreadPool::read_stats(Stats& stats) {
    const Queues::Tally tally = queues_.tally();
    stats.accepted = tally.accepted;
    stats.endings = tally.retired;
    stats.queued = queues_.size();
    {
        const MutexLock lock(mutex_);
        const size_t workers = available_workers_.load(std::memory_order_relaxed);
        const size_t idle = sleepers_.sleeping() + sleepers_.searching();
        stats.idle_workers = std::min(workers, idle);
        stats.active_workers = workers - std::min(workers, idle + starting_workers_);
    }
    stats.timed = timed();
    if (!timed()) return;
    for (size_t i = 0; i < queues_.seat_count(); ++i)
        queues_.seat(i).times->add_to(stats);
    times_of_others_.add_to(stats);
}

// --- ending ---------------------------------------------------------------------------------------

void ThreadPool::retire(Future& future) {
    if (Seat* seat = own_seat()) return Seat::count(seat->retired.of(future));
    CallInlet& inlet = queues_.own_inlet();
    bool closed = false;
    {
        const MutexLock lock(inlet.mutex());
        closed = inlet.closed;
        if (closed) retain_owner();  // this may be the last call that keeps the pool
        ++inlet.retired.of(future);
    }
    if (!closed) return;
    check_drained();
    release_owner();
}

void ThreadPool::check_drained() {
    bool last = false;
    {
        const MutexLock lock(mutex_);
        if (closed_ && !drained_ && queues_.tally().outstanding() == 0) last = drained_ = true;
        progress_.notify_all();
    }
    if (!last) return;
    deadlines_.stop();
    release_owner();
}

void ThreadPool::close(bool discard) {
    sleepers_.set(Sleepers::kClosed);
    if (discard) sleepers_.set(Sleepers::kDiscard);
    for (size_t i = 0; i < queues_.inlet_count(); ++i) {
        CallInlet& inlet = queues_.inlet(i);
        const MutexLock lock(inlet.mutex());
        inlet.closed = true;
    }
    {
        const MutexLock lock(mutex_);
        closed_ = true;
    }
    if (limit_) limit_->close();
    sleepers_.wake_all();
    if (discard) discard_queued();
    check_drained();
}

void ThreadPool::discard_queued() {
    ErrorRef error;
    {
        const MutexLock lock(mutex_);
        error = broken_;
    }
    FutureList discarded;
    queues_.take_all(discarded);
    for_each_call(discarded, [&](Future& call) {
        if (error) {
            call.fail_unstarted(error);
        } else {
            call.cancel();
        }
    });
}

void ThreadPool::begin_shutdown(bool cancel) {
    close(cancel);
}

void ThreadPool::break_pool(const ErrorRef& error) {
    {
        const MutexLock lock(mutex_);
        if (!broken_) broken_ = error;
    }
    close(true);
}

bool ThreadPool::await_termination(Deadline deadline, size_t exempt) {
    // A callback of a call may run on any thread: on that which cancels it, or the timer's.
    const bool from_inside = OwnerScope::depth(this) != 0;
    Worker* const own = Worker::of(*this);
    if (from_inside) deadlines_.hand_over();
    MutexLock lock(mutex_);
    if (own != nullptr) {
        // This thread is in exit() and takes no more calls, so another has to.
        withdraw(*own);
        if (queues_.any() && start_workers(0)) {
            lock.unlock();
            break_pool(Error::create(
                CF_STATUS_BROKEN_EXECUTOR,
                "the last thread of the pool called exit() and no other could be started"));
            lock.lock();
        }
    }
    for (;;) {
        if (!ended_.empty()) {
            std::unique_ptr<Worker> worker = std::move(ended_.back());
            ended_.pop_back();
            lock.unlock();
            const bool joined = worker->thread.join(deadline);
            lock.lock();
            if (!joined) {
                ended_.push_back(std::move(worker));
                return false;
            }
            --unjoined_workers_;
            progress_.notify_all();
        } else if (queues_.tally().outstanding() <= exempt &&
                   unjoined_workers_ <= (own != nullptr ? 1U : 0U)) {
            lock.unlock();
            return from_inside || deadlines_.join(deadline);
        } else if (deadline.passed()) {
            return false;
        } else {
            progress_.wait(lock, deadline);
        }
    }
}

}  // namespace cf

#include "process_pool/process_pool.h"

#include <algorithm>
#include <cerrno>

#include "future/spin.h"
#include "support/json_text.h"
#include "support/no_cancellation.h"
#include "worker/worker_entry.h"

namespace cf {
namespace {

/// The initializer is the workers' alone, whoever makes them.
std::string hello_body(const ProcessPoolOptions& options, bool with_initializer) {
    std::string hello =
        text("{\"protocol\":", kProtocolVersion, ",\"library\":\"", CFUTURES_VERSION_MAJOR, ".",
             CFUTURES_VERSION_MINOR, ".", CFUTURES_VERSION_PATCH,
             "\",\"max_message\":", options.max_message_size);
    if (options.spin) hello += ",\"spin\":true";
    if (with_initializer && !options.initializer.empty()) {
        hello += text(",\"initializer\":{\"name\":", quote_json(options.initializer),
                      ",\"arguments\":", options.initializer_arguments, "}");
    }
    return hello += '}';
}

/// Counts a thread in that waits for calls to be over, while it lives.
class WatchScope {
  public:
    explicit WatchScope(sync::Atomic<uint32_t>& watchers) : watchers_(watchers) {
        watchers_.fetch_add(1, std::memory_order_seq_cst);
    }
    ~WatchScope() { watchers_.fetch_sub(1, std::memory_order_relaxed); }
    WatchScope(const WatchScope&) = delete;
    WatchScope& operator=(const WatchScope&) = delete;

  private:
    sync::Atomic<uint32_t>& watchers_;
};

}  // namespace

// --- life -----------------------------------------------------------------------------------------

ErrorRef ProcessPool::create(const ProcessPoolOptions& options, Executor*& executor_out) {
    if (nesting_depth() >= options.nesting_limit) {
        return Error::create(
            CF_STATUS_NESTING_LIMIT,
            text("this process is a worker, ", nesting_depth(),
                 " pools deep, and this pool may be at ", "most number ", options.nesting_limit,
                 "; raise cf_process_pool_options_set_nesting_limit() if that is meant"));
    }
    ResolvedCommand command;
    if (ErrorRef error = resolve(options.worker, options.settings, command)) return error;
    if (options.spin) prepare_spinning();
    auto* pool = new ProcessPool(options, std::move(command));
    if (!pool->make_descriptors()) {
        ErrorRef error = Error::system(errno, "cannot make the descriptors of a process pool");
        pool->release();
        return error;
    }
    executor_out = pool;
    return nullptr;
}

ProcessPool::ProcessPool(const ProcessPoolOptions& options, ResolvedCommand command)
    : Executor(options.exit, kKeepOwner, options.timed),
      options_(options),
      command_(std::move(command)),
      hello_(hello_body(options, true)),
      fork_server_hello_(hello_body(options, false)),
      crashes_(options.max_crashes, options.crash_period),
      limit_(options.max_queue == 0
                 ? nullptr
                 : std::make_unique<QueueLimit>(options.max_queue, options.queue_policy)) {}

bool ProcessPool::make_descriptors() {
    const auto make = [](int descriptor) { return above_standard(Descriptor(descriptor)); };
    epoll_ = make(system_calls().epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_) return false;
    sockets_ = make(system_calls().epoll_create1(EPOLL_CLOEXEC));
    if (!sockets_) return false;
    for (Descriptor* wake : {&wake_, &kick_}) {
        *wake = make(system_calls().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!*wake) return false;
    }
    const auto watch = [](const Descriptor& epoll, const Descriptor& watched, uint32_t events,
                          uint64_t data) {
        epoll_event event{.events = events, .data = {.u64 = data}};
        return system_calls().epoll_ctl(epoll.get(), EPOLL_CTL_ADD, watched.get(), &event) == 0;
    };
    return watch(epoll_, wake_, EPOLLIN, kWakeEvent) && watch(epoll_, sockets_, 0, kSocketsEvent) &&
           watch(sockets_, kick_, EPOLLIN, kWakeEvent);
}

ProcessPool::~ProcessPool() {
    // The last reference may go with the manager, which cannot wait for itself.
    const MutexLock lock(mutex_);
    if (!manager_.joinable()) return;
    if (manager_.is_current()) {
        manager_.detach();
    } else {
        manager_.join();
    }
}

ErrorRef ProcessPool::start_manager() {
    const MutexLock lock(mutex_);
    if (manager_runs_ || !open()) return nullptr;
    const auto main = [](void* opaque) { static_cast<ProcessPool*>(opaque)->manage(); };
    if (ErrorRef error = manager_.start("cf-manager", main, this)) return error;
    // It cannot end before we let go of the mutex.
    retain_owner();
    manager_runs_ = true;
    const MutexLock inlet_lock(inlet_mutex_);
    accepts_ = true;
    return nullptr;
}

void ProcessPool::wake_manager() {
    // One write for all who call between two rounds of the manager.
    if (manager_is_awake_.exchange(true, std::memory_order_acq_rel)) return;
    const NoCancellation shield;
    const uint64_t one = 1;
    static_cast<void>(system_calls().write(wake_.get(), &one, sizeof one));
}

void ProcessPool::have_manager_awake_by(Deadline when) {
    if (when.at() < manager_sleeps_until_.at()) wake_manager();
}

void ProcessPool::begin_shutdown(bool cancel) {
    begin_end(cancel, WorkersEnd::kNone);
}

// All at once: a worker that hears of the shutdown first leaves by itself, and the pool would not end what
// it has started.
void ProcessPool::begin_end(bool cancel, WorkersEnd how) {
    FutureList cancelled;
    {
        const MutexLock lock(mutex_);
        shut_down_ = true;
        if (how > workers_end_) workers_end_ = how;
        refuse(broken_ ? broken_ : shut_down_error());
        take_in();
        if (cancel) {
            for (const auto& worker : workers_) {
                FutureList recalled = worker->session().recall_all();
                worker->calls_sent -= recalled.size();
                cancelled.append(recalled);
            }
            queue_.take_all(cancelled);
        }
    }
    if (limit_) limit_->close();
    wake_manager();
    for_each_call(cancelled, [](Future& call) { call.cancel(); });
}

void ProcessPool::refuse(const ErrorRef& reason) {
    const MutexLock lock(inlet_mutex_);
    accepts_ = false;
    refusal_ = reason;
}

bool ProcessPool::await_termination(Deadline deadline, size_t exempt) {
    const bool from_inside = OwnerScope::depth(this) != 0;
    // The callbacks behind one that has called exit() must not wait for it.
    if (from_inside) callbacks_.hand_over();
    const WatchScope watching(watchers_);
    MutexLock lock(mutex_);
    // From inside a callback the manager cannot end, since it waits for that callback.
    const auto done = [&]() CF_REQUIRES(mutex_) {
        return from_inside ? outstanding_.load(std::memory_order_seq_cst) <= exempt
                           : !manager_runs_ && !manager_is_joined_by_another_;
    };
    while (!done()) {
        if (deadline.passed()) return false;
        progress_.wait(lock, deadline);
    }
    if (!from_inside && manager_.joinable()) {
        Thread manager = std::move(manager_);
        manager_is_joined_by_another_ = true;
        lock.unlock();
        manager.join();
        lock.lock();
        manager_is_joined_by_another_ = false;
        progress_.notify_all();
    }
    return true;
}

// --- calls ----------------------------------------------------------------------------------------

/// Calls on their way into the pool.
struct ProcessPool::Arrival {
    Arrival(FutureList& all, bool travel_together, bool have_places)
        : calls(all), joined(travel_together), placed(have_places), room(all) {
        for (const Future* call = calls.front(); call != nullptr; call = FutureList::after(call))
            has_priorities = has_priorities || call->priority() != 0;
    }
    /// Whether the pool has to note more about them than that they are there.
    bool has_terms() const { return has_priorities || !room.empty(); }

    FutureList& calls;
    const bool joined;
    const bool placed;  // in the bounded queue
    bool has_priorities = false;
    DeadlineQueue::Room room;
    size_t accepted = 0;
};

ErrorRef ProcessPool::refusal() {
    const MutexLock lock(inlet_mutex_);
    return refusal_;
}

ErrorRef ProcessPool::accept_one(FutureRef call) {
    FutureList calls;
    calls.push_back(std::move(call));
    return accept_all(calls, false, limit_.get());
}

ErrorRef ProcessPool::accept_beyond_limit(FutureRef call) {
    FutureList calls;
    calls.push_back(std::move(call));
    return accept_all(calls, false, nullptr);
}

ErrorRef ProcessPool::accept_all(FutureList& calls, bool joined, QueueLimit* limit) {
    if (limit != nullptr) {
        if (ErrorRef error = take_places(*limit, calls)) return error;
    }
    QueuePlaces places(limit, calls.size());
    Arrival arrival{calls, joined, limit != nullptr};
    for (;;) {
        if (arrival.has_terms() ? let_in_with_terms(arrival) : let_in(arrival)) break;
        if (ErrorRef error = refusal()) return error;
        if (ErrorRef error = start_manager()) return error;
    }
    places.keep(arrival.accepted);
    // The manager starts workers. Calls for busy ones go out with the next answers.
    if (worker_is_idle_.load(std::memory_order_seq_cst)) {
        pump();
    } else if (worker_may_start_.load(std::memory_order_seq_cst)) {
        wake_manager();
    }
    return nullptr;
}

ErrorRef ProcessPool::take_places(QueueLimit& limit, const FutureList& calls) {
    const size_t count = calls.size();
    if (limit.take(count)) return nullptr;
    if (ErrorRef error = refusal()) return error;
    if (limit.policy() == CF_QUEUE_POLICY_FAIL || !limit.fits(count)) {
        return limit.full_error(count);
    }
    switch (limit.wait(count, Deadline::after(calls.front()->queue_timeout()))) {
        case QueueLimit::Wait::kTaken:
            return nullptr;
        case QueueLimit::Wait::kTimeout:
            return limit.full_error(count);
        case QueueLimit::Wait::kClosed:
            break;
    }
    return refusal();
}

bool ProcessPool::let_in(Arrival& arrival) {
    const MutexLock lock(inlet_mutex_);
    if (!accepts_) return false;
    mark(arrival);
    put_into_inlet(arrival.calls);
    return true;
}

bool ProcessPool::let_in_with_terms(Arrival& arrival) {
    const MutexLock lock(mutex_);
    const MutexLock inlet_lock(inlet_mutex_);
    if (!accepts_) return false;
    queue_.append(inlet_);  // those that came before
    inlet_size_.store(0, std::memory_order_seq_cst);
    queue_.make_levels(arrival.calls);
    mark(arrival);
    deadlines_.add(arrival.room, arrival.calls);
    queue_.append(arrival.calls);
    have_manager_awake_by(deadlines_.next());
    return true;
}

void ProcessPool::mark(Arrival& arrival) {
    const size_t before = arrival.calls.size();
    for (Future* call = arrival.calls.front(); call != nullptr; call = FutureList::after(call)) {
        call->set_joined(arrival.joined && call != arrival.calls.front());
        call->set_placed(arrival.placed);
    }
    // From then on they may be cancelled, and retired.
    outstanding_.fetch_add(before, std::memory_order_seq_cst);
    arrival.accepted = mark_accepted(arrival.calls);
    outstanding_.fetch_sub(before - arrival.accepted, std::memory_order_seq_cst);
    accepted_ += arrival.accepted;
}

void ProcessPool::put_into_inlet(FutureList& calls) {
    const size_t count = calls.size();
    inlet_.append(calls);
    inlet_size_.fetch_add(count, std::memory_order_seq_cst);
}

size_t ProcessPool::chunk_size(size_t count) const {
    // Several chunks for each worker, so that a slow one does not hold up the rest.
    constexpr size_t kChunksPerWorker = 8;
    constexpr size_t kMaxChunk = 1000;
    return std::clamp<size_t>(count / (kChunksPerWorker * options_.max_workers), 1, kMaxChunk);
}

void ProcessPool::finish(Future& future) {
    if (timed()) record_times(future);
    if (future.has_callbacks()) {
        callbacks_.run(future);
    } else {
        retire(future);
    }
}

void ProcessPool::retire(Future& future) {
    if (future.has_deadline()) {
        const MutexLock lock(mutex_);
        deadlines_.remove(future);
    }
    endings_.of(future).fetch_add(1, std::memory_order_relaxed);
    const size_t left = outstanding_.fetch_sub(1, std::memory_order_seq_cst) - 1;
    if (left != 0 && watchers_.load(std::memory_order_seq_cst) == 0) return;
    bool wake = false;
    {
        const MutexLock lock(mutex_);
        wake = left == 0 && !open();
        progress_.notify_all();
    }
    if (wake) wake_manager();
}

bool ProcessPool::claimed(Future& future) {
    const MutexLock lock(mutex_);
    for (const auto& worker : workers_) {
        if (worker->session().holds(future)) return worker->session().started(future);
    }
    return false;
}

bool ProcessPool::recall(Future& future) {
    FutureRef taken_back;
    {
        const MutexLock lock(mutex_);
        for (const auto& worker : workers_) {
            if (!worker->session().holds(future)) continue;
            FutureList recalled = worker->session().recall(future);
            if (recalled.empty()) return false;
            worker->calls_sent -= recalled.size();
            // The call itself stays with its canceller: from the queue somebody else could take it
            // first, and the cancellation would come too late after all.
            FutureList others;
            while (FutureRef call = recalled.pop_front()) {
                if (call.get() == &future) {
                    taken_back = std::move(call);
                    continue;
                }
                call->set_joined(!others.empty());
                others.push_back(std::move(call));
            }
            queue_.prepend(others);
            break;
        }
    }
    wake_manager();
    return true;
}

void ProcessPool::break_pool(const ErrorRef& error) {
    {
        const MutexLock lock(mutex_);
        if (!broken_) broken_ = error;
        refuse(broken_);  // also after a shutdown: it says more
    }
    if (limit_) limit_->close();
    // Its next round fails what is queued.
    wake_manager();
}

}  // namespace cf

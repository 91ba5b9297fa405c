#include "process_pool/process_pool.h"

#include <algorithm>
#include <cerrno>

#include "support/json_text.h"
#include "worker/worker_entry.h"

namespace cf {
namespace {

std::string hello_body(const ProcessPoolOptions& options) {
    std::string hello =
        text("{\"protocol\":", kProtocolVersion, ",\"library\":\"", CFUTURES_VERSION_MAJOR, ".",
             CFUTURES_VERSION_MINOR, ".", CFUTURES_VERSION_PATCH,
             "\",\"max_message\":", options.max_message_size);
    if (!options.initializer.empty()) {
        hello += text(",\"initializer\":{\"name\":", quote_json(options.initializer),
                      ",\"arguments\":", options.initializer_arguments, "}");
    }
    return hello += '}';
}

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
    auto* pool = new ProcessPool(options, std::move(command));
    pool->epoll_ = above_standard(Descriptor(system_calls().epoll_create1(EPOLL_CLOEXEC)));
    if (pool->epoll_) {
        pool->wake_ =
            above_standard(Descriptor(system_calls().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
    }
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeEvent}};
    if (!pool->wake_ || system_calls().epoll_ctl(pool->epoll_.get(), EPOLL_CTL_ADD,
                                                 pool->wake_.get(), &event) != 0) {
        ErrorRef error = Error::system(errno, "cannot make the descriptors of a process pool");
        pool->release();
        return error;
    }
    executor_out = pool;
    return nullptr;
}

ProcessPool::ProcessPool(const ProcessPoolOptions& options, ResolvedCommand command)
    : Executor(options.exit, kKeepOwner),
      options_(options),
      command_(std::move(command)),
      hello_(hello_body(options)),
      crashes_(options.max_crashes, options.crash_period),
      limit_(options.max_queue == 0
                 ? nullptr
                 : std::make_unique<QueueLimit>(options.max_queue, options.queue_policy)) {}

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
    if (manager_runs_) return nullptr;
    const auto main = [](void* opaque) { static_cast<ProcessPool*>(opaque)->manage(); };
    if (ErrorRef error = manager_.start("cf-manager", main, this)) return error;
    // It cannot end before we let go of the mutex.
    retain_owner();
    manager_runs_ = true;
    return nullptr;
}

void ProcessPool::wake_manager() {
    // One write for all who call between two rounds of the manager.
    if (manager_is_awake_.exchange(true, std::memory_order_acq_rel)) return;
    const uint64_t one = 1;
    static_cast<void>(system_calls().write(wake_.get(), &one, sizeof one));
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

bool ProcessPool::await_termination(Deadline deadline, size_t exempt) {
    const bool from_inside = OwnerScope::depth(this) != 0;
    // The callbacks behind one that has called exit() must not wait for it.
    if (from_inside) callbacks_.hand_over();
    MutexLock lock(mutex_);
    // From inside a callback the manager cannot end, since it waits for that callback.
    const auto done = [&]() CF_REQUIRES(mutex_) {
        return from_inside ? outstanding_ <= exempt
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

ErrorRef ProcessPool::refusal() {
    if (broken_) return broken_;
    return shut_down_ ? shut_down_error() : nullptr;
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
    DeadlineQueue::Room room(calls);
    {
        const MutexLock lock(mutex_);
        if (ErrorRef error = refusal()) return error;
        if (ErrorRef error = start_manager()) return error;
        queue_.make_levels(calls);
        for (Future* call = calls.front(); call != nullptr; call = FutureList::after(call)) {
            call->set_joined(joined && call != calls.front());
            call->set_placed(limit != nullptr);
        }
        const size_t accepted = mark_accepted(calls);
        outstanding_ += accepted;
        places.keep(accepted);
        deadlines_.add(room, calls);
        queue_.append(calls);
    }
    wake_manager();
    return nullptr;
}

ErrorRef ProcessPool::take_places(QueueLimit& limit, const FutureList& calls) {
    const size_t count = calls.size();
    if (limit.take(count)) return nullptr;
    {
        const MutexLock lock(mutex_);
        if (ErrorRef error = refusal()) return error;
    }
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
    const MutexLock lock(mutex_);
    return refusal();
}

size_t ProcessPool::chunk_size(size_t count) const {
    // Several chunks for each worker, so that a slow one does not hold up the rest.
    constexpr size_t kChunksPerWorker = 8;
    constexpr size_t kMaxChunk = 1000;
    return std::clamp<size_t>(count / (kChunksPerWorker * options_.max_workers), 1, kMaxChunk);
}

void ProcessPool::finish(Future& future) {
    if (future.has_callbacks()) {
        callbacks_.run(future);
    } else {
        retire(future);
    }
}

void ProcessPool::retire(Future& future) {
    bool wake = false;
    {
        const MutexLock lock(mutex_);
        deadlines_.remove(future);
        --outstanding_;
        wake = outstanding_ == 0 && !open();
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
    }
    if (limit_) limit_->close();
    // Its next round fails what is queued.
    wake_manager();
}

}  // namespace cf

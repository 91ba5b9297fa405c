#include "thread_pool/thread_pool.h"

namespace cf {

class ThreadPool::Worker {
  public:
    explicit Worker(ThreadPool& owner) : pool(owner) {}
    ThreadPool& pool;
    Thread thread;
};

ErrorRef Initializer::returned(int32_t code) {
    if (code == 0) return nullptr;
    return error_or_no_memory([&] {
        return Error::create(
            CF_STATUS_BROKEN_EXECUTOR,
            text("the initializer of the pool returned ", code, "; the pool cannot be used"));
    });
}

ErrorRef Initializer::threw() {
    return error_or_no_memory([] {
        const std::string type = current_exception_type_name();
        std::string what;
        try {
            throw;
        } catch (const std::exception& exception) {
            what = exception.what();
        } catch (...) {
        }
        const std::string message =
            text("the initializer of the pool threw ", type, ": ", what, "; it cannot be used");
        return Error::create(
            ErrorFields{.status = CF_STATUS_BROKEN_EXECUTOR, .type = type, .message = message});
    });
}

ErrorRef Initializer::ended_its_thread() {
    return Error::create(CF_STATUS_BROKEN_EXECUTOR,
                         "the initializer of the pool ended its thread; the pool cannot be used");
}

namespace {

ErrorRef no_thread_left() {
    return Error::create(CF_STATUS_BROKEN_EXECUTOR,
                         "the last thread of the pool ended and no other could be started");
}

}  // namespace

ThreadPool::ThreadPool(ThreadPoolOptions options) : options_(std::move(options)) {}

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

ErrorRef ThreadPool::accept(FutureList& calls) {
    const MutexLock lock(mutex_);
    if (broken_) return broken_;
    if (shut_down_) return shut_down_error();
    if (ErrorRef error = start_workers(calls.size())) return error;
    const size_t accepted = mark_accepted(calls);
    // Whoever ends the last call may not be a worker, but a canceller without a reference.
    if (outstanding_ == 0 && accepted != 0) retain_owner();
    outstanding_ += accepted;
    queue_.append(calls);
    if (accepted == 1) {
        work_arrived_.notify_one();
    } else {
        work_arrived_.notify_all();
    }
    return nullptr;
}

ErrorRef ThreadPool::start_workers(size_t more) {
    const size_t waiting = queue_.size() + more;
    while (idle_workers_ + starting_workers_ < waiting &&
           running_workers_ - exiting_workers_ < options_.max_workers) {
        if (ErrorRef error = start_worker()) {
            return running_workers_ == exiting_workers_ ? error : nullptr;
        }
    }
    return nullptr;
}

ErrorRef ThreadPool::start_worker() {
    try {
        auto worker = std::make_unique<Worker>(*this);
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
    ++started_workers_;
    ++running_workers_;
    ++unjoined_workers_;
    ++starting_workers_;
    return nullptr;
}

void ThreadPool::work(Worker& worker) {
    // Runs when the worker returns, and also when a task ends its thread.
    struct Ending {
        Worker& worker;
        ~Ending() { worker.pool.worker_ends(worker); }
    } const ending{worker};
    const OwnerScope scope(this);
    const auto initialized = [this](const ErrorRef& error) {
        {
            const MutexLock lock(mutex_);
            --starting_workers_;
        }
        if (error) break_pool(error);
    };
    if (options_.initializer) {
        options_.initializer->run(initialized);
    } else {
        initialized(nullptr);
    }
    while (const FutureRef call = next_call())
        run_call(*call);
}

FutureRef ThreadPool::next_call() {
    MutexLock lock(mutex_);
    for (;;) {
        while (queue_.empty()) {
            if (!is_open()) return nullptr;
            ++idle_workers_;
            work_arrived_.wait(lock, Deadline::never());
            --idle_workers_;
        }
        FutureRef call = queue_.pop_front();
        lock.unlock();
        if (call->state().start()) return call;
        call = nullptr;  // cancelled; freed without the lock, since that may run user code
        lock.lock();
    }
}

void ThreadPool::break_pool(const ErrorRef& error) {
    FutureList failed;
    {
        const MutexLock lock(mutex_);
        if (!broken_) broken_ = error;
        failed.append(queue_);
        work_arrived_.notify_all();
    }
    for_each_call(failed, [&](Future& call) { call.fail_unstarted(error); });
}

void ThreadPool::worker_ends(Worker& worker) {
    bool stranded = false;
    {
        const MutexLock lock(mutex_);
        --running_workers_;
        // A task may have ended the thread: then the queue needs another worker.
        if (!queue_.empty()) stranded = static_cast<bool>(start_workers(0));
    }
    if (stranded) break_pool(no_thread_left());
    {
        const MutexLock lock(mutex_);
        ended_.emplace_back(&worker);
        progress_.notify_all();
    }
    release_owner();
}

void ThreadPool::retire(Future&) {
    bool last = false;
    {
        const MutexLock lock(mutex_);
        last = --outstanding_ == 0;
        progress_.notify_all();
    }
    if (last) release_owner();
}

void ThreadPool::begin_shutdown(bool cancel) {
    FutureList cancelled;
    {
        const MutexLock lock(mutex_);
        shut_down_ = true;
        work_arrived_.notify_all();
        if (cancel) cancelled.append(queue_);
    }
    for_each_call(cancelled, [](Future& call) { call.cancel(); });
}

bool ThreadPool::await_termination(Deadline deadline, size_t exempt) {
    const bool from_inside = OwnerScope::depth(this) != 0;
    MutexLock lock(mutex_);
    if (from_inside) {
        // This thread is in exit() and takes no more calls, so another has to.
        ++exiting_workers_;
        if (start_workers(0)) {
            lock.unlock();
            break_pool(no_thread_left());
            lock.lock();
        }
    }
    for (;;) {
        if (!ended_.empty()) {
            const std::unique_ptr<Worker> worker = std::move(ended_.back());
            ended_.pop_back();
            lock.unlock();
            worker->thread.join();
            lock.lock();
            --unjoined_workers_;
            progress_.notify_all();
        } else if (outstanding_ <= exempt && unjoined_workers_ <= (from_inside ? 1U : 0U)) {
            return true;
        } else if (deadline.passed()) {
            return false;
        } else {
            progress_.wait(lock, deadline);
        }
    }
}

}  // namespace cf

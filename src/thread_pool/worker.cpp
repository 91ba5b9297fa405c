// What a worker thread does: it searches, runs batches, rests, and ends.
#include "thread_pool/worker.h"

#include <algorithm>

#include "executor/run_call.h"
#include "future/spin.h"

namespace cf {
namespace {

/// A worker takes as many calls at once as it runs in about this time, so that nothing waits for long
/// behind others while another worker could take it.
constexpr Nanoseconds kBatchTime = 20'000;
/// How many calls of its own a worker runs before it looks into the inlets.
constexpr size_t kOwnCallsInARow = 256;

}  // namespace

CF_THREAD_LOCAL ThreadPool::Worker* ThreadPool::Worker::own_ = nullptr;

void ThreadPool::work(Worker& worker) {
    Worker::own_ = &worker;
    const auto ends = [&] {
        BlockingContext::current_ = nullptr;
        if (!forked()) worker_ends(worker);
    };
    // A task may end its thread.
    call_user_code(
        [&] {
            const OwnerScope scope(this);
            if (!initialize()) return;
            BlockingContext::current_ = &worker;
            serve(worker);
        },
        [] {}, ends);
    ends();
}

bool ThreadPool::initialize() {
    bool succeeded = false;
    const auto initialized = [&](const ErrorRef& error) {
        succeeded = !error;
        if (succeeded) sleepers_.begin_search();
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
    return succeeded;
}

void ThreadPool::serve(Worker& worker) {
    Seat& seat = worker.seat;
    for (;;) {
        if (surplus_.load(std::memory_order_relaxed) && leave(worker)) {
            if (sleepers_.end_search() && queues_.any()) get_help();  // W3
            return;
        }
        FutureRef call = queues_.find(seat);
        if (call) {
            // W3. What this worker has behind this call is work for others, too.
            if (sleepers_.end_search() && (!seat.queue.empty() || queues_.any())) get_help();
            run_batch(seat, std::move(call));
            if (forked()) return;  // in a child there is no pool
            sleepers_.begin_search();
        } else if (!rest(seat)) {
            static_cast<void>(sleepers_.end_search());
            return;
        }
    }
}

void ThreadPool::run_on(Seat& seat, Future& call) {
    const auto retire = [&] { Seat::count(seat.retired.of(call)); };
    run_on_this_thread(
        call, seat.index + 1, [] {}, retire);
}

void ThreadPool::run_batch(Seat& seat, FutureRef call) {
    const Nanoseconds start = monotonic_now();
    size_t count = 0;
    do {
        if (start_call(*call)) run(*call, &seat);
        call = nullptr;
        if (forked()) return;
        if (++count == kOwnCallsInARow || surplus_.load(std::memory_order_relaxed)) break;
        call = queues_.next(seat);
    } while (call);
    const Nanoseconds time = monotonic_now() - start;
    if (time > 2 * kBatchTime) {
        seat.batch = std::max<size_t>(seat.batch / 2, 1);
    } else if (time < kBatchTime / 2 && count >= seat.batch) {
        seat.batch = std::min(seat.batch * 2, CallInlet::Segment::kCapacity);
    }
}

bool ThreadPool::rest(Seat& seat) {
    if (sleepers_.has(Sleepers::kClosed)) return queues_.any();
    if (spins_ && sleepers_.searching() == 1 && processor_is_free() &&
        spin(seat.spin, [this] { return queues_.seem_any(); })) {
        return true;
    }
    sleepers_.announce_sleep();
    if (queues_.any() || sleepers_.has(Sleepers::kClosed) ||
        surplus_.load(std::memory_order_seq_cst)) {  // W2
        sleepers_.cancel_sleep();
        return true;
    }
    count_awake(-1);
    sleepers_.sleep();
    count_awake(1);
    return true;
}

bool ThreadPool::leave(Worker& worker) {
    const MutexLock lock(mutex_);
    if (!has_surplus()) return false;
    withdraw(worker);
    return true;
}

void ThreadPool::withdraw(Worker& worker) {
    if (!worker.available) return;
    worker.available = false;
    available_workers_.fetch_sub(1, std::memory_order_seq_cst);
    thread_count_changed();
}

void ThreadPool::join_ended() {
    MutexLock lock(mutex_);
    while (!ended_.empty()) {
        std::unique_ptr<Worker> worker = std::move(ended_.back());
        ended_.pop_back();
        lock.unlock();
        worker->thread.join();
        lock.lock();
        --unjoined_workers_;
        progress_.notify_all();
    }
}

void ThreadPool::worker_ends(Worker& worker) {
    count_awake(-1);
    bool left = false;
    bool stranded = false;
    {
        const MutexLock lock(mutex_);
        worker.seat.taken = false;
        left = !worker.available;
        withdraw(worker);
        // A task may have ended the thread: then the queues need another worker.
        if (queues_.any()) stranded = static_cast<bool>(start_workers(0));
    }
    const auto go = [&] {
        Worker::own_ = nullptr;
        check_drained();
        if (left) join_ended();
        {
            const MutexLock lock(mutex_);
            ended_.emplace_back(&worker);
            progress_.notify_all();
        }
        release_owner();
    };
    const auto break_stranded = [this] {
        break_pool(
            Error::create(CF_STATUS_BROKEN_EXECUTOR,
                          "the last thread of the pool ended and no other could be started"));
    };
    // Callbacks of the stranded calls may end the thread once more.
    if (stranded)
        call_user_code(
            break_stranded, [] {}, go);
    go();
}

}  // namespace cf

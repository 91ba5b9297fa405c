// All queues of a thread pool: the inlets, through which calls come from outside, and a seat for each
// worker, with its run queue and its counters.
//
// A seat belongs to the worker that sits on it; when that worker's thread ends, what is in the run
// queue stays there for others to take, until another worker gets the seat. Seats are made when they
// are first needed and freed with the pool, so that a thief may look into all of them at any time.
//
// The queues hold one reference for each call in them. Calls that were cancelled stay until their
// turn, 72 bytes and 8 of queue each; their input was dropped by the canceller.
#pragma once

#include <memory>

#include "executor/priority_levels.h"
#include "executor/stats.h"
#include "future/spin.h"
#include "thread_pool/inlet.h"
#include "thread_pool/run_queue.h"

namespace cf {

using CallInlet = Inlet<Future, Endings<uint64_t>>;

/// A worker's place.
struct alignas(128) Seat {
    static constexpr size_t kCapacity = 256;
    RunQueue<Future, kCapacity> queue;

    /// Calls that this worker accepted and retired; written by it alone.
    sync::Atomic<uint64_t> accepted{0};
    Endings<sync::Atomic<uint64_t>> retired;
    /// What its worker has measured; null when the pool does not measure.
    std::unique_ptr<CallTimes> times;

    // The worker's own.
    size_t index = 0;
    size_t batch = 1;  // how many calls it takes at once
    size_t next_inlet = 0;
    size_t last_victim = 0;
    uint64_t victim_retired = 0;
    SpinLength spin;
    bool taken = false;  // under the pool's mutex

    /// How many calls it has retired, as a sign that it gets on.
    uint64_t progress() const {
        Endings<uint64_t> all;
        all.add(retired, kReadCounter);
        return all.total();
    }

    static void count(sync::Atomic<uint64_t>& counter, uint64_t more = 1) {
        counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_release);
    }
};

/// Calls whose priority is not 0: few, and in the order of one queue. Pools that never see one pay with
/// a look at `above`, which nobody writes.
struct alignas(128) Levels {
    Mutex mutex;
    PriorityLevels calls CF_GUARDED_BY(mutex);
    sync::Atomic<size_t> above{0};  // how many have a priority above 0; written under the mutex
    sync::Atomic<size_t> size{0};   // and how many there are

    void push(FutureRef call) CF_REQUIRES(mutex) {
        if (call->priority() > 0) count(above, 1);
        count(size, 1);
        calls.push(std::move(call));
    }
    /// The first of the highest priority above `least`.
    FutureRef take_above(int64_t least) CF_EXCLUDES(mutex) {
        const MutexLock lock(mutex);
        FutureRef call = calls.pop_above(least);
        if (!call) return nullptr;
        if (call->priority() > 0) count(above, SIZE_MAX);
        count(size, SIZE_MAX);
        return call;
    }

  private:
    static void count(sync::Atomic<size_t>& counter, size_t more) {
        counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
};

class Queues {
  public:
    /// Throws std::bad_alloc.
    explicit Queues(size_t most_seats, bool timed = false);
    ~Queues();

    /// The inlet of this thread.
    CallInlet& own_inlet();
    size_t inlet_count() const { return inlet_count_; }
    CallInlet& inlet(size_t index) { return inlets_[index]; }
    Levels& levels() { return levels_; }

    // --- seats ---

    size_t seat_count() const { return seat_count_.load(std::memory_order_acquire); }
    Seat& seat(size_t index) { return *seats_[index].load(std::memory_order_acquire); }
    /// A free seat, under the pool's mutex; throws std::bad_alloc. Null when all are taken.
    Seat* take_seat();

    // --- taking calls; each with the reference that the queue held ---

    /// For the worker of a seat that has nothing left: of the highest priority, and then from an inlet, or
    /// from another worker.
    FutureRef find(Seat& seat);
    /// The oldest of its own, if none of a higher priority is queued.
    FutureRef next(Seat& seat);
    /// Everything.
    void take_all(FutureList& calls);

    // --- looking ---

    /// Whether anything is queued, as W2 and W3 of Sleepers ask for it.
    bool any();
    /// The same as a guess, without locks.
    bool seem_any();
    /// About how many calls are queued.
    size_t size();
    struct Tally {
        uint64_t accepted = 0;
        Endings<uint64_t> retired;
        /// Calls accepted and not retired. Not less than there are while no others are accepted.
        uint64_t outstanding() const { return accepted - retired.total(); }
    };
    Tally tally();

  private:
    FutureRef from_inlets(Seat& seat);
    FutureRef from_stuck_worker(Seat& seat);
    FutureRef from_others(Seat& seat);

    Levels levels_;
    size_t inlet_count_;
    std::unique_ptr<CallInlet[]> inlets_;
    size_t most_seats_;
    const bool timed_;
    std::unique_ptr<sync::Atomic<Seat*>[]> seats_;
    sync::Atomic<size_t> seat_count_{0};
};

}  // namespace cf

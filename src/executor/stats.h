// Counters of an executor: what it keeps, and cf_stats_t, what they were at one moment.
//
// Who counts writes memory of its own: a worker its seat, others under a lock that they hold anyway. Only
// a reader goes over all of it, and adds up. How calls end is always counted, by one plain addition for
// each call. How long they waited and ran is measured only by executors that were made for that, since it
// takes the clock three times a call.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "future/future.h"

namespace cf {

/// How many calls an executor has retired, by how they ended.
template <typename Counter>
class Endings {
  public:
    Counter& in(Phase terminal) { return counters_[index(terminal)]; }
    const Counter& in(Phase terminal) const { return counters_[index(terminal)]; }
    /// The counter for a future that is done.
    Counter& of(const Future& future) { return in(future.phase()); }

    /// Adds what read() gives for each counter of another one.
    template <typename Other, typename Read>
    void add(const Endings<Other>& other, const Read& read) {
        for (const Phase terminal : {Phase::kSucceeded, Phase::kFailed, Phase::kCancelled})
            in(terminal) += read(other.in(terminal));
    }
    /// For counters that are numbers.
    Counter total() const { return counters_[0] + counters_[1] + counters_[2]; }

  private:
    static size_t index(Phase terminal) {
        return static_cast<size_t>(terminal) - static_cast<size_t>(Phase::kSucceeded);
    }
    std::array<Counter, 3> counters_{};
};

/// Reads a counter that its thread writes meanwhile.
constexpr auto kReadCounter = [](const sync::Atomic<uint64_t>& counter) {
    return counter.load(std::memory_order_acquire);
};

/// How many calls took how long: bucket n holds those of 2^n to 2^(n+1) - 1 ns, and the first one 0 ns.
struct TimeStats {
    static constexpr size_t kBuckets = 63;
    uint64_t sum = 0;
    std::array<uint64_t, kBuckets> buckets{};

    static size_t bucket_of(uint64_t time) {
        return time == 0 ? 0 : static_cast<size_t>(std::bit_width(time)) - 1;
    }
};

/// Times of calls. One thread records at a time; anybody may read meanwhile.
class TimeHistogram {
  public:
    void record(Nanoseconds time) {
        const auto value = static_cast<uint64_t>(std::max<Nanoseconds>(time, 0));
        add(sum_, value);
        add(buckets_[TimeStats::bucket_of(value)], 1);
    }
    void add_to(TimeStats& stats) const {
        stats.sum += sum_.load(std::memory_order_relaxed);
        for (size_t i = 0; i < buckets_.size(); ++i)
            stats.buckets[i] += buckets_[i].load(std::memory_order_relaxed);
    }

  private:
    static void add(sync::Atomic<uint64_t>& counter, uint64_t more) {
        counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
    sync::Atomic<uint64_t> sum_{0};
    std::array<sync::Atomic<uint64_t>, TimeStats::kBuckets> buckets_{};
};

struct Stats : HandleBase {
    static constexpr HandleKind kHandleKind = HandleKind::kStats;
    Stats() : HandleBase(kHandleKind) {}

    uint64_t queued = 0;
    uint64_t active_workers = 0;
    uint64_t idle_workers = 0;
    uint64_t accepted = 0;
    Endings<uint64_t> endings;
    bool timed = false;  // whether these are measured
    TimeStats waits;
    TimeStats runs;
};

/// Both times of calls.
struct CallTimes {
    TimeHistogram waits;
    TimeHistogram runs;
    void add_to(Stats& stats) const {
        waits.add_to(stats.waits);
        runs.add_to(stats.runs);
    }
};

/// Measures one call that a thread runs; `stop` is called when its outcome is there.
class CallClock {
  public:
    CallClock(CallTimes& times, Mutex* mutex, const Future& call)
        : times_(times), mutex_(mutex), accepted_(call.accepted_at()), started_(monotonic_now()) {}
    void stop() {
        const Nanoseconds run = monotonic_now() - started_;
        if (mutex_ != nullptr) {
            const MutexLock lock(*mutex_);
            record(run);
        } else {
            record(run);
        }
    }

  private:
    void record(Nanoseconds run) {
        times_.waits.record(started_ - accepted_);
        times_.runs.record(run);
    }

    CallTimes& times_;
    Mutex* const mutex_;  // of times that threads share; null: they are this thread's own
    const Nanoseconds accepted_;
    const Nanoseconds started_;
};

}  // namespace cf

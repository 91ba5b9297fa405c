// The synchronisation seam: atomics, locks, sleeping and waking for the whole core.
//
// A build that defines CFUTURES_SYNC_HEADER replaces the primitives (namespace cf::sync) with its
// own, such as a model checker's simulated ones. What stands below the include is built from them
// and is the same in every build.
//
//   sync::Atomic<T>                   an atomic with the interface of std::atomic
//   sync::RawMutex                    lock(), unlock(), try_lock()
//   sync::park(word, value, deadline) sleep while word == value; false when the deadline passed;
//                                     may return early for no reason
//   sync::unpark_one / unpark_all     wake sleepers of a word; the word may be gone by then, since
//                                     only its address is used
//   sync::relax()                     one step of a short spin on something another thread holds
//   sync::pause()                     one step of a bounded spin for something that is about to come;
//                                     keeps the processor, for some tens of cycles
#pragma once

#ifdef CFUTURES_SYNC_HEADER
#include CFUTURES_SYNC_HEADER
#else
#include "support/sync_native.h"
#endif

#include "support/clock.h"
#include "support/thread_annotations.h"

namespace cf {

class CF_CAPABILITY("mutex") Mutex {
  public:
    constexpr Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;
    void lock() CF_ACQUIRE() { raw_.lock(); }
    void unlock() CF_RELEASE() { raw_.unlock(); }

  private:
    sync::RawMutex raw_;
};

/// Holds a mutex; may let go of it for a while.
class CF_SCOPED_CAPABILITY MutexLock {
  public:
    explicit MutexLock(Mutex& mutex) CF_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
    ~MutexLock() CF_RELEASE() {
        if (held_) mutex_.unlock();
    }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;
    void unlock() CF_RELEASE() {
        held_ = false;
        mutex_.unlock();
    }
    void lock() CF_ACQUIRE() {
        mutex_.lock();
        held_ = true;
    }

  private:
    Mutex& mutex_;
    bool held_ = true;
};

/// A condition variable on our own parking, because the C library's may lose a signal (T-20).
///
/// Change the condition under the mutex, then notify, with or without the mutex held. The sequence
/// number is read under the mutex, so that a notification between unlock and sleep is not missed.
class Condition {
  public:
    constexpr Condition() = default;
    Condition(const Condition&) = delete;
    Condition& operator=(const Condition&) = delete;

    /// Wait for a notification; false when the deadline passed. May return early: check again.
    /// Outside of the analysis, which cannot follow a lock that comes and goes by reference.
    bool wait(MutexLock& lock, Deadline deadline) CF_NO_THREAD_SAFETY_ANALYSIS {
        const uint32_t seen = sequence_.load(std::memory_order_relaxed);
        waiting_.fetch_add(1, std::memory_order_seq_cst);
        lock.unlock();
        const bool in_time = sync::park(sequence_, seen, deadline);
        waiting_.fetch_sub(1, std::memory_order_relaxed);
        lock.lock();
        return in_time;
    }
    void notify_one() {
        sequence_.fetch_add(1, std::memory_order_seq_cst);
        if (waiting_.load(std::memory_order_seq_cst) != 0) sync::unpark_one(sequence_);
    }
    void notify_all() {
        sequence_.fetch_add(1, std::memory_order_seq_cst);
        if (waiting_.load(std::memory_order_seq_cst) != 0) sync::unpark_all(sequence_);
    }

  private:
    sync::Atomic<uint32_t> sequence_{0};
    sync::Atomic<uint32_t> waiting_{0};
};

}  // namespace cf

// The state word of a future: the only place that does atomics on it.
//
//                      start()                    settle()
//        PENDING ------------------> RUNNING ------------------> SUCCEEDED or FAILED
//           |  \                        |                              ^
//           |   \    begin_settle()     | begin_settle()               | settle()
//           |    `-----------------.    |                              |
//           | cancel()              `-> SETTLING ----------------------'
//           v
//        CANCELLED
//
//   phase      who may touch the outcome      leaves it by
//   PENDING    nobody                         the worker that starts it, the canceller, a promise
//   RUNNING    the worker that started it,    that worker (settle), or a promise (begin_settle)
//              or nobody yet (a promise)
//   SETTLING   the thread that moved it here  that thread
//   terminal   everybody, to read             nothing: terminal phases are final
//
// Flags beside the phase, in the same word so that one atomic operation sees all:
//   AWAITED    a thread may be asleep on the word: whoever makes it terminal wakes the word
//   OBSERVED   the list of observers is not empty: whoever makes it terminal notifies them
//   LOCKED     a thread edits the list of observers; only ever set while not terminal, for a few
//              instructions, and no phase becomes terminal meanwhile
//   ACCEPTED   an executor counts the call as outstanding, and wants it retired
//   SUBMITTED  somebody has handed the prepared call to its executor; nobody else may
//   DISPATCHED the pending call was handed to a worker process; only its owner knows whether it runs
//              (see FutureOwner), and it cannot be cancelled before the owner has recalled it
//   SEEN       somebody has read that the future failed; only ever set in FAILED
//   STOP       somebody has asked the running call to stop; only ever set in RUNNING
//
// Memory order: what was written before settle(), cancel() or start() is visible to whoever reads
// the resulting phase. The word may be gone as soon as its owner drops the last reference, so a
// thread that makes the phase terminal keeps a reference until it has woken the word.
#pragma once

#include <cassert>
#include <cstdint>

#include "support/sync.h"

namespace cf {

enum class Phase : uint32_t { kPending, kRunning, kSettling, kSucceeded, kFailed, kCancelled };

constexpr bool is_terminal(Phase phase) {
    return phase >= Phase::kSucceeded;
}

/// What the thread that made a future terminal still has to do.
struct [[nodiscard]] Aftermath {
    bool observed;  // notify the observers
    bool accepted;  // retire it with its owner
};

enum class CancelOutcome {
    kCancelled,     // by this call
    kWasCancelled,  // before
    kTooLate,       // running or finished
    kDispatched,    // a worker process holds it: the owner has to recall it first
};

class StateWord {
  public:
    Phase phase() const { return phase_of(word_.load(std::memory_order_acquire)); }
    /// Whether it is SUCCEEDED, and nothing else is to be said.
    bool only_succeeded() const {
        return word_.load(std::memory_order_acquire) == static_cast<uint32_t>(Phase::kSucceeded);
    }
    bool dispatched() const { return (word_.load(std::memory_order_acquire) & kDispatched) != 0; }

    /// Marks a pending call as counted by its executor, once; false when it is not pending, or was
    /// accepted before.
    [[nodiscard]] bool accept();
    /// The same for a call that no other thread knows of yet.
    void accept_unshared() {
        word_.store(static_cast<uint32_t>(Phase::kPending) | kAccepted, std::memory_order_relaxed);
    }
    /// Claims a prepared call for the one who submits it; false when it is not pending, or was
    /// claimed before.
    [[nodiscard]] bool submit();
    /// Takes that back, for one of a batch that is not submitted after all.
    void withdraw_submit();
    bool accepted() const { return (word_.load(std::memory_order_acquire) & kAccepted) != 0; }
    /// PENDING to RUNNING. False when it was cancelled, or started by another.
    [[nodiscard]] bool start();
    /// The same for a thread that has the only reference (F7): no atomic operation.
    [[nodiscard]] bool start_alone();
    /// The same for a thread that waits for the call instead of having taken it from a queue: false
    /// also when no executor has accepted it, or when a worker process holds it.
    [[nodiscard]] bool start_accepted();
    /// PENDING or RUNNING to SETTLING: the right to write the outcome. False when another has it.
    [[nodiscard]] bool begin_settle();
    /// RUNNING (by its worker) or SETTLING to SUCCEEDED or FAILED; wakes sleepers.
    Aftermath settle(Phase terminal);
    /// The same for a thread that has the only reference (F7): nobody sleeps.
    Aftermath settle_alone(Phase terminal);
    /// PENDING to CANCELLED; wakes sleepers. The aftermath counts only for kCancelled.
    [[nodiscard]] CancelOutcome cancel(Aftermath& aftermath);
    /// Marks a pending call as held by a worker process. False when it is not pending any more.
    [[nodiscard]] bool dispatch();
    /// The worker process does not hold it any more.
    void recall();
    /// The same for a call that it may have started and that shall run again: back to PENDING.
    void restart();

    /// Asks a running call to stop, which sees it in stop_requested(). False when none runs.
    [[nodiscard]] bool request_stop();
    bool stop_requested() const { return (word_.load(std::memory_order_acquire) & kStop) != 0; }

    /// Notes that somebody knows of the failure; does nothing in other phases.
    void mark_seen();
    bool seen() const { return (word_.load(std::memory_order_acquire) & kSeen) != 0; }

    /// Takes the lock of the list of observers; false when the phase is terminal.
    [[nodiscard]] bool lock_observers();
    void unlock_observers(bool list_is_empty);

    /// Sleeps until the phase is terminal; false when the deadline passed first.
    bool wait(Deadline deadline);

  private:
    static constexpr uint32_t kPhaseMask = 7;
    static constexpr uint32_t kAwaited = 8;
    static constexpr uint32_t kObserved = 16;
    static constexpr uint32_t kLocked = 32;
    static constexpr uint32_t kAccepted = 64;
    static constexpr uint32_t kDispatched = 128;
    static constexpr uint32_t kSubmitted = 256;
    static constexpr uint32_t kSeen = 512;
    static constexpr uint32_t kStop = 1024;

    static constexpr Phase phase_of(uint32_t word) { return static_cast<Phase>(word & kPhaseMask); }
    static constexpr uint32_t with_phase(uint32_t word, Phase phase) {
        return (word & ~kPhaseMask) | static_cast<uint32_t>(phase);
    }
    /// Sets a flag of a pending call that is set once.
    bool mark_pending(uint32_t flag);
    /// `word` as it is when the list is not locked, after waiting for that.
    uint32_t when_unlocked(uint32_t word) {
        if ((word & kLocked) != 0) [[unlikely]]
            return await_unlocked();
        return word;
    }
    uint32_t await_unlocked();
    Aftermath finish(uint32_t old_word) {
        if ((old_word & kAwaited) != 0) [[unlikely]]
            sync::unpark_all(word_);
        return aftermath_of(old_word);
    }
    static Aftermath aftermath_of(uint32_t old_word) {
        return Aftermath{.observed = (old_word & kObserved) != 0,
                         .accepted = (old_word & kAccepted) != 0};
    }

    sync::Atomic<uint32_t> word_{static_cast<uint32_t>(Phase::kPending)};
};

// What each call does once.

inline bool StateWord::start() {
    uint32_t word = word_.load(std::memory_order_relaxed);
    while (phase_of(word) == Phase::kPending) {
        if (word_.compare_exchange_weak(word, with_phase(word, Phase::kRunning),
                                        std::memory_order_acq_rel, std::memory_order_acquire)) {
            return true;
        }
    }
    return false;
}

inline bool StateWord::start_alone() {
    const uint32_t word = word_.load(std::memory_order_relaxed);
    if (phase_of(word) != Phase::kPending) return false;
    word_.store(with_phase(word, Phase::kRunning), std::memory_order_relaxed);
    return true;
}

inline Aftermath StateWord::settle(Phase terminal) {
    assert(is_terminal(terminal));
    uint32_t word = when_unlocked(word_.load(std::memory_order_relaxed));
    for (;;) {
        assert(phase_of(word) == Phase::kRunning || phase_of(word) == Phase::kSettling);
        if (word_.compare_exchange_weak(word, static_cast<uint32_t>(terminal),
                                        std::memory_order_acq_rel, std::memory_order_relaxed)) {
            return finish(word);
        }
        word = when_unlocked(word);
    }
}

inline Aftermath StateWord::settle_alone(Phase terminal) {
    const uint32_t word = word_.load(std::memory_order_relaxed);
    word_.store(static_cast<uint32_t>(terminal), std::memory_order_relaxed);
    return aftermath_of(word);
}

}  // namespace cf

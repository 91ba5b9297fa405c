#include "future/state_word.h"

namespace cf {

bool StateWord::accept() {
    return mark_pending(kAccepted);
}

bool StateWord::submit() {
    return mark_pending(kSubmitted);
}

void StateWord::withdraw_submit() {
    word_.fetch_and(~kSubmitted, std::memory_order_acq_rel);
}

bool StateWord::mark_pending(uint32_t flag) {
    uint32_t word = word_.load(std::memory_order_relaxed);
    while (phase_of(word) == Phase::kPending && (word & flag) == 0) {
        if (word_.compare_exchange_weak(word, word | flag, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

bool StateWord::start_accepted() {
    uint32_t word = word_.load(std::memory_order_relaxed);
    while (phase_of(word) == Phase::kPending && (word & (kAccepted | kDispatched)) == kAccepted) {
        if (word_.compare_exchange_weak(word, with_phase(word, Phase::kRunning),
                                        std::memory_order_acq_rel, std::memory_order_acquire)) {
            return true;
        }
    }
    return false;
}

bool StateWord::begin_settle() {
    uint32_t word = word_.load(std::memory_order_relaxed);
    while (phase_of(word) == Phase::kPending || phase_of(word) == Phase::kRunning) {
        if (word_.compare_exchange_weak(word, with_phase(word, Phase::kSettling),
                                        std::memory_order_acq_rel, std::memory_order_acquire)) {
            return true;
        }
    }
    return false;
}

CancelOutcome StateWord::cancel(Aftermath& aftermath) {
    uint32_t word = word_.load(std::memory_order_acquire);
    for (;;) {
        if (phase_of(word) == Phase::kCancelled) return CancelOutcome::kWasCancelled;
        if (phase_of(word) != Phase::kPending) return CancelOutcome::kTooLate;
        if ((word & kDispatched) != 0) return CancelOutcome::kDispatched;
        word = when_unlocked(word);
        if (phase_of(word) != Phase::kPending || (word & kDispatched) != 0) continue;
        if (word_.compare_exchange_weak(word, static_cast<uint32_t>(Phase::kCancelled),
                                        std::memory_order_acq_rel, std::memory_order_acquire)) {
            aftermath = finish(word);
            return CancelOutcome::kCancelled;
        }
    }
}

bool StateWord::dispatch() {
    uint32_t word = word_.load(std::memory_order_relaxed);
    while (phase_of(word) == Phase::kPending) {
        if (word_.compare_exchange_weak(word, word | kDispatched, std::memory_order_acq_rel,
                                        std::memory_order_acquire)) {
            return true;
        }
    }
    return false;
}

void StateWord::recall() {
    word_.fetch_and(~kDispatched, std::memory_order_acq_rel);
}

void StateWord::restart() {
    uint32_t word = word_.load(std::memory_order_relaxed);
    uint32_t pending = 0;
    do {
        assert(phase_of(word) == Phase::kPending || phase_of(word) == Phase::kRunning);
        pending = with_phase(word, Phase::kPending) & ~(kDispatched | kStop);
    } while (!word_.compare_exchange_weak(word, pending, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
}

bool StateWord::request_stop() {
    uint32_t word = word_.load(std::memory_order_relaxed);
    while (phase_of(word) == Phase::kRunning) {
        if (word_.compare_exchange_weak(word, word | kStop, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

void StateWord::mark_seen() {
    const uint32_t word = word_.load(std::memory_order_relaxed);
    if (phase_of(word) != Phase::kFailed || (word & kSeen) != 0) return;
    word_.fetch_or(kSeen, std::memory_order_acq_rel);
}

bool StateWord::lock_observers() {
    uint32_t word = word_.load(std::memory_order_acquire);
    for (;;) {
        word = when_unlocked(word);
        if (is_terminal(phase_of(word))) return false;
        if (word_.compare_exchange_weak(word, word | kLocked, std::memory_order_acq_rel,
                                        std::memory_order_acquire)) {
            return true;
        }
    }
}

void StateWord::unlock_observers(bool list_is_empty) {
    uint32_t word = word_.load(std::memory_order_relaxed);
    uint32_t unlocked = 0;
    do {
        assert((word & kLocked) != 0);
        unlocked = word & ~(kLocked | kObserved);
        if (!list_is_empty) unlocked |= kObserved;
    } while (!word_.compare_exchange_weak(word, unlocked, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
}

bool StateWord::wait(Deadline deadline) {
    uint32_t word = word_.load(std::memory_order_acquire);
    while (!is_terminal(phase_of(word))) {
        if (deadline.passed()) return false;
        if ((word & kAwaited) == 0 &&
            !word_.compare_exchange_weak(word, word | kAwaited, std::memory_order_acq_rel,
                                         std::memory_order_acquire)) {
            continue;
        }
        sync::park(word_, word | kAwaited, deadline);
        word = word_.load(std::memory_order_acquire);
    }
    return true;
}

uint32_t StateWord::await_unlocked() {
    for (;;) {
        sync::relax();
        const uint32_t word = word_.load(std::memory_order_acquire);
        if ((word & kLocked) == 0) return word;
    }
}

}  // namespace cf

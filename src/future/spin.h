// Short spinning before sleeping: a hand-over to a thread that spins takes a tenth of a microsecond, to
// one that sleeps twenty to fifty.
//
// A spin is worth it only when a processor is free for it and when what is waited for comes soon. So
// nobody spins while the pools of the process have a thread awake for each processor; there is a budget of
// spinners for the process, as many as processors; and each thread adapts: spins that fail make its next
// ones shorter, one that succeeds makes them whole again.
#pragma once

#include "support/clock.h"
#include "support/sync.h"

namespace cf {

/// The longest spin.
constexpr Nanoseconds kSpinLimit = 20'000;

/// Counts the processors, once; before, nobody spins. Throws std::bad_alloc.
void prepare_spinning();
/// How many threads can be awake and of use; 1 when spinning is in vain.
int32_t processors();

/// Pool threads tell when they go to sleep (-1) and when they are awake (1).
void count_awake(int32_t change);
/// In a forked child, where nobody is awake.
void start_spinning_anew();
/// Whether fewer pool threads are awake than there are processors, `own` of them being this one.
bool processor_is_free(int32_t own = 0);

/// How long one kind of spin of one thread may take.
class SpinLength {
  public:
    Nanoseconds next() {
        const bool probe = ++spins_ % kProbe == 0;
        return kSpinLimit >> (probe ? 0 : shift_);
    }
    void tell(bool success) {
        if (success) {
            shift_ = 0;
        } else if (shift_ < kMostShift) {
            ++shift_;
        }
    }

  private:
    static constexpr uint8_t kMostShift = 4;
    static constexpr uint8_t kProbe =
        16;  // each so many, a whole spin, or it could never succeed again
    uint8_t shift_ = 0;
    uint8_t spins_ = 0;
};

/// One place in the process's budget, while it lives.
class SpinPermit {
  public:
    SpinPermit();
    ~SpinPermit();
    SpinPermit(const SpinPermit&) = delete;
    SpinPermit& operator=(const SpinPermit&) = delete;
    explicit operator bool() const { return granted_; }

  private:
    bool granted_;
};

/// Spins until come() is true; false when the time was over first.
template <typename Come>
bool spin(SpinLength& length, const Come& come) {
    const SpinPermit permit;
    if (!permit) return come();
    const Nanoseconds end = monotonic_now() + length.next();
    bool success = false;
    do {
        for (int step = 0; step < 8 && !success; ++step) {
            sync::pause();
            success = come();
        }
    } while (!success && monotonic_now() < end);
    length.tell(success);
    return success;
}

}  // namespace cf

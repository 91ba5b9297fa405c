// Time: nanoseconds on the monotonic clock, and deadlines made from the timeouts of the C ABI.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace cf {

using Nanoseconds = int64_t;

constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr Nanoseconds kMillisecond = 1'000'000;

/// Now, on the monotonic clock: wall-clock changes have no effect on anything here.
Nanoseconds monotonic_now();

/// A moment on the monotonic clock, or never.
class Deadline {
  public:
    static constexpr Deadline never() { return Deadline(kNever); }
    /// For timeouts as convention 11 of cfutures.h defines them: negative is never, 0 is now.
    static Deadline after(Nanoseconds timeout) {
        if (timeout < 0) return never();
        if (timeout == 0) return Deadline(0);  // as good as any other that has passed
        const Nanoseconds now = monotonic_now();
        return Deadline(timeout > kNever - now ? kNever : now + timeout);
    }

    /// A moment that another process of this machine has named; the largest number is never.
    static constexpr Deadline at_time(Nanoseconds at) { return Deadline(at); }

    bool is_never() const { return at_ == kNever; }
    bool passed() const { return !is_never() && monotonic_now() >= at_; }
    Nanoseconds at() const { return at_; }
    /// As a timeout: negative for never, 0 when it has passed.
    Nanoseconds time_left() const {
        return is_never() ? -1 : std::max<Nanoseconds>(at_ - monotonic_now(), 0);
    }
    Deadline earlier(Deadline other) const { return at_ <= other.at_ ? *this : other; }

  private:
    static constexpr Nanoseconds kNever = std::numeric_limits<Nanoseconds>::max();
    constexpr explicit Deadline(Nanoseconds at) : at_(at) {}
    Nanoseconds at_;
};

}  // namespace cf

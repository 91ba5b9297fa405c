// Whether workers crash more often than a limit allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/clock.h"

namespace cf {

class CrashRate {
  public:
    /// With a maximum of 0 there is no limit.
    CrashRate(uint32_t max, Nanoseconds period) : period_(period), last_(max) {}

    /// Counts a crash now; true when there were more than the maximum within the period.
    bool is_too_high() {
        if (last_.empty()) return false;
        const Nanoseconds now = monotonic_now();
        Nanoseconds& oldest = last_[next_];
        const bool too_high = oldest != 0 && now - oldest <= period_;
        oldest = now;
        next_ = (next_ + 1) % last_.size();
        return too_high;
    }

  private:
    const Nanoseconds period_;
    std::vector<Nanoseconds> last_;  // a ring of the last crashes
    size_t next_ = 0;
};

}  // namespace cf

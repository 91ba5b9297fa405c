// How many calls a worker is given at a time: enough of them that it does not run dry while an answer
// and the next call travel, and so few that none waits long behind others. Pure: it is told the time.
//
// It measures what a call costs the worker, travelling included: the time between two answers, or from
// a call that an idle worker was sent to its answer. With a deeper window the travelling is shared by
// more calls, so the measure falls and the window grows, until it is the work itself that is measured.
#pragma once

#include <algorithm>
#include <cstddef>

#include "support/clock.h"

namespace cf {

class Pace {
  public:
    /// The most calls that a worker is given, and how long they may take together.
    static constexpr size_t kMost = 1024;
    static constexpr Nanoseconds kTarget = 200'000;
    /// A call of this length is long: none waits behind it.
    static constexpr Nanoseconds kLong = kMillisecond;

    /// Something was sent to a worker that had nothing.
    void began(Nanoseconds now) { since_ = now; }
    /// So many calls were answered together.
    void answered(Nanoseconds now, size_t calls) {
        const Nanoseconds each =
            std::max<Nanoseconds>(now - since_, 1) / static_cast<Nanoseconds>(calls);
        cost_ = cost_ == 0 ? std::max<Nanoseconds>(each, 1)
                           : std::max<Nanoseconds>((cost_ + each) / 2, 1);
        since_ = now;
        stuck_ = false;
    }
    /// Whether a worker that has calls has not answered for long; once until it answers again.
    [[nodiscard]] bool gets_stuck(Nanoseconds now) {
        if (stuck_ || now - since_ < kLong) return false;
        return stuck_ = true;
    }
    bool stuck() const { return stuck_; }

    /// Of a call; 0 when none was measured yet.
    Nanoseconds cost() const { return cost_; }
    /// How many calls it may have.
    size_t window() const {
        if (stuck_ || cost_ == 0 || cost_ >= kLong) return 1;
        return std::clamp<size_t>(static_cast<size_t>(kTarget / cost_), 2, kMost);
    }

  private:
    Nanoseconds since_ = 0;
    Nanoseconds cost_ = 0;
    bool stuck_ = false;
};

}  // namespace cf

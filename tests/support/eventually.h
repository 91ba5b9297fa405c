// For states that offer no event to wait for, such as what /proc tells about another process.
#pragma once

#include <poll.h>

#include "support/time.h"

namespace cf_test {

// Asks until the answer is true or the time is over; returns the last answer. It asks at least
// once.
template <typename Predicate>
[[nodiscard]] bool eventually(Predicate&& holds, Duration limit = long_wait()) {
    const Clock::time_point deadline = Clock::now() + limit;
    while (!holds()) {
        if (Clock::now() >= deadline) return false;
        poll(nullptr, 0, 1);
    }
    return true;
}

}  // namespace cf_test

// The one time constant of the tests. Every wait is a multiple of one unit, and one factor scales
// them all: CFUTURES_TEST_TIME_FACTOR from the environment (default 1) times what the sanitizer of
// this build costs. No test states a duration of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "support/sanitizer.h"

namespace cf_test {

using Duration = std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

inline constexpr double kSanitizerFactor = kThreadSanitizer ? 4 : kAddressSanitizer ? 2 : 1;

// 50 ms, scaled.
inline Duration time_unit() {
    static const double factor = [] {
        const char* text = std::getenv("CFUTURES_TEST_TIME_FACTOR");
        const double asked = text != nullptr ? std::atof(text) : 0;
        return (asked > 0 ? asked : 1.0) * kSanitizerFactor;
    }();
    return std::chrono::duration_cast<Duration>(std::chrono::milliseconds(50) * factor);
}

// 100 ms: long enough to notice that something happens which must not.
inline Duration short_wait() {
    return 2 * time_unit();
}
// 5 s: until the kernel has forgotten a joined thread or a reaped child.
inline Duration settle_wait() {
    return 100 * time_unit();
}
// 20 s: for what must happen; running out of it is a failure.
inline Duration long_wait() {
    return 400 * time_unit();
}
// 60 s: for a whole test; afterwards it counts as wedged.
inline Duration test_limit() {
    return 1200 * time_unit();
}

// The same for the C interface, which counts in nanoseconds.
inline std::int64_t short_wait_ns() {
    return short_wait().count();
}
inline std::int64_t long_wait_ns() {
    return long_wait().count();
}

}  // namespace cf_test

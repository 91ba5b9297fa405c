// Vector clocks: what a simulated thread knows of the steps of the others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cf_model {

constexpr size_t kMaxThreads = 8;

/// The number of a step of one thread; 0 is before its first.
using Stamp = uint16_t;

struct Clock {
    std::array<Stamp, kMaxThreads> at{};

    void join(const Clock& other) {
        for (size_t i = 0; i < kMaxThreads; ++i)
            at[i] = at[i] < other.at[i] ? other.at[i] : at[i];
    }
    /// Whether that step of that thread happened before.
    bool covers(size_t thread, Stamp stamp) const { return at[thread] >= stamp; }
};

}  // namespace cf_model

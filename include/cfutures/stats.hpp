/// Stats: what an executor has done.
#ifndef CFUTURES_STATS_HPP
#define CFUTURES_STATS_HPP

#include <cfutures/cfutures.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/handle.hpp"

namespace cfutures {

/// How long calls took. Since 0.1.
struct TimeStats {
    std::chrono::nanoseconds sum = {};
    /// Element n counts the calls that took 2^n to 2^(n+1) - 1 nanoseconds; the first one also 0.
    std::array<std::uint64_t, CF_STATS_BUCKETS> histogram = {};
};

/// The counters of an executor at one moment: see Executor::stats() and cf_stat_t. Since 0.1.
struct Stats {
    std::int64_t queued = 0;
    std::int64_t active_workers = 0;
    std::int64_t idle_workers = 0;
    std::int64_t submitted = 0;
    std::int64_t succeeded = 0;
    std::int64_t failed = 0;
    std::int64_t cancelled = 0;
    /// From when a call was accepted to its start, and from then to its outcome. Only of pools that
    /// were made with `timed`.
    std::optional<TimeStats> waits = {};
    std::optional<TimeStats> runs = {};
};

namespace detail {

using StatsHandle = Owner<cf_stats_t, cf_stats_release>;

inline std::optional<TimeStats> read_times(const cf_stats_t* native, cf_stat_t which) {
    const std::int64_t sum = cf_stats_value(native, which);
    if (sum < 0) return std::nullopt;
    TimeStats times{.sum = std::chrono::nanoseconds(sum)};
    for (std::size_t i = 0; i < times.histogram.size(); ++i)
        times.histogram[i] = cf_stats_histogram(native, which, i);
    return times;
}

inline Stats read_stats(cf_executor_t* executor) {
    StatsHandle native;
    call(cf_executor_stats, executor, native.out());
    const auto value = [&](cf_stat_t which) { return cf_stats_value(native.get(), which); };
    return {.queued = value(CF_STAT_QUEUED),
            .active_workers = value(CF_STAT_ACTIVE_WORKERS),
            .idle_workers = value(CF_STAT_IDLE_WORKERS),
            .submitted = value(CF_STAT_SUBMITTED),
            .succeeded = value(CF_STAT_SUCCEEDED),
            .failed = value(CF_STAT_FAILED),
            .cancelled = value(CF_STAT_CANCELLED),
            .waits = read_times(native.get(), CF_STAT_WAIT_TIME),
            .runs = read_times(native.get(), CF_STAT_RUN_TIME)};
}

}  // namespace detail
}  // namespace cfutures

#endif

// cf_executor_stats, cf_stats_*.
#include "executor/stats.h"

#include <memory>

#include "executor/executor.h"
#include "guard.h"

using namespace cf;
using namespace cf::capi;

namespace {

/// The times of a kind; null when there are none.
const TimeStats* times_of(const cf_stats_t* stats, cf_stat_t which) {
    const auto* object = from_handle<Stats>(stats);
    if (object == nullptr || !object->timed) return nullptr;
    if (which == CF_STAT_WAIT_TIME) return &object->waits;
    return which == CF_STAT_RUN_TIME ? &object->runs : nullptr;
}

}  // namespace

extern "C" {

cf_status_t cf_executor_stats(cf_executor_t* executor, cf_stats_t** stats_out,
                              cf_error_t** error_out) {
    clear(stats_out);
    return call(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Executor>(executor);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        if (stats_out == nullptr) return bad_argument("stats_out");
        auto stats = std::make_unique<Stats>();
        object->read_stats(*stats);
        *stats_out = to_handle<cf_stats_t>(stats.release());
        return nullptr;
    });
}

void cf_stats_release(cf_stats_t* stats) {
    delete from_handle<Stats>(stats);
}

int64_t cf_stats_value(const cf_stats_t* stats, cf_stat_t which) {
    const auto* object = from_handle<Stats>(stats);
    if (object == nullptr) return -1;
    const auto value = [](uint64_t counter) { return static_cast<int64_t>(counter); };
    switch (which) {
        case CF_STAT_QUEUED:
            return value(object->queued);
        case CF_STAT_ACTIVE_WORKERS:
            return value(object->active_workers);
        case CF_STAT_IDLE_WORKERS:
            return value(object->idle_workers);
        case CF_STAT_SUBMITTED:
            return value(object->accepted);
        case CF_STAT_SUCCEEDED:
            return value(object->endings.in(Phase::kSucceeded));
        case CF_STAT_FAILED:
            return value(object->endings.in(Phase::kFailed));
        case CF_STAT_CANCELLED:
            return value(object->endings.in(Phase::kCancelled));
        default:
            break;
    }
    const TimeStats* times = times_of(stats, which);
    return times != nullptr ? value(times->sum) : -1;
}

uint64_t cf_stats_histogram(const cf_stats_t* stats, cf_stat_t which, size_t bucket) {
    const TimeStats* times = times_of(stats, which);
    return times != nullptr && bucket < TimeStats::kBuckets ? times->buckets[bucket] : 0;
}

}  // extern "C"

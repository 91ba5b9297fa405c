// What scenarios are written with.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>

#include "engine/explore.h"

namespace cf_model {

// For together(); a thread is known by its number.
size_t start_thread(void (*function)(const void*), const void* argument);
void join_thread(size_t thread);

/// Runs each body in a thread of its own, and joins them all.
template <typename... Bodies>
void together(const Bodies&... bodies) {
    const size_t threads[] = {
        start_thread([](const void* body) { (*static_cast<const Bodies*>(body))(); }, &bodies)...};
    for (const size_t thread : threads)
        join_thread(thread);
}

// For unwatched().
void stop_watching();
void go_on_watching();

/// Runs body() outside of the model: for what a scenario keeps from one schedule to the next.
template <typename Body>
void unwatched(const Body& body) {
    stop_watching();
    body();
    go_on_watching();
}

/// Ends the schedule with a report unless it holds.
void check(bool holds, const char* what);

/// Explores and expects nothing to be found, and the search to be complete unless most_schedules says
/// otherwise. Prints how many schedules there were. Environment: CFUTURES_MODEL_REPLAY runs one
/// schedule alone, CFUTURES_MODEL_PREEMPTIONS, _STALE_LOADS, _RANDOM and _SEED change the options.
void prove(const Scenario& scenario, Options options = {});

/// Explores with a bug planted and expects this finding. Gives the report.
Report expect_finding(Finding finding, const Scenario& scenario, Options options);

}  // namespace cf_model

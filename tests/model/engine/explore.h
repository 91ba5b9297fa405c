// Running a scenario in all its schedules, and in some at random.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/choices.h"
#include "engine/finding.h"
#include "engine/planted.h"

namespace cf_model {

/// What runs as thread 0, once for each schedule. It must do the same each time when it is given the
/// same answers: no real time, no addresses, no state that outlives it.
using Scenario = std::function<void()>;

struct Options {
    Budget budget{};
    uint64_t most_schedules = UINT64_MAX;  // of the search; fewer than there are is not complete
    uint64_t random_schedules = 2000;      // beyond the budget
    uint64_t seed = 1;
    Bug bug = Bug::kNone;
    void (*alive)() = nullptr;  // called now and then between schedules
};

struct Report {
    Finding finding = Finding::kNone;
    std::string what;
    std::string choices;  // replays the schedule
    std::string trace;
    uint64_t explored = 0;  // by the search
    bool complete = false;  // the search has seen every schedule within the budget
    uint64_t random = 0;    // schedules at random
};

/// Stops at the first finding.
Report explore(const Scenario& scenario, const Options& options);

/// Runs one schedule.
Report replay(const Scenario& scenario, const std::string& choices, Bug bug = Bug::kNone);

}  // namespace cf_model

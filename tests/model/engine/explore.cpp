#include "engine/explore.h"

#include "engine/simulation.h"

namespace cf_model {
namespace {

constexpr uint64_t kAliveEvery = 10'000;

// One for the program: its memory stays mapped, and addresses stay the same.
struct Machine {
    Choices choices;
    Simulation simulation{choices};
};

Machine& machine() {
    static Machine& instance = *new Machine;
    return instance;
}

Simulation::Result run(const Scenario& scenario, Bug bug, Trace* trace) {
    return machine().simulation.run([](void* opaque) { (*static_cast<const Scenario*>(opaque))(); },
                                    const_cast<Scenario*>(&scenario), bug, trace);
}

/// Runs the schedule that failed again, and writes it down.
void explain(const Scenario& scenario, Bug bug, const Simulation::Result& result, Report& report) {
    Choices& choices = machine().choices;
    report.finding = result.finding;
    report.what = result.what;
    report.choices = choices.to_string();
    choices.repeat();
    Trace trace(result.about);
    run(scenario, bug, &trace);
    report.trace = trace.to_string();
}

}  // namespace

Report explore(const Scenario& scenario, const Options& options) {
    Choices& choices = machine().choices;
    Report report;
    choices.search(options.budget);
    while (report.explored < options.most_schedules) {
        if (++report.explored % kAliveEvery == 0 && options.alive != nullptr) options.alive();
        const Simulation::Result result = run(scenario, options.bug, nullptr);
        if (result.finding != Finding::kNone) {
            explain(scenario, options.bug, result, report);
            return report;
        }
        if (!choices.next()) {
            report.complete = true;
            break;
        }
    }
    while (report.random < options.random_schedules) {
        choices.random(options.seed + report.random);
        ++report.random;
        const Simulation::Result result = run(scenario, options.bug, nullptr);
        if (result.finding != Finding::kNone) {
            explain(scenario, options.bug, result, report);
            return report;
        }
    }
    return report;
}

Report replay(const Scenario& scenario, const std::string& text, Bug bug) {
    Report report;
    if (!machine().choices.replay(text)) {
        report.finding = Finding::kModel;
        report.what = "not a list of choices: " + text;
        return report;
    }
    report.explored = 1;
    const Simulation::Result result = run(scenario, bug, nullptr);
    if (result.finding != Finding::kNone) explain(scenario, bug, result, report);
    return report;
}

const char* name_of(Finding finding) {
    switch (finding) {
        case Finding::kNone:
            return "nothing";
        case Finding::kDeadlock:
            return "deadlock";
        case Finding::kRace:
            return "data race";
        case Finding::kUseAfterFree:
            return "use after free";
        case Finding::kLeak:
            return "leak";
        case Finding::kLivelock:
            return "livelock";
        case Finding::kCheck:
            return "failed check";
        case Finding::kModel:
            return "the model's limit";
    }
    return "?";
}

}  // namespace cf_model

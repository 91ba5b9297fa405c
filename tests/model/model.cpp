#include "model.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "engine/simulation.h"
#include "support/watchdog.h"

namespace cf_model {
namespace {

template <typename Number>
void from_environment(const char* name, Number& number) {
    if (const char* text = std::getenv(name)) number = static_cast<Number>(std::atoll(text));
}

std::string current_test() {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    return std::string(test.test_suite_name()) + "." + test.name();
}

std::string in_words(const Report& report) {
    return std::string(name_of(report.finding)) + ": " + report.what +
           "\nCFUTURES_MODEL_REPLAY=" + report.choices + " with --gtest_filter=" + current_test() +
           "\n" + report.trace;
}

}  // namespace

size_t start_thread(void (*function)(const void*), const void* argument) {
    Simulation* simulation = Simulation::of_caller();
    const Simulation::Inside inside(*simulation, __builtin_return_address(0));
    // It gets back what it gave, and a pointer to const is passed as any other.
    return simulation->start("scenario", reinterpret_cast<void (*)(void*)>(function),
                             const_cast<void*>(argument));
}

void stop_watching() {
    Simulation::of_caller()->pause();
}

void go_on_watching() {
    Simulation::paused()->go_on();
}

void join_thread(size_t thread) {
    Simulation* simulation = Simulation::of_caller();
    const Simulation::Inside inside(*simulation, __builtin_return_address(0));
    simulation->join(thread);
}

void check(bool holds, const char* what) {
    if (!holds) Simulation::of_caller()->fail(Finding::kCheck, what);
}

void prove(const Scenario& scenario, Options options) {
    from_environment("CFUTURES_MODEL_PREEMPTIONS", options.budget.preemptions);
    from_environment("CFUTURES_MODEL_STALE_LOADS", options.budget.stale_loads);
    from_environment("CFUTURES_MODEL_RANDOM", options.random_schedules);
    from_environment("CFUTURES_MODEL_SEED", options.seed);
    // The watchdog is for a schedule that hangs, not for a long search.
    options.alive = [] { cf_test::watch(current_test()); };
    const char* choices = std::getenv("CFUTURES_MODEL_REPLAY");
    const Report report =
        choices != nullptr ? replay(scenario, choices) : explore(scenario, options);
    std::printf("%" PRIu64 " schedules, %s %d pre-emptions and %d stale loads; %" PRIu64
                " at random from seed %" PRIu64 "\n",
                report.explored, report.complete ? "all with up to" : "not all with up to",
                options.budget.preemptions, options.budget.stale_loads, report.random,
                options.seed);
    EXPECT_EQ(report.finding, Finding::kNone) << in_words(report);
}

Report expect_finding(Finding finding, const Scenario& scenario, Options options) {
    Report report = explore(scenario, options);
    EXPECT_EQ(name_of(report.finding), std::string(name_of(finding))) << in_words(report);
    std::printf("found after %" PRIu64 " schedules: %s: %s\n", report.explored + report.random,
                name_of(report.finding), report.what.c_str());
    return report;
}

}  // namespace cf_model

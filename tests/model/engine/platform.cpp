// The parts of src/support/ and src/executor/ that the model has its own of: simulated threads
// (thread.cpp), time (clock.cpp) and processors (cpu_count.cpp), no exit (exit_hook.cpp), no JSON
// (json_text.cpp), and of the system (system_calls.cpp) the descriptor of a completion queue, which
// does nothing.
#include "engine/simulation.h"
#include "executor/exit_hook.h"
#include "support/clock.h"
#include "support/cpu_count.h"
#include "support/json_text.h"
#include "support/system_calls.h"
#include "support/thread.h"

using cf_model::Simulation;

namespace cf {

Nanoseconds monotonic_now() {
    Simulation* simulation = Simulation::of_caller();
    return simulation != nullptr ? simulation->now() : 0;
}

const SystemCalls& system_calls() {
    static constexpr int kDescriptor = 1000;
    static constexpr SystemCalls kCalls = [] {
        SystemCalls calls{};
        calls.eventfd = [](unsigned, int) { return kDescriptor; };
        calls.read = [](int, void*, size_t size) { return static_cast<ssize_t>(size); };
        calls.write = [](int, const void*, size_t size) { return static_cast<ssize_t>(size); };
        calls.close = [](int) { return 0; };
        return calls;
    }();
    return kCalls;
}

int32_t usable_cpu_count() {
    return 2;
}

Thread::Thread(Thread&& other) noexcept
    : id_(other.id_), joinable_(std::exchange(other.joinable_, false)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
    id_ = other.id_;
    joinable_ = std::exchange(other.joinable_, false);
    return *this;
}

ErrorRef Thread::start(const std::string&, void (*function)(void*), void* argument, size_t) {
    Simulation* simulation = Simulation::of_caller();
    const Simulation::Inside inside(*simulation, __builtin_return_address(0));
    id_ = simulation->start("worker", function, argument);
    joinable_ = true;
    simulation->point();
    return nullptr;
}

bool Thread::is_current() const {
    Simulation* simulation = Simulation::of_caller();
    return joinable_ && simulation->self() == id_;
}

void Thread::join() {
    Simulation* simulation = Simulation::of_caller();
    const Simulation::Inside inside(*simulation, __builtin_return_address(0));
    simulation->join(id_);
    joinable_ = false;
}

bool Thread::join(Deadline deadline) {
    Simulation* simulation = Simulation::of_caller();
    const Simulation::Inside inside(*simulation, __builtin_return_address(0));
    const bool ended =
        simulation->join(id_, deadline.is_never() ? Simulation::kNever : deadline.at());
    if (ended) joinable_ = false;
    return ended;
}

void Thread::detach() {
    joinable_ = false;
}

ErrorRef check_json_arguments(std::string_view) {
    return nullptr;
}

ErrorRef add_live_executor(Executor&) {
    return nullptr;
}
void remove_live_executor(Executor&) {}

}  // namespace cf

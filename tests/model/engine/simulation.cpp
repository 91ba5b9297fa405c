// Threads: who runs, who waits, and how a schedule ends. What they share is in simulation_sync.cpp.
#include "engine/simulation.h"

#include <cstdio>
#include <cstdlib>

namespace cf_model {
namespace {

// Beyond these a schedule is taken for one that never ends.
constexpr uint32_t kMaxSteps = 20'000;
constexpr uint32_t kMaxIdleRounds = 32;

constexpr int64_t kStartOfTime = 1'000'000'000;

Simulation* running = nullptr;

}  // namespace

void fail(Finding finding, const std::string& what, const void* about) {
    running->fail(finding, what, about);
}

Simulation* Simulation::of_caller() {
    Simulation* simulation = running;
    if (simulation == nullptr) return nullptr;
    // Other real threads may be about, but they are not on the stacks of the model.
    if (!simulation->memory_.on_a_stack(__builtin_frame_address(0))) return nullptr;
    return simulation->me().depth == 0 ? simulation : nullptr;
}

Simulation* Simulation::paused() {
    return running;
}

// --- a schedule -----------------------------------------------------------------------------------

Simulation::Result Simulation::run(void (*scenario)(void*), void* argument, Bug bug, Trace* trace) {
    running = this;
    memory_.renew();
    objects_used_ = thread_count_ = current_ = 0;
    stores_ = 0;
    steps_ = idle_rounds_ = 0;
    now_ = kStartOfTime;
    bug_ = bug;
    trace_ = trace;
    result_ = {};
    if (objects_.empty()) objects_.resize(2048);
    start("main", scenario, argument);
    threads_[0].fiber.switch_to(outside_);
    if (result_.finding == Finding::kNone && choices_.diverged()) {
        result_ = {Finding::kModel, "the scenario does not do the same each time", nullptr};
    }
    if (result_.finding == Finding::kNone) {
        const std::string leaks = memory_.leaks();
        if (!leaks.empty()) result_ = {Finding::kLeak, leaks, nullptr};
    }
    memory_.restore();
    running = nullptr;
    return result_;
}

void Simulation::fail(Finding finding, const std::string& what, const void* about) {
    ++me().depth;
    me().at_its_end = false;
    result_ = {finding, what, about};
    note("here it was found", nullptr, 0);
    stop();
}

void Simulation::stop() {
    // Fibers that have not ended are abandoned, and with them the memory of the schedule.
    outside_.switch_to(me().fiber);
    std::abort();
}

// --- threads --------------------------------------------------------------------------------------

size_t Simulation::start(const char* name, void (*function)(void*), void* argument) {
    if (thread_count_ == kMaxThreads) fail(Finding::kModel, "too many threads for the model");
    const size_t number = thread_count_++;
    Thread& thread = threads_[number];
    thread.state = State::kReady;
    thread.yielded = thread.timed_out = false;
    thread.depth = 0;
    thread.caller = nullptr;
    thread.frame_count = 0;
    thread.floor = 0;
    thread.deadline = kNever;
    thread.waits_for = nullptr;
    thread.function = function;
    thread.argument = argument;
    thread.name = name;
    thread.at_exit.clear();
    thread.clock = Clock{};
    if (number != 0) {
        tick();
        thread.clock = me().clock;
        progress();
        note("starts thread", nullptr, number);
    }
    thread.clock.at[number] = 1;
    if (thread.at_its_end) {
        thread.at_its_end = false;
        if (thread.fiber.prepared()) {
            thread.fiber.renew_locals();
            return number;
        }
    }
    thread.fiber.prepare(memory_.stack(number), Memory::kStackSize, thread_main, &thread);
    return number;
}

void Simulation::thread_main(void* opaque) {
    Thread& self = *static_cast<Thread*>(opaque);
    for (;;) {
        self.function(self.argument);
        while (!self.at_exit.empty()) {
            const auto [function, object] = self.at_exit.back();
            self.at_exit.pop_back();
            function(object);
        }
        running->end_thread();  // comes back in another schedule, where the thread is used again
    }
}

void Simulation::at_thread_exit(void (*function)(void*), void* object) {
    me().at_exit.emplace_back(function, object);
}

void Simulation::end_thread() {
    Thread& self = me();
    ++self.depth;
    tick();
    note("ends", nullptr, 0);
    self.state = State::kDone;
    self.at_its_end = true;
    progress();
    bool all_done = true;
    for (size_t i = 0; i < thread_count_; ++i) {
        Thread& other = threads_[i];
        if (other.state == State::kJoining && other.joins == current_) other.state = State::kReady;
        all_done = all_done && other.state == State::kDone;
    }
    if (all_done) {
        outside_.switch_to(self.fiber);
    } else {
        leave();
    }
}

bool Simulation::join(size_t number, int64_t deadline) {
    point();
    tick();
    Thread& self = me();
    Thread& other = threads_[number];
    note("joins thread", nullptr, number);
    if (other.state != State::kDone) {
        if (deadline <= now_) return false;
        self.state = State::kJoining;
        self.joins = number;
        self.deadline = deadline;
        self.timed_out = false;
        leave();
        self.deadline = kNever;
        if (self.timed_out) return false;
    }
    self.clock.join(other.clock);
    return true;
}

void Simulation::entered(void* caller) {
    Thread& self = me();
    if (self.frame_count < self.frames.size()) self.frames[self.frame_count] = caller;
    ++self.frame_count;
}

void Simulation::left() {
    Thread& self = me();
    if (self.frame_count != 0) --self.frame_count;
}

// --- turns ----------------------------------------------------------------------------------------

void Simulation::tick() {
    ++me().clock.at[current_];
    if (++steps_ > kMaxSteps) fail(Finding::kLivelock, "the schedule does not end: " + states());
}

void Simulation::progress() {
    idle_rounds_ = 0;
    for (size_t i = 0; i < thread_count_; ++i)
        threads_[i].yielded = false;
}

bool Simulation::can_go_on(const Thread& thread) const {
    if (thread.state == State::kReady) return !thread.yielded;
    return thread.state != State::kDone && thread.deadline != kNever;
}

void Simulation::point() {
    if (choices_.left.preemptions == 0) return;
    std::array<size_t, kMaxThreads> others{};
    uint32_t count = 0;
    for (size_t i = 0; i < thread_count_; ++i) {
        if (i != current_ && can_go_on(threads_[i])) others[count++] = i;
    }
    if (count == 0) return;
    const uint32_t answer = choices_.pick(count + 1, 3);
    if (answer == 0) return;
    --choices_.left.preemptions;
    note("is pre-empted", nullptr, others[answer - 1]);
    go_on_with(others[answer - 1]);
}

void Simulation::leave() {
    std::array<size_t, kMaxThreads> ready{};
    uint32_t count = 0;
    bool spinners = false;
    for (size_t i = 0; i < thread_count_; ++i) {
        const Thread& thread = threads_[i];
        if (thread.state == State::kReady && can_go_on(thread)) ready[count++] = i;
        spinners = spinners || (thread.state == State::kReady && thread.yielded);
    }
    // After them, so that the ordinary answer is not a time-out.
    for (size_t i = 0; i < thread_count_; ++i) {
        if (threads_[i].state != State::kReady && can_go_on(threads_[i])) ready[count++] = i;
    }
    if (count == 0) {
        if (!spinners) report_deadlock();
        if (++idle_rounds_ > kMaxIdleRounds)
            fail(Finding::kLivelock, "all who could go on only spin: " + states());
        for (size_t i = 0; i < thread_count_; ++i)
            threads_[i].yielded = false;
        leave();
        return;
    }
    go_on_with(ready[choices_.pick(count, 0)]);
}

void Simulation::go_on_with(size_t number) {
    Thread& self = me();
    Thread& next = threads_[number];
    if (next.state != State::kReady) {
        next.timed_out = true;
        next.state = State::kReady;
        if (now_ < next.deadline) now_ = next.deadline;
    }
    if (number == current_) return;
    current_ = number;
    next.fiber.switch_to(self.fiber);
    // A step of its own: whoever ran meanwhile ran between two steps.
    tick();
}

void Simulation::report_deadlock() {
    bool all_asleep = true;
    for (size_t i = 0; i < thread_count_; ++i) {
        const State state = threads_[i].state;
        all_asleep = all_asleep && state != State::kLocking;
    }
    fail(Finding::kDeadlock,
         (all_asleep ? "a wake-up was lost, nobody is left to give it: " : "nobody can go on: ") +
             states());
}

std::string Simulation::states() const {
    std::string text;
    for (size_t i = 0; i < thread_count_; ++i) {
        const Thread& thread = threads_[i];
        if (thread.state == State::kDone) continue;
        text += (text.empty() ? "thread " : "; thread ") + std::to_string(i) + " (" + thread.name;
        switch (thread.state) {
            case State::kReady:
                text += thread.yielded ? ") spins" : ") runs";
                break;
            case State::kParked:
                text += ") sleeps on " + memory_.describe(thread.waits_for);
                break;
            case State::kLocking:
                text += ") waits for the mutex at " + memory_.describe(thread.waits_for);
                break;
            case State::kJoining:
                text += ") joins thread " + std::to_string(thread.joins);
                break;
            case State::kDone:
                break;
        }
    }
    return text;
}

}  // namespace cf_model

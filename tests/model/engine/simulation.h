// One schedule: simulated threads that take turns, what they share, and the time they see.
//
// Exactly one simulated thread runs at any moment, on the one real thread that called run(). It gives
// up its turn only inside of a function of this class: at a point (before each operation on shared
// state; costs a pre-emption), or because it has to wait.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/choices.h"
#include "engine/clock.h"
#include "engine/fiber.h"
#include "engine/finding.h"
#include "engine/memory.h"
#include "engine/objects.h"
#include "engine/planted.h"
#include "engine/trace.h"

namespace cf_model {

class Simulation {
  public:
    static constexpr int64_t kNever = INT64_MAX;

    struct Result {
        Finding finding = Finding::kNone;
        std::string what;
        const void* about = nullptr;  // the byte that it is about
    };

    explicit Simulation(Choices& choices) : choices_(choices) {}

    /// Runs the scenario once. With a trace, writes down every step.
    Result run(void (*scenario)(void*), void* argument, Bug bug, Trace* trace);

    /// The simulation whose thread asks; null on a thread that is not simulated, and inside of the
    /// engine. For the hooks: memory is watched only when this is not null.
    static Simulation* of_caller();

    // --- for simulated threads, through the seams ---

    // Atomics of 1 to 8 bytes; values travel as the low bytes of an integer.
    using Change = uint64_t (*)(uint64_t old_value, uint64_t operand);
    void atomic_begin(const void* at);
    uint64_t atomic_load(const void* at, size_t size, std::memory_order order);
    void atomic_store(void* at, size_t size, uint64_t value, std::memory_order order);
    uint64_t atomic_change(void* at, size_t size, const char* name, Change change, uint64_t operand,
                           std::memory_order order);
    bool atomic_exchange_if(void* at, size_t size, uint64_t& expected, uint64_t desired,
                            std::memory_order success, std::memory_order failure, bool weak);

    void lock(const void* mutex);
    bool try_lock(const void* mutex);
    void unlock(const void* mutex);

    /// The first use of a static variable by this thread, when another may have made it.
    void after_unlock(const void* mutex);

    bool park(const void* word, uint64_t value, int64_t deadline);
    void unpark(const void* word, bool all);
    /// A step of a spin that takes this long: others may go on at no cost.
    void relax(int64_t time);

    int64_t now() const { return now_; }

    /// The new thread's number. It runs from the creator's next point on.
    size_t start(const char* name, void (*function)(void*), void* argument);
    /// False when the deadline passed first.
    bool join(size_t thread, int64_t deadline = kNever);
    size_t self() const { return current_; }
    /// Another thread may go on here.
    void point();
    /// function(object) when this thread ends.
    void at_thread_exit(void (*function)(void*), void* object);

    void* allocate(size_t size, size_t alignment);
    void free(void* block);
    bool owns(const void* block) const { return memory_.contains(block); }
    void read(const void* address, size_t size);
    void write(const void* address, size_t size);

    /// Between them the thread is as if inside the engine.
    void pause() { ++me().depth; }
    void go_on() { --me().depth; }
    /// The simulation whose paused thread asks.
    static Simulation* paused();

    // The functions that the thread is inside of, by where they were called.
    void entered(void* caller);
    void left();

    [[noreturn]] void fail(Finding finding, const std::string& what, const void* about = nullptr);

    /// While it lives, this thread is inside the engine: nothing is watched. `caller` is for traces.
    class Inside;

  private:
    enum class State : uint8_t { kReady, kParked, kLocking, kJoining, kDone };
    struct Thread {
        State state = State::kDone;
        bool yielded = false;    // spins, and nothing has changed since it looked
        bool timed_out = false;  // why it is not asleep any more
        bool at_its_end = true;  // its fiber, if it has one, may be used again
        int depth = 0;           // of Inside
        void* caller = nullptr;  // of what it does in the engine
        size_t frame_count = 0;
        uint64_t floor = 0;  // the newest store when it last yielded: it sees nothing older
        int64_t deadline = kNever;
        const void* waits_for = nullptr;
        size_t joins = 0;
        Clock clock;
        void (*function)(void*) = nullptr;
        void* argument = nullptr;
        const char* name = "";
        std::vector<std::pair<void (*)(void*), void*>> at_exit;
        std::array<void*, 64> frames{};
        Fiber fiber;
    };

    static void thread_main(void* thread);
    void end_thread();
    Thread& me() { return threads_[current_]; }
    bool can_go_on(const Thread& thread) const;
    /// Gives the turn to a thread that can go on; comes back when it is this one's again.
    void leave();
    void go_on_with(size_t thread);
    /// Counts a step of this thread.
    void tick();
    /// Something changed: who spins may look again.
    void progress();
    [[noreturn]] void report_deadlock();
    [[noreturn]] void stop();
    std::string states() const;

    Object& object(const void* at);
    void put(void* at, size_t size, uint64_t value);
    Object& atomic(const void* at, size_t size);
    void acquire(const Store& store, std::memory_order order);
    void append(Object& object, uint64_t value, std::memory_order order, const Store* continues);
    std::memory_order in_force(std::memory_order order) const;
    bool spends(int Budget::*budget, unsigned shift);
    void note(const char* what, const void* at, uint64_t value);

    Choices& choices_;
    Memory memory_;
    std::vector<Object> objects_;
    size_t objects_used_ = 0;
    std::array<Thread, kMaxThreads> threads_;
    size_t thread_count_ = 0;
    size_t current_ = 0;
    Fiber outside_;  // who called run()
    uint64_t stores_ = 0;
    int64_t now_ = 0;
    uint32_t steps_ = 0;
    uint32_t idle_rounds_ = 0;
    Bug bug_ = Bug::kNone;
    Trace* trace_ = nullptr;
    Result result_;
};

class Simulation::Inside {
  public:
    Inside(Simulation& simulation, void* caller) : simulation_(simulation) {
        ++simulation_.me().depth;
        simulation_.me().caller = caller;
    }
    ~Inside() { --simulation_.me().depth; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

  private:
    Simulation& simulation_;
};

}  // namespace cf_model

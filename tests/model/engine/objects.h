// What synchronises simulated threads: atomics with the values that a load may still see, and mutexes.
//
// The stores to an atomic stand in one order (the modification order), which here is the order in
// which they were run. A load may give any store that is not superseded for its thread. A later store
// supersedes it when the thread has read or written that later store, or is ordered after somebody who
// did. That is coherence as the C++ standard has it; README.md says where the model differs from it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/clock.h"

namespace cf_model {

struct Store {
    uint64_t value = 0;
    uint64_t number = 0;  // among all stores of the schedule
    Clock released;       // what a thread that acquires it knows from then on
    /// Each thread's step that first read or wrote it; 0: none.
    std::array<Stamp, kMaxThreads> seen{};
    bool sequential = false;  // seq_cst
    bool origin = false;      // its value before the schedule: everybody knows it
};

/// An atomic or a mutex, found by its address.
class Object {
  public:
    static constexpr size_t kHistory = 8;

    // Atomics.

    void begin(const Store& first);
    void append(const Store& store);
    size_t stores() const { return count_ < kHistory ? count_ : kHistory; }
    /// The i-th newest: 0 is the newest.
    Store& store(size_t i) { return history_[(count_ - 1 - i) % kHistory]; }

    /// How many of the newest stores a load by this thread may give. Stores up to number `floor` are
    /// as if read by everybody; `sequential`: the load is seq_cst.
    size_t visible(const Clock& clock, uint64_t floor, bool sequential);

    // Mutexes.

    static constexpr int kNobody = -1;
    int holder = kNobody;
    Clock unlocked;

  private:
    size_t count_ = 0;
    std::array<Store, kHistory> history_;
};

}  // namespace cf_model

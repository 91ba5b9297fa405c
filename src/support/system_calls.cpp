#include "support/system_calls.h"

#include <atomic>

namespace cf {
namespace {

// Atomic so that a test may swap the table while idle pool threads exist.
std::atomic<const SystemCalls*> table_in_force{&kRealSystemCalls};

}  // namespace

const SystemCalls& system_calls() {
    return *table_in_force.load(std::memory_order_acquire);
}

const SystemCalls& real_system_calls() {
    return kRealSystemCalls;
}

ScopedSystemCalls::ScopedSystemCalls(const SystemCalls& table)
    : previous_(table_in_force.exchange(&table, std::memory_order_acq_rel)) {}

ScopedSystemCalls::~ScopedSystemCalls() {
    table_in_force.store(previous_, std::memory_order_release);
}

}  // namespace cf

#include "worker/worker_entry.h"

#include <cstdlib>

#include "support/sync.h"

namespace cf {
namespace {

constexpr const char* kMarker = "CFUTURES_WORKER";

sync::Atomic<bool> entry_passed{false};

}  // namespace

ErrorRef check_may_make_executors() {
    if (passed_worker_entry() || std::getenv(kMarker) == nullptr) return nullptr;
    return Error::create(CF_STATUS_INVALID_STATE,
                         "this process was started as a worker, but has not called "
                         "cf_worker_entry(); call it early in main");
}

bool passed_worker_entry() {
    return entry_passed.load(std::memory_order_acquire);
}

void worker_entry() {
    entry_passed.store(true, std::memory_order_release);
}

}  // namespace cf

// Waiting for several futures at once.
#pragma once

#include <cstdint>
#include <span>

#include "future/future.h"

namespace cf {

/// Waits until the condition holds: OK, TIMEOUT, or WOULD_DEADLOCK with the reason, when there is room
/// for it. O(n), one allocation. Throws std::bad_alloc, before anything was touched.
cf_status_t wait_for_many(std::span<Future* const> futures, cf_return_when_t return_when,
                          Deadline deadline, ErrorRef* would_deadlock = nullptr);

}  // namespace cf

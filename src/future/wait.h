// Waiting for several futures at once.
#pragma once

#include <cstdint>
#include <span>

#include "future/future.h"

namespace cf {

/// Waits until the condition holds; false when the deadline passed first. O(n), one allocation.
/// Throws std::bad_alloc, before anything was touched.
bool wait_for_many(std::span<Future* const> futures, cf_return_when_t return_when,
                   Deadline deadline);

}  // namespace cf

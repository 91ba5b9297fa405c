// A done callback of the user: an observer that owns itself.
#pragma once

#include "future/future.h"

namespace cf {

/// Adds a callback, or calls it at once when the future is done. Takes over user_data in every case.
/// Throws std::bad_alloc.
void add_done_callback(Future& future, cf_done_fn done_fn, void* user_data, cf_destroy_fn destroy);

}  // namespace cf

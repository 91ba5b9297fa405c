// Failures that nobody has read when their future goes (S12): counted, and told to a hook if there is
// one. Futures that do not fail never come here.
#pragma once

#include <cfutures/cfutures.h>

#include "support/error.h"

namespace cf {

/// For the last reference to a failed future. Runs the hook, so no lock may be held.
void report_unobserved_failure(Error& error);

/// NULL for none. Takes over user_data; destroy runs when the hook was replaced and does not run any
/// more. Throws std::bad_alloc.
void set_unobserved_failure_hook(cf_unobserved_failure_fn hook_fn, void* user_data,
                                 cf_destroy_fn destroy);

uint64_t unobserved_failure_count();

/// In a forked child, where nobody holds the lock.
void start_unobserved_failures_anew();

}  // namespace cf

// How a process learns that it is a worker, and what it may do before and after.
//
// The pool puts a marker into the environment of a worker it starts. cf_worker_entry() reads it,
// removes it, so that grandchildren do not inherit it, and serves. While the marker is there and the
// entry has not been passed, this process was meant to be a worker and took another path: it may not
// make executors, or a program could start itself without end.
#pragma once

#include "support/error.h"

namespace cf {

/// INVALID_STATE in a worker process that has not passed the entry.
ErrorRef check_may_make_executors();

/// Whether this process has passed the entry, and so may be re-run as its own worker.
bool passed_worker_entry();

/// How many process pools are above this process: 0 in a program that is no worker, 1 in a worker of it.
int nesting_depth();

/// As cf_worker_entry(): serves and ends the process when it is a worker.
void worker_entry();

}  // namespace cf

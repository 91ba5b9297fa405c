/// worker_entry(): how a program serves as the worker of its own process pools.
#ifndef CFUTURES_WORKER_HPP
#define CFUTURES_WORKER_HPP

#include <cfutures/cfutures.h>

namespace cfutures {

/// Call it first in main, before any thread is started. In a process that a ProcessPool started as
/// its worker it serves calls and does not return; in every other it returns at once. Since 0.1.
inline void worker_entry() {
    cf_worker_entry();
}

}  // namespace cfutures

#endif

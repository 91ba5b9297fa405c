// cf_worker_entry.
#include <cfutures/cfutures.h>

#include "worker/worker_entry.h"

extern "C" {

// In a worker process it runs user code and does not return; what the user code throws ends there.
void cf_worker_entry(void) {
    cf::worker_entry();
}

}  // extern "C"

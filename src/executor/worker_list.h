// The workers of a pool at one moment: cf_worker_list_t. Immutable, and owned by its one handle.
#pragma once

#include <string>
#include <vector>

#include "support/error.h"
#include "support/handle.h"

namespace cf {

struct WorkerInfo {
    int64_t pid = 0;
    cf_worker_state_t state = CF_WORKER_STATE_INVALID;
    uint64_t task_id = 0;    // of the call that runs; 0 for none
    std::string function{};  // its name; empty for none
    uint64_t tasks_done = 0;
    int64_t memory = -1;  // resident bytes; -1: unknown
};

struct WorkerList : HandleBase {
    static constexpr HandleKind kHandleKind = HandleKind::kWorkerList;
    WorkerList() : HandleBase(kHandleKind) {}
    std::vector<WorkerInfo> workers;
};

}  // namespace cf

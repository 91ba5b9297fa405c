// What the functions that make executors share.
#pragma once

#include "executor/executor.h"
#include "guard.h"
#include "worker/worker_entry.h"

namespace cf::capi {

/// make(executor) sets a new executor or gives an error.
template <typename Make>
cf_status_t create_executor(cf_executor_t** executor_out, cf_error_t** error_out, Make&& make) {
    clear(executor_out);
    return call(error_out, [&]() -> ErrorRef {
        if (executor_out == nullptr) return bad_argument("executor_out");
        if (ErrorRef error = check_may_make_executors()) return error;
        Executor* executor = nullptr;
        if (ErrorRef error = make(executor)) return error;
        if (ErrorRef error = add_live_executor(*executor)) {
            executor->release();
            return error;
        }
        *executor_out = to_handle<cf_executor_t>(executor);
        return nullptr;
    });
}

}  // namespace cf::capi

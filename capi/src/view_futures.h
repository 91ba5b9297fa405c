// The futures behind an array of handles.
#pragma once

#include <vector>

#include "future/future.h"
#include "guard.h"

namespace cf::capi {

/// The same for a future that shall be waited for; a done one can be read in a forked child, too.
inline ErrorRef check_usable_future(const Future* future, const char* parameter) {
    return future != nullptr && future->done() ? nullptr : check_usable(future, parameter);
}

inline ErrorRef view_futures(cf_future_t* const* handles, size_t count,
                             std::vector<Future*>& futures) {
    if (handles == nullptr && count != 0) return bad_argument("futures");
    futures.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        auto* future = from_handle<Future>(handles[i]);
        if (future == nullptr) {
            return invalid_argument(text("futures[", i, "] is NULL or no future"));
        }
        if (future->forked() && !future->done()) return forked_error();
        futures.push_back(future);
    }
    return nullptr;
}

}  // namespace cf::capi

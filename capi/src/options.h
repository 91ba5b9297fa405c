// The option objects behind cf_*_options_t: values that a create function copies.
#pragma once

#include <string>

#include "executor/map.h"
#include "guard.h"
#include "support/handle.h"
#include "thread_pool/thread_pool.h"

namespace cf::capi {

template <HandleKind kKind, typename Values>
struct Options : HandleBase {
    static constexpr HandleKind kHandleKind = kKind;
    explicit Options(Values defaults) : HandleBase(kKind), values(std::move(defaults)) {}
    Values values;
};

struct SubmitValues {
    std::string name;
    int32_t retries = 0;
    Nanoseconds deadline = -1;
    int32_t priority = 0;
    Nanoseconds queue_timeout = -1;
};

using ThreadPoolOptionsHandle = Options<HandleKind::kThreadPoolOptions, ThreadPoolOptions>;
using SubmitOptionsHandle = Options<HandleKind::kSubmitOptions, SubmitValues>;
using MapOptionsHandle = Options<HandleKind::kMapOptions, MapOptions>;

/// The values behind a nullable handle: the defaults for NULL; null for a handle of another kind.
template <typename OptionsHandle, typename Values, typename Handle>
const Values* values_or_defaults(const Handle* handle, const Values& defaults) {
    if (handle == nullptr) return &defaults;
    const auto* options = from_handle<OptionsHandle>(handle);
    return options == nullptr ? nullptr : &options->values;
}

ThreadPoolOptions default_thread_pool_options();

ErrorRef set_exit_policy(ExitOptions& exit, cf_exit_policy_t policy);

/// A count that has to lie in a range.
ErrorRef check_range(const char* what, int64_t value, int64_t least, int64_t most);

/// The size and alignment of a payload.
ErrorRef check_payload(size_t size, size_t alignment);
/// That a call was prepared for this executor; it may be submitted or cancelled.
ErrorRef check_prepared(const Future& prepared, const Executor& executor);

/// What nullable submit options say, for as long as they live; an error for a handle of another kind.
ErrorRef view_options(const cf_submit_options_t* options, CallOptions& view);

inline void give_future(FutureRef future, cf_future_t** future_out) {
    if (future_out != nullptr) *future_out = to_handle<cf_future_t>(future.detach());
}

constexpr int32_t kMaxWorkers = 4096;

template <typename OptionsHandle, typename Values, typename Handle>
cf_status_t create_options(Handle** options_out, cf_error_t** error_out, Values (*defaults)()) {
    clear(options_out);
    return call(error_out, [&]() -> ErrorRef {
        if (options_out == nullptr) return bad_argument("options_out");
        *options_out = to_handle<Handle>(new OptionsHandle(defaults()));
        return nullptr;
    });
}

template <typename OptionsHandle, typename Handle>
void release_options(Handle* options) {
    delete from_handle<OptionsHandle>(options);
}

/// Runs set(values) when the handle is right.
template <typename OptionsHandle, typename Handle, typename Set>
cf_status_t set_option(Handle* options, cf_error_t** error_out, Set&& set) {
    return call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<OptionsHandle>(options);
        if (object == nullptr) return bad_argument("options");
        return set(object->values);
    });
}

}  // namespace cf::capi

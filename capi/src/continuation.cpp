// cf_future_then*, cf_when_*.
#include "executor/continuation.h"

#include "future/combine.h"
#include "guard.h"
#include "options.h"
#include "view_futures.h"

using namespace cf;
using namespace cf::capi;

namespace {

ErrorRef check_then(cf_future_t* future, cf_executor_t* executor, cf_then_flags_t flags,
                    Future*& antecedent, Executor*& object) {
    antecedent = from_handle<Future>(future);
    object = from_handle<Executor>(executor);
    if (ErrorRef error = check_usable_future(antecedent, "future")) return error;
    if (ErrorRef error = check_usable(object, "executor")) return error;
    if ((flags & ~CF_THEN_ON_SUCCESS) != 0) {
        return invalid_argument(text("flags is ", flags, ", which has unknown bits"));
    }
    return nullptr;
}

/// combine(antecedents, derived) sets the derived future or gives an error.
template <typename Combine>
cf_status_t combine_futures(cf_future_t* const* futures, size_t count, cf_future_t** future_out,
                            cf_error_t** error_out, Combine&& combine) {
    clear(future_out);
    return call_user(error_out, [&]() -> ErrorRef {
        if (future_out == nullptr) return bad_argument("future_out");
        std::vector<Future*> antecedents;
        if (ErrorRef error = view_futures(futures, count, antecedents)) return error;
        FutureRef derived;
        ErrorRef error = combine(antecedents, derived);
        if (!error) give_future(std::move(derived), future_out);
        return error;
    });
}

}  // namespace

extern "C" {

cf_status_t cf_future_then(cf_future_t* future, cf_executor_t* executor,
                           const cf_submit_options_t* options, cf_then_flags_t flags,
                           cf_then_fn then_fn, void* user_data, cf_destroy_fn destroy,
                           cf_future_t** future_out, cf_error_t** error_out) {
    clear(future_out);
    return call_user(error_out, [&]() -> ErrorRef {
        DestroyGuard guard(destroy, user_data);
        Future* antecedent = nullptr;
        Executor* object = nullptr;
        if (ErrorRef error = check_then(future, executor, flags, antecedent, object)) return error;
        if (then_fn == nullptr) return bad_argument("then_fn");
        CallOptions call_options;
        if (ErrorRef error = view_options(options, call_options)) return error;
        guard.handed_on();
        FutureRef derived;
        ErrorRef error =
            continue_with(*antecedent, *object, call_options, {then_fn, user_data, destroy},
                          (flags & CF_THEN_ON_SUCCESS) != 0, derived);
        if (!error) give_future(std::move(derived), future_out);
        return error;
    });
}

cf_status_t cf_future_then_prepared(cf_future_t* future, cf_executor_t* executor,
                                    cf_then_flags_t flags, cf_future_t* prepared,
                                    cf_error_t** error_out) {
    return call_user(error_out, [&]() -> ErrorRef {
        Future* antecedent = nullptr;
        Executor* object = nullptr;
        if (ErrorRef error = check_then(future, executor, flags, antecedent, object)) return error;
        auto* call = from_handle<Future>(prepared);
        if (ErrorRef error = check_usable(call, "prepared")) return error;
        if (ErrorRef error = check_prepared(*call, *object)) return error;
        const bool on_success = (flags & CF_THEN_ON_SUCCESS) != 0;
        if (!continue_with_prepared(*antecedent, *object, *call, on_success)) {
            return submitted_before();
        }
        return nullptr;
    });
}

cf_status_t cf_when_all(cf_future_t* const* futures, size_t count, cf_future_t** future_out,
                        cf_error_t** error_out) {
    return combine_futures(futures, count, future_out, error_out,
                           [](const auto& antecedents, FutureRef& derived) -> ErrorRef {
                               derived = when_all(antecedents);
                               return nullptr;
                           });
}

cf_status_t cf_when_any(cf_future_t* const* futures, size_t count, cf_future_t** future_out,
                        cf_error_t** error_out) {
    return combine_futures(
        futures, count, future_out, error_out,
        [](const auto& antecedents, FutureRef& derived) -> ErrorRef {
            if (antecedents.empty()) {
                return invalid_argument("count is 0; of no futures none is ever the first");
            }
            derived = when_any(antecedents);
            return nullptr;
        });
}

}  // extern "C"

// cf_promise_*.
#include "future/promise.h"

#include "guard.h"
#include "options.h"
#include "support/json_text.h"

using namespace cf;

extern "C" {

cf_status_t cf_promise_create(cf_promise_t** promise_out, cf_error_t** error_out) {
    capi::clear(promise_out);
    return capi::call(error_out, [&]() -> ErrorRef {
        if (promise_out == nullptr) return capi::bad_argument("promise_out");
        *promise_out = to_handle<cf_promise_t>(new Promise);
        return nullptr;
    });
}

cf_status_t cf_promise_create_with_payload(size_t size, size_t alignment, cf_destroy_fn destroy,
                                           void** payload_out, cf_promise_t** promise_out,
                                           cf_error_t** error_out) {
    capi::clear(payload_out);
    capi::clear(promise_out);
    return capi::call(error_out, [&]() -> ErrorRef {
        if (payload_out == nullptr) return capi::bad_argument("payload_out");
        if (promise_out == nullptr) return capi::bad_argument("promise_out");
        if (ErrorRef error = capi::check_payload(size, alignment)) return error;
        auto* promise = new Promise(Future::for_promise(size, alignment, destroy));
        *payload_out = promise->future()->payload();
        *promise_out = to_handle<cf_promise_t>(promise);
        return nullptr;
    });
}

cf_promise_t* cf_promise_retain(cf_promise_t* promise) {
    if (auto* object = from_handle<Promise>(promise)) object->retain();
    return promise;
}

void cf_promise_release(cf_promise_t* promise) {
    auto* object = from_handle<Promise>(promise);
    if (object != nullptr && !object->forked()) object->release();
}

cf_future_t* cf_promise_future(cf_promise_t* promise) {
    auto* object = from_handle<Promise>(promise);
    return object != nullptr ? to_handle<cf_future_t>(FutureRef(object->future()).detach())
                             : nullptr;
}

cf_status_t cf_promise_set_running_or_notify_cancel(cf_promise_t* promise) {
    auto* object = from_handle<Promise>(promise);
    if (object != nullptr && object->forked()) return CF_STATUS_FORKED;
    return object != nullptr ? object->start() : cf_status_t{CF_STATUS_INVALID_ARGUMENT};
}

cf_status_t cf_promise_set_result_pointer(cf_promise_t* promise, void* pointer,
                                          cf_destroy_fn destroy, cf_error_t** error_out) {
    return capi::call_user(error_out, [&]() -> ErrorRef {
        Outcome result = Outcome::pointer(pointer, destroy);
        auto* object = from_handle<Promise>(promise);
        if (ErrorRef error = capi::check_usable(object, "promise")) return error;
        return object->settle(std::move(result));
    });
}

cf_status_t cf_promise_set_result_bytes(cf_promise_t* promise, const void* bytes, size_t size,
                                        cf_error_t** error_out) {
    return capi::call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Promise>(promise);
        if (ErrorRef error = capi::check_usable(object, "promise")) return error;
        if (bytes == nullptr && size != 0) return capi::bad_argument("bytes");
        return object->settle(
            Outcome::copy(ResultKind::kBytes, {static_cast<const char*>(bytes), size}));
    });
}

cf_status_t cf_promise_set_result_json(cf_promise_t* promise, const char* json, int64_t size,
                                       cf_error_t** error_out) {
    return capi::call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Promise>(promise);
        std::string_view text;
        if (ErrorRef error = capi::check_usable(object, "promise")) return error;
        if (json == nullptr || !capi::view_text(json, size, text))
            return capi::bad_argument("json");
        if (ErrorRef wrong = check_json(text, CF_STATUS_ENCODE_ERROR, "the result")) return wrong;
        return object->settle(Outcome::copy(ResultKind::kJson, text));
    });
}

cf_status_t cf_promise_set_error(cf_promise_t* promise, const cf_error_t* error,
                                 cf_error_t** error_out) {
    // The caller may pass the same variable as both, so read it before the output is cleared.
    auto* reason = from_handle<Error>(error);
    return capi::call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Promise>(promise);
        if (ErrorRef unusable = capi::check_usable(object, "promise")) return unusable;
        if (reason == nullptr) return capi::bad_argument("error");
        return object->settle(Outcome::failure(ErrorRef::share(reason)));
    });
}

}  // extern "C"

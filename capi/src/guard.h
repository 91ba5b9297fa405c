// What every function of the C ABI does: clear the outputs, check, call the core, translate.
//
// call() is for functions that never run user code: nothing may leave them (C19). call_user() is for
// functions that may run user code on this thread; they are guarded too, but the forced unwinding of
// pthread_exit passes through, so neither they nor their callers in capi/ are noexcept.
#pragma once

#include <cfutures/cfutures.h>

#include <new>
#include <string_view>

#include "support/error.h"
#include "support/handle.h"
#include "support/user_code.h"

namespace cf::capi {

/// Hands an error to the caller; null is success.
inline cf_status_t report(ErrorRef error, cf_error_t** error_out) {
    if (!error) return CF_STATUS_OK;
    const cf_status_t status = error->status();
    if (error_out != nullptr) *error_out = to_handle<cf_error_t>(error.detach());
    return status;
}

template <typename Out>
void clear(Out* out) {
    if (out != nullptr) *out = Out{};
}

/// The error for what the handler is handling.
inline ErrorRef current_exception_error() {
    try {
        throw;
    } catch (const std::bad_alloc&) {
        return Error::no_memory();
    } catch (const std::exception& exception) {
        return Error::create(CF_STATUS_INTERNAL, exception.what());
    } catch (...) {
        return Error::create(CF_STATUS_INTERNAL, "an exception of unknown type");
    }
}

/// body() gives an ErrorRef.
template <typename Body>
cf_status_t call(cf_error_t** error_out, Body&& body) noexcept {
    clear(error_out);
    try {
        return report(body(), error_out);
    } catch (...) {
        return report(current_exception_error(), error_out);
    }
}

template <typename Body>
cf_status_t call_user(cf_error_t** error_out, Body&& body) {
    clear(error_out);
    ErrorRef error;
    call_user_code([&] { error = body(); }, [&] { error = current_exception_error(); }, [] {});
    return report(std::move(error), error_out);
}

inline ErrorRef invalid_argument(std::string_view message) {
    return Error::create(CF_STATUS_INVALID_ARGUMENT, message);
}

/// For a handle that is NULL or of another kind, or a NULL output: names the parameter.
inline ErrorRef bad_argument(const char* parameter) {
    return invalid_argument(text(parameter, " is NULL or a handle of another kind"));
}

/// That an object is there and of this process.
inline ErrorRef check_usable(const HandleBase* object, const char* parameter) {
    if (object == nullptr) return bad_argument(parameter);
    return object->forked() ? forked_error() : nullptr;
}

/// A text with a size that may be -1; false when it is NULL with a size, or the size is out of range.
inline bool view_text(const char* text, int64_t size, std::string_view& view) {
    if (size < -1 || (text == nullptr && size > 0)) return false;
    if (text == nullptr) {
        view = {};
    } else {
        view =
            size < 0 ? std::string_view(text) : std::string_view(text, static_cast<size_t>(size));
    }
    return true;
}

}  // namespace cf::capi

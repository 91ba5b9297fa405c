// cf_error_*.
#include "support/error.h"

#include "guard.h"
#include "support/json_text.h"

using namespace cf;

namespace {

/// A field of an error, or what stands for it when there is no error.
template <typename Value>
Value field(const cf_error_t* handle, Value ErrorFields::*member, Value otherwise) {
    const Error* error = from_handle<Error>(handle);
    return error != nullptr ? error->fields().*member : otherwise;
}

const char* text_field(const cf_error_t* handle, std::string_view ErrorFields::*member) {
    return field(handle, member, std::string_view("")).data();
}

std::string_view view(const char* text) {
    return text != nullptr ? text : "";
}

}  // namespace

extern "C" {

cf_status_t cf_error_create(cf_status_t status, const char* type_name, const char* message,
                            const char* detail_json, cf_error_t** error_out) {
    // Here error_out is the product, so there is nowhere to put a message.
    capi::clear(error_out);
    if (error_out == nullptr || status >= 0) return CF_STATUS_INVALID_ARGUMENT;
    return capi::call(nullptr, [&]() -> ErrorRef {
        if (detail_json != nullptr) {
            ErrorRef wrong = check_json(detail_json, CF_STATUS_DECODE_ERROR, "the detail");
            if (wrong) return wrong;
        }
        ErrorRef made = Error::create(ErrorFields{
            .status = status,
            .type = view(type_name),
            .message = view(message),
            .detail = view(detail_json),
        });
        // The ready-made error is why, not what was wanted.
        if (made.get() == Error::no_memory().get()) return made;
        *error_out = to_handle<cf_error_t>(made.detach());
        return nullptr;
    });
}

cf_error_t* cf_error_retain(const cf_error_t* error) {
    if (auto* object = from_handle<Error>(error)) object->retain();
    return const_cast<cf_error_t*>(error);  // immutable but for its count
}

void cf_error_release(cf_error_t* error) {
    if (auto* object = from_handle<Error>(error)) object->release();
}

cf_status_t cf_error_status(const cf_error_t* error) {
    return field(
        error, &ErrorFields::status,
        error == nullptr ? cf_status_t{CF_STATUS_OK} : cf_status_t{CF_STATUS_INVALID_ARGUMENT});
}

const char* cf_error_type(const cf_error_t* error) {
    return text_field(error, &ErrorFields::type);
}

const char* cf_error_message(const cf_error_t* error) {
    return text_field(error, &ErrorFields::message);
}

const char* cf_error_detail(const cf_error_t* error) {
    const char* detail = text_field(error, &ErrorFields::detail);
    return *detail != '\0' ? detail : nullptr;
}

const char* cf_error_function(const cf_error_t* error) {
    return text_field(error, &ErrorFields::function);
}

uint64_t cf_error_task_id(const cf_error_t* error) {
    return field(error, &ErrorFields::task_id, uint64_t{0});
}

int32_t cf_error_task_code(const cf_error_t* error) {
    return field(error, &ErrorFields::task_code, 0);
}

int32_t cf_error_os_code(const cf_error_t* error) {
    return field(error, &ErrorFields::os_code, 0);
}

int64_t cf_error_worker_pid(const cf_error_t* error) {
    return field(error, &ErrorFields::worker_pid, int64_t{0});
}

int32_t cf_error_worker_signal(const cf_error_t* error) {
    return field(error, &ErrorFields::worker_signal, 0);
}

int32_t cf_error_worker_exit_status(const cf_error_t* error) {
    return field(error, &ErrorFields::worker_exit_status, -1);
}

const cf_error_t* cf_error_cause(const cf_error_t* error) {
    Error* cause = field(error, &ErrorFields::cause, static_cast<Error*>(nullptr));
    return cause != nullptr ? to_handle<const cf_error_t>(cause) : nullptr;
}

}  // extern "C"

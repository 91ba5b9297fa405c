// cf_task_*.
#include "executor/task.h"

#include "future/extras.h"
#include "guard.h"
#include "support/json_text.h"

using namespace cf;

extern "C" {

cf_status_t cf_task_arguments(cf_task_t* task, const char** json_out, size_t* size_out) {
    capi::clear(json_out);
    capi::clear(size_out);
    const Task* object = from_handle<Task>(task);
    if (object == nullptr || json_out == nullptr) return CF_STATUS_INVALID_ARGUMENT;
    const std::optional<std::string_view> arguments = object->host().arguments();
    if (!arguments) return CF_STATUS_OK;
    *json_out = arguments->data();
    if (size_out != nullptr) *size_out = arguments->size();
    return CF_STATUS_OK;
}

cf_status_t cf_task_return_pointer(cf_task_t* task, void* pointer, cf_destroy_fn destroy) {
    return capi::call_user(nullptr, [&]() -> ErrorRef {
        Outcome result = Outcome::pointer(pointer, destroy);
        Task* object = from_handle<Task>(task);
        if (object == nullptr) return capi::bad_argument("task");
        object->set_result(std::move(result));
        return nullptr;
    });
}

cf_status_t cf_task_return_bytes(cf_task_t* task, const void* bytes, size_t size) {
    return capi::call_user(nullptr, [&]() -> ErrorRef {
        Task* object = from_handle<Task>(task);
        if (object == nullptr) return capi::bad_argument("task");
        if (bytes == nullptr && size != 0) return capi::bad_argument("bytes");
        object->set_result(ResultKind::kBytes, {static_cast<const char*>(bytes), size});
        return nullptr;
    });
}

cf_status_t cf_task_return_json(cf_task_t* task, const char* json, int64_t size) {
    return capi::call_user(nullptr, [&]() -> ErrorRef {
        Task* object = from_handle<Task>(task);
        std::string_view text;
        if (object == nullptr) return capi::bad_argument("task");
        if (json == nullptr || !capi::view_text(json, size, text))
            return capi::bad_argument("json");
        if (ErrorRef wrong = check_json(text, CF_STATUS_ENCODE_ERROR, "the result")) return wrong;
        object->set_result(ResultKind::kJson, text);
        return nullptr;
    });
}

cf_status_t cf_task_report_progress(cf_task_t* task, const char* json, int64_t size) {
    return capi::call(nullptr, [&]() -> ErrorRef {
        const Task* object = from_handle<Task>(task);
        std::string_view text;
        if (object == nullptr) return capi::bad_argument("task");
        if (json == nullptr || !capi::view_text(json, size, text))
            return capi::bad_argument("json");
        if (text.size() > kMaxProgress) {
            return Error::create(CF_STATUS_ENCODE_ERROR, "a report of progress is too long");
        }
        if (ErrorRef wrong = check_json(text, CF_STATUS_ENCODE_ERROR, "the progress")) return wrong;
        return object->host().report_progress(text);
    });
}

cf_status_t cf_task_fail(cf_task_t* task, const char* type_name, const char* message,
                         const char* detail_json) {
    Task* object = from_handle<Task>(task);
    if (object == nullptr) return CF_STATUS_INVALID_ARGUMENT;
    const auto view = [](const char* text) {
        return std::string_view(text != nullptr ? text : "");
    };
    capi::call(nullptr, [&]() -> ErrorRef {
        const bool usable = detail_json != nullptr &&
                            !check_json(detail_json, CF_STATUS_DECODE_ERROR, "the detail");
        object->fail(view(type_name), view(message), usable ? view(detail_json) : "");
        return nullptr;
    });
    return CF_STATUS_TASK_FAILED;
}

cf_status_t cf_task_fail_with(cf_task_t* task, const cf_error_t* error) {
    Task* object = from_handle<Task>(task);
    auto* reason = from_handle<Error>(error);
    if (object == nullptr || reason == nullptr) return CF_STATUS_INVALID_ARGUMENT;
    object->fail(ErrorRef::share(reason));
    return reason->status();
}

uint64_t cf_task_id(const cf_task_t* task) {
    const Task* object = from_handle<Task>(task);
    return object != nullptr ? object->host().id() : 0;
}

uint64_t cf_task_worker_id(const cf_task_t* task) {
    const Task* object = from_handle<Task>(task);
    return object != nullptr ? object->host().worker_id() : 0;
}

int32_t cf_task_cancel_requested(const cf_task_t* task) {
    const Task* object = from_handle<Task>(task);
    return object != nullptr && object->host().stop_requested() ? 1 : 0;
}

int64_t cf_task_time_left(const cf_task_t* task) {
    const Task* object = from_handle<Task>(task);
    return object != nullptr ? object->host().deadline().time_left() : -1;
}

}  // extern "C"

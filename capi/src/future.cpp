// cf_future_*.
#include "future/future.h"

#include <cstring>
#include <new>

#include "future/done_callback.h"
#include "future/extras.h"
#include "guard.h"
#include "view_futures.h"

using namespace cf;

namespace {

/// Waits for a result; null when there is one, otherwise TIMEOUT or the future's own outcome.
ErrorRef await_result(Future* future, int64_t timeout_ns) {
    if (ErrorRef error = capi::check_usable_future(future, "future")) return error;
    ErrorRef would_deadlock;
    switch (future->await(Deadline::after(timeout_ns), &would_deadlock)) {
        case CF_STATUS_OK:
            break;
        case CF_STATUS_WOULD_DEADLOCK:
            return would_deadlock;
        default:
            return Error::create(CF_STATUS_TIMEOUT, cf_status_message(CF_STATUS_TIMEOUT));
    }
    switch (future->phase()) {
        case Phase::kSucceeded:
            return nullptr;
        case Phase::kFailed:
            future->state().mark_seen();
            return ErrorRef::share(future->error());
        default:
            return Error::create(CF_STATUS_CANCELLED, cf_status_message(CF_STATUS_CANCELLED));
    }
}

const char* const kKindNames[] = {"nothing", "a pointer", "bytes", "JSON"};

ErrorRef other_kind(const Future& future, ResultKind wanted) {
    return Error::create(
        CF_STATUS_INVALID_STATE,
        text("the result is ", kKindNames[static_cast<size_t>(future.result_kind())], ", not ",
             kKindNames[static_cast<size_t>(wanted)]));
}

}  // namespace

extern "C" {

cf_future_t* cf_future_retain(cf_future_t* future) {
    if (auto* object = from_handle<Future>(future)) object->retain();
    return future;
}

void cf_future_release(cf_future_t* future) {
    if (auto* object = from_handle<Future>(future)) object->release();
}

cf_future_state_t cf_future_state(const cf_future_t* future) {
    auto* object = from_handle<Future>(future);
    return object != nullptr ? object->visible_state() : cf_future_state_t{CF_FUTURE_STATE_INVALID};
}

int32_t cf_future_done(const cf_future_t* future) {
    const auto* object = from_handle<Future>(future);
    return object != nullptr && object->done() ? 1 : 0;
}

int32_t cf_future_running(const cf_future_t* future) {
    return cf_future_state(future) == CF_FUTURE_STATE_RUNNING ? 1 : 0;
}

int32_t cf_future_cancelled(const cf_future_t* future) {
    const auto* object = from_handle<Future>(future);
    return object != nullptr && object->phase() == Phase::kCancelled ? 1 : 0;
}

int32_t cf_future_cancel(cf_future_t* future) {
    int32_t cancelled = 0;
    capi::call_user(nullptr, [&]() -> ErrorRef {
        auto* object = from_handle<Future>(future);
        if (object == nullptr) return nullptr;
        cancelled = object->cancel() ? 1 : 0;
        return nullptr;
    });
    return cancelled;
}

cf_status_t cf_future_cancel_running(cf_future_t* future, cf_error_t** error_out) {
    return capi::call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Future>(future);
        if (object == nullptr) return capi::bad_argument("future");
        return object->cancel_running();
    });
}

cf_status_t cf_future_wait(const cf_future_t* future, int64_t timeout_ns) {
    auto* object = from_handle<Future>(future);
    if (object == nullptr) return CF_STATUS_INVALID_ARGUMENT;
    if (object->forked() && !object->done()) return CF_STATUS_FORKED;
    return object->await(Deadline::after(timeout_ns));
}

int32_t cf_future_run_in_place(cf_future_t* future) {
    auto* object = from_handle<Future>(future);
    if (object == nullptr) return 0;
    return object->done() || (!object->forked() && object->run_in_place()) ? 1 : 0;
}

cf_status_t cf_future_outcome(const cf_future_t* future) {
    auto* object = from_handle<Future>(future);
    if (object == nullptr) return CF_STATUS_INVALID_ARGUMENT;
    object->state().mark_seen();
    return object->outcome_status();
}

cf_result_kind_t cf_future_result_kind(const cf_future_t* future) {
    const auto* object = from_handle<Future>(future);
    if (object == nullptr || object->phase() != Phase::kSucceeded) return CF_RESULT_KIND_INVALID;
    return static_cast<cf_result_kind_t>(object->result_kind());
}

cf_status_t cf_future_result_pointer(const cf_future_t* future, int64_t timeout_ns,
                                     void** pointer_out, cf_error_t** error_out) {
    capi::clear(pointer_out);
    return capi::call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Future>(future);
        if (ErrorRef error = await_result(object, timeout_ns)) return error;
        const ResultKind kind = object->result_kind();
        if (kind == ResultKind::kNone) return nullptr;
        if (kind != ResultKind::kPointer) return other_kind(*object, ResultKind::kPointer);
        if (pointer_out != nullptr) *pointer_out = object->result_data();
        return nullptr;
    });
}

cf_status_t cf_future_result_bytes(const cf_future_t* future, int64_t timeout_ns,
                                   const void** bytes_out, size_t* size_out,
                                   cf_error_t** error_out) {
    capi::clear(bytes_out);
    capi::clear(size_out);
    return capi::call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Future>(future);
        if (ErrorRef error = await_result(object, timeout_ns)) return error;
        if (object->result_kind() == ResultKind::kPointer) {
            return other_kind(*object, ResultKind::kBytes);
        }
        if (bytes_out != nullptr) *bytes_out = object->result_data();
        if (size_out != nullptr) *size_out = object->result_size();
        return nullptr;
    });
}

cf_status_t cf_future_result_json(const cf_future_t* future, int64_t timeout_ns,
                                  const char** json_out, size_t* size_out, cf_error_t** error_out) {
    capi::clear(json_out);
    capi::clear(size_out);
    return capi::call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Future>(future);
        if (ErrorRef error = await_result(object, timeout_ns)) return error;
        const ResultKind kind = object->result_kind();
        std::string_view json = "null";
        if (kind == ResultKind::kJson) {
            json = {static_cast<const char*>(object->result_data()), object->result_size()};
        } else if (kind != ResultKind::kNone) {
            return other_kind(*object, ResultKind::kJson);
        }
        if (json_out != nullptr) *json_out = json.data();
        if (size_out != nullptr) *size_out = json.size();
        return nullptr;
    });
}

cf_status_t cf_future_exception(const cf_future_t* future, int64_t timeout_ns,
                                cf_error_t** error_out) {
    capi::clear(error_out);
    auto* object = from_handle<Future>(future);
    if (object == nullptr) return CF_STATUS_INVALID_ARGUMENT;
    if (object->forked() && !object->done()) return CF_STATUS_FORKED;
    ErrorRef would_deadlock;
    const cf_status_t status = object->await(Deadline::after(timeout_ns), &would_deadlock);
    if (would_deadlock) return capi::report(std::move(would_deadlock), error_out);
    if (status != CF_STATUS_OK) return status;
    if (object->phase() == Phase::kCancelled) return CF_STATUS_CANCELLED;
    object->state().mark_seen();
    if (Error* error = object->error(); error != nullptr && error_out != nullptr) {
        *error_out = to_handle<cf_error_t>(ErrorRef::share(error).detach());
    }
    return CF_STATUS_OK;
}

const cf_error_t* cf_future_error(const cf_future_t* future) {
    auto* object = from_handle<Future>(future);
    if (object == nullptr) return nullptr;
    object->state().mark_seen();
    Error* error = object->error();
    return error != nullptr ? to_handle<const cf_error_t>(error) : nullptr;
}

void* cf_future_payload(const cf_future_t* future) {
    const auto* object = from_handle<Future>(future);
    return object != nullptr ? object->payload() : nullptr;
}

uint64_t cf_future_task_id(const cf_future_t* future) {
    const auto* object = from_handle<Future>(future);
    return object != nullptr ? object->id() : 0;
}

cf_status_t cf_future_progress(const cf_future_t* future, char** json_out, size_t* size_out,
                               uint64_t* count_out) {
    capi::clear(json_out);
    capi::clear(size_out);
    capi::clear(count_out);
    return capi::call(nullptr, [&]() -> ErrorRef {
        const auto* object = from_handle<Future>(future);
        if (object == nullptr) return capi::bad_argument("future");
        if (object->forked()) return forked_error();
        const Progress progress = progress_of(*object);
        if (json_out != nullptr && progress.count != 0) {
            // As cf_free() frees it.
            *json_out = static_cast<char*>(::operator new(progress.json.size() + 1));
            std::memcpy(*json_out, progress.json.c_str(), progress.json.size() + 1);
        }
        if (size_out != nullptr) *size_out = progress.json.size();
        if (count_out != nullptr) *count_out = progress.count;
        return nullptr;
    });
}

cf_status_t cf_future_add_done_callback(cf_future_t* future, cf_done_fn done_fn, void* user_data,
                                        cf_destroy_fn destroy, cf_error_t** error_out) {
    return capi::call_user(error_out, [&]() -> ErrorRef {
        DestroyGuard guard(destroy, user_data);
        auto* object = from_handle<Future>(future);
        if (ErrorRef error = capi::check_usable_future(object, "future")) return error;
        if (done_fn == nullptr) return capi::bad_argument("done_fn");
        guard.handed_on();
        add_done_callback(*object, done_fn, user_data, destroy);
        return nullptr;
    });
}

}  // extern "C"

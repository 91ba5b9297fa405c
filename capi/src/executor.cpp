// cf_thread_pool_create, cf_inline_executor_create, cf_executor_submit*, _prepare, _shutdown.
#include "executor/executor.h"

#include "executor/inline_executor.h"
#include "executors.h"
#include "guard.h"
#include "options.h"
#include "thread_pool/thread_pool.h"

using namespace cf;
using namespace cf::capi;

namespace {

/// Submits a call that was just made. Who wants no future has none: then the call is posted.
ErrorRef submit_new(Executor& executor, FutureRef call, cf_future_t** future_out) {
    if (future_out == nullptr) return executor.accept_new(std::move(call));
    FutureRef wanted = call->share_unshared();
    ErrorRef error = executor.accept_new(std::move(call));
    if (!error) give_future(std::move(wanted), future_out);
    return error;
}

/// What most calls need. False when the long way has to be taken; then nothing has happened.
bool submit_simply(cf_executor_t* executor, const FunctionCall& call, cf_future_t** future_out) {
    auto* object = from_handle<Executor>(executor);
    if (object == nullptr || object->forked() || call.task_fn == nullptr) return false;
    Future* future = nullptr;
    bool submitted = false;
    call_user_code(
        [&] { submitted = object->submit_simply(call, future_out != nullptr ? &future : nullptr); },
        [] {}, [] {});
    if (submitted && future_out != nullptr) *future_out = to_handle<cf_future_t>(future);
    return submitted;
}

}  // namespace

extern "C" {

cf_status_t cf_thread_pool_create(const cf_thread_pool_options_t* options,
                                  cf_executor_t** executor_out, cf_error_t** error_out) {
    return create_executor(executor_out, error_out, [&](Executor*& executor) -> ErrorRef {
        const ThreadPoolOptions defaults = default_thread_pool_options();
        const auto* values = values_or_defaults<ThreadPoolOptionsHandle>(options, defaults);
        if (values == nullptr) return bad_argument("options");
        executor = new ThreadPool(*values);
        return nullptr;
    });
}

cf_status_t cf_inline_executor_create(cf_executor_t** executor_out, cf_error_t** error_out) {
    return create_executor(executor_out, error_out, [](Executor*& executor) -> ErrorRef {
        executor = new InlineExecutor;
        return nullptr;
    });
}

cf_executor_t* cf_executor_retain(cf_executor_t* executor) {
    if (auto* object = from_handle<Executor>(executor)) object->retain();
    return executor;
}

void cf_executor_release(cf_executor_t* executor) {
    if (auto* object = from_handle<Executor>(executor)) object->release();
}

cf_status_t cf_executor_submit(cf_executor_t* executor, const cf_submit_options_t* options,
                               cf_task_fn task_fn, void* user_data, cf_destroy_fn destroy,
                               cf_future_t** future_out, cf_error_t** error_out) {
    if (options == nullptr && submit_simply(executor, {task_fn, user_data, destroy}, future_out)) {
        clear(error_out);
        return CF_STATUS_OK;
    }
    clear(future_out);
    return call_user(error_out, [&]() -> ErrorRef {
        DestroyGuard guard(destroy, user_data);
        auto* object = from_handle<Executor>(executor);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        if (task_fn == nullptr) return bad_argument("task_fn");
        FutureRef future;
        const FunctionCall call{task_fn, user_data, destroy};
        if (options == nullptr) {
            if (ErrorRef error = object->make_function(call, future)) return error;
        } else {
            CallOptions call_options;
            if (ErrorRef error = view_options(options, call_options)) return error;
            if (ErrorRef error = object->make_function(call_options, call, future)) return error;
        }
        guard.handed_on();
        return submit_new(*object, std::move(future), future_out);
    });
}

cf_status_t cf_executor_submit_call(cf_executor_t* executor, const cf_submit_options_t* options,
                                    const char* name, const char* arguments, int64_t size,
                                    cf_future_t** future_out, cf_error_t** error_out) {
    clear(future_out);
    return call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Executor>(executor);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        if (name == nullptr) return bad_argument("name");
        std::string_view json;
        if (!view_text(arguments, size, json)) {
            return invalid_argument("arguments is NULL, or size is less than -1");
        }
        CallOptions call_options;
        if (ErrorRef error = view_options(options, call_options)) return error;
        FutureRef future;
        const std::string_view text = arguments == nullptr ? "[]" : json;
        if (ErrorRef error = object->make_call(call_options, name, text, future)) return error;
        return submit_new(*object, std::move(future), future_out);
    });
}

cf_status_t cf_executor_prepare(cf_executor_t* executor, const cf_submit_options_t* options,
                                size_t size, size_t alignment, cf_task_fn task_fn,
                                cf_destroy_fn abandon_fn, cf_destroy_fn destroy, void** payload_out,
                                cf_future_t** future_out, cf_error_t** error_out) {
    clear(payload_out);
    clear(future_out);
    return call(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Executor>(executor);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        if (task_fn == nullptr) return bad_argument("task_fn");
        if (payload_out == nullptr) return bad_argument("payload_out");
        if (future_out == nullptr) return bad_argument("future_out");
        if (ErrorRef error = check_payload(size, alignment)) return error;
        CallOptions call_options;
        if (ErrorRef error = view_options(options, call_options)) return error;
        FutureRef future;
        if (ErrorRef error = object->make_payload(call_options, size, alignment, task_fn,
                                                  abandon_fn, destroy, future)) {
            return error;
        }
        *payload_out = future->payload();
        give_future(std::move(future), future_out);
        return nullptr;
    });
}

cf_status_t cf_executor_submit_prepared(cf_executor_t* executor, cf_future_t* future,
                                        cf_error_t** error_out) {
    return call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Executor>(executor);
        auto* prepared = from_handle<Future>(future);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        if (ErrorRef error = check_usable(prepared, "future")) return error;
        if (ErrorRef error = check_prepared(*prepared, *object)) return error;
        return object->submit_prepared(*prepared);
    });
}

cf_status_t cf_executor_shutdown(cf_executor_t* executor, cf_shutdown_flags_t flags,
                                 int64_t timeout_ns, cf_error_t** error_out) {
    return call_user(error_out, [&]() -> ErrorRef {
        const Deadline deadline = Deadline::after(timeout_ns);
        auto* object = from_handle<Executor>(executor);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        if ((flags & ~(CF_SHUTDOWN_WAIT | CF_SHUTDOWN_CANCEL_FUTURES)) != 0) {
            return invalid_argument(text("flags is ", flags, ", which has unknown bits"));
        }
        return object->shutdown(flags, deadline);
    });
}

}  // extern "C"

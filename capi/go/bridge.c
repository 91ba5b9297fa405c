#include "bridge.h"

#include <unistd.h>

#include "_cgo_export.h"

/* --- options --------------------------------------------------------------------------------- */

static cf_status_t make_options(cfgo_options_t given, cf_submit_options_t** options_out,
                                cf_error_t** error_out) {
    *options_out = NULL;
    if (given.name == NULL && given.deadline_ns == 0 && given.queue_timeout_ns == 0 &&
        given.retries == 0 && given.priority == 0) {
        return CF_STATUS_OK;
    }
    cf_status_t status = cf_submit_options_create(options_out, error_out);
    if (status == CF_STATUS_OK && given.name != NULL) {
        status = cf_submit_options_set_name(*options_out, given.name, error_out);
    }
    if (status == CF_STATUS_OK && given.deadline_ns != 0) {
        status = cf_submit_options_set_deadline(*options_out, given.deadline_ns, error_out);
    }
    if (status == CF_STATUS_OK && given.retries != 0) {
        status = cf_submit_options_set_retries(*options_out, given.retries, error_out);
    }
    if (status == CF_STATUS_OK && given.queue_timeout_ns != 0) {
        status =
            cf_submit_options_set_queue_timeout(*options_out, given.queue_timeout_ns, error_out);
    }
    if (status == CF_STATUS_OK && given.priority != 0) {
        status = cf_submit_options_set_priority(*options_out, given.priority, error_out);
    }
    if (status != CF_STATUS_OK) {
        cf_submit_options_release(*options_out);
        *options_out = NULL;
    }
    return status;
}

/* --- closures -------------------------------------------------------------------------------- */

/* The payload of a prepared call. */
typedef struct {
    uint64_t id;
    cf_future_t* future; /* the package's reference, which goes with the call */
    cf_completion_queue_t* queue;
} closure_t;

static _Thread_local int32_t depth;

int32_t cfgo_depth(void) {
    return depth;
}

int32_t cfgo_leave(void) {
    return --depth;
}

void cfgo_rest(void) {
    cf_promise_t* never = NULL;
    if (cf_promise_create(&never, NULL) == CF_STATUS_OK) {
        cf_future_wait(cf_promise_future(never), -1);
    }
    for (;;)
        pause();
}

static int32_t run_closure(cf_task_t* task, void* payload) {
    cf_future_t* const future = ((closure_t*)payload)->future;
    ++depth;
    cfgoRunClosure(task, ((closure_t*)payload)->id);
    --depth;
    cf_future_release(future);
    return CF_STATUS_OK;
}

/* It will never run: its end is heard of as that of a named call. */
static void abandon_closure(void* payload) {
    closure_t* const closure = payload;
    if (cf_completion_queue_add(closure->queue, closure->future, closure->id, NULL) !=
        CF_STATUS_OK) {
        cfgoAbandonClosure(closure->id, closure->future);
    }
}

cf_status_t cfgo_submit(cf_executor_t* executor, cfgo_options_t options,
                        cf_completion_queue_t* queue, uint64_t id, cf_future_t** future_out,
                        cf_error_t** error_out) {
    cf_submit_options_t* native_options = NULL;
    void* payload = NULL;
    *future_out = NULL;
    cf_status_t status = make_options(options, &native_options, error_out);
    if (status == CF_STATUS_OK) {
        status = cf_executor_prepare(executor, native_options, sizeof(closure_t),
                                     _Alignof(closure_t), run_closure, abandon_closure, NULL,
                                     &payload, future_out, error_out);
    }
    cf_submit_options_release(native_options);
    if (status != CF_STATUS_OK) return status;
    *(closure_t*)payload = (closure_t){id, *future_out, queue};
    return cf_executor_submit_prepared(executor, *future_out, error_out);
}

/* --- batches --------------------------------------------------------------------------------- */

cf_status_t cfgo_submit_batch(cf_executor_t* executor, cfgo_options_t options, cf_task_fn task_fn,
                              void* const* data, size_t count, cf_future_t** futures_out,
                              cf_error_t** error_out) {
    cf_submit_options_t* native_options = NULL;
    cf_status_t status = make_options(options, &native_options, error_out);
    if (status == CF_STATUS_OK) {
        status = cf_executor_submit_batch(executor, native_options, task_fn, data, count, NULL,
                                          futures_out, error_out);
    }
    cf_submit_options_release(native_options);
    return status;
}

void cfgo_await_batch(cf_future_t* const* futures, size_t count, void** pointers_out) {
    for (size_t i = 0; i < count; ++i)
        cf_future_result_pointer(futures[i], -1, &pointers_out[i], NULL);
}

size_t cfgo_cancel_batch(cf_future_t* const* futures, size_t count) {
    size_t cancelled = 0;
    for (size_t i = 0; i < count; ++i)
        cancelled += cf_future_cancel(futures[i]) != 0;
    return cancelled;
}

void cfgo_result_bytes(cf_future_t* future, void** bytes_out, size_t* size_out) {
    const void* bytes = NULL;
    const char* text = NULL;
    *size_out = 0;
    if (cf_future_result_kind(future) == CF_RESULT_KIND_JSON) {
        cf_future_result_json(future, 0, &text, size_out, NULL);
        bytes = text;
    } else {
        cf_future_result_bytes(future, 0, &bytes, size_out, NULL);
    }
    *bytes_out = (void*)bytes;
}

/* --- named calls ----------------------------------------------------------------------------- */

cf_status_t cfgo_submit_call(cf_executor_t* executor, cfgo_options_t options,
                             cf_completion_queue_t* queue, uint64_t id, const char* name,
                             const char* arguments, size_t size, cf_future_t** future_out,
                             cf_error_t** error_out) {
    cf_submit_options_t* native_options = NULL;
    *future_out = NULL;
    cf_status_t status = make_options(options, &native_options, error_out);
    if (status == CF_STATUS_OK) {
        status = cf_executor_submit_call(executor, native_options, name, arguments, (int64_t)size,
                                         future_out, error_out);
    }
    cf_submit_options_release(native_options);
    if (status != CF_STATUS_OK) return status;
    status = cf_completion_queue_add(queue, *future_out, id, error_out);
    if (status != CF_STATUS_OK) {
        /* A future that no queue gives would never be heard of: as if it had not been accepted. */
        cf_future_cancel(*future_out);
        cf_future_release(*future_out);
        *future_out = NULL;
    }
    return status;
}

static int32_t run_function(cf_task_t* task, void* id) {
    return cfgoRunFunction(task, (uint64_t)(uintptr_t)id);
}

cf_status_t cfgo_register(const char* name, uint64_t id, cf_error_t** error_out) {
    return cf_function_register(name, run_function, (void*)(uintptr_t)id, NULL, error_out);
}

int32_t cfgo_fail(cf_task_t* task, cf_status_t status, const char* type_name, const char* message,
                  const char* detail) {
    cf_error_t* error = NULL;
    if (cf_error_create(status, type_name, message, detail, &error) != CF_STATUS_OK) {
        return cf_task_fail(task, type_name, message, NULL);
    }
    status = cf_task_fail_with(task, error);
    cf_error_release(error);
    return status;
}

/* --- completions ----------------------------------------------------------------------------- */

enum { BATCH = 128 };

size_t cfgo_take_done(cf_completion_queue_t* queue, cfgo_done_t* done, size_t capacity) {
    cf_future_t* futures[BATCH];
    uint64_t tags[BATCH];
    size_t count = 0;
    cf_completion_queue_next_batch(queue, 0, futures, tags, capacity < BATCH ? capacity : BATCH,
                                   &count, NULL);
    for (size_t i = 0; i < count; ++i) {
        done[i] = (cfgo_done_t){tags[i], futures[i], cf_future_outcome(futures[i]), NULL, 0};
        if (cf_future_result_kind(futures[i]) == CF_RESULT_KIND_JSON) {
            cf_future_result_json(futures[i], 0, &done[i].text, &done[i].size, NULL);
        }
    }
    return count;
}

void cfgo_release_futures(cf_future_t* const* futures, size_t count) {
    for (size_t i = 0; i < count; ++i)
        cf_future_release(futures[i]);
}

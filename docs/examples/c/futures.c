/*
 * A future: its states, its outcome, what may be hung on it, and futures that a program completes itself.
 */
#include <string.h>

#include "must.h"

/* A call that waits for a promise to be kept. */
static int32_t wait_for(cf_task_t* task, void* future) {
    if (cf_future_wait(future, -1) != CF_STATUS_OK) return CF_STATUS_INVALID_STATE;
    return cf_task_return_json(task, "\"kept\"", -1);
}

static int32_t until_asked(cf_task_t* task, void* promise) {
    cf_promise_set_running_or_notify_cancel(promise); /* a sign that we run */
    cf_promise_set_result_bytes(promise, "", 0, NULL);
    while (!cf_task_cancel_requested(task)) {
    }
    return cf_task_fail(task, "Stopped", "as asked", NULL);
}

static int32_t fail_like_another(cf_task_t* task, void* user_data) {
    (void)user_data;
    cf_error_t* error = NULL;
    if (cf_error_create(CF_STATUS_TASK_FAILED, "ValueError", "n is negative", "{\"n\":-1}",
                        &error) != CF_STATUS_OK) {
        return CF_STATUS_NO_MEMORY;
    }
    cf_error_t* mine = cf_error_retain(error);
    cf_error_release(error);
    const int32_t status = cf_task_fail_with(task, mine);
    cf_error_release(mine);
    return status;
}

static int32_t follow(cf_task_t* task, cf_future_t* before, void* user_data) {
    (void)user_data;
    const char* text = "null";
    cf_future_result_json(before, 0, &text, NULL, NULL);
    return cf_task_return_json(task, text, -1);
}

static int32_t nothing(cf_task_t* task, void* payload) {
    (void)task, (void)payload;
    return CF_STATUS_OK;
}

static void print_done(cf_future_t* future, void* user_data) {
    printf("%s: %s\n", (const char*)user_data, cf_status_name(cf_future_outcome(future)));
}

static cf_future_t* submit(cf_executor_t* pool, cf_task_fn task, void* user_data) {
    cf_future_t* future = NULL;
    MUST(cf_executor_submit(pool, NULL, task, user_data, NULL, &future, &error));
    return future;
}

static void print_error(cf_future_t* future) {
    cf_error_t* why = NULL;
    if (cf_future_exception(future, -1, &why) != CF_STATUS_OK) return;
    printf("%s: %s: %s %s\n", cf_status_name(cf_error_status(why)), cf_error_type(why),
           cf_error_message(why), cf_error_detail(why) ? cf_error_detail(why) : "");
    printf("of task: %d, function '%s', code %d, errno %d, worker %d %d %d, cause: %d\n",
           cf_error_task_id(why) == cf_future_task_id(future), cf_error_function(why),
           cf_error_task_code(why), cf_error_os_code(why), (int)cf_error_worker_pid(why),
           cf_error_worker_signal(why), cf_error_worker_exit_status(why),
           cf_error_cause(why) != NULL);
    printf("borrowed: %d\n", cf_future_error(future) == why);
    cf_error_release(why);
}

static void cancel_and_stop(cf_executor_t* pool) {
    cf_promise_t* promise = NULL;
    MUST(cf_promise_create(&promise, &error));
    cf_future_t* started = cf_promise_future(promise);
    cf_future_t* running = submit(pool, until_asked, promise);
    cf_future_wait(started, -1);
    cf_future_t* queued = submit(pool, nothing, NULL);
    static char name[] = "queued";
    MUST(cf_future_add_done_callback(queued, print_done, name, NULL, &error));
    printf("running: %d, pending: %d\n", cf_future_running(running),
           cf_future_state(queued) == CF_FUTURE_STATE_PENDING);
    printf("cancel: %d and %d\n", cf_future_cancel(running), cf_future_cancel(queued));
    printf("cancelled: %d, done: %d\n", cf_future_cancelled(queued), cf_future_done(queued));
    MUST(cf_future_cancel_running(running, &error));
    print_error(running);
    cf_future_release(queued);
    cf_future_release(running);
    cf_future_release(started);
    cf_promise_release(promise);
}

static void continuations(cf_executor_t* pool) {
    cf_promise_t* promise = NULL;
    MUST(cf_promise_create(&promise, &error));
    cf_future_t* first = cf_promise_future(promise);
    cf_future_t *second = NULL, *third = NULL, *all = NULL, *any = NULL;
    MUST(
        cf_future_then(first, pool, NULL, CF_THEN_ON_SUCCESS, follow, NULL, NULL, &second, &error));
    void* payload = NULL;
    MUST(cf_executor_prepare(pool, NULL, 1, 1, nothing, NULL, NULL, &payload, &third, &error));
    MUST(cf_future_then_prepared(second, pool, 0, third, &error));
    cf_future_t* futures[] = {first, second, third};
    MUST(cf_when_all(futures, 3, &all, &error));
    MUST(cf_when_any(futures, 3, &any, &error));
    MUST(cf_promise_set_result_json(promise, "[1,2]", -1, &error));
    const char* text = NULL;
    MUST(cf_future_result_json(second, -1, &text, NULL, &error));
    cf_future_wait(all, -1);
    printf("then: %s, kind of nothing: %d\n", text,
           cf_future_result_kind(third) == CF_RESULT_KIND_NONE);
    MUST(cf_future_result_json(any, -1, &text, NULL, &error));
    printf("one of them was the first: %d\n", atoi(text) < 3); /* a fast worker may be before us */
    cf_future_t* const made[] = {first, second, third, all, any};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; ++i)
        cf_future_release(made[i]);
    cf_promise_release(promise);
}

static void promises(void) {
    /* A result in the same memory as its future. */
    cf_promise_t* promise = NULL;
    void* payload = NULL;
    MUST(cf_promise_create_with_payload(16, 8, NULL, &payload, &promise, &error));
    strcpy(payload, "in place");
    cf_future_t* future = cf_promise_future(promise);
    MUST(cf_promise_set_result_pointer(promise, payload, NULL, &error));
    void* pointer = NULL;
    MUST(cf_future_result_pointer(future, 0, &pointer, &error));
    printf("%s: %d\n", (const char*)pointer, pointer == cf_future_payload(future));
    cf_future_release(future);
    cf_promise_release(promise);

    /* One that fails, and one that is dropped. */
    cf_error_t* why = NULL;
    if (cf_error_create(CF_STATUS_TASK_FAILED, NULL, "not today", NULL, &why) != CF_STATUS_OK)
        return;
    MUST(cf_promise_create(&promise, &error));
    future = cf_promise_future(promise);
    MUST(cf_promise_set_error(promise, why, &error));
    printf("failed: %s\n", cf_error_message(cf_future_error(future)));
    cf_error_release(why);
    cf_future_release(future);
    cf_promise_release(promise);
    MUST(cf_promise_create(&promise, &error));
    future = cf_promise_future(promise);
    cf_promise_release(cf_promise_retain(promise));
    cf_promise_release(promise);
    printf("dropped: %s\n", cf_status_name(cf_future_outcome(future)));
    cf_future_release(future);
}

int main(void) {
    cf_executor_t* pool = NULL;
    cf_thread_pool_options_t* options = NULL;
    MUST(cf_thread_pool_options_create(&options, &error));
    MUST(cf_thread_pool_options_set_max_workers(options, 1, &error));
    MUST(cf_thread_pool_create(options, &pool, &error));
    cf_thread_pool_options_release(options);

    cf_promise_t* promise = NULL;
    MUST(cf_promise_create(&promise, &error));
    cf_future_t* kept = cf_promise_future(promise);
    cf_future_t* waits = cf_future_retain(submit(pool, wait_for, kept));
    cf_future_release(waits); /* one of two */
    printf("not yet: %s\n", cf_status_name(cf_future_wait(waits, 0)));
    MUST(cf_promise_set_running_or_notify_cancel(promise));
    MUST(cf_promise_set_result_bytes(promise, "x", 1, &error));
    const char* text = NULL;
    MUST(cf_future_result_json(waits, -1, &text, NULL, &error));
    printf("a text: %s\n", text);
    cf_future_release(waits);
    cf_future_release(kept);
    cf_promise_release(promise);

    cf_future_t* failed = submit(pool, fail_like_another, NULL);
    print_error(failed);
    cf_future_release(failed);
    cancel_and_stop(pool);
    continuations(pool);
    promises();
    MUST(cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT | CF_SHUTDOWN_CANCEL_FUTURES, -1, &error));
    cf_executor_release(pool);
    return 0;
}

/* Futures from C: states, waiting, cancelling, callbacks. */
#include <cfutures/cfutures.h>
#include <sched.h>
#include <stdlib.h>

#include "support/c_test.h"

struct scene {
    cf_executor_t* executor;
    cf_test_gate_t* entered;
    cf_test_gate_t* leave;
    cf_future_t* running;
    cf_future_t* queued;
};

static int32_t block(cf_task_t* task, void* data) {
    struct scene* scene = (struct scene*)data;
    (void)task;
    cf_test_gate_open(scene->entered);
    cf_test_gate_wait(scene->leave);
    return 0;
}

static int32_t five(cf_task_t* task, void* data) {
    (void)data;
    return cf_task_return_json(task, "5", -1);
}

/* One worker that is busy until the gate opens, and one call behind it. */
static int begin(struct scene* scene) {
    cf_thread_pool_options_t* options = NULL;
    int ok;
    scene->entered = cf_test_gate_new();
    scene->leave = cf_test_gate_new();
    ok = cf_thread_pool_options_create(&options, NULL) == CF_STATUS_OK &&
         cf_thread_pool_options_set_max_workers(options, 1, NULL) == CF_STATUS_OK &&
         cf_thread_pool_create(options, &scene->executor, NULL) == CF_STATUS_OK &&
         cf_executor_submit(scene->executor, NULL, block, scene, NULL, &scene->running, NULL) ==
             CF_STATUS_OK &&
         cf_executor_submit(scene->executor, NULL, five, NULL, NULL, &scene->queued, NULL) ==
             CF_STATUS_OK;
    cf_thread_pool_options_release(options);
    if (CHECK(ok)) cf_test_gate_wait(scene->entered);
    return ok;
}

static void end(struct scene* scene) {
    cf_test_gate_open(scene->leave);
    CHECK_EQ_INT(
        cf_executor_shutdown(scene->executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
        CF_STATUS_OK);
    cf_executor_release(scene->executor);
    cf_future_release(scene->running);
    cf_future_release(scene->queued);
    cf_test_gate_free(scene->entered);
    cf_test_gate_free(scene->leave);
}

static void states(void) {
    struct scene scene;
    const char* json = NULL;
    if (!begin(&scene)) return;
    CHECK_EQ_INT(cf_future_state(scene.running), CF_FUTURE_STATE_RUNNING);
    CHECK_EQ_INT(cf_future_running(scene.running), 1);
    CHECK_EQ_INT(cf_future_cancel(scene.running), 0);
    CHECK_EQ_INT(cf_future_state(scene.queued), CF_FUTURE_STATE_PENDING);
    CHECK_EQ_INT(cf_future_outcome(scene.queued), CF_STATUS_INVALID_STATE);
    CHECK_EQ_INT(cf_future_wait(scene.queued, 0), CF_STATUS_TIMEOUT);
    CHECK_EQ_INT(cf_future_wait(scene.queued, cf_test_short_wait_ns()), CF_STATUS_TIMEOUT);
    cf_test_gate_open(scene.leave);
    CHECK_EQ_INT(cf_future_result_json(scene.queued, cf_test_long_wait_ns(), &json, NULL, NULL),
                 CF_STATUS_OK);
    CHECK_STR(json, "5");
    CHECK_EQ_INT(cf_future_state(scene.queued), CF_FUTURE_STATE_FINISHED);
    CHECK_EQ_INT(cf_future_result_kind(scene.queued), CF_RESULT_KIND_JSON);
    CHECK_EQ_INT(cf_future_result_kind(scene.running), CF_RESULT_KIND_NONE);
    CHECK(cf_future_task_id(scene.running) != cf_future_task_id(scene.queued));
    end(&scene);
}

struct note {
    cf_future_t* seen;
    int called;
    int destroyed;
};

static void take_note(cf_future_t* future, void* data) {
    struct note* note = (struct note*)data;
    note->seen = future;
    ++note->called;
}

static void destroy_note(void* data) {
    ++((struct note*)data)->destroyed;
}

static void cancel_tells_the_callbacks(void) {
    struct scene scene;
    struct note note = {NULL, 0, 0};
    struct note late = {NULL, 0, 0};
    if (!begin(&scene)) return;
    CHECK_EQ_INT(cf_future_add_done_callback(scene.queued, take_note, &note, destroy_note, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(note.called, 0);
    CHECK_EQ_INT(cf_future_cancel(scene.queued), 1);
    CHECK_EQ_INT(cf_future_cancel(scene.queued), 1);
    CHECK(note.seen == scene.queued);
    CHECK_EQ_INT(note.called, 1);
    CHECK_EQ_INT(note.destroyed, 1);
    CHECK_EQ_INT(cf_future_add_done_callback(scene.queued, take_note, &late, destroy_note, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(late.called, 1);
    CHECK_EQ_INT(late.destroyed, 1);
    CHECK_EQ_INT(cf_future_outcome(scene.queued), CF_STATUS_CANCELLED);
    CHECK_EQ_INT(cf_future_exception(scene.queued, 0, NULL), CF_STATUS_CANCELLED);
    CHECK(cf_future_error(scene.queued) == NULL);
    end(&scene);
}

static void references_are_counted(void) {
    struct scene scene;
    if (!begin(&scene)) return;
    CHECK(cf_future_retain(scene.queued) == scene.queued);
    cf_future_release(scene.queued);
    CHECK_EQ_INT(cf_future_done(scene.queued), 0);
    end(&scene);
}

static int32_t until_asked(cf_task_t* task, void* data) {
    (void)data;
    if (cf_task_worker_id(task) == 0 || cf_task_time_left(task) < 0) return 1;
    while (!cf_task_cancel_requested(task))
        sched_yield();
    return cf_task_return_json(task, "\"asked\"", -1);
}

static int32_t report(cf_task_t* task, void* data) {
    (void)data;
    if (cf_task_report_progress(task, "{", -1) != CF_STATUS_ENCODE_ERROR) return 1;
    return cf_task_report_progress(task, "[1,2]", -1);
}

static void a_call_reports_its_progress(void) {
    cf_executor_t* executor = NULL;
    cf_future_t* future = NULL;
    char* json = NULL;
    size_t size = 0;
    uint64_t count = 0;
    REQUIRE(cf_inline_executor_create(&executor, NULL) == CF_STATUS_OK);
    REQUIRE(cf_executor_submit(executor, NULL, report, NULL, NULL, &future, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_outcome(future), CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_progress(future, &json, &size, &count), CF_STATUS_OK);
    CHECK_STR(json, "[1,2]");
    CHECK_EQ_INT(size, 5);
    CHECK_EQ_INT(count, 1);
    cf_free(json);
    CHECK_EQ_INT(cf_future_progress(NULL, &json, &size, &count), CF_STATUS_INVALID_ARGUMENT);
    CHECK(json == NULL && size == 0 && count == 0);
    cf_future_release(future);
    CHECK_EQ_INT(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    cf_executor_release(executor);
}

static void a_running_call_is_asked_to_stop(void) {
    cf_executor_t* executor = NULL;
    cf_submit_options_t* options = NULL;
    cf_future_t* future = NULL;
    cf_error_t* error = NULL;
    const char* json = NULL;
    REQUIRE(cf_thread_pool_create(NULL, &executor, NULL) == CF_STATUS_OK);
    REQUIRE(cf_submit_options_create(&options, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_submit_options_set_deadline(options, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    REQUIRE(cf_executor_submit(executor, options, until_asked, NULL, NULL, &future, NULL) ==
            CF_STATUS_OK);
    while (!cf_future_running(future))
        sched_yield();
    CHECK_EQ_INT(cf_future_cancel_running(future, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_result_json(future, cf_test_long_wait_ns(), &json, NULL, NULL),
                 CF_STATUS_OK);
    CHECK_STR(json, "\"asked\"");
    CHECK_EQ_INT(cf_future_cancel_running(future, &error), CF_STATUS_INVALID_STATE);
    CHECK_EQ_INT(cf_error_status(error), CF_STATUS_INVALID_STATE);
    cf_error_release(error);
    cf_future_release(future);

    CHECK_EQ_INT(cf_submit_options_set_deadline(options, 0, NULL), CF_STATUS_OK);
    REQUIRE(cf_executor_submit(executor, options, until_asked, NULL, NULL, &future, NULL) ==
            CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_wait(future, cf_test_long_wait_ns()), CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_outcome(future), CF_STATUS_DEADLINE_EXCEEDED);
    cf_future_release(future);
    cf_submit_options_release(options);
    CHECK_EQ_INT(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    cf_executor_release(executor);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(states),
        CF_TEST_CASE(cancel_tells_the_callbacks),
        CF_TEST_CASE(references_are_counted),
        CF_TEST_CASE(a_call_reports_its_progress),
        CF_TEST_CASE(a_running_call_is_asked_to_stop),
    };
    return CF_TEST_RUN(cases, argc, argv);
}

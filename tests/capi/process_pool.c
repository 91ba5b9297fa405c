/* A process pool from C: the program is its own worker. */
#include <cfutures/cfutures.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/c_test.h"

static int32_t square(cf_task_t* task, void* data) {
    const char* arguments = NULL;
    char text[32];
    long number;
    (void)data;
    if (cf_task_arguments(task, &arguments, NULL) != CF_STATUS_OK) return 1;
    number = strtol(arguments + 1, NULL, 10);
    if (number < 0) return cf_task_fail(task, "ValueError", "n is negative", "[-1]");
    snprintf(text, sizeof(text), "%ld", number * number);
    return cf_task_return_json(task, text, -1);
}

static int32_t crash(cf_task_t* task, void* data) {
    (void)task;
    (void)data;
    raise(SIGKILL);
    return 0;
}

static void set_what_workers_are_given(cf_process_pool_options_t* options) {
    static const char* const entries[] = {"WHO=me"};
    CHECK_EQ_INT(cf_process_pool_options_set_memory_limit(options, 0, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_cpu_time_limit(options, 0, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_core_size_limit(options, 0, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_niceness(options, 1, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_umask(options, 077, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_directory(options, "/", NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_no_new_privileges(options, 1, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_environment(options, entries, 1, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_output(options, CF_WORKER_OUTPUT_DISCARD, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_idle_timeout(options, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_nesting_limit(options, 1, NULL), CF_STATUS_OK);
}

static cf_executor_t* make_pool(void) {
    cf_process_pool_options_t* options = NULL;
    cf_executor_t* executor = NULL;
    CHECK_EQ_INT(cf_process_pool_options_create(&options, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_max_workers(options, 2, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_worker_self(options, NULL), CF_STATUS_OK);
    set_what_workers_are_given(options);
    CHECK_EQ_INT(cf_process_pool_options_set_start_method(options, CF_START_METHOD_AUTO, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_start_method(options, 3, NULL),
                 CF_STATUS_INVALID_ARGUMENT);
    CHECK_EQ_INT(
        cf_process_pool_options_set_termination_grace(options, cf_test_long_wait_ns(), NULL),
        CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_create(options, &executor, NULL), CF_STATUS_OK);
    cf_process_pool_options_release(options);
    return executor;
}

static void close_pool(cf_executor_t* executor) {
    CHECK_EQ_INT(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    cf_executor_release(executor);
}

static void results_and_errors_cross(void) {
    cf_executor_t* executor = make_pool();
    cf_future_t* future = NULL;
    const char* json = NULL;
    const cf_error_t* error;
    REQUIRE(cf_executor_submit_call(executor, NULL, "square", "[12]", -1, &future, NULL) ==
            CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_result_json(future, cf_test_long_wait_ns(), &json, NULL, NULL),
                 CF_STATUS_OK);
    CHECK_STR(json, "144");
    cf_future_release(future);
    REQUIRE(cf_executor_submit_call(executor, NULL, "square", "[-1]", -1, &future, NULL) ==
            CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_wait(future, cf_test_long_wait_ns()), CF_STATUS_OK);
    error = cf_future_error(future);
    CHECK_EQ_INT(cf_error_status(error), CF_STATUS_TASK_FAILED);
    CHECK_STR(cf_error_type(error), "ValueError");
    CHECK_STR(cf_error_message(error), "n is negative");
    CHECK_STR(cf_error_detail(error), "[-1]");
    CHECK_STR(cf_error_function(error), "square");
    cf_future_release(future);
    close_pool(executor);
}

static void a_map_keeps_the_order(void) {
    static const char* const texts[] = {"[1]", "[2]", "[3]", "[4]", "[5]", "[6]"};
    static const char* const squares[] = {"1", "4", "9", "16", "25", "36"};
    cf_executor_t* executor = make_pool();
    cf_map_t* map = NULL;
    size_t i;
    REQUIRE(cf_executor_map_call(executor, NULL, "square", texts, NULL, 6, &map, NULL) ==
            CF_STATUS_OK);
    for (i = 0; i < 6; ++i) {
        cf_future_t* future = NULL;
        const char* json = NULL;
        CHECK_EQ_INT(cf_map_next(map, cf_test_long_wait_ns(), &future, NULL, NULL), CF_STATUS_OK);
        CHECK_EQ_INT(cf_future_result_json(future, 0, &json, NULL, NULL), CF_STATUS_OK);
        CHECK_STR(json, squares[i]);
        cf_future_release(future);
    }
    cf_map_release(map);
    close_pool(executor);
}

static void a_crash_fails_one_call(void) {
    cf_executor_t* executor = make_pool();
    cf_future_t* lost = NULL;
    cf_future_t* other = NULL;
    const char* json = NULL;
    const cf_error_t* error;
    REQUIRE(cf_executor_submit_call(executor, NULL, "crash", NULL, 0, &lost, NULL) == CF_STATUS_OK);
    REQUIRE(cf_executor_submit_call(executor, NULL, "square", "[3]", -1, &other, NULL) ==
            CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_wait(lost, cf_test_long_wait_ns()), CF_STATUS_OK);
    error = cf_future_error(lost);
    CHECK_EQ_INT(cf_error_status(error), CF_STATUS_WORKER_LOST);
    CHECK_EQ_INT(cf_error_worker_signal(error), SIGKILL);
    CHECK(cf_error_worker_pid(error) > 0);
    CHECK_STR(cf_error_function(error), "crash");
    CHECK(strstr(cf_error_message(error), "crash") != NULL);
    CHECK_EQ_INT(cf_future_result_json(other, cf_test_long_wait_ns(), &json, NULL, NULL),
                 CF_STATUS_OK);
    CHECK_STR(json, "9");
    cf_future_release(lost);
    cf_future_release(other);
    close_pool(executor);
}

static int32_t wait_for_a_signal(cf_task_t* task, void* data) {
    (void)task;
    (void)data;
    while (pause() != 0) {
    }
    return 0;
}

/* A call that runs now, in a pool of its own. */
static cf_future_t* start_endless_call(cf_executor_t* executor) {
    cf_future_t* future = NULL;
    const int64_t step = cf_test_short_wait_ns() / 100;
    CHECK_EQ_INT(
        cf_executor_submit_call(executor, NULL, "wait_for_a_signal", NULL, 0, &future, NULL),
        CF_STATUS_OK);
    while (!cf_future_running(future))
        cf_future_wait(future, step);
    return future;
}

static void workers_are_listed(void) {
    cf_executor_t* executor = make_pool();
    cf_worker_list_t* list = NULL;
    cf_future_t* future = start_endless_call(executor);
    REQUIRE(cf_executor_workers(executor, &list, NULL) == CF_STATUS_OK);
    REQUIRE(cf_worker_list_count(list) == 1);
    CHECK(cf_worker_list_pid(list, 0) > 0);
    CHECK_EQ_INT(cf_worker_list_state(list, 0), CF_WORKER_STATE_RUNNING);
    CHECK(cf_worker_list_task_id(list, 0) == cf_future_task_id(future));
    CHECK_STR(cf_worker_list_function(list, 0), "wait_for_a_signal");
    CHECK(cf_worker_list_tasks_done(list, 0) == 0);
    CHECK(cf_worker_list_memory(list, 0) > 0);
    cf_worker_list_release(list);
    CHECK_EQ_INT(cf_executor_kill_workers(executor, 0, 0, NULL), CF_STATUS_OK);
    cf_future_release(future);
    close_pool(executor);
}

static void workers_end_by_request(void) {
    static const struct {
        cf_status_t (*end)(cf_executor_t*, cf_shutdown_flags_t, int64_t, cf_error_t**);
        int signal;
    } ends[] = {{cf_executor_terminate_workers, SIGTERM}, {cf_executor_kill_workers, SIGKILL}};
    size_t i;
    for (i = 0; i < 2; ++i) {
        cf_executor_t* executor = make_pool();
        cf_future_t* future = start_endless_call(executor);
        CHECK_EQ_INT(ends[i].end(executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
                     CF_STATUS_OK);
        CHECK_EQ_INT(cf_future_outcome(future), CF_STATUS_WORKER_KILLED);
        CHECK_EQ_INT(cf_error_worker_signal(cf_future_error(future)), ends[i].signal);
        cf_future_release(future);
        close_pool(executor);
    }
}

static void a_call_that_is_too_late_loses_its_worker(void) {
    cf_executor_t* executor = make_pool();
    cf_submit_options_t* options = NULL;
    cf_future_t* future = NULL;
    CHECK_EQ_INT(cf_submit_options_create(&options, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_submit_options_set_deadline(options, cf_test_short_wait_ns(), NULL),
                 CF_STATUS_OK);
    REQUIRE(cf_executor_submit_call(executor, options, "wait_for_a_signal", NULL, 0, &future,
                                    NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_wait(future, cf_test_long_wait_ns()), CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_outcome(future), CF_STATUS_DEADLINE_EXCEEDED);
    cf_future_release(future);
    cf_submit_options_release(options);
    future = start_endless_call(executor);
    CHECK_EQ_INT(cf_future_cancel_running(future, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_wait(future, cf_test_long_wait_ns()), CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_outcome(future), CF_STATUS_WORKER_KILLED);
    cf_future_release(future);
    close_pool(executor);
}

static void a_crash_may_be_retried_or_break_the_pool(void) {
    cf_process_pool_options_t* options = NULL;
    cf_submit_options_t* submit_options = NULL;
    cf_executor_t* executor = NULL;
    cf_future_t* future = NULL;
    CHECK_EQ_INT(cf_process_pool_options_create(&options, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_max_workers(options, 1, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_break_on_crash(options, 0, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_spin(options, 1, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_crash_limit(options, 2, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_create(options, &executor, NULL), CF_STATUS_OK);
    cf_process_pool_options_release(options);
    CHECK_EQ_INT(cf_submit_options_create(&submit_options, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_submit_options_set_retries(submit_options, 2, NULL), CF_STATUS_OK);
    REQUIRE(cf_executor_submit_call(executor, submit_options, "crash", NULL, 0, &future, NULL) ==
            CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_wait(future, cf_test_long_wait_ns()), CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_outcome(future), CF_STATUS_WORKER_LOST);
    CHECK(strstr(cf_error_message(cf_future_error(future)), "3 workers") != NULL);
    cf_future_release(future);
    cf_submit_options_release(submit_options);
    CHECK_EQ_INT(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_executor_submit_call(executor, NULL, "crash", NULL, 0, NULL, NULL),
                 CF_STATUS_BROKEN_EXECUTOR);
    cf_executor_release(executor);
}

static void pointers_do_not_cross(void) {
    cf_executor_t* executor = make_pool();
    cf_error_t* error = NULL;
    CHECK_EQ_INT(cf_executor_submit(executor, NULL, square, NULL, NULL, NULL, &error),
                 CF_STATUS_UNSUPPORTED);
    CHECK(strstr(cf_error_message(error), "cf_executor_submit_call") != NULL);
    cf_error_release(error);
    close_pool(executor);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(results_and_errors_cross),
        CF_TEST_CASE(a_map_keeps_the_order),
        CF_TEST_CASE(a_crash_fails_one_call),
        CF_TEST_CASE(workers_are_listed),
        CF_TEST_CASE(workers_end_by_request),
        CF_TEST_CASE(a_call_that_is_too_late_loses_its_worker),
        CF_TEST_CASE(a_crash_may_be_retried_or_break_the_pool),
        CF_TEST_CASE(pointers_do_not_cross),
    };
    if (cf_function_register("square", square, NULL, NULL, NULL) != CF_STATUS_OK ||
        cf_function_register("wait_for_a_signal", wait_for_a_signal, NULL, NULL, NULL) !=
            CF_STATUS_OK ||
        cf_function_register("crash", crash, NULL, NULL, NULL) != CF_STATUS_OK) {
        return EXIT_FAILURE;
    }
    cf_worker_entry();
    return CF_TEST_RUN(cases, argc, argv);
}

/* Executors from C: make, submit, shut down, release. */
#include <cfutures/cfutures.h>
#include <stdlib.h>
#include <string.h>

#include "support/c_test.h"

static int32_t twice(cf_task_t* task, void* data) {
    int* number = (int*)data;
    *number *= 2;
    return cf_task_return_pointer(task, number, NULL);
}

static int32_t greet(cf_task_t* task, void* data) {
    const char* arguments = NULL;
    (void)data;
    if (cf_task_arguments(task, &arguments, NULL) != CF_STATUS_OK) return 1;
    return cf_task_return_json(task, arguments, -1);
}

static int32_t fail(cf_task_t* task, void* data) {
    (void)data;
    return cf_task_fail(task, "ValueError", "n is negative", NULL);
}

static void expect_to_work(cf_executor_t* executor) {
    int number = 21;
    void* pointer = NULL;
    const char* json = NULL;
    cf_error_t* error = NULL;
    cf_future_t* by_pointer = NULL;
    cf_future_t* by_name = NULL;
    cf_future_t* failing = NULL;
    REQUIRE(cf_executor_submit(executor, NULL, twice, &number, NULL, &by_pointer, NULL) ==
            CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_result_pointer(by_pointer, cf_test_long_wait_ns(), &pointer, NULL),
                 CF_STATUS_OK);
    CHECK(pointer == &number);
    CHECK_EQ_INT(number, 42);
    cf_future_release(by_pointer);

    REQUIRE(cf_executor_submit_call(executor, NULL, "greet", "{\"to\":\"you\"}", -1, &by_name,
                                    NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_result_json(by_name, cf_test_long_wait_ns(), &json, NULL, NULL),
                 CF_STATUS_OK);
    CHECK_STR(json, "{\"to\":\"you\"}");
    cf_future_release(by_name);

    REQUIRE(cf_executor_submit(executor, NULL, fail, NULL, NULL, &failing, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_result_json(failing, cf_test_long_wait_ns(), &json, NULL, &error),
                 CF_STATUS_TASK_FAILED);
    CHECK_STR(cf_error_message(error), "n is negative");
    CHECK(json == NULL);
    cf_error_release(error);
    cf_future_release(failing);
}

static void expect_to_shut_down(cf_executor_t* executor) {
    cf_error_t* error = NULL;
    cf_future_t* future = (cf_future_t*)&error;
    CHECK_EQ_INT(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_executor_submit(executor, NULL, fail, NULL, NULL, &future, &error),
                 CF_STATUS_SHUT_DOWN);
    CHECK(future == NULL);
    CHECK_EQ_INT(cf_error_status(error), CF_STATUS_SHUT_DOWN);
    CHECK(strlen(cf_error_message(error)) > 0);
    cf_error_release(error);
    cf_executor_release(executor);
}

static void thread_pool(void) {
    cf_thread_pool_options_t* options = NULL;
    cf_executor_t* executor = NULL;
    REQUIRE(cf_thread_pool_options_create(&options, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_max_workers(options, 2, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_name_prefix(options, "c-test", NULL), CF_STATUS_OK);
    REQUIRE(cf_thread_pool_create(options, &executor, NULL) == CF_STATUS_OK);
    cf_thread_pool_options_release(options);
    expect_to_work(executor);
    expect_to_shut_down(executor);
}

static void thread_pool_with_defaults(void) {
    cf_executor_t* executor = NULL;
    REQUIRE(cf_thread_pool_create(NULL, &executor, NULL) == CF_STATUS_OK);
    expect_to_work(executor);
    expect_to_shut_down(executor);
}

static void inline_executor(void) {
    cf_executor_t* executor = NULL;
    REQUIRE(cf_inline_executor_create(&executor, NULL) == CF_STATUS_OK);
    expect_to_work(executor);
    expect_to_shut_down(executor);
}

static void zero_workers(void) {
    cf_thread_pool_options_t* options = NULL;
    cf_error_t* error = NULL;
    REQUIRE(cf_thread_pool_options_create(&options, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_max_workers(options, 0, &error),
                 CF_STATUS_INVALID_ARGUMENT);
    CHECK(strstr(cf_error_message(error), "max_workers") != NULL);
    cf_error_release(error);
    cf_thread_pool_options_release(options);
}

static void exit_policies(void) {
    cf_thread_pool_options_t* threads = NULL;
    cf_process_pool_options_t* processes = NULL;
    cf_error_t* error = NULL;
    REQUIRE(cf_thread_pool_options_create(&threads, NULL) == CF_STATUS_OK);
    REQUIRE(cf_process_pool_options_create(&processes, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(
        cf_thread_pool_options_set_exit_policy(threads, CF_EXIT_POLICY_CANCEL_PENDING, NULL),
        CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_exit_timeout(threads, 0, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_exit_policy(processes, CF_EXIT_POLICY_ABANDON, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_process_pool_options_set_exit_timeout(processes, -1, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_exit_policy(threads, 3, &error),
                 CF_STATUS_INVALID_ARGUMENT);
    CHECK(strstr(cf_error_message(error), "policy") != NULL);
    cf_error_release(error);
    CHECK_EQ_INT(cf_process_pool_options_set_exit_policy(processes, -1, NULL),
                 CF_STATUS_INVALID_ARGUMENT);
    cf_thread_pool_options_release(threads);
    cf_process_pool_options_release(processes);
}

static void prepared_call(void) {
    cf_executor_t* executor = NULL;
    cf_future_t* future = NULL;
    void* payload = NULL;
    void* result = NULL;
    REQUIRE(cf_thread_pool_create(NULL, &executor, NULL) == CF_STATUS_OK);
    REQUIRE(cf_executor_prepare(executor, NULL, sizeof(int), sizeof(int), twice, NULL, NULL,
                                &payload, &future, NULL) == CF_STATUS_OK);
    *(int*)payload = 4;
    CHECK_EQ_INT(cf_executor_submit_prepared(executor, future, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_result_pointer(future, cf_test_long_wait_ns(), &result, NULL),
                 CF_STATUS_OK);
    CHECK(result == payload);
    CHECK_EQ_INT(*(int*)payload, 8);
    expect_to_shut_down(executor);
    cf_future_release(future);
}

static void named_call(void) {
    cf_executor_t* executor = NULL;
    cf_submit_options_t* options = NULL;
    cf_future_t* future = NULL;
    REQUIRE(cf_thread_pool_create(NULL, &executor, NULL) == CF_STATUS_OK);
    REQUIRE(cf_submit_options_create(&options, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_submit_options_set_name(options, "nightly job", NULL), CF_STATUS_OK);
    REQUIRE(cf_executor_submit(executor, options, fail, NULL, NULL, &future, NULL) == CF_STATUS_OK);
    cf_submit_options_release(options);
    CHECK_EQ_INT(cf_future_wait(future, cf_test_long_wait_ns()), CF_STATUS_OK);
    CHECK_STR(cf_error_function(cf_future_error(future)), "nightly job");
    cf_future_release(future);
    expect_to_shut_down(executor);
}

static int32_t wait_for_own_submit(cf_task_t* task, void* executor) {
    cf_future_t* future = NULL;
    const cf_status_t submitted =
        cf_executor_submit_call(executor, NULL, "greet", "[]", -1, &future, NULL);
    const int32_t ran = cf_future_run_in_place(future);
    const cf_status_t waited = ran ? cf_future_wait(future, -1) : CF_STATUS_INTERNAL;
    (void)task;
    cf_future_release(future);
    return submitted != CF_STATUS_OK ? submitted : waited;
}

/* S9: the only worker waits for what it has submitted. */
static void waiting_inside_a_task(void) {
    cf_thread_pool_options_t* options = NULL;
    cf_executor_t* executor = NULL;
    cf_future_t* future = NULL;
    cf_error_t* error = NULL;
    REQUIRE(cf_thread_pool_options_create(&options, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_max_workers(options, 1, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_help(options, CF_HELP_OWN_TARGET, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_outside_help(options, 1, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_max_compensating_workers(options, 0, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_help(options, 7, &error), CF_STATUS_INVALID_ARGUMENT);
    CHECK(strstr(cf_error_message(error), "help") != NULL);
    cf_error_release(error);
    REQUIRE(cf_thread_pool_create(options, &executor, NULL) == CF_STATUS_OK);
    cf_thread_pool_options_release(options);
    REQUIRE(cf_executor_submit(executor, NULL, wait_for_own_submit, executor, NULL, &future,
                               NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_wait(future, cf_test_long_wait_ns()), CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_outcome(future), CF_STATUS_OK);
    cf_future_release(future);
    expect_to_shut_down(executor);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(thread_pool),     CF_TEST_CASE(thread_pool_with_defaults),
        CF_TEST_CASE(inline_executor), CF_TEST_CASE(zero_workers),
        CF_TEST_CASE(exit_policies),   CF_TEST_CASE(prepared_call),
        CF_TEST_CASE(named_call),      CF_TEST_CASE(waiting_inside_a_task),
    };
    if (cf_function_register("greet", greet, NULL, NULL, NULL) != CF_STATUS_OK) return EXIT_FAILURE;
    return CF_TEST_RUN(cases, argc, argv);
}

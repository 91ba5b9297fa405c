/* Calls that are submitted together, and calls that are posted. */
#include <cfutures/cfutures.h>
#include <stdlib.h>

#include "support/c_test.h"

enum { kCalls = 300 };

static int32_t twice(cf_task_t* task, void* data) {
    int* number = (int*)data;
    *number *= 2;
    return cf_task_return_pointer(task, number, NULL);
}

static int32_t first(cf_task_t* task, void* data) {
    (void)data;
    return cf_task_return_json(task, "1", -1);
}

static cf_executor_t* make_pool(void) {
    cf_executor_t* executor = NULL;
    CHECK_EQ_INT(cf_thread_pool_create(NULL, &executor, NULL), CF_STATUS_OK);
    return executor;
}

static void end_pool(cf_executor_t* executor) {
    CHECK_EQ_INT(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    cf_executor_release(executor);
}

static void fill(int* numbers, void** pointers) {
    for (int i = 0; i < kCalls; ++i) {
        numbers[i] = i;
        pointers[i] = &numbers[i];
    }
}

static void expect_doubled(const int* numbers) {
    for (int i = 0; i < kCalls; ++i)
        CHECK_EQ_INT(numbers[i], 2 * i);
}

static void submit_batch(void) {
    int numbers[kCalls];
    void* pointers[kCalls];
    cf_future_t* futures[kCalls];
    cf_executor_t* executor = make_pool();
    fill(numbers, pointers);
    CHECK_EQ_INT(
        cf_executor_submit_batch(executor, NULL, twice, pointers, kCalls, NULL, futures, NULL),
        CF_STATUS_OK);
    for (int i = 0; i < kCalls; ++i) {
        void* result = NULL;
        CHECK_EQ_INT(cf_future_result_pointer(futures[i], cf_test_long_wait_ns(), &result, NULL),
                     CF_STATUS_OK);
        CHECK(result == pointers[i]);
        cf_future_release(futures[i]);
    }
    end_pool(executor);
    expect_doubled(numbers);
}

static void post(void) {
    int numbers[kCalls];
    void* pointers[kCalls];
    cf_executor_t* executor = make_pool();
    fill(numbers, pointers);
    CHECK_EQ_INT(cf_executor_post(executor, NULL, twice, pointers[0], NULL, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(
        cf_executor_post_batch(executor, NULL, twice, pointers + 1, kCalls - 1, NULL, NULL),
        CF_STATUS_OK);
    end_pool(executor);
    expect_doubled(numbers);
}

static void named_batch(void) {
    const char* const arguments[] = {"[]", "{}", "[1]"};
    cf_future_t* futures[3];
    const char* json = NULL;
    cf_executor_t* executor = make_pool();
    CHECK_EQ_INT(
        cf_executor_submit_call_batch(executor, NULL, "first", arguments, NULL, 3, futures, NULL),
        CF_STATUS_OK);
    for (int i = 0; i < 3; ++i) {
        CHECK_EQ_INT(cf_future_result_json(futures[i], cf_test_long_wait_ns(), &json, NULL, NULL),
                     CF_STATUS_OK);
        CHECK_STR(json, "1");
        cf_future_release(futures[i]);
    }
    end_pool(executor);
}

static void prepared_batch(void) {
    cf_future_t* futures[3];
    void* payload = NULL;
    cf_executor_t* executor = make_pool();
    for (int i = 0; i < 3; ++i) {
        REQUIRE(cf_executor_prepare(executor, NULL, sizeof(int), sizeof(int), twice, NULL, NULL,
                                    &payload, &futures[i], NULL) == CF_STATUS_OK);
        *(int*)payload = i;
    }
    CHECK_EQ_INT(cf_executor_submit_prepared_batch(executor, futures, 3, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(
        cf_wait(futures, 3, CF_RETURN_WHEN_ALL_COMPLETED, cf_test_long_wait_ns(), NULL, NULL, NULL),
        CF_STATUS_OK);
    for (int i = 0; i < 3; ++i) {
        CHECK_EQ_INT(*(int*)cf_future_payload(futures[i]), 2 * i);
        cf_future_release(futures[i]);
    }
    end_pool(executor);
}

static void refused(void) {
    void* pointers[2] = {NULL, NULL};
    int anything = 0;
    cf_future_t* futures[2];
    cf_error_t* error = NULL;
    cf_executor_t* executor = make_pool();
    futures[0] = futures[1] = (cf_future_t*)&anything;
    CHECK_EQ_INT(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, -1, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(
        cf_executor_submit_batch(executor, NULL, first, pointers, 2, NULL, futures, &error),
        CF_STATUS_SHUT_DOWN);
    CHECK(futures[0] == NULL && futures[1] == NULL);
    CHECK_EQ_INT(cf_error_status(error), CF_STATUS_SHUT_DOWN);
    cf_error_release(error);
    end_pool(executor);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(submit_batch),   CF_TEST_CASE(post),    CF_TEST_CASE(named_batch),
        CF_TEST_CASE(prepared_batch), CF_TEST_CASE(refused),
    };
    if (cf_function_register("first", first, NULL, NULL, NULL) != CF_STATUS_OK) return EXIT_FAILURE;
    return CF_TEST_RUN(cases, argc, argv);
}

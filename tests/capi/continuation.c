/* Futures that follow others, from C: then, when_all, when_any, and failures that nobody reads. */
#include <cfutures/cfutures.h>
#include <stdio.h>
#include <string.h>

#include "support/c_test.h"

static int32_t add_one(cf_task_t* task, cf_future_t* antecedent, void* calls) {
    const char* json = NULL;
    char text[16];
    int number = 0;
    ++*(int*)calls;
    if (cf_future_result_json(antecedent, 0, &json, NULL, NULL) != CF_STATUS_OK) {
        return cf_task_return_json(task, "\"failed before\"", -1);
    }
    if (sscanf(json, "%d", &number) != 1) return 1;
    snprintf(text, sizeof text, "%d", number + 1);
    return cf_task_return_json(task, text, -1);
}

static void count(void* counter) {
    ++*(int*)counter;
}

static void expect_json(cf_future_t* future, const char* expected) {
    const char* json = NULL;
    REQUIRE(cf_future_result_json(future, cf_test_long_wait_ns(), &json, NULL, NULL) ==
            CF_STATUS_OK);
    CHECK_STR(json, expected);
}

static void a_chain(void) {
    cf_executor_t* executor = NULL;
    cf_promise_t* promise = NULL;
    cf_future_t* first = NULL;
    cf_future_t* second = NULL;
    cf_future_t* third = NULL;
    int calls = 0;
    int destroyed = 0;
    REQUIRE(cf_inline_executor_create(&executor, NULL) == CF_STATUS_OK);
    REQUIRE(cf_promise_create(&promise, NULL) == CF_STATUS_OK);
    first = cf_promise_future(promise);
    CHECK_EQ_INT(cf_future_then(first, executor, NULL, CF_THEN_ON_SUCCESS, add_one, &calls, NULL,
                                &second, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_then(second, executor, NULL, 0, add_one, &calls, NULL, &third, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_then(second, executor, NULL, 0, NULL, &destroyed, count, NULL, NULL),
                 CF_STATUS_INVALID_ARGUMENT);
    CHECK_EQ_INT(destroyed, 1);
    CHECK_EQ_INT(calls, 0);
    CHECK_EQ_INT(cf_promise_set_result_json(promise, "40", -1, NULL), CF_STATUS_OK);
    expect_json(third, "42");
    CHECK_EQ_INT(calls, 2);
    cf_future_release(first);
    cf_future_release(second);
    cf_future_release(third);
    cf_promise_release(promise);
    cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, -1, NULL);
    cf_executor_release(executor);
}

static void several(void) {
    cf_promise_t* promises[2] = {NULL, NULL};
    cf_future_t* futures[2];
    cf_future_t* all = NULL;
    cf_future_t* any = NULL;
    int i;
    for (i = 0; i < 2; ++i) {
        REQUIRE(cf_promise_create(&promises[i], NULL) == CF_STATUS_OK);
        futures[i] = cf_promise_future(promises[i]);
    }
    CHECK_EQ_INT(cf_when_all(futures, 2, &all, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_when_any(futures, 2, &any, NULL), CF_STATUS_OK);
    cf_future_release(any);
    CHECK_EQ_INT(cf_when_any(futures, 0, &any, NULL), CF_STATUS_INVALID_ARGUMENT);
    CHECK(any == NULL);
    CHECK_EQ_INT(cf_when_any(futures, 2, &any, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_promise_set_result_json(promises[1], "1", -1, NULL), CF_STATUS_OK);
    expect_json(any, "1");
    CHECK_EQ_INT(cf_future_done(all), 0);
    CHECK_EQ_INT(cf_future_cancel(futures[0]), 1);
    CHECK_EQ_INT(cf_future_outcome(all), CF_STATUS_OK);
    cf_future_release(all);
    cf_future_release(any);
    for (i = 0; i < 2; ++i) {
        cf_future_release(futures[i]);
        cf_promise_release(promises[i]);
    }
}

static void take_note(const cf_error_t* error, void* note) {
    snprintf((char*)note, 64, "%s", cf_status_name(cf_error_status(error)));
}

static void what_nobody_reads_is_told(void) {
    char note[64] = "";
    cf_promise_t* promise = NULL;
    uint64_t before = cf_unobserved_failure_count();
    CHECK_EQ_INT(cf_unobserved_failure_set_hook(take_note, note, NULL, NULL), CF_STATUS_OK);
    REQUIRE(cf_promise_create(&promise, NULL) == CF_STATUS_OK);
    cf_promise_release(promise);
    CHECK_STR(note, "CF_STATUS_BROKEN_PROMISE");
    CHECK(cf_unobserved_failure_count() == before + 1);
    CHECK_EQ_INT(cf_unobserved_failure_set_hook(NULL, NULL, NULL, NULL), CF_STATUS_OK);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(a_chain),
        CF_TEST_CASE(several),
        CF_TEST_CASE(what_nobody_reads_is_told),
    };
    return CF_TEST_RUN(cases, argc, argv);
}

/* Promises from C. */
#include <cfutures/cfutures.h>
#include <string.h>

#include "support/c_test.h"

static void kept(void) {
    cf_promise_t* promise = NULL;
    cf_future_t* future;
    cf_error_t* error = NULL;
    const void* bytes = NULL;
    size_t size = 0;
    REQUIRE(cf_promise_create(&promise, NULL) == CF_STATUS_OK);
    future = cf_promise_future(promise);
    REQUIRE(future != NULL);
    CHECK_EQ_INT(cf_promise_set_running_or_notify_cancel(promise), CF_STATUS_OK);
    CHECK_EQ_INT(cf_future_cancel(future), 0);
    CHECK_EQ_INT(cf_promise_set_result_bytes(promise, "\0\1\2", 3, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_promise_set_result_json(promise, "1", -1, &error), CF_STATUS_INVALID_STATE);
    CHECK(strlen(cf_error_message(error)) > 0);
    cf_error_release(error);
    CHECK_EQ_INT(cf_future_result_bytes(future, 0, &bytes, &size, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(size, 3);
    CHECK(memcmp(bytes, "\0\1\2", 3) == 0);
    cf_promise_release(promise);
    cf_future_release(future);
}

static void failed(void) {
    cf_promise_t* promise = NULL;
    cf_future_t* future;
    cf_error_t* error = NULL;
    REQUIRE(cf_promise_create(&promise, NULL) == CF_STATUS_OK);
    future = cf_promise_future(promise);
    REQUIRE(cf_error_create(CF_STATUS_TASK_FAILED, "IOError", "disk full", NULL, &error) ==
            CF_STATUS_OK);
    CHECK_EQ_INT(cf_promise_set_error(promise, error, NULL), CF_STATUS_OK);
    cf_error_release(error);
    cf_promise_release(promise);
    CHECK_EQ_INT(cf_future_outcome(future), CF_STATUS_TASK_FAILED);
    CHECK_STR(cf_error_type(cf_future_error(future)), "IOError");
    CHECK_STR(cf_error_message(cf_future_error(future)), "disk full");
    cf_future_release(future);
}

static void broken(void) {
    cf_promise_t* promise = NULL;
    cf_future_t* future;
    REQUIRE(cf_promise_create(&promise, NULL) == CF_STATUS_OK);
    future = cf_promise_future(promise);
    cf_promise_release(promise);
    CHECK_EQ_INT(cf_future_outcome(future), CF_STATUS_BROKEN_PROMISE);
    cf_future_release(future);
}

static void cancelled(void) {
    cf_promise_t* promise = NULL;
    cf_future_t* future;
    REQUIRE(cf_promise_create(&promise, NULL) == CF_STATUS_OK);
    future = cf_promise_future(promise);
    CHECK_EQ_INT(cf_future_cancel(future), 1);
    CHECK_EQ_INT(cf_promise_set_running_or_notify_cancel(promise), CF_STATUS_CANCELLED);
    CHECK_EQ_INT(cf_promise_set_result_json(promise, "1", -1, NULL), CF_STATUS_INVALID_STATE);
    cf_promise_release(promise);
    CHECK_EQ_INT(cf_future_outcome(future), CF_STATUS_CANCELLED);
    cf_future_release(future);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(kept),
        CF_TEST_CASE(failed),
        CF_TEST_CASE(broken),
        CF_TEST_CASE(cancelled),
    };
    return CF_TEST_RUN(cases, argc, argv);
}

/* Errors: making them, reading them, and what is refused. */
#include <cfutures/cfutures.h>
#include <string.h>

#include "support/c_test.h"

static void holds_what_it_was_made_of(void) {
    cf_error_t* error = NULL;
    REQUIRE(cf_error_create(CF_STATUS_TASK_FAILED, "ValueError", "n is negative", "{\"n\":-1}",
                            &error) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_error_status(error), CF_STATUS_TASK_FAILED);
    CHECK_STR(cf_error_type(error), "ValueError");
    CHECK_STR(cf_error_message(error), "n is negative");
    CHECK_STR(cf_error_detail(error), "{\"n\":-1}");
    CHECK_STR(cf_error_function(error), "");
    CHECK_EQ_INT(cf_error_task_id(error), 0);
    CHECK_EQ_INT(cf_error_task_code(error), 0);
    CHECK_EQ_INT(cf_error_os_code(error), 0);
    CHECK_EQ_INT(cf_error_worker_pid(error), 0);
    CHECK_EQ_INT(cf_error_worker_signal(error), 0);
    CHECK_EQ_INT(cf_error_worker_exit_status(error), -1);
    CHECK(cf_error_cause(error) == NULL);
    cf_error_release(error);
}

static void copies_its_texts(void) {
    char text[] = "before";
    cf_error_t* error = NULL;
    REQUIRE(cf_error_create(CF_STATUS_SYSTEM, text, text, NULL, &error) == CF_STATUS_OK);
    strcpy(text, "after!");
    CHECK_STR(cf_error_type(error), "before");
    CHECK_STR(cf_error_message(error), "before");
    cf_error_release(error);
}

static void needs_nothing_but_a_status(void) {
    cf_error_t* error = NULL;
    REQUIRE(cf_error_create(CF_STATUS_TIMEOUT, NULL, NULL, NULL, &error) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_error_status(error), CF_STATUS_TIMEOUT);
    CHECK_STR(cf_error_type(error), "");
    CHECK(cf_error_message(error) != NULL);
    CHECK(cf_error_detail(error) == NULL);
    cf_error_release(error);
}

static void statuses_that_are_no_failure_are_refused(void) {
    static const cf_status_t wrong[] = {CF_STATUS_OK, CF_STATUS_END, 5};
    size_t i;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); ++i) {
        cf_error_t* error = (cf_error_t*)&error;
        CHECK_EQ_INT(cf_error_create(wrong[i], NULL, NULL, NULL, &error),
                     CF_STATUS_INVALID_ARGUMENT);
        CHECK(error == NULL);
    }
    CHECK_EQ_INT(cf_error_create(CF_STATUS_SYSTEM, NULL, NULL, NULL, NULL),
                 CF_STATUS_INVALID_ARGUMENT);
}

static void detail_must_be_json(void) {
    static const char* const wrong[] = {"", "{", "x", "[1E400]"};
    size_t i;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); ++i) {
        cf_error_t* error = NULL;
        CHECK_EQ_INT(cf_error_create(CF_STATUS_TASK_FAILED, NULL, NULL, wrong[i], &error),
                     CF_STATUS_DECODE_ERROR);
        CHECK(error == NULL);
    }
}

static void references_are_counted(void) {
    cf_error_t* error = NULL;
    REQUIRE(cf_error_create(CF_STATUS_SYSTEM, NULL, "kept", NULL, &error) == CF_STATUS_OK);
    CHECK(cf_error_retain(error) == error);
    cf_error_release(error);
    CHECK_STR(cf_error_message(error), "kept");
    cf_error_release(error);
}

static void null_means_no_error(void) {
    CHECK_EQ_INT(cf_error_status(NULL), CF_STATUS_OK);
    CHECK_STR(cf_error_type(NULL), "");
    CHECK(cf_error_message(NULL) != NULL);
    CHECK(cf_error_detail(NULL) == NULL);
    CHECK(cf_error_cause(NULL) == NULL);
    CHECK(cf_error_retain(NULL) == NULL);
    cf_error_release(NULL);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(holds_what_it_was_made_of),
        CF_TEST_CASE(copies_its_texts),
        CF_TEST_CASE(needs_nothing_but_a_status),
        CF_TEST_CASE(statuses_that_are_no_failure_are_refused),
        CF_TEST_CASE(detail_must_be_json),
        CF_TEST_CASE(references_are_counted),
        CF_TEST_CASE(null_means_no_error),
    };
    return CF_TEST_RUN(cases, argc, argv);
}

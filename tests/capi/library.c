/* Library: versions, statuses, default counts. */
#include <cfutures/cfutures.h>
#include <stdlib.h>
#include <string.h>

#include "support/c_test.h"

static void versions_agree(void) {
    CHECK_EQ_INT(cf_version_number(), CFUTURES_VERSION_NUMBER);
    CHECK_STR(cf_version_string(), "0.1.0");
}

static void unknown_statuses_have_a_text(void) {
    static const cf_status_t unknown[] = {2, -25, -1000, 1000000, CF_STATUS_RESERVED};
    size_t i;
    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); ++i) {
        REQUIRE(cf_status_name(unknown[i]) != NULL);
        CHECK(strlen(cf_status_name(unknown[i])) > 0);
        CHECK_STR(cf_status_name(unknown[i]), cf_status_name(2));
        REQUIRE(cf_status_message(unknown[i]) != NULL);
        CHECK_STR(cf_status_message(unknown[i]), cf_status_message(2));
    }
}

static void default_counts_follow_the_processors(void) {
    const int32_t processes = cf_default_process_count();
    const int32_t threads = cf_default_thread_count();
    CHECK(processes >= 1);
    CHECK_EQ_INT(threads, processes + 4 < 32 ? processes + 4 : 32);
}

static void free_takes_null(void) {
    cf_free(NULL);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(versions_agree),
        CF_TEST_CASE(unknown_statuses_have_a_text),
        CF_TEST_CASE(default_counts_follow_the_processors),
        CF_TEST_CASE(free_takes_null),
    };
    return CF_TEST_RUN(cases, argc, argv);
}

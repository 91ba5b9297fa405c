/* Counters of an executor. */
#include <cfutures/cfutures.h>

#include "support/c_test.h"

static int32_t succeed(cf_task_t* task, void* data) {
    (void)task;
    (void)data;
    return 0;
}

static int32_t fail(cf_task_t* task, void* data) {
    (void)task;
    (void)data;
    return 1;
}

static void counts(int32_t timed) {
    cf_thread_pool_options_t* options = NULL;
    cf_executor_t* executor = NULL;
    cf_stats_t* stats = NULL;
    uint64_t measured = 0;
    size_t i;
    CHECK_EQ_INT(cf_thread_pool_options_create(&options, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_timed(options, timed, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_create(options, &executor, NULL), CF_STATUS_OK);
    cf_thread_pool_options_release(options);
    for (i = 0; i < 10; ++i) {
        CHECK_EQ_INT(cf_executor_post(executor, NULL, i < 4 ? fail : succeed, NULL, NULL, NULL),
                     CF_STATUS_OK);
    }
    CHECK_EQ_INT(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(cf_executor_stats(executor, &stats, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_stats_value(stats, CF_STAT_SUBMITTED), 10);
    CHECK_EQ_INT(cf_stats_value(stats, CF_STAT_SUCCEEDED), 6);
    CHECK_EQ_INT(cf_stats_value(stats, CF_STAT_FAILED), 4);
    CHECK_EQ_INT(cf_stats_value(stats, CF_STAT_CANCELLED), 0);
    CHECK_EQ_INT(cf_stats_value(stats, CF_STAT_QUEUED), 0);
    CHECK_EQ_INT(cf_stats_value(stats, CF_STAT_ACTIVE_WORKERS), 0);
    CHECK_EQ_INT(cf_stats_value(stats, CF_STAT_IDLE_WORKERS), 0);
    CHECK_EQ_INT(cf_stats_value(stats, CF_STAT_INVALID), -1);
    CHECK_EQ_INT(cf_stats_value(stats, CF_STAT_RUN_TIME) >= 0, timed);
    CHECK_EQ_INT(cf_stats_value(stats, CF_STAT_WAIT_TIME) >= 0, timed);
    for (i = 0; i < CF_STATS_BUCKETS; ++i)
        measured += cf_stats_histogram(stats, CF_STAT_RUN_TIME, i);
    CHECK_EQ_INT(measured, timed ? 10 : 0);
    cf_stats_release(stats);
    cf_stats_release(NULL);
    cf_executor_release(executor);
}

static void endings(void) {
    counts(0);
}

static void times(void) {
    counts(1);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(endings),
        CF_TEST_CASE(times),
    };
    return CF_TEST_RUN(cases, argc, argv);
}

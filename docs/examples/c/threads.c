/*
 * A thread pool: its options, the ways to submit a call, and what a call sees of itself.
 */
#include <stdint.h>
#include <string.h>

#include "must.h"

enum { count = 3 };

static int32_t initialize(void* user_data) {
    (void)user_data;
    return 0;
}

static void freed(void* user_data) {
    printf("freed: %s\n", (const char*)user_data);
}

/* Returns a pointer, with the function that frees it. */
static int32_t duplicate(cf_task_t* task, void* text) {
    char* copy = malloc(strlen(text) + 1);
    if (copy == NULL) return CF_STATUS_NO_MEMORY;
    strcpy(copy, text);
    return cf_task_return_pointer(task, copy, free);
}

static int32_t tell_itself(cf_task_t* task, void* user_data) {
    (void)user_data;
    const int64_t known[] = {(int64_t)cf_task_id(task), (int64_t)cf_task_worker_id(task),
                             cf_task_cancel_requested(task), cf_task_time_left(task)};
    cf_task_report_progress(task, "\"nearly done\"", -1);
    return cf_task_return_bytes(task, known, sizeof known);
}

/* The payload is where the result goes, too. */
typedef struct {
    int64_t base;
    int64_t square;
} square_t;

static int32_t square(cf_task_t* task, void* payload) {
    (void)task;
    square_t* const self = payload;
    self->square = self->base * self->base;
    return CF_STATUS_OK;
}

static void never_ran(void* payload) {
    printf("%d never ran\n", (int)((square_t*)payload)->base);
}

static int32_t add_one(cf_task_t* task, void* sum) {
    (void)task;
    ++*(int*)sum; /* the pool has one worker */
    return CF_STATUS_OK;
}

static cf_executor_t* make_pool(void) {
    cf_thread_pool_options_t* options = NULL;
    cf_executor_t* pool = NULL;
    MUST(cf_thread_pool_options_create(&options, &error));
    MUST(cf_thread_pool_options_set_max_workers(options, 1, &error));
    MUST(cf_thread_pool_options_set_name_prefix(options, "example", &error));
    MUST(cf_thread_pool_options_set_initializer(options, initialize, NULL, NULL, &error));
    MUST(cf_thread_pool_options_set_help(options, CF_HELP_OWN_TARGET, &error));
    MUST(cf_thread_pool_options_set_outside_help(options, 0, &error));
    MUST(cf_thread_pool_options_set_spin(options, 1, &error));
    MUST(cf_thread_pool_options_set_max_compensating_workers(options, 16, &error));
    MUST(cf_thread_pool_options_set_max_queue(options, 100, &error));
    MUST(cf_thread_pool_options_set_queue_policy(options, CF_QUEUE_POLICY_BLOCK, &error));
    MUST(cf_thread_pool_options_set_timed(options, 1, &error));
    MUST(cf_thread_pool_options_set_exit_policy(options, CF_EXIT_POLICY_DRAIN, &error));
    MUST(cf_thread_pool_options_set_exit_timeout(options, -1, &error));
    MUST(cf_thread_pool_create(options, &pool, &error));
    cf_thread_pool_options_release(options);
    return pool;
}

static cf_future_t* prepare_square(cf_executor_t* pool, int64_t base) {
    void* payload = NULL;
    cf_future_t* future = NULL;
    MUST(cf_executor_prepare(pool, NULL, sizeof(square_t), sizeof(int64_t), square, never_ran, NULL,
                             &payload, &future, &error));
    ((square_t*)payload)->base = base;
    return future;
}

static void print_square(cf_future_t* future) {
    /* Only a thread of the pool may run it itself; this one waits for the pool. */
    if (cf_future_run_in_place(future) || cf_future_wait(future, -1) == CF_STATUS_OK) {
        printf("square: %d\n", (int)((square_t*)cf_future_payload(future))->square);
    }
    cf_future_release(future);
}

/* How its calls have ended, and how long they took. */
static void print_stats(cf_executor_t* pool) {
    cf_stats_t* stats = NULL;
    uint64_t measured = 0;
    MUST(cf_executor_stats(pool, &stats, &error));
    for (size_t i = 0; i < CF_STATS_BUCKETS; ++i)
        measured += cf_stats_histogram(stats, CF_STAT_RUN_TIME, i);
    printf("submitted: %d, succeeded: %d, cancelled: %d, measured: %d\n",
           (int)cf_stats_value(stats, CF_STAT_SUBMITTED),
           (int)cf_stats_value(stats, CF_STAT_SUCCEEDED),
           (int)cf_stats_value(stats, CF_STAT_CANCELLED), (int)measured);
    cf_stats_release(stats);
}

int main(void) {
    cf_executor_t* pool = make_pool();

    /* One call, which owns its user_data, and has a name, a priority and a deadline. */
    static char hello[] = "hello";
    cf_submit_options_t* options = NULL;
    MUST(cf_submit_options_create(&options, &error));
    MUST(cf_submit_options_set_name(options, "duplicate", &error));
    MUST(cf_submit_options_set_priority(options, 1, &error));
    MUST(cf_submit_options_set_queue_timeout(options, INT64_C(60000000000), &error));
    MUST(cf_submit_options_set_deadline(options, INT64_C(60000000000), &error));
    MUST(cf_submit_options_set_retries(options, 1, &error)); /* for processes */
    cf_future_t* future = NULL;
    MUST(cf_executor_submit(pool, options, duplicate, hello, freed, &future, &error));
    cf_submit_options_release(options);
    void* pointer = NULL;
    MUST(cf_future_result_pointer(future, -1, &pointer, &error));
    printf("a pointer: %s\n", (const char*)pointer);
    cf_future_release(future);

    MUST(cf_executor_submit(pool, NULL, tell_itself, NULL, NULL, &future, &error));
    const void* bytes = NULL;
    size_t size = 0;
    MUST(cf_future_result_bytes(future, -1, &bytes, &size, &error));
    const int64_t* known = bytes;
    printf("its id: %d, worker %d, to stop: %d, time left: %d\n",
           known[0] == (int64_t)cf_future_task_id(future), (int)known[1], (int)known[2],
           (int)known[3]);
    char* progress = NULL;
    MUST(cf_future_progress(future, &progress, NULL, NULL));
    printf("its progress: %s\n", progress);
    cf_free(progress);
    cf_future_release(future);

    /* In one block of memory; the last one is not submitted. */
    future = prepare_square(pool, 5);
    MUST(cf_executor_submit_prepared(pool, future, &error));
    print_square(future);
    cf_future_t* pair[] = {prepare_square(pool, 6), prepare_square(pool, 7)};
    MUST(cf_executor_submit_prepared_batch(pool, pair, 2, &error));
    print_square(pair[0]);
    print_square(pair[1]);
    cf_future_release(prepare_square(pool, 8));

    /* Several at once, and those whose futures nobody wants. */
    int sum = 0;
    void* each[count] = {&sum, &sum, &sum};
    cf_future_t* futures[count];
    MUST(cf_executor_submit_batch(pool, NULL, add_one, each, count, NULL, futures, &error));
    MUST(cf_executor_post(pool, NULL, add_one, &sum, NULL, &error));
    MUST(cf_executor_post_batch(pool, NULL, add_one, each, count, NULL, &error));
    for (int i = 0; i < count; ++i)
        cf_future_release(futures[i]);
    MUST(cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, &error));
    printf("all have run: %d\n", sum);
    print_stats(pool);
    cf_executor_release(pool);
    return 0;
}

/* Priorities and bounded queues. */
#include <cfutures/cfutures.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "support/c_test.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t note = PTHREAD_MUTEX_INITIALIZER;
static int holding; /* guarded by note */
static char order[8];
static size_t written;

static int32_t pass_gate(cf_task_t* task, void* data) {
    (void)task;
    (void)data;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return 0;
}

static int32_t hold(cf_task_t* task, void* data) {
    pthread_mutex_lock(&note);
    holding = 1;
    pthread_mutex_unlock(&note);
    return pass_gate(task, data);
}

static int is_holding(void) {
    int answer;
    pthread_mutex_lock(&note);
    answer = holding;
    pthread_mutex_unlock(&note);
    return answer;
}

static int32_t write_letter(cf_task_t* task, void* letter) {
    (void)task;
    order[written++] = *(const char*)letter;
    return 0;
}

/* A pool of one worker, which waits at the gate. */
static cf_executor_t* make_pool(int64_t max_queue, cf_queue_policy_t policy) {
    cf_thread_pool_options_t* options = NULL;
    cf_executor_t* executor = NULL;
    CHECK_EQ_INT(cf_thread_pool_options_create(&options, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_max_workers(options, 1, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_max_queue(options, max_queue, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_options_set_queue_policy(options, policy, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_thread_pool_create(options, &executor, NULL), CF_STATUS_OK);
    cf_thread_pool_options_release(options);
    pthread_mutex_lock(&gate);
    holding = 0;
    CHECK_EQ_INT(cf_executor_post(executor, NULL, hold, NULL, NULL, NULL), CF_STATUS_OK);
    /* A call that is RUNNING may be about to leave the queue; one that runs has left it. */
    while (!is_holding())
        sched_yield();
    return executor;
}

static void end_pool(cf_executor_t* executor) {
    pthread_mutex_unlock(&gate);
    CHECK_EQ_INT(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    cf_executor_release(executor);
}

static void priorities(void) {
    static char letters[] = "cba";
    cf_submit_options_t* options = NULL;
    cf_executor_t* executor = make_pool(0, CF_QUEUE_POLICY_BLOCK);
    REQUIRE(cf_submit_options_create(&options, NULL) == CF_STATUS_OK);
    for (int32_t i = 0; i < 3; ++i) {
        CHECK_EQ_INT(cf_submit_options_set_priority(options, i - 1, NULL), CF_STATUS_OK);
        CHECK_EQ_INT(cf_executor_post(executor, options, write_letter, &letters[i], NULL, NULL),
                     CF_STATUS_OK);
    }
    cf_submit_options_release(options);
    end_pool(executor);
    CHECK_STR(order, "abc");
}

static void full_queue(void) {
    cf_error_t* error = NULL;
    cf_executor_t* executor = make_pool(1, CF_QUEUE_POLICY_FAIL);
    CHECK_EQ_INT(cf_executor_post(executor, NULL, pass_gate, NULL, NULL, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_executor_post(executor, NULL, pass_gate, NULL, NULL, &error),
                 CF_STATUS_QUEUE_FULL);
    CHECK(strstr(cf_error_message(error), "full") != NULL);
    cf_error_release(error);
    end_pool(executor);
}

static void queue_timeout(void) {
    cf_submit_options_t* options = NULL;
    cf_executor_t* executor = make_pool(1, CF_QUEUE_POLICY_BLOCK);
    REQUIRE(cf_submit_options_create(&options, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_submit_options_set_queue_timeout(options, 0, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_executor_post(executor, options, pass_gate, NULL, NULL, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_executor_post(executor, options, pass_gate, NULL, NULL, NULL),
                 CF_STATUS_QUEUE_FULL);
    cf_submit_options_release(options);
    end_pool(executor);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(priorities),
        CF_TEST_CASE(full_queue),
        CF_TEST_CASE(queue_timeout),
    };
    return CF_TEST_RUN(cases, argc, argv);
}

/* A whole program of a user in C: one call on a thread pool. Exits with 0 when all went well. */
#include <cfutures/cfutures.h>
#include <stdio.h>
#include <string.h>

#if CFUTURES_VERSION_NUMBER != \
    CFUTURES_VERSION_MAJOR * 1000000 + CFUTURES_VERSION_MINOR * 1000 + CFUTURES_VERSION_PATCH
#error "the parts of the version number do not agree"
#endif

static int32_t answer(cf_task_t* task, void* user_data) {
    (void)user_data;
    return cf_task_return_json(task, "42", -1);
}

static int run(void) {
    cf_executor_t* pool = NULL;
    cf_future_t* future = NULL;
    const char* json = NULL;
    int failed = 1;
    if (cf_thread_pool_create(NULL, &pool, NULL) == CF_STATUS_OK &&
        cf_executor_submit(pool, NULL, answer, NULL, NULL, &future, NULL) == CF_STATUS_OK &&
        cf_future_result_json(future, -1, &json, NULL, NULL) == CF_STATUS_OK) {
        failed = strcmp(json, "42") != 0;
    }
    cf_future_release(future);
    failed |= cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, NULL) != CF_STATUS_OK;
    cf_executor_release(pool);
    return failed;
}

int main(void) {
    if (cf_version_number() != CFUTURES_VERSION_NUMBER) {
        fprintf(stderr, "header %d, library %s\n", CFUTURES_VERSION_NUMBER, cf_version_string());
        return 1;
    }
    return run();
}

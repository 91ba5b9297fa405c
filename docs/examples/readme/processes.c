#include <cfutures/cfutures.h>
#include <stdio.h>

static int32_t add(cf_task_t* task, void* user_data) {
    (void)user_data;
    const char* arguments = NULL;
    int a = 0, b = 0;
    char sum[16];
    cf_task_arguments(task, &arguments, NULL);
    if (sscanf(arguments, "[%d, %d]", &a, &b) != 2) {
        return cf_task_fail(task, "TypeError", "add wants two integers", NULL);
    }
    snprintf(sum, sizeof sum, "%d", a + b);
    return cf_task_return_json(task, sum, -1);
}

int main(void) {
    cf_executor_t* pool = NULL;
    cf_future_t* future = NULL;
    cf_error_t* error = NULL;
    const char* sum = NULL;
    cf_function_register("add", add, NULL, NULL, NULL);
    cf_worker_entry(); /* the workers are this program, run again: they do not get past here */
    if (cf_process_pool_create(NULL, &pool, &error) == CF_STATUS_OK &&
        cf_executor_submit_call(pool, NULL, "add", "[2, 3]", -1, &future, &error) == CF_STATUS_OK &&
        cf_future_result_json(future, -1, &sum, NULL, &error) == CF_STATUS_OK) {
        printf("2 + 3 = %s\n", sum);
    } else {
        fprintf(stderr, "%s\n", cf_error_message(error));
    }
    cf_error_release(error);
    cf_future_release(future);
    cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, NULL);
    cf_executor_release(pool);
    return 0;
}

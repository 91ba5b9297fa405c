#include <cfutures/cfutures.h>
#include <stdio.h>
#include <string.h>

static int32_t greet(cf_task_t* task, void* name) {
    char text[64];
    snprintf(text, sizeof text, "Hello, %s!", (const char*)name);
    return cf_task_return_bytes(task, text, strlen(text));
}

int main(void) {
    cf_executor_t* pool = NULL;
    cf_future_t* future = NULL;
    cf_error_t* error = NULL;
    const void* text = NULL;
    size_t size = 0;
    if (cf_thread_pool_create(NULL, &pool, &error) == CF_STATUS_OK &&
        cf_executor_submit(pool, NULL, greet, "world", NULL, &future, &error) == CF_STATUS_OK &&
        cf_future_result_bytes(future, -1, &text, &size, &error) == CF_STATUS_OK) {
        printf("%.*s\n", (int)size, (const char*)text);
    } else {
        fprintf(stderr, "%s\n", cf_error_message(error));
    }
    cf_error_release(error);
    cf_future_release(future);
    cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, NULL);
    cf_executor_release(pool);
    return 0;
}

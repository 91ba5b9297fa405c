/* A library of functions for cfutures-worker, for worker_process_test.cpp. */
#include <cfutures/cfutures.h>

CFUTURES_API void cfutures_register(void);

static int32_t answer(cf_task_t* task, void* user_data) {
    (void)user_data;
    return cf_task_return_json(task, "42", -1);
}

void cfutures_register(void) {
    cf_function_register("answer", answer, NULL, NULL, NULL);
}

/* A shared library whose function the installed worker serves; see plugin_host.c. */
#include <cfutures/cfutures.h>
#include <stdio.h>

static int32_t triple(cf_task_t* task, void* user_data) {
    const char* arguments = NULL;
    char result[32];
    int number = 0;
    (void)user_data;
    if (cf_task_arguments(task, &arguments, NULL) != CF_STATUS_OK ||
        sscanf(arguments, "[%d]", &number) != 1) {
        return cf_task_fail(task, "TypeError", "one integer is wanted", NULL);
    }
    snprintf(result, sizeof result, "%d", 3 * number);
    return cf_task_return_json(task, result, -1);
}

__attribute__((visibility("default"))) void cfutures_register(void);

void cfutures_register(void) {
    cf_function_register("triple", triple, NULL, NULL, NULL);
}

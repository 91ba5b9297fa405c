/*
 * The library itself: versions, statuses, failures that nobody reads, functions under names, and the
 * executor that needs no threads.
 */
#include <string.h>

#include "must.h"

static int32_t fail(cf_task_t* task, void* user_data) {
    (void)user_data;
    return cf_task_fail(task, "ValueError", "nobody asks for this", "{\"n\":1}");
}

static int32_t greet(cf_task_t* task, void* user_data) {
    (void)user_data;
    const char* arguments = NULL;
    size_t size = 0;
    cf_task_arguments(task, &arguments, &size);
    return cf_task_return_json(task, arguments, (int64_t)size);
}

static int32_t print_name(const char* name, void* user_data) {
    (void)user_data;
    printf("registered: %s\n", name);
    return 0;
}

static void print_unobserved(const cf_error_t* error, void* user_data) {
    (void)user_data;
    printf("unobserved: %s: %s\n", cf_error_type(error), cf_error_message(error));
}

static void unhooked(void* user_data) {
    printf("%s\n", (const char*)user_data);
}

int main(void) {
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", cf_version_number() / 1000000,
             cf_version_number() / 1000 % 1000, cf_version_number() % 1000);
    printf("one version: %d\n", strcmp(version, cf_version_string()) == 0);
    printf("workers: %d\n", cf_default_thread_count() > cf_default_process_count());
    printf("%s: %s\n", cf_status_name(CF_STATUS_TIMEOUT), cf_status_message(CF_STATUS_TIMEOUT));
    cf_free(NULL); /* as free() */

    MUST(cf_function_register("greet", greet, NULL, NULL, &error));
    printf("greet: %d, leave: %d\n", cf_function_registered("greet"),
           cf_function_registered("leave"));
    MUST(cf_function_visit(print_name, NULL));

    cf_executor_t* here = NULL;
    MUST(cf_inline_executor_create(&here, &error));
    cf_future_t* future = NULL;
    MUST(cf_executor_submit_call(here, NULL, "greet", "[\"hello\"]", -1, &future, &error));
    const char* text = NULL;
    MUST(cf_future_result_json(future, 0, &text, NULL, &error));
    printf("at once: %s\n", text);
    cf_future_release(future);

    static char farewell[] = "the hook is gone";
    const uint64_t before = cf_unobserved_failure_count();
    MUST(cf_unobserved_failure_set_hook(print_unobserved, farewell, unhooked, &error));
    MUST(cf_executor_submit(here, NULL, fail, NULL, NULL, &future, &error));
    cf_future_release(future); /* unread */
    MUST(cf_unobserved_failure_set_hook(NULL, NULL, NULL, &error));
    printf("counted: %d\n", (int)(cf_unobserved_failure_count() - before));

    /* Handles are counted: the executor is there until its last one goes. */
    cf_executor_t* again = cf_executor_retain(here);
    cf_executor_release(again);
    MUST(cf_executor_shutdown(here, CF_SHUTDOWN_WAIT, -1, &error));
    cf_executor_release(here);
    return 0;
}

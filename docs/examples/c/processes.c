/*
 * A process pool: its options, its workers, and calls that crash, are late, or are ended.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "must.h"

static int32_t half(cf_task_t* task, void* user_data) {
    (void)user_data;
    const char* arguments = NULL;
    int n = 0;
    char text[32];
    cf_task_arguments(task, &arguments, NULL);
    if (sscanf(arguments, "[%d]", &n) != 1) {
        return cf_task_fail(task, "TypeError", "half wants an integer", NULL);
    }
    if (n % 2 != 0) abort();
    snprintf(text, sizeof text, "%d", n / 2);
    return cf_task_return_json(task, text, -1);
}

static int32_t sleep_on(cf_task_t* task, void* user_data) {
    (void)task, (void)user_data;
    while (pause() != 0) {
    }
    return CF_STATUS_OK;
}

static int32_t prepare(cf_task_t* task, void* user_data) {
    (void)task, (void)user_data;
    return CF_STATUS_OK;
}

/* The same functions in the program and in its workers, which are the program itself. */
static void serve(void) {
    MUST(cf_function_register("half", half, NULL, NULL, &error));
    MUST(cf_function_register("sleep", sleep_on, NULL, NULL, &error));
    MUST(cf_function_register("prepare", prepare, NULL, NULL, &error));
    cf_worker_entry();
}

static cf_process_pool_options_t* make_options(void) {
    cf_process_pool_options_t* options = NULL;
    MUST(cf_process_pool_options_create(&options, &error));
    MUST(cf_process_pool_options_set_max_workers(options, 1, &error));
    MUST(cf_process_pool_options_set_core_size_limit(options, 0, &error));
    return options;
}

static cf_executor_t* make_pool(cf_process_pool_options_t* options) {
    cf_executor_t* pool = NULL;
    MUST(cf_process_pool_create(options, &pool, &error));
    cf_process_pool_options_release(options);
    return pool;
}

/* Everything a pool may be told. */
static cf_executor_t* make_full_pool(void) {
    static const char* const environment[] = {"PATH=/usr/bin:/bin"};
    cf_process_pool_options_t* options = make_options();
    MUST(cf_process_pool_options_set_worker_self(options, &error));
    MUST(cf_process_pool_options_set_start_method(options, CF_START_METHOD_AUTO, &error));
    MUST(cf_process_pool_options_set_initializer(options, "prepare", "[]", -1, &error));
    MUST(cf_process_pool_options_set_max_tasks_per_child(options, 100, &error));
    MUST(cf_process_pool_options_set_spin(options, 0, &error));
    MUST(cf_process_pool_options_set_idle_timeout(options, -1, &error));
    MUST(cf_process_pool_options_set_nesting_limit(options, 1, &error));
    MUST(cf_process_pool_options_set_memory_limit(options, 0, &error));
    MUST(cf_process_pool_options_set_cpu_time_limit(options, INT64_C(60000000000), &error));
    MUST(cf_process_pool_options_set_niceness(options, 1, &error));
    MUST(cf_process_pool_options_set_umask(options, 077, &error));
    MUST(cf_process_pool_options_set_directory(options, "/", &error));
    MUST(cf_process_pool_options_set_no_new_privileges(options, 1, &error));
    if (getenv("LD_LIBRARY_PATH") == NULL) {
        MUST(cf_process_pool_options_set_environment(options, environment, 1, &error));
    }
    MUST(cf_process_pool_options_set_output(options, CF_WORKER_OUTPUT_CAPTURE, &error));
    MUST(cf_process_pool_options_set_start_timeout(options, INT64_C(60000000000), &error));
    MUST(cf_process_pool_options_set_termination_grace(options, 0, &error));
    MUST(cf_process_pool_options_set_break_on_crash(options, 0, &error));
    MUST(cf_process_pool_options_set_crash_limit(options, 100, INT64_C(60000000000), &error));
    MUST(cf_process_pool_options_set_max_message_size(options, 4096, &error));
    MUST(cf_process_pool_options_set_max_queue(options, 100, &error));
    MUST(cf_process_pool_options_set_timed(options, 1, &error));
    MUST(cf_process_pool_options_set_queue_policy(options, CF_QUEUE_POLICY_FAIL, &error));
    MUST(cf_process_pool_options_set_exit_policy(options, CF_EXIT_POLICY_CANCEL_PENDING, &error));
    MUST(cf_process_pool_options_set_exit_timeout(options, INT64_C(60000000000), &error));
    return make_pool(options);
}

static cf_future_t* call(cf_executor_t* pool, const cf_submit_options_t* options, const char* name,
                         const char* arguments) {
    cf_future_t* future = NULL;
    MUST(cf_executor_submit_call(pool, options, name, arguments, -1, &future, &error));
    return future;
}

static void print_outcome(const char* what, cf_future_t* future) {
    const char* text = NULL;
    if (cf_future_result_json(future, -1, &text, NULL, NULL) == CF_STATUS_OK) {
        printf("%s: %s\n", what, text);
    } else {
        const cf_error_t* error = cf_future_error(future);
        printf("%s: %s in %s", what, cf_status_name(cf_future_outcome(future)),
               cf_error_function(error));
        if (cf_error_status(error) == CF_STATUS_WORKER_LOST) {
            printf(", signal %d, exit status %d", cf_error_worker_signal(error),
                   cf_error_worker_exit_status(error));
        }
        printf("\n");
    }
    cf_future_release(future);
}

static void print_workers(cf_executor_t* pool) {
    cf_worker_list_t* list = NULL;
    MUST(cf_executor_workers(pool, &list, &error));
    for (size_t i = 0; i < cf_worker_list_count(list); ++i) {
        /* It may, or may not, have been heard that the first call is over. */
        const char* function = cf_worker_list_function(list, i);
        const int known = cf_worker_list_state(list, i) != CF_WORKER_STATE_INVALID &&
                          cf_worker_list_tasks_done(list, i) <= 1 &&
                          cf_worker_list_task_id(list, i) <= 1 &&
                          (*function == '\0' || strcmp(function, "half") == 0);
        printf("a worker: another process: %d, known: %d, memory: %d\n",
               cf_worker_list_pid(list, i) != (int64_t)getpid(), known,
               cf_worker_list_memory(list, i) > 0);
    }
    cf_worker_list_release(list);
}

/* Workers that are other programs: a name is theirs to know, and so is whether they can start. */
static void other_workers(void) {
    static const char* const library[] = {"/no/such/library.so"};
    static const char* const command[] = {"/bin/false"};
    cf_process_pool_options_t* options = make_options();
    MUST(cf_process_pool_options_set_output(options, CF_WORKER_OUTPUT_DISCARD, &error));
    MUST(cf_process_pool_options_set_worker_libraries(options, library, 1, &error));
    MUST(cf_process_pool_options_set_worker_command(options, command, 1, &error));
    cf_executor_t* pool = make_pool(options);
    cf_future_t* future = call(pool, NULL, "half", "[2]");
    cf_future_wait(future, -1);
    printf("no worker: %s\n", cf_status_name(cf_future_outcome(future)));
    cf_future_release(future);
    MUST(cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, &error));
    cf_executor_release(pool);
}

int main(void) {
    serve();
    cf_executor_t* pool = make_full_pool();
    print_outcome("half of 6", call(pool, NULL, "half", "[6]"));
    print_workers(pool);
    print_outcome("half of 7", call(pool, NULL, "half", "[7]"));
    print_outcome("half of 8", call(pool, NULL, "half", "[8]"));

    cf_submit_options_t* options = NULL;
    MUST(cf_submit_options_create(&options, &error));
    MUST(cf_submit_options_set_retries(options, 2, &error));
    print_outcome("again and again", call(pool, options, "half", "[9]"));
    print_outcome("half of 2", call(pool, NULL, "half", "[2]"));
    MUST(cf_submit_options_set_deadline(options, 20000000, &error));
    print_outcome("late", call(pool, options, "sleep", NULL));
    cf_submit_options_release(options);

    MUST(cf_executor_terminate_workers(pool, 0, 0, &error));
    MUST(cf_executor_kill_workers(pool, CF_SHUTDOWN_WAIT, -1, &error));
    cf_executor_release(pool);
    other_workers();
    return 0;
}

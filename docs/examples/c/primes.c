/*
 * Tests large numbers for primality in worker processes, one number in each at a time.
 *
 * The same program stands in the documentation of Python's concurrent.futures.
 */
#include <cfutures/cfutures.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t primes[] = {
    112272535095293, 112582705942171, 112272535095293,
    115280095190773, 115797848077099, 1099726899285419,
};
enum { count = sizeof primes / sizeof primes[0] };

static void die(cf_error_t* error) {
    fprintf(stderr, "primes: %s\n", cf_error_message(error));
    cf_error_release(error);
    exit(EXIT_FAILURE);
}

static int is_prime(int64_t n) {
    if (n < 2) return 0;
    if (n == 2) return 1;
    if (n % 2 == 0) return 0;
    /* Up to the square root; unlike d * d, n / d does not overflow. */
    for (int64_t d = 3; d <= n / d; d += 2) {
        if (n % d == 0) return 0;
    }
    return 1;
}

/* The task: runs in a worker process. Arguments and result travel as JSON. */
static int32_t is_prime_task(cf_task_t* task, void* user_data) {
    (void)user_data;
    const char* arguments = NULL;
    int64_t n = 0;
    char end = '\0';
    cf_task_arguments(task, &arguments, NULL);
    if (sscanf(arguments, "[%" SCNd64 " %c", &n, &end) != 2 || end != ']') {
        return cf_task_fail(task, "TypeError", "is_prime wants one integer", NULL);
    }
    return cf_task_return_json(task, is_prime(n) ? "true" : "false", -1);
}

/* Submits all numbers; the map gives the results in the same order. */
static cf_map_t* map_is_prime(cf_executor_t* pool) {
    char texts[count][32];
    const char* arguments[count];
    cf_map_t* map = NULL;
    cf_error_t* error = NULL;
    for (size_t i = 0; i < count; ++i) {
        snprintf(texts[i], sizeof texts[i], "[%" PRId64 "]", primes[i]);
        arguments[i] = texts[i];
    }
    if (cf_executor_map_call(pool, NULL, "is_prime", arguments, NULL, count, &map, &error) !=
        CF_STATUS_OK) {
        die(error);
    }
    return map;
}

int main(void) {
    cf_executor_t* pool = NULL;
    cf_future_t* future = NULL;
    const char* result = NULL;
    uint64_t index = 0;
    cf_error_t* error = NULL;
    cf_status_t status = CF_STATUS_OK;

    if (cf_function_register("is_prime", is_prime_task, NULL, NULL, &error) != CF_STATUS_OK) {
        die(error);
    }
    /* The workers of the pool are this program, run again. In a worker this call serves tasks and
       does not return. */
    cf_worker_entry();

    if (cf_process_pool_create(NULL, &pool, &error) != CF_STATUS_OK) die(error);
    cf_map_t* map = map_is_prime(pool);
    while ((status = cf_map_next(map, -1, &future, &index, &error)) == CF_STATUS_OK) {
        if (cf_future_result_json(future, 0, &result, NULL, &error) != CF_STATUS_OK) die(error);
        printf("%" PRId64 " is prime: %s\n", primes[index],
               strcmp(result, "true") == 0 ? "True" : "False");
        cf_future_release(future);
    }
    if (status != CF_STATUS_END) die(error);

    cf_map_release(map);
    cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, NULL);
    cf_executor_release(pool);
    return EXIT_SUCCESS;
}

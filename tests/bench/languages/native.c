/*
 * W1 and P1 in plain C, which the language packages are measured against.
 */
#include <cfutures/cfutures.h>

#include "../support/bench.h"

static void must(cf_status_t status) {
    if (status != CF_STATUS_OK) bench_die(cf_status_name(status));
}

/* ns a call */
static bench_figure each(int64_t size, int64_t start_ns) {
    return bench_value((double)(bench_now_ns() - start_ns) / (double)size);
}

/* --- threads ---------------------------------------------------------------------------------- */

static int32_t return_pointer(cf_task_t* task, void* pointer) {
    return cf_task_return_pointer(task, pointer, NULL);
}

static cf_executor_t* threads(void) {
    static cf_executor_t* pool;
    if (pool == NULL) {
        cf_thread_pool_options_t* options = NULL;
        must(cf_thread_pool_options_create(&options, NULL));
        must(cf_thread_pool_options_set_max_workers(options, BENCH_WORKERS, NULL));
        must(cf_thread_pool_create(options, &pool, NULL));
        cf_thread_pool_options_release(options);
    }
    return pool;
}

static void get_numbers(cf_future_t** futures, int64_t size) {
    int64_t sum = 0;
    for (int64_t i = 0; i < size; ++i) {
        void* number = NULL;
        must(cf_future_result_pointer(futures[i], -1, &number, NULL));
        cf_future_release(futures[i]);
        sum += (int64_t)(intptr_t)number;
    }
    BENCH_CHECK(sum == size * (size - 1) / 2);
}

static bench_figure w1(int64_t size) {
    cf_executor_t* pool = threads();
    cf_future_t** futures = bench_array(size, sizeof *futures);
    int64_t start = bench_now_ns();
    for (int64_t i = 0; i < size; ++i) {
        must(cf_executor_submit(pool, NULL, return_pointer, (void*)(intptr_t)i, NULL, &futures[i],
                                NULL));
    }
    get_numbers(futures, size);
    bench_figure figure = each(size, start);
    free(futures);
    return figure;
}

static bench_figure w1_batch(int64_t size) {
    cf_executor_t* pool = threads();
    cf_future_t** futures = bench_array(size, sizeof *futures);
    void** numbers = bench_array(size, sizeof *numbers);
    for (int64_t i = 0; i < size; ++i)
        numbers[i] = (void*)(intptr_t)i;
    int64_t start = bench_now_ns();
    must(cf_executor_submit_batch(pool, NULL, return_pointer, numbers, (size_t)size, NULL, futures,
                                  NULL));
    get_numbers(futures, size);
    bench_figure figure = each(size, start);
    free(numbers);
    free(futures);
    return figure;
}

/* --- processes -------------------------------------------------------------------------------- */

static int32_t increment(cf_task_t* task, void* user_data) {
    const char* json = NULL;
    char result[24];
    (void)user_data;
    must(cf_task_arguments(task, &json, NULL));
    int size = snprintf(result, sizeof result, "%lld", strtoll(json + 1, NULL, 10) + 1);
    return cf_task_return_json(task, result, size);
}

static cf_executor_t* processes(void) {
    static cf_executor_t* pool;
    if (pool == NULL) {
        cf_process_pool_options_t* options = NULL;
        must(cf_process_pool_options_create(&options, NULL));
        must(cf_process_pool_options_set_max_workers(options, BENCH_WORKERS, NULL));
        must(cf_process_pool_create(options, &pool, NULL));
        cf_process_pool_options_release(options);
    }
    return pool;
}

static bench_figure p1(int64_t size) {
    cf_executor_t* pool = processes();
    cf_future_t** futures = bench_array(size, sizeof *futures);
    int64_t sum = 0;
    int64_t start = bench_now_ns();
    for (int64_t i = 0; i < size; ++i) {
        char arguments[24];
        snprintf(arguments, sizeof arguments, "[%lld]", (long long)i);
        must(cf_executor_submit_call(pool, NULL, "increment", arguments, -1, &futures[i], NULL));
    }
    for (int64_t i = 0; i < size; ++i) {
        const char* json = NULL;
        must(cf_future_result_json(futures[i], -1, &json, NULL, NULL));
        sum += strtoll(json, NULL, 10);
        cf_future_release(futures[i]);
    }
    bench_figure figure = each(size, start);
    BENCH_CHECK(sum == size * (size + 1) / 2);
    free(futures);
    return figure;
}

int main(int argc, char** argv) {
    static const bench_workload workloads[] = {
        {"W1", w1}, {"W1-batch", w1_batch}, {"P1", p1}, {NULL, NULL}};
    must(cf_function_register("increment", increment, NULL, NULL, NULL));
    cf_worker_entry();
    return bench_main(argc, argv, workloads);
}

/*
 * libcfutures' process pool through its C ABI. The workers are this program, run again; in the
 * workloads that are named "-installed" they are cfutures-worker with a shared library, which is
 * this file again.
 */
#include <cfutures/cfutures.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "../support/bench.h"
#include "children.h"
#include "primes.h"

static void must(cf_status_t status) {
    if (status != CF_STATUS_OK) bench_die(cf_status_name(status));
}

/* --- functions, in the workers ---------------------------------------------------------------- */

static int32_t do_nothing(cf_task_t* task, void* user_data) {
    (void)task;
    (void)user_data;
    return 0;
}

static int64_t argument(cf_task_t* task) {
    const char* json = NULL;
    must(cf_task_arguments(task, &json, NULL));
    return strtoll(json + 1, NULL, 10); /* behind the bracket */
}

static int32_t increment(cf_task_t* task, void* user_data) {
    char result[24];
    (void)user_data;
    int size = snprintf(result, sizeof result, "%" PRId64, argument(task) + 1);
    return cf_task_return_json(task, result, size);
}

static int32_t is_prime(cf_task_t* task, void* user_data) {
    (void)user_data;
    return cf_task_return_json(task, bench_is_prime(argument(task)) ? "true" : "false", -1);
}

/* Until the worker is killed. */
static int32_t hold(cf_task_t* task, void* user_data) {
    (void)task;
    (void)user_data;
    for (;;)
        pause();
}

#ifdef BENCH_LIBRARY
__attribute__((visibility("default")))
#endif
void cfutures_register(void) {
    must(cf_function_register("nothing", do_nothing, NULL, NULL, NULL));
    must(cf_function_register("increment", increment, NULL, NULL, NULL));
    must(cf_function_register("is_prime", is_prime, NULL, NULL, NULL));
    must(cf_function_register("hold", hold, NULL, NULL, NULL));
}

#ifndef BENCH_LIBRARY

/* --- the pool --------------------------------------------------------------------------------- */

/* `library` is NULL for workers that are this program. */
static cf_executor_t* make_pool_of(int32_t workers, const char* library, cf_start_method_t method,
                                   int32_t spin) {
    cf_process_pool_options_t* options = NULL;
    cf_executor_t* pool = NULL;
    must(cf_process_pool_options_create(&options, NULL));
    must(cf_process_pool_options_set_max_workers(options, workers, NULL));
    must(cf_process_pool_options_set_start_method(options, method, NULL));
    must(cf_process_pool_options_set_spin(options, spin, NULL));
    if (library != NULL) {
        must(cf_process_pool_options_set_worker_libraries(options, &library, 1, NULL));
    }
    must(cf_process_pool_create(options, &pool, NULL));
    cf_process_pool_options_release(options);
    return pool;
}

static cf_executor_t* make_pool_with(const char* library, int32_t spin) {
    return make_pool_of(BENCH_WORKERS, library, CF_START_METHOD_SPAWN, spin);
}

static cf_executor_t* make_pool(const char* library) {
    return make_pool_with(library, 0);
}

static void end_pool(cf_executor_t* pool) {
    must(cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, NULL));
    cf_executor_release(pool);
}

static cf_future_t* submit(cf_executor_t* pool, const char* name, const char* arguments) {
    cf_future_t* future = NULL;
    must(cf_executor_submit_call(pool, NULL, name, arguments, -1, &future, NULL));
    return future;
}

static void get(cf_future_t* future) {
    const char* json = NULL;
    must(cf_future_result_json(future, -1, &json, NULL, NULL));
    cf_future_release(future);
}

static cf_executor_t* warm_pool(int32_t spin) {
    cf_executor_t* pool = make_pool_with(NULL, spin);
    for (int i = 0; i < 1000; ++i)
        get(submit(pool, "nothing", NULL));
    return pool;
}

static cf_executor_t* the_pool(void) {
    static cf_executor_t* pool;
    if (pool == NULL) pool = warm_pool(0);
    return pool;
}

static cf_executor_t* the_spinning_pool(void) {
    static cf_executor_t* pool;
    if (pool == NULL) pool = warm_pool(1);
    return pool;
}

/* --- P1, P9: submit all, get all -------------------------------------------------------------- */

static void no_ops(cf_executor_t* pool, cf_future_t** futures, int64_t size) {
    for (int64_t i = 0; i < size; ++i)
        futures[i] = submit(pool, "nothing", NULL);
    for (int64_t i = 0; i < size; ++i)
        get(futures[i]);
}

static bench_figure p1(int64_t size) {
    cf_executor_t* pool = the_pool();
    cf_future_t** futures = bench_array(size, sizeof *futures);
    int64_t start = bench_now_ns();
    no_ops(pool, futures, size);
    bench_figure figure = bench_rate(size, start);
    free(futures);
    return figure;
}

static bench_figure p9(int64_t size) {
    cf_executor_t* pool = the_pool();
    cf_future_t** futures = bench_array(size, sizeof *futures);
    double before = bench_cpu_us();
    no_ops(pool, futures, size);
    bench_figure figure = bench_value((bench_cpu_us() - before) / (double)size);
    free(futures);
    return figure;
}

/* --- P2: one at a time ------------------------------------------------------------------------ */

static bench_figure one_by_one(cf_executor_t* pool, int64_t size) {
    int64_t* durations = bench_array(size, sizeof *durations);
    int64_t last = bench_now_ns();
    for (int64_t i = 0; i < size; ++i) {
        get(submit(pool, "nothing", NULL));
        int64_t now = bench_now_ns();
        durations[i] = now - last;
        last = now;
    }
    bench_figure figure = bench_percentiles(durations, size);
    free(durations);
    return figure;
}

static bench_figure p2(int64_t size) {
    return one_by_one(the_pool(), size);
}

static bench_figure p2_spin(int64_t size) {
    return one_by_one(the_spinning_pool(), size);
}

/* --- P3: map ---------------------------------------------------------------------------------- */

static bench_figure map_increment(int64_t size, int64_t chunk_size) {
    cf_executor_t* pool = the_pool();
    char(*texts)[24] = bench_array(size, sizeof *texts);
    const char** arguments = bench_array(size, sizeof *arguments);
    cf_map_options_t* options = NULL;
    cf_map_t* map = NULL;
    cf_future_t* future = NULL;
    uint64_t index = 0;
    int64_t taken = 0;
    for (int64_t i = 0; i < size; ++i) {
        snprintf(texts[i], sizeof texts[i], "[%" PRId64 "]", i);
        arguments[i] = texts[i];
    }
    must(cf_map_options_create(&options, NULL));
    must(cf_map_options_set_chunk_size(options, chunk_size, NULL));
    int64_t start = bench_now_ns();
    must(cf_executor_map_call(pool, options, "increment", arguments, NULL, (size_t)size, &map,
                              NULL));
    while (cf_map_next(map, -1, &future, &index, NULL) == CF_STATUS_OK) {
        const char* json = NULL;
        must(cf_future_result_json(future, 0, &json, NULL, NULL));
        BENCH_CHECK(strtoull(json, NULL, 10) == index + 1);
        cf_future_release(future);
        ++taken;
    }
    bench_figure figure = bench_rate(size, start);
    BENCH_CHECK(taken == size);
    cf_map_release(map);
    cf_map_options_release(options);
    free(arguments);
    free(texts);
    return figure;
}

static bench_figure p3(int64_t size) {
    return map_increment(size, 1);
}

static bench_figure p3_chunks(int64_t size) {
    return map_increment(size, 0);
}

/* --- P5: start -------------------------------------------------------------------------------- */

/* From nothing to the first result, in ms; the median of `size` pools. */
static bench_figure start_pools(int64_t size, const char* library) {
    int64_t* durations = bench_array(size, sizeof *durations);
    for (int64_t i = 0; i < size; ++i) {
        int64_t start = bench_now_ns();
        cf_executor_t* pool = make_pool(library);
        get(submit(pool, "nothing", NULL));
        durations[i] = bench_now_ns() - start;
        end_pool(pool);
    }
    bench_figure figure = bench_milliseconds(durations, size);
    free(durations);
    return figure;
}

static bench_figure p5(int64_t size) {
    return start_pools(size, NULL);
}

/* The library that holds this file's functions. */
static const char* the_library(void) {
    const char* path = getenv("BENCH_FUNCTIONS");
    BENCH_CHECK(path != NULL);
    return path;
}

static bench_figure p5_installed(int64_t size) {
    return start_pools(size, the_library());
}

static bench_figure with_large_host(bench_figure (*measure)(int64_t), int64_t size) {
    void* resident = bench_array(2, (size_t)1 << 30);
    bench_figure figure = measure(size);
    free(resident);
    return figure;
}

static bench_figure p5_large_host(int64_t size) {
    return with_large_host(p5, size);
}

/* From a call for which there is no worker to its result, when there is a fork server; in ms, the median
   of `size` workers, each of which is held afterwards. */
static bench_figure p5_next(int64_t size) {
    int64_t* durations = bench_array(size, sizeof *durations);
    cf_future_t** held = bench_array(size + 1, sizeof(cf_future_t*));
    cf_executor_t* pool = make_pool_of((int32_t)size + 1, NULL, CF_START_METHOD_FORKSERVER, 0);
    for (int64_t i = 0; i <= size; ++i) {
        int64_t start = bench_now_ns();
        get(submit(pool, "nothing", NULL));
        if (i > 0)
            durations[i - 1] = bench_now_ns() - start; /* the first one also starts the server */
        held[i] = submit(pool, "hold", NULL);
        while (!cf_future_running(held[i]))
            usleep(1000);
        usleep(1000); /* the server sleeps */
    }
    must(cf_executor_kill_workers(pool, CF_SHUTDOWN_WAIT, -1, NULL));
    for (int64_t i = 0; i <= size; ++i)
        cf_future_release(held[i]);
    cf_executor_release(pool);
    bench_figure figure = bench_milliseconds(durations, size);
    free(held);
    free(durations);
    return figure;
}

static bench_figure p5_next_large_host(int64_t size) {
    return with_large_host(p5_next, size);
}

/* --- P6: kill a worker ------------------------------------------------------------------------ */

/* Of the calls that hold the workers, which one failed, because a worker was killed. */
static size_t failed_one(cf_future_t** held) {
    uint8_t done[BENCH_WORKERS];
    must(cf_wait(held, BENCH_WORKERS, CF_RETURN_WHEN_FIRST_COMPLETED, -1, done, NULL, NULL));
    return done[0] ? 0 : 1;
}

/* Both workers are held; each round kills one. The next call can only run in its replacement,
   which is then held in turn. Gives the time to the failed future, or to the answer after it. */
static bench_figure kill_workers(int64_t size, int until_replaced) {
    int64_t* durations = bench_array(size, sizeof *durations);
    cf_executor_t* pool = make_pool(NULL);
    cf_future_t* held[BENCH_WORKERS];
    pid_t workers[BENCH_WORKERS];
    for (int i = 0; i < BENCH_WORKERS; ++i) {
        held[i] = submit(pool, "hold", NULL);
        while (!cf_future_running(held[i]))
            usleep(1000);
    }
    for (int64_t i = 0; i < size; ++i) {
        BENCH_CHECK(bench_children(workers, BENCH_WORKERS) == BENCH_WORKERS);
        pid_t victim = workers[i % BENCH_WORKERS];
        usleep(2000); /* the replacement has gone to sleep in its call */
        int64_t start = bench_now_ns();
        BENCH_CHECK(kill(victim, SIGKILL) == 0);
        size_t failed = failed_one(held);
        int64_t seen = bench_now_ns();
        get(submit(pool, "nothing", NULL));
        int64_t replaced = bench_now_ns();
        const cf_error_t* error = cf_future_error(held[failed]);
        BENCH_CHECK(cf_error_worker_pid(error) == victim);
        BENCH_CHECK(cf_error_worker_signal(error) == SIGKILL);
        BENCH_CHECK(strcmp(cf_error_function(error), "hold") == 0);
        cf_future_release(held[failed]);
        held[failed] = submit(pool, "hold", NULL);
        while (!cf_future_running(held[failed]))
            usleep(1000);
        durations[i] = (until_replaced ? replaced : seen) - start;
    }
    BENCH_CHECK(bench_children(workers, BENCH_WORKERS) == BENCH_WORKERS);
    for (int i = 0; i < BENCH_WORKERS; ++i)
        kill(workers[i], SIGKILL);
    for (int i = 0; i < BENCH_WORKERS; ++i) {
        cf_future_wait(held[i], -1);
        cf_future_release(held[i]);
    }
    end_pool(pool);
    bench_figure figure = bench_milliseconds(durations, size);
    free(durations);
    return figure;
}

static bench_figure p6(int64_t size) {
    return kill_workers(size, 0);
}

static bench_figure p6_replaced(int64_t size) {
    return kill_workers(size, 1);
}

/* --- P7: six primes --------------------------------------------------------------------------- */

static bench_figure p7(int64_t size) {
    cf_executor_t* pool = the_pool();
    cf_future_t* futures[bench_prime_count];
    int64_t* durations = bench_array(size, sizeof *durations);
    for (int64_t k = 0; k < size; ++k) {
        int64_t start = bench_now_ns();
        for (int i = 0; i < bench_prime_count; ++i) {
            char arguments[24];
            snprintf(arguments, sizeof arguments, "[%" PRId64 "]", bench_primes[i]);
            futures[i] = submit(pool, "is_prime", arguments);
        }
        for (int i = 0; i < bench_prime_count; ++i)
            get(futures[i]);
        durations[k] = bench_now_ns() - start;
    }
    bench_figure figure = bench_milliseconds(durations, size);
    free(durations);
    return figure;
}

/* --- P8 and idleness -------------------------------------------------------------------------- */

/* Two workers, both of which have served a call. */
static bench_figure idle_workers(const char* library, int32_t spin) {
    cf_executor_t* pool = make_pool_with(library, spin);
    pid_t workers[BENCH_WORKERS];
    cf_future_t* futures[100];
    do {
        for (int i = 0; i < 100; ++i)
            futures[i] = submit(pool, "nothing", NULL);
        for (int i = 0; i < 100; ++i)
            get(futures[i]);
    } while (bench_children(workers, BENCH_WORKERS) < BENCH_WORKERS);
    bench_figure figure = bench_idle();
    end_pool(pool);
    return figure;
}

static bench_figure idle_self(int64_t size) {
    (void)size;
    return idle_workers(NULL, 0);
}

static bench_figure idle_spinning(int64_t size) {
    (void)size;
    return idle_workers(NULL, 1);
}

static bench_figure idle_installed(int64_t size) {
    (void)size;
    return idle_workers(the_library(), 0);
}

int main(int argc, char** argv) {
    static const bench_workload workloads[] = {
        {"P1", p1},
        {"P2", p2},
        {"P2-spin", p2_spin},
        {"P2-idle", idle_self},
        {"P2-spin-idle", idle_spinning},
        {"P3", p3},
        {"P3-chunks", p3_chunks},
        {"P5", p5},
        {"P5-installed", p5_installed},
        {"P5-next", p5_next},
        {"P5-2GiB", p5_large_host},
        {"P5-next-2GiB", p5_next_large_host},
        {"P6", p6},
        {"P6-replaced", p6_replaced},
        {"P7", p7},
        {"P8", idle_self},
        {"P8-installed", idle_installed},
        {"P9", p9},
        {NULL, NULL},
    };
    cfutures_register();
    cf_worker_entry();
    return bench_main(argc, argv, workloads);
}

#endif

/*
 * libcfutures through its C ABI. Tasks return a number as their result, as those of the peers do.
 */
#include <cfutures/cfutures.h>
#include <pthread.h>

#include "../support/bench.h"

static void must(cf_status_t status) {
    if (status != CF_STATUS_OK) bench_die(cf_status_name(status));
}

static cf_executor_t* make_special_pool(int32_t spin, int32_t outside_help) {
    cf_thread_pool_options_t* options = NULL;
    cf_executor_t* pool = NULL;
    must(cf_thread_pool_options_create(&options, NULL));
    must(cf_thread_pool_options_set_max_workers(options, BENCH_WORKERS, NULL));
    must(cf_thread_pool_options_set_spin(options, spin, NULL));
    must(cf_thread_pool_options_set_outside_help(options, outside_help, NULL));
    must(cf_thread_pool_create(options, &pool, NULL));
    cf_thread_pool_options_release(options);
    return pool;
}

static cf_executor_t* make_pool(void) {
    return make_special_pool(1, 0);
}

static void end_pool(cf_executor_t* pool) {
    must(cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, NULL));
    cf_executor_release(pool);
}

/* One pool for all runs of a process; nothing but W2 ends it. */
static cf_executor_t* the_pool(void) {
    static cf_executor_t* pool;
    if (pool == NULL) pool = make_pool();
    return pool;
}

static int32_t return_number(cf_task_t* task, void* number) {
    return cf_task_return_pointer(task, number, NULL);
}

static cf_future_t* submit(cf_executor_t* pool, cf_task_fn task_fn, void* user_data) {
    cf_future_t* future = NULL;
    must(cf_executor_submit(pool, NULL, task_fn, user_data, NULL, &future, NULL));
    return future;
}

static int64_t get(cf_future_t* future) {
    void* number = NULL;
    must(cf_future_result_pointer(future, -1, &number, NULL));
    cf_future_release(future);
    return (int64_t)(intptr_t)number;
}

static void submit_numbers(cf_executor_t* pool, cf_future_t** futures, int64_t size) {
    for (int64_t i = 0; i < size; ++i) {
        futures[i] = submit(pool, return_number, (void*)(intptr_t)i);
    }
}

static void get_numbers(cf_future_t** futures, int64_t size) {
    int64_t sum = 0;
    for (int64_t i = 0; i < size; ++i)
        sum += get(futures[i]);
    BENCH_CHECK(sum == size * (size - 1) / 2);
}

/* --- W1, W4: submit all, get all -------------------------------------------------------------- */

static bench_figure w1(int64_t size) {
    cf_executor_t* pool = the_pool();
    cf_future_t** futures = bench_array(size, sizeof *futures);
    int64_t start = bench_now_ns();
    submit_numbers(pool, futures, size);
    get_numbers(futures, size);
    bench_figure figure = bench_rate(size, start);
    free(futures);
    return figure;
}

typedef struct producer {
    pthread_barrier_t* start;
    int64_t size;
    cf_future_t** futures;
} producer;

static void* produce(void* argument) {
    producer* self = argument;
    pthread_barrier_wait(self->start);
    submit_numbers(the_pool(), self->futures, self->size);
    get_numbers(self->futures, self->size);
    return NULL;
}

static bench_figure w4(int64_t size) {
    enum { producers = 2 };
    pthread_t threads[producers];
    producer all[producers];
    pthread_barrier_t start;
    the_pool();
    pthread_barrier_init(&start, NULL, producers + 1);
    for (int i = 0; i < producers; ++i) {
        all[i] = (producer){&start, size / producers,
                            bench_array(size / producers, sizeof(cf_future_t*))};
        BENCH_CHECK(pthread_create(&threads[i], NULL, produce, &all[i]) == 0);
    }
    pthread_barrier_wait(&start);
    int64_t start_ns = bench_now_ns();
    for (int i = 0; i < producers; ++i)
        pthread_join(threads[i], NULL);
    bench_figure figure = bench_rate(size, start_ns);
    for (int i = 0; i < producers; ++i)
        free(all[i].futures);
    pthread_barrier_destroy(&start);
    return figure;
}

/* --- W2: no futures, wait for all ------------------------------------------------------------- */

static int32_t do_nothing(cf_task_t* task, void* user_data) {
    (void)task;
    (void)user_data;
    return 0;
}

static bench_figure w2(int64_t size) {
    cf_executor_t* pool = make_pool();
    int64_t start = bench_now_ns();
    for (int64_t i = 0; i < size; ++i) {
        must(cf_executor_post(pool, NULL, do_nothing, NULL, NULL, NULL));
    }
    end_pool(pool);
    return bench_rate(size, start);
}

static bench_figure w2_batch(int64_t size) {
    enum { batch = 1000 };
    cf_executor_t* pool = make_pool();
    int64_t start = bench_now_ns();
    for (int64_t i = 0; i < size; i += batch) {
        size_t count = (size_t)(size - i < batch ? size - i : batch);
        must(cf_executor_post_batch(pool, NULL, do_nothing, NULL, count, NULL, NULL));
    }
    end_pool(pool);
    return bench_rate(size, start);
}

/* --- W3: one at a time ------------------------------------------------------------------------ */

static bench_figure round_trips(cf_executor_t* pool, int64_t size) {
    int64_t* durations = bench_array(size, sizeof *durations);
    int64_t last = bench_now_ns();
    for (int64_t i = 0; i < size; ++i) {
        get(submit(pool, return_number, (void*)(intptr_t)i));
        int64_t now = bench_now_ns();
        durations[i] = now - last;
        last = now;
    }
    bench_figure figure = bench_percentiles(durations, size);
    free(durations);
    return figure;
}

static bench_figure w3(int64_t size) {
    return round_trips(the_pool(), size);
}

static bench_figure w3_sleep(int64_t size) {
    cf_executor_t* pool = make_special_pool(0, 0);
    bench_figure figure = round_trips(pool, size);
    end_pool(pool);
    return figure;
}

static bench_figure w3_own(int64_t size) {
    cf_executor_t* pool = make_special_pool(1, 1);
    bench_figure figure = round_trips(pool, size);
    end_pool(pool);
    return figure;
}

/* --- W5: fork and join ------------------------------------------------------------------------ */

typedef struct fib_call {
    int64_t n;
    int64_t result;
} fib_call;

static int64_t fib(int64_t n);

static int32_t fib_task(cf_task_t* task, void* user_data) {
    fib_call* call = user_data;
    (void)task;
    call->result = fib(call->n);
    return 0;
}

static int64_t fib(int64_t n) {
    if (n < 2) return n;
    fib_call left = {n - 1, 0};
    cf_future_t* future = submit(the_pool(), fib_task, &left);
    int64_t right = fib(n - 2);
    must(cf_future_wait(future, -1));
    cf_future_release(future);
    return left.result + right;
}

/* Spawns: one for each call with n of 2 or more, which are fib(n + 1) - 1. */
static bench_figure w5(int64_t size) {
    fib_call root = {size, 0};
    int64_t start = bench_now_ns();
    cf_future_t* future = submit(the_pool(), fib_task, &root);
    must(cf_future_wait(future, -1));
    int64_t end = bench_now_ns();
    cf_future_release(future);
    int64_t a = 0;
    int64_t b = 1;
    for (int64_t i = 0; i < size; ++i) {
        int64_t next = a + b;
        a = b;
        b = next;
    }
    BENCH_CHECK(root.result == a);
    return bench_value((double)(b - 1) * 1e3 / (double)(end - start));
}

/* --- W6: map with a range body ---------------------------------------------------------------- */

typedef struct squares {
    const int32_t* in;
    int32_t* out;
} squares;

static int32_t square_part(cf_task_t* task, int64_t begin, int64_t end, void* user_data) {
    squares* all = user_data;
    (void)task;
    bench_square(all->in, all->out, begin, end);
    return 0;
}

static bench_figure w6(int64_t size) {
    enum { passes = 201 };
    int64_t durations[passes];
    int32_t* in = bench_array(size, sizeof *in);
    int32_t* out = bench_array(size, sizeof *out);
    for (int64_t i = 0; i < size; ++i)
        in[i] = (int32_t)(i % 1000);
    squares all = {in, out};
    for (int pass = 0; pass < passes; ++pass) {
        int64_t start = bench_now_ns();
        must(cf_executor_map_range(the_pool(), 0, size, 0, square_part, &all, NULL));
        durations[pass] = bench_now_ns() - start;
    }
    for (int64_t i = 0; i < size; ++i)
        BENCH_CHECK(out[i] == in[i] * in[i] + 1);
    free(in);
    free(out);
    return bench_value(bench_percentiles(durations, passes).value);
}

/* --- W7: tasks of 10 us, got in order --------------------------------------------------------- */

static int64_t spin_steps;

static int32_t spin_task(cf_task_t* task, void* user_data) {
    uint64_t x = bench_spin(spin_steps, (uint64_t)(uintptr_t)user_data);
    return cf_task_return_pointer(task, (void*)(uintptr_t)x, NULL);
}

static bench_figure w7(int64_t size) {
    cf_executor_t* pool = the_pool();
    cf_future_t** futures = bench_array(size, sizeof *futures);
    spin_steps = bench_steps_of_10_us();
    double cost_ns = bench_spin_cost_ns(spin_steps);
    int64_t start = bench_now_ns();
    for (int64_t i = 0; i < size; ++i) {
        futures[i] = submit(pool, spin_task, (void*)(intptr_t)i);
    }
    for (int64_t i = 0; i < size; ++i)
        get(futures[i]);
    int64_t elapsed = bench_now_ns() - start;
    free(futures);
    return bench_efficiency(size, spin_steps, cost_ns, elapsed);
}

/* --- W8: memory of pending calls -------------------------------------------------------------- */

static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;

static int32_t pass_gate(cf_task_t* task, void* user_data) {
    (void)task;
    (void)user_data;
    pthread_rwlock_rdlock(&gate);
    pthread_rwlock_unlock(&gate);
    return 0;
}

static void ignore_done(cf_future_t* future, void* user_data) {
    (void)future;
    (void)user_data;
}

/* Bytes of resident memory for each call that waits behind the gate. */
static bench_figure pending_bytes(int64_t size, const cf_submit_options_t* options,
                                  cf_done_fn callback) {
    cf_executor_t* pool = the_pool();
    cf_future_t** futures = bench_array(size, sizeof *futures);
    cf_future_t* held[BENCH_WORKERS];
    pthread_rwlock_wrlock(&gate);
    for (int i = 0; i < BENCH_WORKERS; ++i)
        held[i] = submit(pool, pass_gate, NULL);
    int64_t before = bench_resident_bytes();
    for (int64_t i = 0; i < size; ++i) {
        must(cf_executor_submit(pool, options, return_number, (void*)(intptr_t)i, NULL, &futures[i],
                                NULL));
        if (callback != NULL) {
            must(cf_future_add_done_callback(futures[i], callback, NULL, NULL, NULL));
        }
    }
    int64_t after = bench_resident_bytes();
    pthread_rwlock_unlock(&gate);
    for (int i = 0; i < BENCH_WORKERS; ++i)
        get(held[i]);
    get_numbers(futures, size);
    free(futures);
    return bench_value((double)(after - before) / (double)size);
}

static bench_figure w8(int64_t size) {
    return pending_bytes(size, NULL, NULL);
}

static bench_figure w8_name(int64_t size) {
    cf_submit_options_t* options = NULL;
    must(cf_submit_options_create(&options, NULL));
    must(cf_submit_options_set_name(options, "a name", NULL));
    bench_figure figure = pending_bytes(size, options, NULL);
    cf_submit_options_release(options);
    return figure;
}

static bench_figure w8_deadline(int64_t size) {
    cf_submit_options_t* options = NULL;
    must(cf_submit_options_create(&options, NULL));
    must(cf_submit_options_set_deadline(options, INT64_C(3600000000000), NULL));
    bench_figure figure = pending_bytes(size, options, NULL);
    cf_submit_options_release(options);
    return figure;
}

static bench_figure w8_callback(int64_t size) {
    return pending_bytes(size, NULL, ignore_done);
}

/* --- W9, W10: allocations, idleness ----------------------------------------------------------- */

/* The warm-up has filled what the library recycles. */
static bench_figure w9(int64_t size) {
    cf_future_t** futures = bench_array(size, sizeof *futures);
    uint64_t before = bench_allocations_now();
    submit_numbers(the_pool(), futures, size);
    get_numbers(futures, size);
    uint64_t after = bench_allocations_now();
    free(futures);
    return bench_value((double)(after - before) / (double)size);
}

static bench_figure w10(int64_t size) {
    w1(size);
    return bench_idle();
}

/* --- W11: in completion order ----------------------------------------------------------------- */

static bench_figure w11(int64_t size) {
    cf_executor_t* pool = the_pool();
    cf_future_t** futures = bench_array(size, sizeof *futures);
    cf_completion_queue_t* queue = NULL;
    cf_future_t* future = NULL;
    int64_t sum = 0;
    int64_t start = bench_now_ns();
    submit_numbers(pool, futures, size);
    must(cf_as_completed(futures, (size_t)size, -1, &queue, NULL));
    while (cf_completion_queue_next(queue, -1, &future, NULL, NULL) == CF_STATUS_OK) {
        sum += get(future);
    }
    cf_completion_queue_release(queue);
    for (int64_t i = 0; i < size; ++i)
        cf_future_release(futures[i]);
    bench_figure figure = bench_rate(size, start);
    BENCH_CHECK(sum == size * (size - 1) / 2);
    free(futures);
    return figure;
}

int main(int argc, char** argv) {
    static const bench_workload workloads[] = {
        {"W1", w1},
        {"W2", w2},
        {"W2-batch", w2_batch},
        {"W3", w3},
        {"W3-sleep", w3_sleep},
        {"W3-own", w3_own},
        {"W4", w4},
        {"W5", w5},
        {"W6", w6},
        {"W7", w7},
        {"W8", w8},
        {"W8-name", w8_name},
        {"W9", w9},
        {"W8-callback", w8_callback},
        {"W8-deadline", w8_deadline},
        {"W10", w10},
        {"W11", w11},
        {"W11-1M", w11},
        {NULL, NULL},
    };
    return bench_main(argc, argv, workloads);
}

/*
 * libuv's uv_queue_work: work on the pool's threads, and an after-callback on the loop's thread
 * that brings the result. There is one order of results, that of completion.
 */
#include <pthread.h>
#include <uv.h>

#include "../support/bench.h"

typedef struct call {
    uv_work_t work;
    int64_t number;
    uint64_t result;
} call;

static uv_loop_t* loop;
static int64_t sum;

static void return_number(uv_work_t* work) {
    call* self = (call*)work;
    self->result = (uint64_t)self->number;
}

static void add_result(uv_work_t* work, int status) {
    BENCH_CHECK(status == 0);
    sum += (int64_t)((call*)work)->result;
}

static void queue(call* self, int64_t number, uv_work_cb work_fn) {
    self->number = number;
    BENCH_CHECK(uv_queue_work(loop, &self->work, work_fn, add_result) == 0);
}

/* A block for each call, as a program would have it that cannot know how many there will be. */
static call** queue_all(int64_t size, uv_work_cb work_fn) {
    call** calls = bench_array(size, sizeof *calls);
    for (int64_t i = 0; i < size; ++i) {
        calls[i] = malloc(sizeof(call));
        BENCH_CHECK(calls[i] != NULL);
        queue(calls[i], i, work_fn);
    }
    return calls;
}

static void finish_all(call** calls, int64_t size) {
    uv_run(loop, UV_RUN_DEFAULT);
    for (int64_t i = 0; i < size; ++i)
        free(calls[i]);
    free(calls);
}

static bench_figure w1(int64_t size) {
    sum = 0;
    int64_t start = bench_now_ns();
    finish_all(queue_all(size, return_number), size);
    bench_figure figure = bench_rate(size, start);
    BENCH_CHECK(sum == size * (size - 1) / 2);
    return figure;
}

static bench_figure w3(int64_t size) {
    call one;
    int64_t* durations = bench_array(size, sizeof *durations);
    int64_t last = bench_now_ns();
    for (int64_t i = 0; i < size; ++i) {
        queue(&one, i, return_number);
        uv_run(loop, UV_RUN_DEFAULT);
        int64_t now = bench_now_ns();
        durations[i] = now - last;
        last = now;
    }
    bench_figure figure = bench_percentiles(durations, size);
    free(durations);
    return figure;
}

enum { chunks = 4 * BENCH_WORKERS };
static int64_t square_size;
static int32_t* square_in;
static int32_t* square_out;

static void square(uv_work_t* work) {
    int64_t i = ((call*)work)->number;
    bench_square(square_in, square_out, square_size * i / chunks, square_size * (i + 1) / chunks);
}

static bench_figure w6(int64_t size) {
    enum { passes = 201 };
    int64_t durations[passes];
    call calls[chunks];
    square_size = size;
    square_in = bench_array(size, sizeof *square_in);
    square_out = bench_array(size, sizeof *square_out);
    for (int pass = 0; pass < passes; ++pass) {
        int64_t start = bench_now_ns();
        for (int64_t i = 0; i < chunks; ++i)
            queue(&calls[i], i, square);
        uv_run(loop, UV_RUN_DEFAULT);
        durations[pass] = bench_now_ns() - start;
    }
    free(square_in);
    free(square_out);
    return bench_value(bench_percentiles(durations, passes).value);
}

static int64_t spin_steps;

static void spin(uv_work_t* work) {
    call* self = (call*)work;
    self->result = bench_spin(spin_steps, (uint64_t)self->number);
}

static bench_figure w7(int64_t size) {
    spin_steps = bench_steps_of_10_us();
    double cost_ns = bench_spin_cost_ns(spin_steps);
    int64_t start = bench_now_ns();
    finish_all(queue_all(size, spin), size);
    return bench_efficiency(size, spin_steps, cost_ns, bench_now_ns() - start);
}

static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;

static void pass_gate(uv_work_t* work) {
    (void)work;
    pthread_rwlock_rdlock(&gate);
    pthread_rwlock_unlock(&gate);
}

static bench_figure w8(int64_t size) {
    pthread_rwlock_wrlock(&gate);
    call** held = queue_all(BENCH_WORKERS, pass_gate);
    int64_t before = bench_resident_bytes();
    call** calls = queue_all(size, return_number);
    /* The array of pointers is the program's own. */
    int64_t after = bench_resident_bytes() - size * (int64_t)sizeof *calls;
    pthread_rwlock_unlock(&gate);
    finish_all(calls, size);
    finish_all(held, BENCH_WORKERS);
    return bench_value((double)(after - before) / (double)size);
}

static bench_figure w9(int64_t size) {
    uint64_t before = bench_allocations_now();
    finish_all(queue_all(size, return_number), size);
    return bench_value((double)(bench_allocations_now() - before) / (double)size);
}

static bench_figure w10(int64_t size) {
    w1(size);
    return bench_idle();
}

int main(int argc, char** argv) {
    static const bench_workload workloads[] = {
        {"W1", w1}, {"W2", w1},   {"W3", w3},  {"W6", w6},     {"W7", w7},   {"W8", w8},
        {"W9", w9}, {"W10", w10}, {"W11", w1}, {"W11-1M", w1}, {NULL, NULL},
    };
    char workers[12];
    snprintf(workers, sizeof workers, "%d", BENCH_WORKERS);
    setenv("UV_THREADPOOL_SIZE", workers, 1);
    loop = uv_default_loop();
    return bench_main(argc, argv, workloads);
}

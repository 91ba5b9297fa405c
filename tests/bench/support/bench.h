/*
 * What every subject in C and C++ stands on: the clock, the shared work, and main().
 *
 * A subject is a program with a table of workloads. `subject --list` names them;
 * `subject WORKLOAD SIZE WARMUPS` runs one WARMUPS times, then once more, and prints that last
 * run's figure as one JSON line. The README tells what each workload does.
 */
#ifndef CFUTURES_BENCH_H
#define CFUTURES_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BENCH_WORKERS 2

/* What a workload measured, in its unit; p99 is negative where it has no meaning. */
typedef struct bench_figure {
    double value;
    double p99;
} bench_figure;

typedef bench_figure (*bench_workload_fn)(int64_t size);

typedef struct bench_workload {
    const char* name;
    bench_workload_fn run;
} bench_workload;

static inline bench_figure bench_value(double value) {
    bench_figure figure = {value, -1};
    return figure;
}

static inline void bench_die(const char* what) {
    fprintf(stderr, "bench: %s failed\n", what);
    exit(EXIT_FAILURE);
}

#define BENCH_CHECK(condition) ((condition) ? (void)0 : bench_die(#condition))

static inline void* bench_array(int64_t count, size_t size) {
    void* array = malloc((size_t)count * size);
    BENCH_CHECK(array != NULL);
    /* The pages are there before the clock starts; a compiler that saw both would make it a calloc(),
       which leaves them to the one who writes first. */
    __asm__ volatile("" : "+r"(array) : : "memory");
    memset(array, 0, (size_t)count * size);
    return array;
}

static inline int64_t bench_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Million operations per second, since `start_ns`. */
static inline bench_figure bench_rate(int64_t operations, int64_t start_ns) {
    return bench_value((double)operations * 1e3 / (double)(bench_now_ns() - start_ns));
}

static inline int bench_compare(const void* a, const void* b) {
    int64_t left = *(const int64_t*)a;
    int64_t right = *(const int64_t*)b;
    return (left > right) - (left < right);
}

/* Median and 99th percentile of durations in ns, in microseconds; sorts them. */
static inline bench_figure bench_percentiles(int64_t* durations_ns, int64_t count) {
    qsort(durations_ns, (size_t)count, sizeof *durations_ns, bench_compare);
    bench_figure figure = {(double)durations_ns[count / 2] / 1e3,
                           (double)durations_ns[count * 99 / 100] / 1e3};
    return figure;
}

/* --- the shared work -------------------------------------------------------------------------- */

/* A chain in which each step needs the one before, so that lost time shows and none is saved. */
static inline uint64_t bench_spin(int64_t steps, uint64_t x) {
    for (int64_t i = 0; i < steps; ++i)
        x = x * 6364136223846793005U + 1442695040888963407U;
    return x;
}

/* What one chain costs when nothing else runs, in ns: the median of batches of a millisecond. */
static inline double bench_spin_cost_ns(int64_t steps) {
    enum { batches = 31 };
    int64_t times[batches];
    int64_t batch = 1000000 / (steps + 1) + 1;
    volatile uint64_t sink = 1;
    for (int i = 0; i < batches; ++i) {
        int64_t start = bench_now_ns();
        for (int64_t k = 0; k < batch; ++k)
            sink = bench_spin(steps, sink);
        times[i] = bench_now_ns() - start;
    }
    return bench_percentiles(times, batches).value * 1e3 / (double)batch;
}

/* How many steps take about 10 us here. */
static inline int64_t bench_steps_of_10_us(void) {
    return (int64_t)(8000 * 10000.0 / bench_spin_cost_ns(8000));
}

/* Percent of the ideal: the work of one thread, shared out to the workers, against the clock. The
   cost of a task is taken again after the run, and the lower one counts. */
static inline bench_figure bench_efficiency(int64_t tasks, int64_t steps, double cost_ns,
                                            int64_t elapsed_ns) {
    double cost_after_ns = bench_spin_cost_ns(steps);
    double task_ns = cost_after_ns < cost_ns ? cost_after_ns : cost_ns;
    return bench_value(100.0 * task_ns * (double)tasks / BENCH_WORKERS / (double)elapsed_ns);
}

/* The map of W6, over one range. */
static inline void bench_square(const int32_t* in, int32_t* out, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
        out[i] = in[i] * in[i] + 1;
}

/* --- memory and idleness ---------------------------------------------------------------------- */

static inline int64_t bench_resident_bytes(void) {
    long long total = 0;
    long long resident = 0;
    FILE* file = fopen("/proc/self/statm", "r");
    BENCH_CHECK(file != NULL && fscanf(file, "%lld %lld", &total, &resident) == 2);
    fclose(file);
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

/* Counted by allocations.c, which the driver preloads for W9. */
#ifdef __cplusplus
extern "C"
#endif
    uint64_t
    bench_allocations(void) __attribute__((weak));

static inline uint64_t bench_allocations_now(void) {
    BENCH_CHECK(bench_allocations != NULL);
    return bench_allocations();
}

/* The pool is warm and has nothing to do: the driver watches the process until it says stop. */
static inline bench_figure bench_idle(void) {
    puts("idle");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return bench_value(0);
}

/* --- main ------------------------------------------------------------------------------------- */

static inline int bench_main(int argc, char** argv, const bench_workload* workloads) {
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (; workloads->name != NULL; ++workloads)
            puts(workloads->name);
        return EXIT_SUCCESS;
    }
    while (argc == 4 && workloads->name != NULL && strcmp(workloads->name, argv[1]) != 0) {
        ++workloads;
    }
    if (argc != 4 || workloads->name == NULL) {
        fprintf(stderr, "usage: %s --list | WORKLOAD SIZE WARMUPS\n", argv[0]);
        return 2;
    }
    int64_t size = atoll(argv[2]);
    for (int i = atoi(argv[3]); i > 0; --i)
        workloads->run(size);
    bench_figure figure = workloads->run(size);
    printf("{\"value\": %.6g", figure.value);
    if (figure.p99 >= 0) printf(", \"p99\": %.6g", figure.p99);
    puts("}");
    fflush(stdout);
    return EXIT_SUCCESS;
}

#endif

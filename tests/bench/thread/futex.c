/*
 * The floor of W3-sleep: two threads hand a word to and fro, and both sleep between.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "../support/bench.h"

/* Even: the first thread's turn. Odd: the second's. */
static _Atomic uint32_t turn;

static void wait_while(uint32_t value) {
    while (atomic_load(&turn) == value) {
        syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
    }
}

static void hand_over(uint32_t value) {
    atomic_store(&turn, value);
    syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void* echo(void* last) {
    for (uint32_t mine = 0; mine < (uint32_t)(uintptr_t)last; mine += 2) {
        wait_while(mine);
        hand_over(mine + 2);
    }
    return NULL;
}

static bench_figure ping_pong(int64_t size) {
    pthread_t other;
    int64_t* durations = bench_array(size, sizeof *durations);
    turn = 0;
    BENCH_CHECK(pthread_create(&other, NULL, echo, (void*)(uintptr_t)(2 * size)) == 0);
    int64_t last = bench_now_ns();
    for (int64_t i = 0; i < size; ++i) {
        uint32_t mine = (uint32_t)(2 * i);
        hand_over(mine + 1);
        wait_while(mine + 1);
        int64_t now = bench_now_ns();
        durations[i] = now - last;
        last = now;
    }
    pthread_join(other, NULL);
    bench_figure figure = bench_percentiles(durations, size);
    free(durations);
    return figure;
}

int main(int argc, char** argv) {
    static const bench_workload workloads[] = {{"W3-sleep", ping_pong}, {NULL, NULL}};
    return bench_main(argc, argv, workloads);
}

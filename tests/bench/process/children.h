/*
 * What the process subjects in C need besides bench.h.
 */
#ifndef CFUTURES_BENCH_CHILDREN_H
#define CFUTURES_BENCH_CHILDREN_H

#include <dirent.h>
#include <sys/resource.h>

#include "../support/bench.h"

/* The process ids of this process's children, at most `room`; gives how many there are. */
static inline int bench_children(pid_t* pids, int room) {
    int count = 0;
    DIR* tasks = opendir("/proc/self/task");
    struct dirent* task;
    BENCH_CHECK(tasks != NULL);
    while ((task = readdir(tasks)) != NULL) {
        char path[300];
        snprintf(path, sizeof path, "/proc/self/task/%s/children", task->d_name);
        FILE* file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
        int pid = 0;
        while (file != NULL && fscanf(file, "%d", &pid) == 1) {
            if (count < room) pids[count] = pid;
            ++count;
        }
        if (file != NULL) fclose(file);
    }
    closedir(tasks);
    return count;
}

/* CPU time that this process has used, in microseconds. */
static inline double bench_cpu_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* The median in milliseconds; sorts the durations. */
static inline bench_figure bench_milliseconds(int64_t* durations_ns, int64_t count) {
    return bench_value(bench_percentiles(durations_ns, count).value / 1e3);
}

#endif

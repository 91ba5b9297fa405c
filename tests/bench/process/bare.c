/*
 * What the machine can do at best: one probe for each limit, with nothing of a pool around it.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../support/bench.h"
#include "children.h"
#include "primes.h"

extern char** environ;

static pid_t must_fork(void) {
    pid_t pid = fork();
    BENCH_CHECK(pid >= 0);
    return pid;
}

static void reap(pid_t pid) {
    BENCH_CHECK(waitpid(pid, NULL, 0) == pid);
}

/* --- P2: ping-pong over a socketpair ---------------------------------------------------------- */

enum { message_size = 64 };

/* Reads one whole message; a spinning reader does not sleep. Gives 0 at the end of the stream. */
static int read_message(int descriptor, char* message, int flags) {
    ssize_t size = 0;
    do {
        size = recv(descriptor, message, message_size, flags);
    } while (size < 0 && flags != 0);
    return size == message_size;
}

static bench_figure ping_pong(int64_t size, int flags) {
    int pair[2];
    char message[message_size] = {0};
    int64_t* durations = bench_array(size, sizeof *durations);
    BENCH_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid_t pid = must_fork();
    if (pid == 0) {
        close(pair[0]);
        while (read_message(pair[1], message, flags)) {
            BENCH_CHECK(write(pair[1], message, message_size) == message_size);
        }
        _exit(0);
    }
    close(pair[1]);
    int64_t last = bench_now_ns();
    for (int64_t i = 0; i < size; ++i) {
        BENCH_CHECK(write(pair[0], message, message_size) == message_size);
        BENCH_CHECK(read_message(pair[0], message, flags));
        int64_t now = bench_now_ns();
        durations[i] = now - last;
        last = now;
    }
    close(pair[0]);
    reap(pid);
    bench_figure figure = bench_percentiles(durations, size);
    free(durations);
    return figure;
}

static bench_figure p2(int64_t size) {
    return ping_pong(size, 0);
}

static bench_figure p2_spin(int64_t size) {
    return ping_pong(size, MSG_DONTWAIT);
}

/* --- P4: memory ------------------------------------------------------------------------------- */

static uint64_t read_all(const uint64_t* words, size_t bytes) {
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes / sizeof *words; ++i)
        sum += words[i];
    return sum;
}

/* A warm arena that both sides have mapped: the parent fills it in place and the worker reads every
   byte; a byte over a socket says when. In ms; the median of `size` exchanges. */
static bench_figure hand_over(int64_t size) {
    enum { bytes = 1 << 20 };
    int pair[2];
    char byte = 0;
    int64_t* durations = bench_array(size, sizeof *durations);
    uint64_t* arena =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    BENCH_CHECK(arena != MAP_FAILED);
    BENCH_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid_t pid = must_fork();
    if (pid == 0) {
        close(pair[0]);
        while (read(pair[1], &byte, 1) == 1) {
            byte = (char)read_all(arena, bytes);
            BENCH_CHECK(write(pair[1], &byte, 1) == 1);
        }
        _exit(0);
    }
    close(pair[1]);
    for (int64_t i = 0; i < size; ++i) {
        int64_t start = bench_now_ns();
        memset(arena, (int)i, bytes);
        BENCH_CHECK(write(pair[0], &byte, 1) == 1);
        BENCH_CHECK(read(pair[0], &byte, 1) == 1);
        durations[i] = bench_now_ns() - start;
    }
    close(pair[0]);
    reap(pid);
    munmap(arena, bytes);
    bench_figure figure = bench_milliseconds(durations, size);
    free(durations);
    return figure;
}

/* Into a warm place and back, in ms. */
static bench_figure two_copies(int64_t size) {
    enum { bytes = 100 << 20 };
    char* here = bench_array(bytes, 1);
    char* there = bench_array(bytes, 1);
    int64_t* durations = bench_array(size, sizeof *durations);
    for (int64_t i = 0; i < size; ++i) {
        int64_t start = bench_now_ns();
        memcpy(there, here, bytes);
        there[i] = (char)i;
        memcpy(here, there, bytes);
        durations[i] = bench_now_ns() - start;
        BENCH_CHECK(here[i] == (char)i);
    }
    bench_figure figure = bench_milliseconds(durations, size);
    free(durations);
    free(here);
    free(there);
    return figure;
}

/* --- P5: starts ------------------------------------------------------------------------------- */

/* From posix_spawn() to the first byte of a program that says no more. */
static bench_figure spawn_empty(int64_t size) {
    const char* program = getenv("BENCH_EMPTY");
    char* argv[] = {(char*)program, NULL};
    int64_t* durations = bench_array(size, sizeof *durations);
    BENCH_CHECK(program != NULL);
    for (int64_t i = 0; i < size; ++i) {
        int pipes[2];
        char byte = 0;
        pid_t pid = 0;
        posix_spawn_file_actions_t actions;
        BENCH_CHECK(pipe(pipes) == 0);
        fcntl(pipes[0], F_SETFD, FD_CLOEXEC);
        fcntl(pipes[1], F_SETFD, FD_CLOEXEC);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
        int64_t start = bench_now_ns();
        BENCH_CHECK(posix_spawn(&pid, program, &actions, NULL, argv, environ) == 0);
        BENCH_CHECK(read(pipes[0], &byte, 1) == 1);
        durations[i] = bench_now_ns() - start;
        posix_spawn_file_actions_destroy(&actions);
        close(pipes[0]);
        close(pipes[1]);
        reap(pid);
    }
    bench_figure figure = bench_milliseconds(durations, size);
    free(durations);
    return figure;
}

/* A small server forks on request; from the request to the child's first byte. */
static bench_figure fork_from_server(int64_t size) {
    int pair[2];
    char byte = 0;
    int64_t* durations = bench_array(size, sizeof *durations);
    BENCH_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid_t server = must_fork();
    if (server == 0) {
        close(pair[0]);
        while (read(pair[1], &byte, 1) == 1) {
            pid_t child = must_fork();
            if (child == 0) {
                BENCH_CHECK(write(pair[1], &byte, 1) == 1);
                _exit(0);
            }
            reap(child);
        }
        _exit(0);
    }
    close(pair[1]);
    for (int64_t i = 0; i < size; ++i) {
        usleep(1000); /* the server has reaped the last one and sleeps */
        int64_t start = bench_now_ns();
        BENCH_CHECK(write(pair[0], &byte, 1) == 1);
        BENCH_CHECK(read(pair[0], &byte, 1) == 1);
        durations[i] = bench_now_ns() - start;
    }
    close(pair[0]);
    reap(server);
    bench_figure figure = bench_milliseconds(durations, size);
    free(durations);
    return figure;
}

/* --- P6: from kill() to a readable pidfd ------------------------------------------------------ */

static bench_figure kill_child(int64_t size) {
    int64_t* durations = bench_array(size, sizeof *durations);
    for (int64_t i = 0; i < size; ++i) {
        pid_t pid = must_fork();
        if (pid == 0) {
            for (;;)
                pause();
        }
        struct pollfd death = {(int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0};
        BENCH_CHECK(death.fd >= 0);
        usleep(2000); /* it has gone to sleep */
        int64_t start = bench_now_ns();
        BENCH_CHECK(kill(pid, SIGKILL) == 0);
        BENCH_CHECK(poll(&death, 1, -1) == 1);
        durations[i] = bench_now_ns() - start;
        close(death.fd);
        reap(pid);
    }
    bench_figure figure = bench_milliseconds(durations, size);
    free(durations);
    return figure;
}

/* --- P7: the ideal of two cores, first come, first served ------------------------------------- */

static bench_figure fifo_ideal(int64_t size) {
    int64_t cores[BENCH_WORKERS] = {0};
    int64_t end = 0;
    for (int i = 0; i < bench_prime_count; ++i) {
        int64_t* durations = bench_array(size, sizeof *durations);
        for (int64_t k = 0; k < size; ++k) {
            volatile int64_t number = bench_primes[i];
            int64_t start = bench_now_ns();
            volatile int result = bench_is_prime(number);
            (void)result;
            durations[k] = bench_now_ns() - start;
        }
        int64_t cost = (int64_t)(bench_percentiles(durations, size).value * 1e3);
        int free_first = 0;
        for (int core = 1; core < BENCH_WORKERS; ++core) {
            if (cores[core] < cores[free_first]) free_first = core;
        }
        cores[free_first] += cost;
        if (cores[free_first] > end) end = cores[free_first];
        free(durations);
    }
    return bench_value((double)end / 1e6);
}

int main(int argc, char** argv) {
    static const bench_workload workloads[] = {
        {"P2", p2},
        {"P2-spin", p2_spin},
        {"P4-1MiB", hand_over},
        {"P4-100MiB", two_copies},
        {"P5", spawn_empty},
        {"P5-next", fork_from_server},
        {"P6", kill_child},
        {"P7", fifo_ideal},
        {NULL, NULL},
    };
    return bench_main(argc, argv, workloads);
}

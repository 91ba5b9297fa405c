#include "process_pool/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <memory>

#include "support/system_calls.h"
#include "worker/marker.h"

// The child runs in the memory of a thread that sleeps, so sanitizers must not look at what it does.
#define CF_IN_CHILD                                                         \
    __attribute__((noinline, no_sanitize("address"), no_sanitize("thread"), \
                   no_sanitize("undefined")))

namespace cf {
namespace {

constexpr size_t kStackSize = size_t{64} << 10;

/// What the child and the thread that waits for it share.
struct Shared {
    const SpawnPlan& plan;
    const SystemCalls& calls;
    const char* step = "start a process";
    int error = 0;
};

// The kernel's own layout; the C library's functions keep books that belong to the host.
struct KernelAction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
};

CF_IN_CHILD long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
    return syscall(number, a, b, c, d, e);
}

template <typename Pointee>
CF_IN_CHILD long address(Pointee* pointer) {
    return reinterpret_cast<long>(pointer);
}

CF_IN_CHILD bool reset_signals() {
    const KernelAction by_default{};
    for (int signal = 1; signal < _NSIG; ++signal) {
        if (signal == SIGKILL || signal == SIGSTOP) continue;
        raw(SYS_rt_sigaction, signal, address(&by_default), 0, sizeof(unsigned long));
    }
    return true;
}

/// Makes a descriptor be `to`, and stay open in the program.
CF_IN_CHILD bool move_descriptor(int from, int to) {
    if (from == to) return raw(SYS_fcntl, to, F_SETFD, 0) == 0;
    return raw(SYS_dup3, from, to, 0) >= 0;
}

CF_IN_CHILD bool open_null(int to, int flags) {
    const long null = raw(SYS_openat, AT_FDCWD, address("/dev/null"), flags);
    if (null < 0) return false;
    if (null == to) return true;
    return move_descriptor(static_cast<int>(null), to) && raw(SYS_close, null) == 0;
}

CF_IN_CHILD bool place_output(const SpawnPlan& plan) {
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
        if (plan.output >= 0) {
            if (!move_descriptor(plan.output, output)) return false;
        } else if (plan.settings.output == CF_WORKER_OUTPUT_DISCARD ||
                   // What the host has closed a worker must not fill with files of its own.
                   raw(SYS_fcntl, output, F_GETFD) < 0) {
            if (!open_null(output, O_WRONLY)) return false;
        }
    }
    return true;
}

CF_IN_CHILD bool close_others() {
    if (raw(SYS_close_range, kWorkerSocket + 1, UINT_MAX) == 0) return true;
    // Before Linux 5.9.
    rlimit limit{};
    if (raw(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, address(&limit)) != 0) return false;
    for (rlim_t number = kWorkerSocket + 1; number < limit.rlim_cur; ++number)
        raw(SYS_close, static_cast<long>(number));
    return true;
}

CF_IN_CHILD bool limit(int resource, rlim_t soft, rlim_t hard) {
    const rlimit wanted{soft, hard};
    return raw(SYS_prlimit64, 0, resource, address(&wanted)) == 0;
}

CF_IN_CHILD bool add_niceness(int more) {
    // The system call counts the other way round, from 40 down to 1.
    const long now = 20 - raw(SYS_getpriority, PRIO_PROCESS, 0);
    return raw(SYS_setpriority, PRIO_PROCESS, 0, now + more) == 0;
}

/// Says what is done next.
CF_IN_CHILD bool next(Shared& shared, const char* step) {
    shared.step = step;
    return true;
}

CF_IN_CHILD bool prepare(Shared& shared) {
    const SpawnPlan& plan = shared.plan;
    const WorkerSettings& settings = plan.settings;
    reset_signals();
    if (next(shared, "make a process group for") && raw(SYS_setpgid, 0, 0) != 0) return false;
    next(shared, "set the descriptors of");
    if (!open_null(STDIN_FILENO, O_RDONLY) || !place_output(plan)) return false;
    if (!move_descriptor(plan.socket, kWorkerSocket) || !close_others()) return false;
    if (settings.umask) raw(SYS_umask, static_cast<long>(*settings.umask));
    next(shared, "set the working directory of");
    if (!settings.directory.empty() && raw(SYS_chdir, address(settings.directory.c_str())) != 0) {
        return false;
    }
    next(shared, "set the niceness of");
    if (settings.niceness != 0 && !add_niceness(settings.niceness)) return false;
    next(shared, "set no_new_privs for");
    if (settings.no_new_privileges && raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0) != 0)
        return false;
    next(shared, "limit the core dumps of");
    if (settings.core_size_limit &&
        !limit(RLIMIT_CORE, *settings.core_size_limit, *settings.core_size_limit)) {
        return false;
    }
    next(shared, "limit the CPU time of");
    // SIGXCPU at the first, which names the reason, and SIGKILL a second later.
    if (settings.cpu_time_limit &&
        !limit(RLIMIT_CPU, *settings.cpu_time_limit, *settings.cpu_time_limit + 1)) {
        return false;
    }
    next(shared, "limit the memory of");
    return !settings.memory_limit ||
           limit(RLIMIT_AS, *settings.memory_limit, *settings.memory_limit);
}

CF_IN_CHILD int run_child(void* opaque) {
    auto& shared = *static_cast<Shared*>(opaque);
    if (prepare(shared)) {
        const unsigned long none = 0;
        raw(SYS_rt_sigprocmask, SIG_SETMASK, address(&none), 0, sizeof none);
        shared.step = "start";
        shared.calls.execve(shared.plan.path, shared.plan.argv, shared.plan.environment);
    }
    shared.error = errno;
    raw(SYS_exit_group, 127);
    return 127;
}

}  // namespace

Spawned spawn(const SpawnPlan& plan) {
    const std::unique_ptr<char[]> stack(new char[kStackSize]);
    Shared shared{.plan = plan, .calls = system_calls()};
    Spawned spawned;
    // A handler of the host's must not run in the child.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // The stack grows downwards, and its end has to be aligned.
    char* top = stack.get() + kStackSize;
    top -= reinterpret_cast<uintptr_t>(top) % 16;
    spawned.pid = system_calls().clone(
        run_child, top, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &shared, &spawned.pidfd);
    const int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    spawned.step = shared.step;
    spawned.error = spawned.pid < 0 ? error : shared.error;
    if (spawned.pid < 0 || spawned.error == 0) return spawned;
    siginfo_t info{};
    while (system_calls().waitid(P_PIDFD, static_cast<id_t>(spawned.pidfd), &info, WEXITED) != 0 &&
           errno == EINTR) {
    }
    system_calls().close(spawned.pidfd);
    return spawned;
}

}  // namespace cf

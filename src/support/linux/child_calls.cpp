#include "support/child_calls.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <new>

namespace cf::child {
namespace {

// The kernel's own layout.
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

}  // namespace

void reset_signal_handlers() {
    const KernelAction by_default{};
    for (int signal = 1; signal < _NSIG; ++signal) {
        if (signal == SIGKILL || signal == SIGSTOP) continue;
        raw(SYS_rt_sigaction, signal, address(&by_default), 0, sizeof(unsigned long));
    }
}

void unblock_signals() {
    const unsigned long none = 0;
    raw(SYS_rt_sigprocmask, SIG_SETMASK, address(&none), 0, sizeof none);
}

bool make_process_group() {
    return raw(SYS_setpgid, 0, 0) == 0;
}

bool move_descriptor(int from, int to) {
    if (from == to) return raw(SYS_fcntl, to, F_SETFD, 0) == 0;
    return raw(SYS_dup3, from, to, 0) >= 0;
}

bool is_open(int descriptor) {
    return raw(SYS_fcntl, descriptor, F_GETFD) >= 0;
}

bool open_null(int to, int flags) {
    const long null = raw(SYS_openat, AT_FDCWD, address("/dev/null"), flags);
    if (null < 0) return false;
    if (null == to) return true;
    return move_descriptor(static_cast<int>(null), to) && raw(SYS_close, null) == 0;
}

bool close_from(int first) {
    if (raw(SYS_close_range, first, UINT_MAX) == 0) return true;
    // Before Linux 5.9.
    rlimit limit{};
    if (raw(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, address(&limit)) != 0) return false;
    for (rlim_t number = static_cast<rlim_t>(first); number < limit.rlim_cur; ++number)
        raw(SYS_close, static_cast<long>(number));
    return true;
}

void set_umask(mode_t mask) {
    raw(SYS_umask, static_cast<long>(mask));
}

bool change_directory(const char* path) {
    return raw(SYS_chdir, address(path)) == 0;
}

bool add_niceness(int more) {
    // The system call counts the other way round, from 40 down to 1.
    const long now = 20 - raw(SYS_getpriority, PRIO_PROCESS, 0);
    return raw(SYS_setpriority, PRIO_PROCESS, 0, now + more) == 0;
}

bool forbid_new_privileges() {
    return raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0) == 0;
}

bool set_limit(int resource, rlim_t soft, rlim_t hard) {
    const rlimit wanted{soft, hard};
    return raw(SYS_prlimit64, 0, resource, address(&wanted)) == 0;
}

void end(int status) {
    for (;;)
        raw(SYS_exit_group, status);
}

// The host's own memory is shared.

void* shared_memory(size_t size) {
    return ::operator new(size, std::nothrow);
}

void release_shared_memory(void* memory, size_t) {
    ::operator delete(memory);
}

}  // namespace cf::child

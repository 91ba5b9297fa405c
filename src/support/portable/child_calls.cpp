#include "support/child_calls.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace cf::child {

void reset_signal_handlers() {
    struct sigaction by_default {};
    by_default.sa_handler = SIG_DFL;
    // Those that cannot be set answer EINVAL.
    for (int signal = 1; signal < NSIG; ++signal)
        sigaction(signal, &by_default, nullptr);
}

void unblock_signals() {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);  // NOLINT(concurrency-mt-unsafe): one thread
}

bool make_process_group() {
    return setpgid(0, 0) == 0;
}

bool move_descriptor(int from, int to) {
    if (from == to) return fcntl(to, F_SETFD, 0) == 0;
    return dup2(from, to) >= 0;
}

bool is_open(int descriptor) {
    return fcntl(descriptor, F_GETFD) >= 0;
}

bool open_null(int to, int flags) {
    const int null = open("/dev/null", flags);
    if (null < 0) return false;
    if (null == to) return true;
    return move_descriptor(null, to) && close(null) == 0;
}

// They stay open until the program runs: the end of one of them tells the host that it does.
bool close_from(int first) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    // Where there is no limit there is no end to the numbers, and nobody uses those beyond.
    constexpr rlim_t kEnough = 65536;
    const int end = static_cast<int>(limit.rlim_cur < kEnough ? limit.rlim_cur : kEnough);
    for (int number = first; number < end; ++number)
        fcntl(number, F_SETFD, FD_CLOEXEC);
    return true;
}

void set_umask(mode_t mask) {
    umask(mask);
}

bool change_directory(const char* path) {
    return chdir(path) == 0;
}

bool add_niceness(int more) {
    errno = 0;
    return nice(more) != -1 || errno == 0;
}

bool forbid_new_privileges() {
#if defined(__linux__)
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
#else
    errno = ENOSYS;
    return false;
#endif
}

bool set_limit(int resource, rlim_t soft, rlim_t hard) {
    const rlimit wanted{soft, hard};
    return setrlimit(resource, &wanted) == 0;
}

void end(int status) {
    _exit(status);
}

void* shared_memory(size_t size) {
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

void release_shared_memory(void* memory, size_t size) {
    munmap(memory, size);
}

}  // namespace cf::child

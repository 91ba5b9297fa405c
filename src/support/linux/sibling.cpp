#include "support/sibling.h"

#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace cf {
namespace {

// The kernel's own layout, of its first version; older headers do not have it.
struct CloneArguments {
    uint64_t flags;
    uint64_t pidfd;
    uint64_t child_tid;
    uint64_t parent_tid;
    uint64_t exit_signal;  // a sibling's is its parent's to choose: that of the caller
    uint64_t stack;        // 0: a copy of the caller's
    uint64_t stack_size;
    uint64_t tls;
};
static_assert(sizeof(CloneArguments) == 64);

/// Where the C library keeps the number of this thread; null where it is not known.
pid_t* thread_number() {
    pid_t* number = nullptr;
    if (prctl(PR_GET_TID_ADDRESS, &number, 0, 0, 0) != 0 || number == nullptr) return nullptr;
    // Other C libraries have the kernel clear something else there.
    return *number == static_cast<pid_t>(syscall(SYS_gettid)) ? number : nullptr;
}

ErrorRef unsupported(std::string_view reason) {
    return Error::create(CF_STATUS_UNSUPPORTED, reason);
}

template <typename Pointee>
uint64_t address(Pointee* pointer) {
    return reinterpret_cast<uintptr_t>(pointer);
}

}  // namespace

ErrorRef check_can_fork_sibling() {
    // A folder has a link for itself, one for its name, and one for each folder in it: a thread.
    constexpr nlink_t kOneThread = 3;
    struct stat threads {};
    if (stat("/proc/self/task", &threads) != 0) {
        return unsupported("the number of threads cannot be read, since /proc is not there");
    }
    if (threads.st_nlink != kOneThread) {
        return unsupported(text("the process has ", threads.st_nlink - 2,
                                " threads, and a copy of it would have but one of them"));
    }
    if (thread_number() == nullptr) {
        return unsupported(
            "the C library or the kernel does not tell what a copy has to put right");
    }
    return nullptr;
}

Sibling fork_sibling(pid_t& announced) {
    void* robust_mutexes = nullptr;
    size_t size = 0;
    const bool has_robust_mutexes =
        syscall(SYS_get_robust_list, 0, &robust_mutexes, &size) == 0 && robust_mutexes != nullptr;
    Sibling sibling;
    const CloneArguments arguments{.flags = CLONE_PARENT | CLONE_PIDFD | CLONE_PARENT_SETTID |
                                            CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
                                   .pidfd = address(&sibling.pidfd),
                                   .child_tid = address(thread_number()),
                                   .parent_tid = address(&announced),
                                   .exit_signal = 0,
                                   .stack = 0,
                                   .stack_size = 0,
                                   .tls = 0};
    sibling.pid = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
    if (sibling.pid < 0) sibling.error = errno;
    if (sibling.pid == 0) {
        sibling.pidfd = -1;
        if (has_robust_mutexes) syscall(SYS_set_robust_list, robust_mutexes, size);
    }
    return sibling;
}

bool keep_from_siblings(void* memory, size_t size) {
    return madvise(memory, size, MADV_DONTFORK) == 0;
}

int open_process(pid_t pid) {
    return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

}  // namespace cf

// Linux's own calls.
#include "support/system_calls.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

#include "support/seals.h"

// The thread sanitizer takes every clone() for a fork() and looks after a child that it thinks has memory
// of its own. It does not know the other name of the same function.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CF_CLONE __clone
#endif
#elif defined(__SANITIZE_THREAD__)
#define CF_CLONE __clone
#endif
#ifdef CF_CLONE
extern "C" int CF_CLONE(int (*function)(void*), void* stack, int flags, void* argument, ...);
#else
#define CF_CLONE ::clone
#endif

namespace cf {
namespace {

long call_futex(uint32_t* address, int operation, uint32_t value, const timespec* timeout,
                uint32_t bits) {
    return syscall(SYS_futex, address, operation, value, timeout, nullptr, bits);
}

int call_pidfd_send_signal(int pidfd, int signal, siginfo_t* info, unsigned flags) {
    return static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, signal, info, flags));
}

int call_pidfd_get_info(int pidfd, void* info) {
    // PIDFD_GET_INFO with the first version of its struct; older headers do not have it.
    return ioctl(pidfd, _IOC(_IOC_READ | _IOC_WRITE, 0xFF, 11, 64), info);
}

}  // namespace

constinit const SystemCalls kRealSystemCalls = {
    .clock_gettime = ::clock_gettime,
    .futex = call_futex,
    .pthread_create = ::pthread_create,
    .atexit = [](void (*function)()) { return std::atexit(function); },
    .pthread_atfork = ::pthread_atfork,
    .socketpair = ::socketpair,
    .sendmsg = ::sendmsg,
    .recvmsg = ::recvmsg,
    .open = [](const char* path, int flags) { return ::open(path, flags); },
    .read = ::read,
    .write = ::write,
    .close = ::close,
    .poll = ::poll,
    .epoll_create1 = ::epoll_create1,
    .epoll_ctl = ::epoll_ctl,
    .epoll_wait = ::epoll_wait,
    .eventfd = [](unsigned initial, int flags) { return ::eventfd(initial, flags); },
    .memfd_create = ::memfd_create,
    .ftruncate = ::ftruncate,
    .mmap = ::mmap,
    .munmap = ::munmap,
    .pipe2 = ::pipe2,
    .clone = [](int (*function)(void*), void* stack, int flags, void* argument,
                int* pidfd) { return CF_CLONE(function, stack, flags, argument, pidfd); },
    .execve = ::execve,
    .pidfd_send_signal = call_pidfd_send_signal,
    .pidfd_get_info = call_pidfd_get_info,
    .waitid = ::waitid,
    .sched_getaffinity = ::sched_getaffinity,
};

bool seal_size(int descriptor) {
    return fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

bool size_is_sealed(int descriptor) {
    constexpr int kSizeSeals = F_SEAL_SHRINK | F_SEAL_GROW;
    const int seals = fcntl(descriptor, F_GET_SEALS);
    return seals >= 0 && (seals & kSizeSeals) == kSizeSeals;
}

}  // namespace cf

// The calls of POSIX, and those that are made from them.
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include "support/portable/calls.h"

namespace cf {

constinit const SystemCalls kRealSystemCalls = {
    .clock_gettime = ::clock_gettime,
    .futex = portable::futex,
    .pthread_create = ::pthread_create,
    .atexit = [](void (*function)()) { return std::atexit(function); },
    .pthread_atfork = ::pthread_atfork,
    .socketpair = portable::socketpair,
    .sendmsg = ::sendmsg,
    .recvmsg = portable::recvmsg,
    .open = [](const char* path, int flags) { return ::open(path, flags); },
    .read = portable::read,
    .write = portable::write,
    .close = portable::close,
    .poll = ::poll,
    .epoll_create1 = portable::epoll_create1,
    .epoll_ctl = portable::epoll_ctl,
    .epoll_wait = portable::epoll_wait,
    .eventfd = portable::eventfd,
    .memfd_create = portable::memfd_create,
    .ftruncate = ::ftruncate,
    .mmap = ::mmap,
    .munmap = ::munmap,
    .pipe2 = portable::pipe2,
    .clone = portable::clone,
    .execve = ::execve,
    .pidfd_send_signal = portable::pidfd_send_signal,
    .pidfd_get_info = portable::pidfd_get_info,
    .waitid = portable::waitid,
    .sched_getaffinity = portable::sched_getaffinity,
};

}  // namespace cf

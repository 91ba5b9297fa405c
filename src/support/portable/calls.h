// The calls of the table that are made from POSIX: see README.md. Each has the signature and the errno of
// the call that it stands for.
#pragma once

#include "support/system_calls.h"

namespace cf::portable {

long futex(uint32_t* address, int operation, uint32_t value, const timespec* timeout,
           uint32_t bits);

int eventfd(unsigned initial, int flags);

int epoll_create1(int flags);
int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event);
int epoll_wait(int epoll, epoll_event* events, int capacity, int timeout_ms);

/// As with CLONE_VFORK it returns when the child runs its program or has ended. The child has a copy of the
/// memory all the same: what it has to say belongs into a SharedWithChild.
int clone(int (*function)(void*), void* stack, int flags, void* argument, int* pidfd);
int pidfd_send_signal(int pidfd, int signal, siginfo_t* info, unsigned flags);
int pidfd_get_info(int pidfd, void* info);
int waitid(idtype_t type, id_t id, siginfo_t* info, int options);

int memfd_create(const char* name, unsigned flags);

int socketpair(int domain, int type, int protocol, int descriptors[2]);
int pipe2(int descriptors[2], int flags);
ssize_t recvmsg(int descriptor, msghdr* message, int flags);
ssize_t read(int descriptor, void* buffer, size_t size);
ssize_t write(int descriptor, const void* buffer, size_t size);
int close(int descriptor);

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t* set);

}  // namespace cf::portable

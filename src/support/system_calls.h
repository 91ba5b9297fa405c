// All that the core asks of the kernel, in Linux's words; elsewhere portable/ answers.
//
// It is also a seam: every call that a test may want to fail, cut short or replay goes through this table. Production never changes it; a test swaps it with ScopedSystemCalls.
#pragma once

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <cstdint>

#include "support/platform.h"

namespace cf {

struct SystemCalls {
    int (*clock_gettime)(clockid_t clock, timespec* time);
    long (*futex)(uint32_t* address, int operation, uint32_t value, const timespec* timeout,
                  uint32_t bits);
    int (*pthread_create)(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*function)(void*), void* argument);
    int (*atexit)(void (*function)());
    int (*pthread_atfork)(void (*prepare)(), void (*parent)(), void (*child)());
    int (*socketpair)(int domain, int type, int protocol, int descriptors[2]);
    ssize_t (*sendmsg)(int descriptor, const msghdr* message, int flags);
    ssize_t (*recvmsg)(int descriptor, msghdr* message, int flags);
    int (*open)(const char* path, int flags);
    ssize_t (*read)(int descriptor, void* buffer, size_t size);
    ssize_t (*write)(int descriptor, const void* buffer, size_t size);
    int (*close)(int descriptor);
    int (*poll)(pollfd* descriptors, nfds_t count, int timeout_ms);
    int (*epoll_create1)(int flags);
    int (*epoll_ctl)(int epoll, int operation, int descriptor, epoll_event* event);
    int (*epoll_wait)(int epoll, epoll_event* events, int capacity, int timeout_ms);
    int (*eventfd)(unsigned initial, int flags);
    int (*memfd_create)(const char* name, unsigned flags);
    int (*ftruncate)(int descriptor, off_t size);
    void* (*mmap)(void* address, size_t size, int protection, int flags, int descriptor,
                  off_t offset);
    int (*munmap)(void* address, size_t size);
    int (*pipe2)(int descriptors[2], int flags);
    /// With CLONE_PIDFD; its own stack.
    int (*clone)(int (*function)(void*), void* stack, int flags, void* argument, int* pidfd);
    /// In a child that shares the caller's memory.
    int (*execve)(const char* path, char* const argv[], char* const envp[]);
    int (*pidfd_send_signal)(int pidfd, int signal, siginfo_t* info, unsigned flags);
    int (*pidfd_get_info)(int pidfd, void* info);
    int (*waitid)(idtype_t type, id_t id, siginfo_t* info, int options);
    int (*sched_getaffinity)(pid_t pid, size_t size, cpu_set_t* set);
};

/// The table in force. Constant but in tests.
const SystemCalls& system_calls();

extern const SystemCalls kRealSystemCalls;

/// The real calls, for a test to copy and alter.
const SystemCalls& real_system_calls();

/// Test support: puts another table in force for its lifetime.
class ScopedSystemCalls {
  public:
    explicit ScopedSystemCalls(const SystemCalls& table);
    ~ScopedSystemCalls();
    ScopedSystemCalls(const ScopedSystemCalls&) = delete;
    ScopedSystemCalls& operator=(const ScopedSystemCalls&) = delete;

  private:
    const SystemCalls* previous_;
};

}  // namespace cf

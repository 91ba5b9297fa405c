// The names of Linux that the core is written with. Where the system does not have them, these stand in,
// and the calls behind them are those of portable/ (design note 0009).
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>

#if defined(__linux__)

#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

// Newer than the C libraries that we build with.
#if !defined(CLONE_PIDFD)
#define CLONE_PIDFD 0x1000
#endif

#else

#include <cerrno>
#include <cstdint>

// Bits that no call of portable/ gives a second meaning; 0 where nothing else can be said.
enum : int {
    FUTEX_WAIT_BITSET = 9,
    FUTEX_WAKE_PRIVATE = 129,
    FUTEX_PRIVATE_FLAG = 128,
    FUTEX_BITSET_MATCH_ANY = -1,

    EPOLL_CLOEXEC = 1,
    EPOLL_CTL_ADD = 1,
    EPOLL_CTL_DEL = 2,
    EPOLL_CTL_MOD = 3,

    EFD_CLOEXEC = 1,
    EFD_NONBLOCK = 2,

    MFD_CLOEXEC = 1,
    MFD_ALLOW_SEALING = 2,

    CLONE_VM = 1 << 8,
    CLONE_VFORK = 1 << 9,
    CLONE_PIDFD = 1 << 10,

    SOCK_CLOEXEC = 0,
    MSG_CMSG_CLOEXEC = 0,
    POLLRDHUP = 0,
};

// SIGPIPE is switched off for a socket as a whole, when it is made.
#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0
#endif

enum : uint32_t { EPOLLIN = 1, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 16 };

union epoll_data_t {
    void* ptr;
    int fd;
    uint32_t u32;
    uint64_t u64;
};

struct epoll_event {
    uint32_t events;
    epoll_data_t data;
};

constexpr idtype_t P_PIDFD = static_cast<idtype_t>(3);

struct cpu_set_t {};
inline int CPU_COUNT(const cpu_set_t*) {
    return 0;
}

#endif

// Calls that POSIX has without the flag that closes a descriptor on exec.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/portable/calls.h"

namespace cf::portable {
namespace {

void close_on_exec(int descriptor) {
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

}  // namespace

int socketpair(int domain, int type, int protocol, int descriptors[2]) {
    if (::socketpair(domain, type & ~SOCK_CLOEXEC, protocol, descriptors) != 0) return -1;
    for (int i = 0; i < 2; ++i) {
        close_on_exec(descriptors[i]);
#if defined(SO_NOSIGPIPE)
        const int on = 1;
        setsockopt(descriptors[i], SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    }
    return 0;
}

int pipe2(int descriptors[2], int) {
    if (::pipe(descriptors) != 0) return -1;
    for (int i = 0; i < 2; ++i)
        close_on_exec(descriptors[i]);
    return 0;
}

ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
    const ssize_t size = ::recvmsg(descriptor, message, flags & ~MSG_CMSG_CLOEXEC);
    if (size < 0) return size;
    for (cmsghdr* part = CMSG_FIRSTHDR(message); part != nullptr;
         part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; ++i) {
            int received = -1;
            std::memcpy(&received, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
            close_on_exec(received);
        }
    }
    return size;
}

int sched_getaffinity(pid_t, size_t, cpu_set_t*) {
    errno = ENOSYS;
    return -1;
}

}  // namespace cf::portable

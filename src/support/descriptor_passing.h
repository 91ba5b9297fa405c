// Descriptors that travel through Unix sockets, beside bytes.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstring>
#include <span>
#include <string_view>

#include "support/descriptor.h"

namespace cf {

/// sendmsg() of the bytes, with descriptors at the first one; at most two.
inline ssize_t send_with_descriptors(int socket, std::string_view bytes,
                                     std::span<const int> descriptors, int flags) {
    constexpr size_t kMost = 2;
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(kMost * sizeof(int))] = {};
    if (!descriptors.empty()) {
        message.msg_control = control;
        // C libraries differ in the type of lengths.
        message.msg_controllen =
            static_cast<decltype(message.msg_controllen)>(CMSG_SPACE(descriptors.size_bytes()));
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len =
            static_cast<decltype(header->cmsg_len)>(CMSG_LEN(descriptors.size_bytes()));
        std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    return system_calls().sendmsg(socket, &message, MSG_NOSIGNAL | flags);
}

/// Takes the descriptors that came with a message: take(Descriptor) for each.
template <typename Take>
void for_each_descriptor(msghdr& message, Take&& take) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
            take(Descriptor(descriptor));
        }
    }
}

}  // namespace cf

#include "peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

namespace fault_worker {

using cf::FrameHeader;
using cf::FrameKind;

Peer::Peer() : reader_(size_t{300} << 20) {
    std::signal(SIGPIPE, SIG_IGN);
}

void Peer::read_some() {
    if (reads_to_live == 0) raise(SIGKILL);
    size_t size = bytes_at_once;
    if (reads_to_live > 0) size = std::min(size, static_cast<size_t>(reads_to_live));
    const auto room = reader_.room(size);
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec part{room.data(), size};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(kSocket, &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) _exit(0);
    if (const cmsghdr* header = CMSG_FIRSTHDR(&message))
        std::memcpy(&page_, CMSG_DATA(header), sizeof page_);
    reader_.filled(static_cast<size_t>(got));
    if (reads_to_live > 0) reads_to_live -= got;
}

Peer::Call Peer::next() {
    for (;;) {
        cf::Frame frame;
        while (reader_.next(frame) != cf::FrameReader::Status::kFrame)
            read_some();
        std::string body(frame.body);
        switch (frame.header.kind) {
            case FrameKind::kHello:
                say({.kind = FrameKind::kReady}, claims ? R"({"protocol":1,"claims":true})"
                                                        : R"({"protocol":1,"claims":false})");
                break;
            case FrameKind::kFunction:
                functions_[frame.header.function % 16] = body.substr(1, body.size() - 2);
                break;
            case FrameKind::kCall:
                return {frame.header.call, functions_[frame.header.function % 16], std::move(body)};
            default:
                _exit(0);
        }
    }
}

void Peer::start(const Call& call) {
    say({.kind = FrameKind::kStart, .call = call.number});
}

void Peer::answer(const Call& call, std::string_view json) {
    say({.kind = FrameKind::kResult, .flags = cf::kResultIsJson, .call = call.number}, json);
}

void Peer::say(const FrameHeader& header, std::string_view body) {
    std::string frame;
    cf::append_frame(frame, header, body);
    send(frame);
}

void Peer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        if (writes_to_live == 0) raise(SIGKILL);
        size_t size = std::min(bytes.size(), bytes_at_once);
        if (writes_to_live > 0) size = std::min(size, static_cast<size_t>(writes_to_live));
        const ssize_t sent = ::send(kSocket, bytes.data(), size, MSG_NOSIGNAL);
        if (sent <= 0) _exit(0);
        bytes.remove_prefix(static_cast<size_t>(sent));
        if (writes_to_live > 0) writes_to_live -= sent;
    }
    if (writes_to_live == 0) raise(SIGKILL);
}

void sleep_until_killed() {
    for (;;)
        pause();
}

}  // namespace fault_worker

#include "process_pool/pool_worker.h"

#include <sys/uio.h>

#include <cerrno>
#include <cstring>

namespace cf {
namespace {

constexpr size_t kReadSize = size_t{64} << 10;
/// Until the system may have memory again.
constexpr Nanoseconds kPause = 10 * kMillisecond;

bool try_later(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

ErrorRef PoolWorker::start(const ResolvedCommand& command, std::string_view hello,
                           Nanoseconds timeout) {
    if (ErrorRef error = process_.start(command)) return error;
    session_ = std::make_unique<Session>(hello, process_.claim_page());
    patience = Deadline::after(timeout);
    return nullptr;
}

bool PoolWorker::flush() {
    pause = Deadline::never();
    while (wants_to_write()) {
        const std::string_view output = session_->output();
        iovec piece{const_cast<char*>(output.data()), output.size()};
        msghdr message{};
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        // The claim page goes with the first byte of HELLO.
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        if (process_.page_descriptor()) {
            message.msg_control = control;
            message.msg_controllen = sizeof control;
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int));
            const int descriptor = process_.page_descriptor().get();
            std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
        }
        const ssize_t sent =
            system_calls().sendmsg(process_.socket(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (try_later(errno)) return true;
            if (errno != ENOBUFS && errno != ENOMEM) return false;
            // The socket says that it has room, and so what is there has to be tried again unasked.
            pause = Deadline::after(kPause);
            return true;
        }
        process_.close_page_descriptor();
        session_->wrote(static_cast<size_t>(sent));
    }
    return true;
}

PoolWorker::Received PoolWorker::receive() {
    const std::span<char> room = reader_.room(kReadSize);
    for (;;) {
        const ssize_t size = system_calls().read(process_.socket(), room.data(), room.size());
        if (size > 0) {
            reader_.filled(static_cast<size_t>(size));
            received_ += static_cast<size_t>(size);
            return Received::kBytes;
        }
        if (size == 0) return Received::kEnd;
        if (errno == EINTR) continue;
        return try_later(errno) ? Received::kNothingNow : Received::kEnd;
    }
}

void PoolWorker::receive_unsent() {
    if (process_.claim_page() == nullptr) return;
    const std::string_view unsent = process_.claim_page()->unsent_answers(received_);
    std::memcpy(reader_.room(unsent.size()).data(), unsent.data(), unsent.size());
    reader_.filled(unsent.size());
    received_ += unsent.size();
}

}  // namespace cf

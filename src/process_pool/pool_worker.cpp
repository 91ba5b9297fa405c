#include "process_pool/pool_worker.h"

#include <sys/uio.h>

#include <cerrno>
#include <cstring>

namespace cf {
namespace {

constexpr size_t kReadSize = size_t{64} << 10;
/// Until the system may have memory again.
constexpr Nanoseconds kPause = 10 * kMillisecond;
/// Memory that one large message needed is given back after it.
constexpr size_t kKeptMemory = size_t{1} << 20;

bool try_later(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

/// What a page's descriptor needs is one of those that may be on their way, of all processes of a user.
bool lacks_memory(int error) {
    return error == ENOBUFS || error == ENOMEM || error == ETOOMANYREFS;
}

}  // namespace

ErrorRef PoolWorker::start(const ResolvedCommand& command, std::string_view hello,
                           Nanoseconds timeout) {
    if (ErrorRef error = process_.start(command)) return error;
    greet(hello, timeout);
    return nullptr;
}

ErrorRef PoolWorker::prepare(const WorkerSettings& settings, std::string_view hello,
                             Nanoseconds timeout, WorkerProcess::FarEnds& ends_out) {
    if (ErrorRef error = process_.prepare(settings, ends_out)) return error;
    greet(hello, timeout);
    return nullptr;
}

void PoolWorker::greet(std::string_view hello, Nanoseconds timeout) {
    session_ = std::make_unique<Session>(hello, process_.claim_page());
    patience = Deadline::after(timeout);
}

bool PoolWorker::flush(MutexLock& lock) CF_NO_THREAD_SAFETY_ANALYSIS {
    if (sending_ || deaf || socket_ended || pauses()) return false;
    sending_ = true;
    pause = Deadline::never();
    for (;;) {
        if (outgoing_sent_ == outgoing_.size()) {
            outgoing_.clear();
            outgoing_sent_ = 0;
            if (outgoing_.capacity() > kKeptMemory) outgoing_.shrink_to_fit();
            if (session_->output().empty()) break;
            session_->take_output(outgoing_);
        }
        const size_t before = outgoing_sent_;
        lock.unlock();
        const Sent sent = write_outgoing();
        lock.lock();
        session_->sent(outgoing_sent_ - before);
        if (sent == Sent::kNeverAgain) deaf = true;
        // The socket says that it has room, and so what is there has to be tried again unasked.
        if (sent == Sent::kNoMemory) pause = Deadline::after(kPause);
        if (sent != Sent::kAll) break;
    }
    sending_ = false;
    return deaf;
}

PoolWorker::Sent PoolWorker::write_outgoing() {
    while (outgoing_sent_ < outgoing_.size()) {
        iovec piece{outgoing_.data() + outgoing_sent_, outgoing_.size() - outgoing_sent_};
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
            if (try_later(errno)) return Sent::kPart;
            return lacks_memory(errno) ? Sent::kNoMemory : Sent::kNeverAgain;
        }
        process_.close_page_descriptor();
        outgoing_sent_ += static_cast<size_t>(sent);
    }
    return Sent::kAll;
}

PoolWorker::Received PoolWorker::receive() {
    const std::span<char> room = reader_.room(kReadSize);
    for (;;) {
        const ssize_t size = system_calls().read(process_.socket(), room.data(), room.size());
        if (size > 0) {
            reader_.filled(static_cast<size_t>(size));
            received_ += static_cast<size_t>(size);
            return static_cast<size_t>(size) == room.size() ? Received::kBytes
                                                            : Received::kLastBytes;
        }
        if (size == 0) return Received::kEnd;
        if (errno == EINTR) continue;
        return try_later(errno) ? Received::kNothingNow : Received::kEnd;
    }
}

void PoolWorker::receive_unsent() {
    reader_.end();
    if (process_.claim_page() == nullptr) return;
    const std::string_view unsent = process_.claim_page()->unsent_answers(received_);
    if (unsent.empty()) return;
    std::memcpy(reader_.room(unsent.size()).data(), unsent.data(), unsent.size());
    reader_.filled(unsent.size());
    received_ += unsent.size();
}

}  // namespace cf

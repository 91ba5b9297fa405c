#include "process_pool/fork_server.h"

#include <cerrno>
#include <csignal>

#include "support/descriptor_passing.h"
#include "support/sibling.h"
#include "worker/marker.h"

namespace cf {
namespace {

constexpr size_t kServerReadSize = size_t{4} << 10;
constexpr size_t kServerDescriptors = 4;

bool must_wait(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

ErrorRef ForkServer::start(const ResolvedCommand& command, std::string_view hello) {
    ResolvedCommand as_server = command;
    as_server.environment.push_back(text(kWorkerRole, "=", kForkServerRole));
    if (ErrorRef error = process_.start(as_server)) return error;
    Unsent first;
    const bool has_page = process_.claim_page() != nullptr;
    append_frame(
        first.bytes,
        {.kind = FrameKind::kHello, .flags = has_page ? kHelloBringsClaimPage : uint8_t{0}}, hello);
    first.ends.socket = process_.take_page_descriptor();
    unsent_.push_back(std::move(first));
    return send_unsent();
}

ErrorRef ForkServer::request(uint64_t worker, WorkerProcess::FarEnds ends) {
    Unsent unsent;
    unsent.bytes = session_.request(worker, static_cast<bool>(ends.output));
    unsent.ends = std::move(ends);
    unsent_.push_back(std::move(unsent));
    return send_unsent();
}

// Each frame is one message, so that its descriptors come with its first byte. What finds no room waits for
// an answer: then there is some.
ErrorRef ForkServer::send_unsent() {
    while (!unsent_.empty()) {
        Unsent& next = unsent_.front();
        int descriptors[2];
        size_t count = 0;
        for (const Descriptor* one : {&next.ends.socket, &next.ends.output}) {
            if (*one) descriptors[count++] = one->get();
        }
        const ssize_t sent = send_with_descriptors(process_.socket(), next.bytes,
                                                   {descriptors, count}, MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR) continue;
            // Its death is on its way.
            if (must_wait(errno) || errno == EPIPE || errno == ECONNRESET) return nullptr;
            ErrorRef error = Error::system(errno, "cannot send a request to the fork server");
            kill("it could not be sent a request");
            return error;
        }
        next.bytes.erase(0, static_cast<size_t>(sent));
        next.ends = {};
        if (next.bytes.empty()) unsent_.pop_front();
    }
    return nullptr;
}

void ForkServer::receive() {
    while (!over_) {
        const std::span<char> room = reader_.room(kServerReadSize);
        iovec part{room.data(), room.size()};
        alignas(cmsghdr) char control[CMSG_SPACE(kServerDescriptors * sizeof(int))];
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t size =
            system_calls().recvmsg(process_.socket(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && must_wait(errno)) return;
        if (size <= 0) {
            over_ = true;
            kill("it closed its socket");
            return;
        }
        for_each_descriptor(message, [this](Descriptor descriptor) {
            descriptors_.push_back(above_standard(std::move(descriptor)));
        });
        reader_.filled(static_cast<size_t>(size));
    }
}

std::optional<ForkServer::Answer> ForkServer::next() {
    Frame frame;
    Event event;
    switch (reader_.next(frame)) {
        case FrameReader::Status::kNeedMore:
            return std::nullopt;
        case FrameReader::Status::kTooLarge:
            if (session_.state() == ForkServerSession::State::kOver) return std::nullopt;
            event = session_.violation("a frame of the fork server is too large");
            break;
        case FrameReader::Status::kFrame:
            event = session_.receive(frame, descriptors_.size());
            break;
    }
    Answer answer{.event = std::move(event)};
    if (answer.event.kind == Event::Kind::kForked) {
        answer.pidfd = std::move(descriptors_.front());
        descriptors_.pop_front();
        if (answer.pidfd) {
            last_told_ = answer.event.pid;
        } else {
            answer.event = session_.violation("there is no room for a worker's descriptor");
        }
    }
    send_unsent();
    return answer;
}

void ForkServer::read_output() {
    if (process_.output() && !printed_.read(process_.output())) process_.close_output();
}

void ForkServer::kill(std::string verdict) {
    if (verdict_.empty()) verdict_ = std::move(verdict);
    process_.kill(SIGKILL);
}

std::string ForkServer::bury() {
    read_output();
    // What comes next needs room for a descriptor.
    unsent_.clear();
    descriptors_.clear();
    process_.close_socket();
    const ExitReport report = process_.reap();
    take_in_orphan();
    const std::string pid = text("fork server ", process_.pid());
    return verdict_.empty() ? text(pid, " ", report.describe())
                            : text(pid, " was killed by the pool because ", verdict_);
}

/// It may have died between the making of a worker and the telling. That worker sees the end of its socket
/// and ends, but nobody would reap it.
void ForkServer::take_in_orphan() {
    const ClaimPage* page = process_.claim_page();
    const pid_t pid = page != nullptr ? page->last_forked : 0;
    if (pid <= 1 || pid == last_told_) return;
    const Descriptor pidfd(open_process(pid));
    siginfo_t info{};
    const auto id = static_cast<id_t>(pidfd.get());
    if (!pidfd || system_calls().waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        return;  // no child of ours
    }
    system_calls().pidfd_send_signal(pidfd.get(), SIGKILL, nullptr, 0);
    while (system_calls().waitid(P_PIDFD, id, &info, WEXITED) != 0 && errno == EINTR) {
    }
}

}  // namespace cf

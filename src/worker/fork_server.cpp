#include "worker/fork_server.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <span>

#include "support/child_calls.h"
#include "support/descriptor_passing.h"
#include "support/sibling.h"
#include "worker/fork_session.h"
#include "worker/shared_page.h"
#include "worker/worker_loop.h"

namespace cf {
namespace {

constexpr size_t kRequestReadSize = size_t{4} << 10;
/// Two come with one frame, and no two frames with one read.
constexpr size_t kRequestDescriptors = 4;

class Forker {
  public:
    explicit Forker(int socket) : socket_(socket) {}

    /// Returns in a worker.
    void serve() {
        for (;;) {
            switch (session_.next()) {
                case ForkSession::Step::kRead:
                    flush(-1);
                    receive();
                    break;
                case ForkSession::Step::kPrepare:
                    prepare();
                    break;
                case ForkSession::Step::kFork:
                    if (fork()) return;
                    break;
                case ForkSession::Step::kRefused:
                    flush(-1);
                    _exit(1);
                case ForkSession::Step::kBroken:
                    give_up(text("the pool broke the protocol: ", session_.problem()).c_str());
            }
        }
    }

  private:
    void receive();
    void prepare();
    /// True in the worker.
    bool fork();
    void become_worker(const Descriptor& socket, const Descriptor& output);
    Descriptor next_descriptor();
    /// A descriptor that is not negative goes with the first byte.
    void flush(int descriptor);

    const int socket_;
    ForkSession session_;
    std::deque<Descriptor> descriptors_;  // that came and were not used
    ClaimPage* page_ = nullptr;
    pid_t last_forked_ = 0;  // where there is no page
};

void Forker::receive() {
    const std::span<char> room = session_.room(kRequestReadSize);
    iovec part{room.data(), room.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(kRequestDescriptors * sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t size = 0;
    do {
        size = system_calls().recvmsg(socket_, &message, MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    // Nobody wants this process any more.
    if (size <= 0) _exit(0);
    size_t count = 0;
    for_each_descriptor(message, [&](Descriptor descriptor) {
        descriptors_.push_back(std::move(descriptor));
        ++count;
    });
    session_.received(static_cast<size_t>(size), count);
}

Descriptor Forker::next_descriptor() {
    Descriptor next = std::move(descriptors_.front());
    descriptors_.pop_front();
    return next;
}

void Forker::prepare() {
    ErrorRef error;
    if (session_.has_page()) {
        const Descriptor page = next_descriptor();
        error = map_claim_page(page.get(), page_);
        // It is between the server and its pool, and no worker's business.
        if (!error && !keep_from_siblings(page_, kSharedSize)) {
            error = Error::system(errno, "cannot keep the pool's page from workers");
        }
    }
    if (!error) error = check_can_fork_sibling();
    // What the program has printed and is still in memory, each worker would print once more.
    std::fflush(nullptr);
    if (error) {
        session_.refuse(*error);
    } else {
        session_.ready(getpid());
    }
}

bool Forker::fork() {
    const Descriptor socket = next_descriptor();
    const Descriptor output = session_.request().has_output ? next_descriptor() : Descriptor();
    const Sibling sibling = fork_sibling(page_ != nullptr ? page_->last_forked : last_forked_);
    if (sibling.pid == 0) {
        become_worker(socket, output);
        return true;
    }
    const Descriptor pidfd(sibling.pidfd);
    if (sibling.pid < 0) {
        session_.not_forked(*Error::system(sibling.error, "the fork server cannot make a process"));
    } else {
        session_.forked(sibling.pid);
    }
    flush(pidfd.get());
    return false;
}

/// What the pool sets for a worker that it starts itself (process_pool/spawn.cpp) is as it was in the server.
void Forker::become_worker(const Descriptor& socket, const Descriptor& output) {
    bool placed = child::make_process_group();
    for (const int printed : {STDOUT_FILENO, STDERR_FILENO})
        placed = placed && (!output || child::move_descriptor(output.get(), printed));
    // It takes the place of the server's own.
    if (!placed || !child::move_descriptor(socket.get(), socket_) ||
        fcntl(socket_, F_SETFD, FD_CLOEXEC) != 0) {
        give_up(text("cannot set up a worker: error ", errno).c_str());
    }
}

void Forker::flush(int descriptor) {
    std::string_view bytes = session_.output();
    while (!bytes.empty()) {
        const std::span descriptors(&descriptor, descriptor < 0 ? size_t{0} : size_t{1});
        const ssize_t size = send_with_descriptors(socket_, bytes, descriptors, 0);
        if (size >= 0) {
            bytes.remove_prefix(static_cast<size_t>(size));
            descriptor = -1;
        } else if (errno != EINTR) {
            _exit(1);
        }
    }
    session_.sent();
}

}  // namespace

void serve_forks(int socket) {
    try {
        Forker(socket).serve();
    } catch (const std::exception& exception) {
        give_up(exception.what());
    }
}

}  // namespace cf

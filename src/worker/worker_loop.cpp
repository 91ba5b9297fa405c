#include "worker/worker_loop.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <vector>

#include "executor/task.h"
#include "future/spin.h"
#include "support/clock.h"
#include "support/system_calls.h"
#include "support/thread.h"
#include "support/user_code.h"
#include "worker/outbox.h"
#include "worker/shared_page.h"
#include "worker/worker_session.h"

namespace cf {
namespace {

constexpr size_t kReadSize = size_t{64} << 10;
/// Memory that one large result needed is given back after it.
constexpr size_t kKeptResult = size_t{1} << 20;
/// One is expected; more are a violation, and all of them have to be closed.
constexpr size_t kMaxDescriptors = 4;
constexpr size_t kWatchStackSize = size_t{256} << 10;

/// Runs while the main thread may be anywhere: in a task, in a read, in an exit handler.
void watch_pool(void* socket) {
    pollfd pool{static_cast<int>(reinterpret_cast<intptr_t>(socket)), POLLRDHUP, 0};
    while (system_calls().poll(&pool, 1, -1) < 0 && errno == EINTR) {
    }
    end_with_pool();
}

/// A call that runs in a worker process.
class ProcessHost final : public TaskHost {
  public:
    /// `outbox` is null for the initializer. Results are copied to a buffer that is used again.
    ProcessHost(const WorkerSession::Call& call, Outbox* outbox, std::string& result)
        : call_(call), outbox_(outbox), result_(result) {}
    uint64_t id() const override { return call_.task; }
    std::string_view name() const override { return call_.name; }
    std::optional<std::string_view> arguments() const override { return call_.arguments; }
    bool stop_requested() const override { return call_.deadline.passed(); }
    Deadline deadline() const override { return call_.deadline; }
    uint64_t worker_id() const override { return static_cast<uint64_t>(getpid()); }
    Outcome copy_result(ResultKind kind, std::string_view bytes) const override {
        result_.assign(bytes);
        return Outcome::kept_by_future(kind, result_.data(), result_.size());
    }
    bool takes_pointers() const override { return false; }
    ErrorRef report_progress(std::string_view json) const override {
        if (outbox_ == nullptr) {
            return Error::create(CF_STATUS_UNSUPPORTED,
                                 "an initializer has no future that could tell its progress");
        }
        std::string frame;
        append_frame(frame, {.kind = FrameKind::kProgress, .call = call_.number}, json);
        outbox_->hold(frame, call_.within_chunk);
        return nullptr;
    }

  private:
    const WorkerSession::Call& call_;
    Outbox* const outbox_;
    std::string& result_;
};

class WorkerLoop {
  public:
    explicit WorkerLoop(int socket) : socket_(socket), outbox_(socket) {}

    [[noreturn]] void serve() {
        for (;;) {
            switch (session_.next()) {
                case WorkerSession::Step::kRead:
                    flush();
                    receive();
                    break;
                case WorkerSession::Step::kPrepare:
                    prepare();
                    break;
                case WorkerSession::Step::kRun:
                    run();
                    break;
                case WorkerSession::Step::kLeave:
                    flush();
                    std::exit(0);  // NOLINT(concurrency-mt-unsafe): the program's exit handlers run
                case WorkerSession::Step::kRefused:
                    flush();
                    std::exit(1);  // NOLINT(concurrency-mt-unsafe): the program's exit handlers run
                case WorkerSession::Step::kBroken:
                    flush();
                    give_up(text("the pool broke the protocol: ", session_.problem()).c_str());
            }
        }
    }

  private:
    void receive();
    void keep_descriptors(msghdr& message);
    void flush();
    void prepare();
    ErrorRef get_ready(ClaimPage*& page_out);
    ErrorRef start_watching();
    ErrorRef run_initializer();
    void run();
    template <typename Ended, typename OnExit>
    void run_to_end(const Function& function, Task& task, Ended&& ended, OnExit&& on_exit);

    const int socket_;
    WorkerSession session_;
    Outbox outbox_;
    std::vector<int> descriptors_;  // that came with HELLO
    std::string result_;            // of the call that runs
    SpinLength spin_length_;        // for input
};

// --- bytes ---

void WorkerLoop::receive() {
    const std::span<char> room = session_.room(kReadSize);
    iovec part{room.data(), room.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptors * sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    ssize_t size = 0;
    const auto come = [&](int flags) {
        message.msg_controllen = sizeof control;
        size = system_calls().recvmsg(socket_, &message, MSG_CMSG_CLOEXEC | flags);
        return size >= 0 || (errno != EINTR && errno != EAGAIN);
    };
    const bool spun =
        session_.hello().spin && spin(spin_length_, [&] { return come(MSG_DONTWAIT); });
    while (!spun && !come(0)) {
    }
    if (size <= 0) end_with_pool();
    const size_t before = descriptors_.size();
    keep_descriptors(message);
    session_.received(static_cast<size_t>(size), descriptors_.size() - before);
}

void WorkerLoop::keep_descriptors(msghdr& message) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
            descriptors_.push_back(descriptor);
        }
    }
}

void WorkerLoop::flush() {
    outbox_.send(session_.output());
    session_.sent();
}

// --- getting ready ---

void WorkerLoop::prepare() {
    ClaimPage* page = nullptr;
    const ErrorRef error = get_ready(page);
    for (const int descriptor : descriptors_)
        system_calls().close(descriptor);
    descriptors_.clear();
    if (error) {
        session_.refuse(*error);
    } else {
        session_.ready(getpid(), page);
        flush();
        if (page != nullptr) outbox_.hold_back_in(*page);
    }
}

ErrorRef WorkerLoop::get_ready(ClaimPage*& page_out) {
    if (session_.expects_claim_page()) {
        if (ErrorRef error = map_claim_page(descriptors_.front(), page_out)) return error;
    }
    if (session_.hello().spin) prepare_spinning();
    // Before the initializer, which is user code and may be slow to return.
    if (ErrorRef error = start_watching()) return error;
    return run_initializer();
}

ErrorRef WorkerLoop::start_watching() {
    Thread watch;
    ErrorRef error = watch.start("cf-watch", watch_pool, reinterpret_cast<void*>(intptr_t{socket_}),
                                 kWatchStackSize);
    if (!error) watch.detach();
    return error;
}

ErrorRef WorkerLoop::run_initializer() {
    const Hello& hello = session_.hello();
    if (hello.initializer.empty()) return nullptr;
    const Function* function = find_function(hello.initializer);
    if (function == nullptr) return unknown_function(hello.initializer);
    ErrorRef error;
    const WorkerSession::Call call{.name = hello.initializer,
                                   .arguments = hello.initializer_arguments};
    const ProcessHost host(call, nullptr, result_);
    Task task(host);
    run_to_end(
        *function, task, [&](Outcome& outcome) { error = outcome.take_error(); },
        [&] {
            session_.refuse(*error);
            return 1;
        });
    return error;
}

// --- user code ---

void WorkerLoop::run() {
    const WorkerSession::Call& call = session_.call();
    outbox_.hold(session_.output(), call.within_chunk);
    session_.sent();
    const ProcessHost host(call, &outbox_, result_);
    Task task(host);
    run_to_end(
        *call.function, task, [this](Outcome& outcome) { session_.answer(std::move(outcome)); },
        [] { return 0; });
    if (result_.capacity() > kKeptResult) std::string().swap(result_);
}

/// When the function ends the main thread, the process ends with the status that on_exit() gives,
/// after what there is to say was said.
template <typename Ended, typename OnExit>
void WorkerLoop::run_to_end(const Function& function, Task& task, Ended&& ended, OnExit&& on_exit) {
    try {
        run_function(function.task_fn(), function.user_data(), task, ended);
    } catch (ForcedUnwind&) {
        const int status = on_exit();
        flush();
        _exit(status);
    }
}

}  // namespace

void serve_as_worker(int socket) {
    try {
        WorkerLoop(socket).serve();
    } catch (const std::exception& exception) {
        give_up(exception.what());
    }
}

void end_with_pool() noexcept {
    _exit(1);
}

void give_up(const char* reason) noexcept {
    std::fprintf(stderr, "cfutures worker %d: %s\n", static_cast<int>(getpid()), reason);
    _exit(1);
}

}  // namespace cf

#include "process_pool/worker_process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <vector>

#include "process_pool/spawn.h"
#include "support/program.h"
#include "support/seals.h"

namespace cf {
namespace {

ExitReport from_wait_status(int status) {
    ExitReport report{.known = true};
    if (WIFSIGNALED(status)) {
        report.signal = WTERMSIG(status);
    } else {
        report.exit_status = WEXITSTATUS(status);
    }
    return report;
}

/// As exec wants them.
std::vector<char*> c_strings(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (const std::string& string : strings)
        pointers.push_back(const_cast<char*>(string.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

/// Waits for a child's end, which is certain and near.
ExitReport wait_for(idtype_t type, int id) {
    siginfo_t info{};
    while (system_calls().waitid(type, static_cast<id_t>(id), &info, WEXITED) != 0) {
        if (errno != EINTR) return {};
    }
    ExitReport report{.known = true};
    if (info.si_code == CLD_EXITED) {
        report.exit_status = info.si_status;
    } else {
        report.signal = info.si_status;
    }
    return report;
}

/// The kernel's own record (Linux 6.15 on), when somebody else has reaped the process.
ExitReport ask_pidfd(int pidfd) {
    struct {
        uint64_t mask;
        uint64_t cgroup;
        uint32_t ids[11];
        int32_t exit_code;
    } info{};
    static_assert(sizeof info == 64);
    constexpr uint64_t kExitInfo = 1U << 3;
    info.mask = kExitInfo;
    if (system_calls().pidfd_get_info(pidfd, &info) != 0 || (info.mask & kExitInfo) == 0) return {};
    return from_wait_status(info.exit_code);
}

}  // namespace

std::string ExitReport::describe() const {
    if (!known) return "ended with an unknown status";
    if (signal == 0) return text("exited with status ", exit_status);
    return text("was killed by signal ", signal, " (SIG", signal_name(signal), ")");
}

ErrorRef WorkerProcess::prepare(const WorkerSettings& settings, FarEnds& ends_out) {
    int ends[2];
    if (system_calls().socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return Error::system(errno, "cannot make a socketpair for a worker");
    }
    socket_ = Descriptor(ends[0]);
    ends_out.socket = Descriptor(ends[1]);
    for (Descriptor* end : {&socket_, &ends_out.socket}) {
        *end = above_standard(std::move(*end));
        if (!*end) return Error::system(errno, "cannot duplicate a worker's descriptor");
    }
    if (fcntl(socket_.get(), F_SETFL, O_NONBLOCK) != 0) {
        return Error::system(errno, "cannot make a worker's socket non-blocking");
    }
    make_claim_page();
    return settings.output == CF_WORKER_OUTPUT_CAPTURE ? make_output(ends_out.output) : nullptr;
}

ErrorRef WorkerProcess::start(const ResolvedCommand& command) {
    FarEnds ends;
    if (ErrorRef error = prepare(command.settings, ends)) return error;
    const std::vector<char*> argv = c_strings(command.argv);
    const std::vector<char*> environment = c_strings(command.environment);
    const Spawned spawned = spawn({.path = command.path.c_str(),
                                   .argv = argv.data(),
                                   .environment = environment.data(),
                                   .socket = ends.socket.get(),
                                   .output = ends.output.get(),
                                   .settings = command.settings});
    if (spawned.error != 0) {
        return Error::system(spawned.error, text("cannot ", spawned.step, " the worker program '",
                                                 command.display, "'"));
    }
    pid_ = spawned.pid;
    reaped_ = false;
    pidfd_ = above_standard(Descriptor(spawned.pidfd));
    if (pidfd_) return nullptr;
    const int error = errno;
    ::kill(pid_, SIGKILL);
    wait_for(P_PID, pid_);
    reaped_ = true;
    return Error::system(error, "cannot duplicate a worker's descriptor");
}

void WorkerProcess::adopt(pid_t pid, Descriptor pidfd) {
    pid_ = pid;
    reaped_ = false;
    pidfd_ = std::move(pidfd);
}

ErrorRef WorkerProcess::make_output(Descriptor& workers_end) {
    int ends[2];
    if (system_calls().pipe2(ends, O_CLOEXEC) != 0) {
        return Error::system(errno, "cannot make a pipe for a worker's output");
    }
    output_ = above_standard(Descriptor(ends[0]));
    workers_end = above_standard(Descriptor(ends[1]));
    // The pool never waits for it; the worker waits for room, as with any pipe.
    if (!output_ || !workers_end || fcntl(output_.get(), F_SETFL, O_NONBLOCK) != 0) {
        return Error::system(errno, "cannot make a pipe for a worker's output");
    }
    return nullptr;
}

void WorkerProcess::make_claim_page() {
    page_descriptor_ = above_standard(Descriptor(
        system_calls().memfd_create("cfutures-claims", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
    if (!page_descriptor_) return;
    const int descriptor = page_descriptor_.get();
    if (system_calls().ftruncate(descriptor, kSharedSize) != 0 || !seal_size(descriptor)) {
        return page_descriptor_.reset();
    }
    void* memory = system_calls().mmap(nullptr, kSharedSize, PROT_READ | PROT_WRITE, MAP_SHARED,
                                       descriptor, 0);
    if (memory == MAP_FAILED) return page_descriptor_.reset();
    page_ = new (memory) ClaimPage{};
    page_->magic = kClaimPageMagic;
    page_->version = kClaimPageVersion;
    page_->slots = kClaimSlots;
    page_->answer_space = kAnswerSpace;
}

WorkerProcess::~WorkerProcess() {
    if (!reaped_) {
        kill(SIGKILL);
        reap();
    }
    if (page_ != nullptr) system_calls().munmap(page_, kSharedSize);
}

void WorkerProcess::kill(int signal) {
    if (is_there()) system_calls().pidfd_send_signal(pidfd_.get(), signal, nullptr, 0);
}

void WorkerProcess::kill_group() {
    constexpr unsigned kProcessGroup = 1U << 2;  // PIDFD_SIGNAL_PROCESS_GROUP
    const int pidfd = pidfd_.get();
    if (system_calls().pidfd_send_signal(pidfd, SIGKILL, nullptr, kProcessGroup) == 0) return;
    // Before Linux 6.9 by the number, which is still the group's while its leader was not reaped.
    siginfo_t info{};
    if (errno == EINVAL && system_calls().waitid(P_PIDFD, static_cast<id_t>(pidfd), &info,
                                                 WEXITED | WNOHANG | WNOWAIT) == 0) {
        ::kill(-pid_, SIGKILL);
    }
}

ExitReport WorkerProcess::reap() {
    reaped_ = true;
    const ExitReport report = wait_for(P_PIDFD, pidfd_.get());
    return report.known ? report : ask_pidfd(pidfd_.get());
}

}  // namespace cf

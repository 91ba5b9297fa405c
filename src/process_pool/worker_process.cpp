#include "process_pool/worker_process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

extern char** environ;

namespace cf {
namespace {

constexpr int kWorkerSocket = 3;
constexpr const char* kMarker = "CFUTURES_WORKER=";

/// The host's environment with the worker's marker.
class WorkerEnvironment {
  public:
    WorkerEnvironment() : marker_(kMarker + std::to_string(kWorkerSocket)) {
        for (char** entry = environ; *entry != nullptr; ++entry) {
            if (!std::string_view(*entry).starts_with(kMarker)) entries_.push_back(*entry);
        }
        entries_.push_back(marker_.data());
        entries_.push_back(nullptr);
    }
    char* const* get() { return entries_.data(); }

  private:
    std::string marker_;
    std::vector<char*> entries_;
};

/// What the child does between the start and its program.
class SpawnPlan {
  public:
    explicit SpawnPlan(int socket) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        // What the host has closed a worker must not fill with files of its own.
        for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
            if (fcntl(output, F_GETFD) >= 0) continue;
            posix_spawn_file_actions_addopen(&actions_, output, "/dev/null", O_WRONLY, 0);
        }
        // dup2 clears close-on-exec, also when the number is the same already.
        posix_spawn_file_actions_adddup2(&actions_, socket, kWorkerSocket);
        posix_spawn_file_actions_addclosefrom_np(&actions_, kWorkerSocket + 1);
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    const posix_spawn_file_actions_t* actions() const { return &actions_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

ExitReport from_wait_status(int status) {
    ExitReport report{.known = true};
    if (WIFSIGNALED(status)) {
        report.signal = WTERMSIG(status);
    } else {
        report.exit_status = WEXITSTATUS(status);
    }
    return report;
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
    const char* name = sigabbrev_np(signal);
    return text("was killed by signal ", signal, " (SIG", name != nullptr ? name : "?", ")");
}

ErrorRef WorkerProcess::start(const ResolvedCommand& command) {
    int ends[2];
    if (system_calls().socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return Error::system(errno, "cannot make a socketpair for a worker");
    }
    socket_ = Descriptor(ends[0]);
    Descriptor workers_end(ends[1]);
    for (Descriptor* end : {&socket_, &workers_end}) {
        *end = above_standard(std::move(*end));
        if (!*end) return Error::system(errno, "cannot duplicate a worker's descriptor");
    }
    if (fcntl(socket_.get(), F_SETFL, O_NONBLOCK) != 0) {
        return Error::system(errno, "cannot make a worker's socket non-blocking");
    }
    make_claim_page();

    std::vector<char*> argv;
    for (const std::string& word : command.argv)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    WorkerEnvironment environment;
    const SpawnPlan plan(workers_end.get());
    const int result =
        system_calls().posix_spawn(&pid_, command.path.c_str(), plan.actions(), plan.attributes(),
                                   argv.data(), environment.get());
    if (result != 0) {
        return Error::system(result,
                             text("cannot start the worker program '", command.display, "'"));
    }
    reaped_ = false;
    // The child cannot be waited for by us before this, so the number still means it, unless the
    // host reaps every child itself; then its death shows at the socket.
    pidfd_ = above_standard(Descriptor(system_calls().pidfd_open(pid_, 0)));
    if (!pidfd_) {
        const int error = errno;
        ::kill(pid_, SIGKILL);
        wait_for(P_PID, pid_);
        reaped_ = true;
        return Error::system(error,
                             text("cannot watch the worker program '", command.display, "'"));
    }
    return nullptr;
}

void WorkerProcess::make_claim_page() {
    page_descriptor_ = above_standard(Descriptor(
        system_calls().memfd_create("cfutures-claims", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
    if (!page_descriptor_) return;
    const int descriptor = page_descriptor_.get();
    if (system_calls().ftruncate(descriptor, kSharedSize) != 0 ||
        fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
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
    system_calls().pidfd_send_signal(pidfd_.get(), signal, nullptr, 0);
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

#include "process_pool/spawn.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <new>

#include "support/child_calls.h"
#include "support/system_calls.h"
#include "worker/marker.h"

namespace cf {
namespace {

constexpr size_t kStackSize = size_t{64} << 10;

/// What the child and the thread that waits for it share.
struct Shared {
    const SpawnPlan& plan;
    const SystemCalls& calls;
    const char* step = "start a process";
    int error = 0;
};

CF_IN_CHILD bool place_output(const SpawnPlan& plan) {
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
        if (plan.output >= 0) {
            if (!child::move_descriptor(plan.output, output)) return false;
        } else if (plan.settings.output == CF_WORKER_OUTPUT_DISCARD ||
                   // What the host has closed a worker must not fill with files of its own.
                   !child::is_open(output)) {
            if (!child::open_null(output, O_WRONLY)) return false;
        }
    }
    return true;
}

/// Says what is done next.
CF_IN_CHILD void next(Shared& shared, const char* step) {
    shared.step = step;
}

CF_IN_CHILD bool prepare(Shared& shared) {
    const SpawnPlan& plan = shared.plan;
    const WorkerSettings& settings = plan.settings;
    child::reset_signal_handlers();
    next(shared, "make a process group for");
    if (!child::make_process_group()) return false;
    next(shared, "set the descriptors of");
    if (!child::open_null(STDIN_FILENO, O_RDONLY) || !place_output(plan)) return false;
    if (!child::move_descriptor(plan.socket, kWorkerSocket) ||
        !child::close_from(kWorkerSocket + 1)) {
        return false;
    }
    if (settings.umask) child::set_umask(static_cast<mode_t>(*settings.umask));
    next(shared, "set the working directory of");
    if (!settings.directory.empty() && !child::change_directory(settings.directory.c_str())) {
        return false;
    }
    next(shared, "set the niceness of");
    if (settings.niceness != 0 && !child::add_niceness(settings.niceness)) return false;
    next(shared, "set no_new_privs for");
    if (settings.no_new_privileges && !child::forbid_new_privileges()) return false;
    next(shared, "limit the core dumps of");
    if (settings.core_size_limit &&
        !child::set_limit(RLIMIT_CORE, *settings.core_size_limit, *settings.core_size_limit)) {
        return false;
    }
    next(shared, "limit the CPU time of");
    // SIGXCPU at the first, which names the reason, and SIGKILL a second later.
    if (settings.cpu_time_limit &&
        !child::set_limit(RLIMIT_CPU, *settings.cpu_time_limit, *settings.cpu_time_limit + 1)) {
        return false;
    }
    next(shared, "limit the memory of");
    return !settings.memory_limit ||
           child::set_limit(RLIMIT_AS, *settings.memory_limit, *settings.memory_limit);
}

CF_IN_CHILD int run_child(void* opaque) {
    auto& shared = *static_cast<Shared*>(opaque);
    if (prepare(shared)) {
        child::unblock_signals();
        shared.step = "start";
        shared.calls.execve(shared.plan.path, shared.plan.argv, shared.plan.environment);
    }
    shared.error = errno;
    child::end(127);
}

/// Where the child leaves word.
class Letterbox {
  public:
    explicit Letterbox(const SpawnPlan& plan) : memory_(child::shared_memory(sizeof(Shared))) {
        if (memory_ == nullptr) throw std::bad_alloc();
        shared_ = new (memory_) Shared{.plan = plan, .calls = system_calls()};
    }
    ~Letterbox() { child::release_shared_memory(memory_, sizeof(Shared)); }
    Letterbox(const Letterbox&) = delete;
    Shared& operator*() const { return *shared_; }

  private:
    void* memory_;
    Shared* shared_;
};

}  // namespace

Spawned spawn(const SpawnPlan& plan) {
    const std::unique_ptr<char[]> stack(new char[kStackSize]);
    const Letterbox letterbox(plan);
    Shared& shared = *letterbox;
    Spawned spawned;
    // A handler of the host's must not run in the child.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // The stack grows downwards, and its end has to be aligned.
    char* top = stack.get() + kStackSize;
    top -= reinterpret_cast<uintptr_t>(top) % 16;
    spawned.pid = system_calls().clone(
        run_child, top, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &shared, &spawned.pidfd);
    const int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    spawned.step = shared.step;
    spawned.error = spawned.pid < 0 ? error : shared.error;
    if (spawned.pid < 0 || spawned.error == 0) return spawned;
    siginfo_t info{};
    while (system_calls().waitid(P_PIDFD, static_cast<id_t>(spawned.pidfd), &info, WEXITED) != 0 &&
           errno == EINTR) {
    }
    system_calls().close(spawned.pidfd);
    return spawned;
}

}  // namespace cf

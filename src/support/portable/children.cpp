// clone with CLONE_PIDFD: a fork, and a thread that waits for the child's end without reaping it and then
// makes the descriptor readable. What is known of a child by its number is known until it is reaped.
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "support/portable/calls.h"
#include "support/portable/objects.h"

namespace cf::portable {
namespace {

constexpr unsigned kProcessGroup = 1U << 2;  // PIDFD_SIGNAL_PROCESS_GROUP

class Child final : public Object {
  public:
    /// `hidden` is the other end of what the core takes for a pidfd.
    explicit Child(int hidden) : hidden_(hidden) {}
    Child(const Child&) = delete;
    /// The process has ended, or was never there.
    ~Child() override {
        // In a forked child of the host there is no such thread.
        if (watched_ && getpid() == owner_) pthread_join(watcher_, nullptr);
        ::close(hidden_);
    }

    /// False when no thread could be started.
    bool watch(pid_t pid) {
        pid_ = pid;
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, kStackSize);
        const auto main = [](void* child) -> void* {
            static_cast<Child*>(child)->await_end();
            return nullptr;
        };
        watched_ = pthread_create(&watcher_, &attributes, main, this) == 0;
        pthread_attr_destroy(&attributes);
        return watched_;
    }

    int signal(int number, unsigned flags) const {
        if (gone_.load(std::memory_order_acquire)) {
            errno = ESRCH;
            return -1;
        }
        return ::kill((flags & kProcessGroup) != 0 ? -pid_ : pid_, number);
    }

    int wait(siginfo_t* info, int options) {
        const int result = ::waitid(P_PID, static_cast<id_t>(pid_), info, options);
        // With WNOHANG it may still be there.
        if (result == 0 && (options & WNOWAIT) == 0 && info->si_pid != 0) {
            gone_.store(true, std::memory_order_release);
        }
        return result;
    }

  private:
    static constexpr size_t kStackSize = size_t{256} << 10;

    void await_end() {
        siginfo_t info{};
        while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0) {
            if (errno == EINTR) continue;
            // Reaped: by us, by the host, or by the kernel where the host ignores SIGCHLD.
            gone_.store(true, std::memory_order_release);
            break;
        }
        ::shutdown(hidden_, SHUT_WR);
    }

    const int hidden_;
    const pid_t owner_ = getpid();
    pid_t pid_ = 0;
    bool watched_ = false;
    pthread_t watcher_{};
    std::atomic<bool> gone_{false};
};

void kill_and_reap(pid_t pid) {
    ::kill(pid, SIGKILL);
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

/// Returns when all copies of the other end are closed: the child runs its program, or has ended.
void await_exec(int end) {
    pollfd closed{end, POLLIN, 0};
    const int error = errno;
    while (::poll(&closed, 1, -1) < 0 && errno == EINTR) {
    }
    errno = error;
}

int start(int (*function)(void*), void* argument, Child& child) {
    int running[2];
    // The child makes standard descriptors of its own, and these must not be in their places.
    if (private_pair(SOCK_STREAM, running) != 0) return -1;
    const pid_t pid = fork();
    if (pid == 0) {
        function(argument);
        _exit(127);
    }
    drop(running[1]);
    if (pid > 0) await_exec(running[0]);
    drop(running[0]);
    if (pid > 0 && !child.watch(pid)) {
        kill_and_reap(pid);
        errno = EAGAIN;
        return -1;
    }
    return pid;
}

}  // namespace

int clone(int (*function)(void*), void*, int, void* argument, int* pidfd) {
    int ends[2];
    if (private_pair(SOCK_STREAM, ends) != 0) return -1;
    const auto child = make_object<Child>(ends[1]);
    if (child == nullptr) {
        drop(ends[0]);
        drop(ends[1]);
        return -1;
    }
    const int pid = start(function, argument, *child);
    if (pid < 0) {
        drop(ends[0]);
        return -1;
    }
    *pidfd = publish(ends[0], child);
    if (*pidfd >= 0) return pid;
    kill_and_reap(pid);
    errno = ENOMEM;
    return -1;
}

int pidfd_send_signal(int pidfd, int signal, siginfo_t*, unsigned flags) {
    if (const auto child = find_as<Child>(pidfd)) return child->signal(signal, flags);
    errno = EBADF;
    return -1;
}

int pidfd_get_info(int, void*) {
    errno = ENOTTY;
    return -1;
}

int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
    if (type != P_PIDFD) return ::waitid(type, id, info, options);
    if (const auto child = find_as<Child>(static_cast<int>(id))) return child->wait(info, options);
    errno = EBADF;
    return -1;
}

}  // namespace cf::portable

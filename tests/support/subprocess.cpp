#include "support/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace cf_test {
namespace {

[[noreturn]] void throw_errno(int error, const std::string& what) {
    throw std::system_error(error, std::generic_category(), what);
}

class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int get() const { return fd_; }
    void reset(int fd = -1) {
        if (fd_ >= 0) close(fd_);
        fd_ = fd;
    }

  private:
    int fd_;
};

struct Pipe {
    Pipe() {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "pipe2");
        read_end.reset(ends[0]);
        write_end.reset(ends[1]);
        fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
    }
    Descriptor read_end;
    Descriptor write_end;
};

// Appends what is there; closes the pipe at its end.
void drain(Descriptor& pipe, std::string& text) {
    std::array<char, 16384> buffer;
    while (pipe.get() >= 0) {
        const ssize_t got = read(pipe.get(), buffer.data(), buffer.size());
        if (got > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(got));
        } else if (got == 0) {
            pipe.reset();
        } else if (errno != EINTR) {
            return;
        }
    }
}

int milliseconds_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

// The caller's environment with the given variables in place of its own of the same name.
std::vector<std::string> merged_environment(const std::vector<std::string>& extra) {
    std::vector<std::string> merged = extra;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string text = *variable;
        const std::string name = text.substr(0, text.find('=') + 1);
        bool replaced = false;
        for (const std::string& other : extra)
            replaced |= other.compare(0, name.size(), name) == 0;
        if (!replaced) merged.push_back(text);
    }
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    result.reserve(strings.size() + 1);
    for (std::string& text : strings)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

}  // namespace

pid_t spawn(const Command& command, int out_fd, int err_fd) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, err_fd, STDERR_FILENO);

    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);

    std::vector<std::string> args = command.args;
    std::vector<std::string> env = merged_environment(command.env);
    pid_t pid = -1;
    const int error = posix_spawnp(&pid, args.at(0).c_str(), &files, &attributes,
                                   pointers(args).data(), pointers(env).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw_errno(error, "cannot run " + args[0]);
    return pid;
}

Outcome run(const Command& command) {
    Outcome outcome;
    Pipe out;
    Pipe err;
    const Clock::time_point deadline = Clock::now() + command.limit;
    const pid_t pid = spawn(command, out.write_end.get(), err.write_end.get());
    out.write_end.reset();
    err.write_end.reset();

    // The end of the program ends the run, even if a grandchild still holds the pipes.
    const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    std::array<pollfd, 3> events;
    do {
        events = {pollfd{process.get(), POLLIN, 0}, pollfd{out.read_end.get(), POLLIN, 0},
                  pollfd{err.read_end.get(), POLLIN, 0}};
        const int ready = poll(events.data(), events.size(), milliseconds_until(deadline));
        if (ready == 0) {
            outcome.timed_out = true;
            kill(-pid, SIGKILL);
            break;
        }
        drain(out.read_end, outcome.out);
        drain(err.read_end, outcome.err);
    } while (events[0].revents == 0);

    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    drain(out.read_end, outcome.out);
    drain(err.read_end, outcome.err);
    if (WIFEXITED(status)) outcome.exit_status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
    return outcome;
}

}  // namespace cf_test

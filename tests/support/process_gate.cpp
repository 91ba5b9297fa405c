#include "support/process_gate.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "support/time.h"
#include "support/watchdog.h"

namespace cf_test {
namespace {

int open_pipe(const std::string& path, int flags) {
    const int fd = open(path.c_str(), flags | O_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "open " + path);
    return fd;
}

// The test holds both directions of its ends, so that it never sees the end of a pipe.
int make_pipe(const std::string& path) {
    if (mkfifo(path.c_str(), 0600) != 0) {
        throw std::system_error(errno, std::generic_category(), "mkfifo " + path);
    }
    return open_pipe(path, O_RDWR | O_NONBLOCK);
}

// Reads from a pipe that does not block; 0 is its end. Dies when nothing comes in time.
ssize_t read_in_time(int fd, void* buffer, std::size_t size, const std::string& awaited) {
    const Clock::time_point deadline = Clock::now() + long_wait();
    for (;;) {
        const ssize_t got = read(fd, buffer, size);
        if (got >= 0) return got;
        if (errno != EAGAIN && errno != EINTR) die_with_stacks("cannot read a process gate");
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) die_with_stacks("waited in vain for " + awaited);
        pollfd event{fd, POLLIN, 0};
        poll(&event, 1, static_cast<int>(left.count()));
    }
}

}  // namespace

ProcessGate::ProcessGate()
    : arrived_(make_pipe(directory_.file("arrived"))), open_(make_pipe(directory_.file("open"))) {}

ProcessGate::~ProcessGate() {
    open();
    close(arrived_);
}

std::vector<pid_t> ProcessGate::wait_arrived(int n) {
    std::vector<pid_t> pids;
    while (n-- > 0) {
        pid_t pid = 0;
        read_in_time(arrived_, &pid, sizeof pid, "a worker to arrive at its gate");
        pids.push_back(pid);
    }
    return pids;
}

void ProcessGate::open() {
    if (open_ >= 0) close(open_);
    open_ = -1;
}

void ProcessGate::pass(const std::string& path) {
    const int gate = open_pipe(path + "/open", O_RDONLY | O_NONBLOCK);
    const int arrived = open_pipe(path + "/arrived", O_WRONLY);
    const pid_t self = getpid();
    if (write(arrived, &self, sizeof self) != sizeof self) {
        die_with_stacks("cannot report the arrival at a process gate");
    }
    close(arrived);
    char none;
    read_in_time(gate, &none, sizeof none, "a process gate to open");
    close(gate);
}

}  // namespace cf_test

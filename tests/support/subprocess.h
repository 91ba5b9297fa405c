// Runs other programs.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/time.h"

namespace cf_test {

struct Command {
    std::vector<std::string> args{};  // args[0] is looked up in PATH when it has no slash
    std::vector<std::string> env{};   // "NAME=value", over the environment of the caller
    Duration limit = long_wait();     // afterwards the program and its process group are killed
};

struct Outcome {
    int exit_status = -1;  // -1 when a signal ended it
    int signal = 0;        // 0 when it exited
    bool timed_out = false;
    std::string out{};
    std::string err{};
};

// Starts the program in a process group of its own, with stdin at end of file, no signal blocked,
// and the given descriptors as stdout and stderr. Throws std::system_error when it cannot. The
// caller reaps.
pid_t spawn(const Command& command, int out_fd, int err_fd);

// Runs the program to its end and returns how it ended and what it wrote.
Outcome run(const Command& command);

}  // namespace cf_test

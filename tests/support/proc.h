// What /proc tells about processes and their threads.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace cf_test {

// The names in a directory, sorted; nothing when it cannot be read or has gone meanwhile.
std::vector<std::string> list_directory(const std::string& path);

// The text of a small file, cut after its last printable character; "" when it cannot be read.
std::string read_text(const std::string& path);

// "12 (name) Z: command line": what a person needs to recognise a process, dead ones included.
std::string describe_process(pid_t pid);

// The children of a process, zombies included.
std::vector<pid_t> children_of(pid_t pid);

// Children, their children and so on; parents come before their children.
std::vector<pid_t> descendants_of(pid_t pid);

}  // namespace cf_test

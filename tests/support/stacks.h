// Shows where the threads of a process stand.
#pragma once

#include <sys/types.h>

namespace cf_test {

// Writes the stacks of all threads of the process to stderr: as gdb sees them, or what /proc tells
// where gdb is missing or may not attach. The process may be the caller's own.
void dump_stacks(pid_t pid);

}  // namespace cf_test

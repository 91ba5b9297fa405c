// A fork whose child is a sibling: a child of the caller's parent, which alone learns its exit status.
//
// It is for the fork server of a process pool (worker/fork_server.h), whose workers are to be the host's own
// children. The C library's fork() cannot make such a child, so this is the system call, and puts right what
// the library would have: the number of the thread that it keeps in memory, and the list of robust mutexes.
// Handlers of pthread_atfork() do not run. The caller has one thread, so no lock is held by another.
#pragma once

#include <sys/types.h>

#include "support/error.h"

namespace cf {

/// Null when this process can fork siblings; UNSUPPORTED, which says why, on a system that cannot and in a
/// process that has more than one thread.
ErrorRef check_can_fork_sibling();

struct Sibling {
    pid_t pid = -1;  // 0 in the child
    int pidfd = -1;  // close-on-exec; not in the child
    int error = 0;   // with a pid of -1
};

/// The pid stands in `announced` before the child runs, so that it is known there even if the caller dies in
/// the same moment.
Sibling fork_sibling(pid_t& announced);

/// Keeps memory that was mapped shared from the copies. False with errno.
bool keep_from_siblings(void* memory, size_t size);

/// The process with this number as a pidfd; -1 when there is none.
int open_process(pid_t pid);

}  // namespace cf

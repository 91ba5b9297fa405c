// The start of a program as a worker: what posix_spawn does, with the steps that it does not know.
//
// The child shares the host's memory until it runs its program, and the host's thread waits for that, as
// with vfork: so a start costs the same however large the host is, and its failure is a plain variable.
// In between the child makes nothing but system calls. Its pidfd comes from the very call that makes it.
#pragma once

#include <sys/types.h>

#include "process_pool/worker_settings.h"

namespace cf {

struct SpawnPlan {
    const char* path;
    char* const* argv;
    char* const* environment;
    int socket;  // becomes kWorkerSocket
    int output;  // becomes 1 and 2; -1: the host's
    const WorkerSettings& settings;
};

struct Spawned {
    pid_t pid = 0;
    int pidfd = -1;
    int error = 0;          // 0: the program runs
    const char* step = "";  // otherwise what could not be done
};

/// On failure no process is left.
Spawned spawn(const SpawnPlan& plan);

}  // namespace cf

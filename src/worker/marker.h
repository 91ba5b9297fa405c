// The marker by which a pool tells a process that it is a worker: an environment variable with the
// number of the descriptor of the pool's socket (docs/protocol.md, "How a worker is started").
//
// It knows nothing of the library, since the program cfutures-worker is built with it too.
#pragma once

#include <string>

namespace cf {

constexpr const char* kWorkerMarker = "CFUTURES_WORKER";
/// What it is to be, when it is no plain worker: kForkServerRole.
constexpr const char* kWorkerRole = "CFUTURES_WORKER_ROLE";
constexpr const char* kForkServerRole = "forkserver";
/// How many pools are above it: 1 in a worker of a program that is no worker.
constexpr const char* kWorkerDepth = "CFUTURES_WORKER_DEPTH";
/// The descriptor of the socket.
constexpr int kWorkerSocket = 3;

/// Whether this process was started as a worker and has not taken its socket yet.
bool has_worker_marker();

/// The socket that the marker names, made ready for use: it blocks, and programs that this process
/// runs do not inherit it. -1 when the marker makes no sense; `problem` says why.
int worker_socket(std::string& problem);

}  // namespace cf

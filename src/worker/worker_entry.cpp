#include "worker/worker_entry.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "support/program.h"
#include "support/sync.h"
#include "worker/fork_server.h"
#include "worker/marker.h"
#include "worker/worker_loop.h"

namespace cf {
namespace {

sync::Atomic<bool> entry_passed{false};
sync::Atomic<int> depth{0};

}  // namespace

ErrorRef check_may_make_executors() {
    if (passed_worker_entry() || !has_worker_marker()) return nullptr;
    return Error::create(CF_STATUS_INVALID_STATE,
                         "this process was started as a worker, but has not called "
                         "cf_worker_entry(); call it early in main");
}

bool passed_worker_entry() {
    return entry_passed.load(std::memory_order_acquire);
}

int nesting_depth() {
    return depth.load(std::memory_order_relaxed);
}

void worker_entry() {
    entry_passed.store(true, std::memory_order_release);
    if (!has_worker_marker()) return;
    std::string problem;
    const int socket = worker_socket(problem);
    if (socket < 0) give_up(problem.c_str());
    // A worker is at least one deep, whatever somebody has made of the variable.
    const char* levels = std::getenv(kWorkerDepth);
    depth.store(levels != nullptr ? std::max(std::atoi(levels), 1) : 1, std::memory_order_relaxed);
    const char* role = std::getenv(kWorkerRole);
    const bool serves_forks = role != nullptr && std::strcmp(role, kForkServerRole) == 0;
    unsetenv(kWorkerMarker);  // NOLINT(concurrency-mt-unsafe): no other thread runs yet
    unsetenv(kWorkerDepth);   // NOLINT(concurrency-mt-unsafe): no other thread runs yet
    unsetenv(kWorkerRole);    // NOLINT(concurrency-mt-unsafe): no other thread runs yet
    // A program that was run through /proc/self/exe is called "exe" by the system.
    name_process_after_program();
    if (serves_forks) serve_forks(socket);  // comes back in each worker
    serve_as_worker(socket);
}

}  // namespace cf

// What a pool runs as its workers.
#pragma once

#include <string>
#include <vector>

#include "process_pool/worker_settings.h"
#include "support/error.h"

namespace cf {

struct WorkerCommand {
    enum class Way { kSelf, kLibraries, kCommand };

    Way way = Way::kSelf;
    std::vector<std::string> words{};  // libraries, or the program and its arguments

    /// Whether the functions that can be called are those of this process.
    bool uses_own_functions() const { return way == Way::kSelf; }
};

/// A command that can be run, with all that its processes are given.
struct ResolvedCommand {
    std::string path;
    std::vector<std::string> argv;
    std::string display;                     // for messages
    std::vector<std::string> environment{};  // all of it: "NAME=value"
    WorkerSettings settings{};
};

/// Finds the program and checks what can be checked before it runs: SYSTEM with the path, or
/// INVALID_STATE when the program itself cannot be its own worker.
ErrorRef resolve(const WorkerCommand& command, const WorkerSettings& settings,
                 ResolvedCommand& resolved_out);

}  // namespace cf

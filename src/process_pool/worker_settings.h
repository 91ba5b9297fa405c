// What a worker process is given beside its program: limits, and where its output goes. Set between the
// start of the process and its program, each or the start fails.
#pragma once

#include <cfutures/cfutures.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cf {

struct WorkerSettings {
    std::optional<uint64_t> memory_limit{};     // bytes of address space
    std::optional<uint64_t> cpu_time_limit{};   // seconds
    std::optional<uint64_t> core_size_limit{};  // bytes
    std::optional<uint32_t> umask{};
    int niceness = 0;  // more than the host's
    bool no_new_privileges = false;
    std::string directory{};  // empty: the host's
    /// "NAME=value"; none: the host's, as it is when the pool is made.
    std::optional<std::vector<std::string>> environment{};
    cf_worker_output_t output = CF_WORKER_OUTPUT_INHERIT;
};

}  // namespace cf

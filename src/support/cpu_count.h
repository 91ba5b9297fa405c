// How many processors this process may use, and the default worker counts made from that (S10).
#pragma once

#include <cstdint>

namespace cf {

/// The lesser of the affinity mask and the container's CPU quota rounded up; at least 1.
int32_t usable_cpu_count();

/// min(32, n + 4), as in Python.
int32_t default_thread_count();

/// n.
int32_t default_process_count();

}  // namespace cf

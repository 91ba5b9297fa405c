// Forks of the host, as seen by what lives through them.
//
// A forked child has copies of all our objects but none of our threads, and locks may be held for good
// by threads that are not there. So each object behind a handle bears the generation of processes that
// it was made in (HandleBase), and in a child old ones are refused: nothing in them is locked, waited for or
// freed. The child's handler (executor/fork_hook.h) counts the generation up; it takes no lock.
#pragma once

#include <cstdint>

namespace cf {

/// How many forks lie between this process and the one in which they were first watched. Written when
/// the process has one thread. An object keeps the last byte of it.
inline constinit uint32_t fork_generation = 0;

}  // namespace cf

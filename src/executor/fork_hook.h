// What happens in a forked child: everything of the parent's becomes FORKED (support/fork.h), and what
// the whole process shares is made anew, so that the child can make executors of its own.
#pragma once

#include "support/error.h"

namespace cf {

/// Registers the handler, once. It runs in the child before fork() returns there, takes no lock and
/// frees nothing: what another thread was in the middle of is left behind.
[[nodiscard]] ErrorRef watch_forks();

}  // namespace cf

// The one exit hook: accepted work is finished before the process ends, whatever shutdown said.
#pragma once

#include "support/error.h"

namespace cf {

class Executor;

/// What the hook keeps in each executor, under its own mutex, so that it needs no memory.
struct ExitRecord {
    Executor* next = nullptr;
    Executor* previous = nullptr;
    bool listed = false;
    bool drained = false;
};

/// The last step of making an executor: from now on the hook may use it. The first one registers the
/// hook with atexit(): a library does nothing at load. NO_MEMORY when that fails.
[[nodiscard]] ErrorRef add_live_executor(Executor& executor);
void remove_live_executor(Executor& executor);
/// In a forked child: the parent's executors are not its to finish.
void start_exit_hook_anew();

}  // namespace cf

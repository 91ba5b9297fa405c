// The one exit hook: accepted work is finished before the process ends, whatever shutdown said.
#pragma once

namespace cf {

class Executor;

/// The first executor registers the hook with atexit(): a library does nothing at load.
void add_live_executor(Executor& executor);
void remove_live_executor(Executor& executor);

}  // namespace cf

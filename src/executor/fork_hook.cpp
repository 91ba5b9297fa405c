#include "executor/fork_hook.h"

#include "executor/exit_hook.h"
#include "executor/function_registry.h"
#include "future/extras.h"
#include "future/spin.h"
#include "future/unobserved_failure.h"
#include "future/wait_graph.h"
#include "support/fork.h"
#include "support/slab.h"
#include "support/system_calls.h"

namespace cf {
namespace {

void start_anew() {
    ++fork_generation;
    start_slab_anew();
    start_spinning_anew();
    start_unobserved_failures_anew();
    start_wait_graph_anew();
    start_extras_anew();
    start_registry_anew();
    start_exit_hook_anew();
}

}  // namespace

ErrorRef watch_forks() {
    return system_calls().pthread_atfork(nullptr, nullptr, start_anew) == 0 ? nullptr
                                                                            : Error::no_memory();
}

}  // namespace cf

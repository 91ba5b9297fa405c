// DESIGN. A list of all executors under a mutex that is never destroyed. When exit handlers run, each
// executor is drained in turn, without the mutex: its tasks may make and drop others meanwhile.
#include "executor/exit_hook.h"

#include <cstdlib>
#include <vector>

#include "executor/executor.h"

namespace cf {
namespace {

struct LiveExecutors {
    Mutex mutex;
    bool hook_registered CF_GUARDED_BY(mutex) = false;
    std::vector<Executor*> list CF_GUARDED_BY(mutex);
};

LiveExecutors& live() {
    static LiveExecutors& instance = *new LiveExecutors;
    return instance;
}

/// One that was not drained before; null when there is none left.
Executor* next_to_drain(std::vector<Executor*>& drained) {
    LiveExecutors& all = live();
    const MutexLock lock(all.mutex);
    for (Executor* executor : all.list) {
        bool seen = false;
        for (const Executor* before : drained)
            seen = seen || before == executor;
        if (seen || !executor->try_retain_owner()) continue;
        drained.push_back(executor);
        return executor;
    }
    return nullptr;
}

void drain_all() {
    // The reference keeps each executor until the end, so that no address is used twice.
    std::vector<Executor*> drained;
    while (Executor* executor = next_to_drain(drained))
        executor->drain_at_exit();
    for (Executor* executor : drained)
        executor->release_owner();
}

}  // namespace

void add_live_executor(Executor& executor) {
    LiveExecutors& all = live();
    const MutexLock lock(all.mutex);
    all.list.push_back(&executor);
    if (all.hook_registered) return;
    all.hook_registered = true;
    std::atexit(drain_all);
}

void remove_live_executor(Executor& executor) {
    LiveExecutors& all = live();
    const MutexLock lock(all.mutex);
    std::erase(all.list, &executor);
}

}  // namespace cf

// DESIGN. A list of all executors under a mutex that is never destroyed, threaded through the
// executors themselves. When exit handlers run, each executor is drained in turn, without the mutex:
// its tasks may make and drop others meanwhile.
#include "executor/exit_hook.h"

#include <new>

#include "executor/executor.h"
#include "executor/fork_hook.h"
#include "support/system_calls.h"

namespace cf {
namespace {

struct LiveExecutors {
    Mutex mutex;
    bool hook_registered CF_GUARDED_BY(mutex) = false;
    bool forks_watched CF_GUARDED_BY(mutex) = false;
    Executor* first CF_GUARDED_BY(mutex) = nullptr;
};

constinit LiveExecutors live;

/// One that was not drained before, with a reference; null when there is none left.
Executor* next_to_drain() {
    const MutexLock lock(live.mutex);
    for (Executor* executor = live.first; executor != nullptr;) {
        ExitRecord& record = executor->exit_record();
        if (!record.drained && executor->try_retain_owner()) {
            record.drained = true;
            return executor;
        }
        executor = record.next;
    }
    return nullptr;
}

void drain_all() {
    while (Executor* executor = next_to_drain()) {
        executor->end_at_exit();
        executor->release_owner();
    }
}

}  // namespace

void start_exit_hook_anew() CF_NO_THREAD_SAFETY_ANALYSIS {
    ::new (&live.mutex) Mutex;
    live.first = nullptr;  // handlers stay registered
}

ErrorRef add_live_executor(Executor& executor) {
    const MutexLock lock(live.mutex);
    if (!live.forks_watched) {
        if (ErrorRef error = watch_forks()) return error;
        live.forks_watched = true;
    }
    if (!live.hook_registered && system_calls().atexit(drain_all) != 0) return Error::no_memory();
    live.hook_registered = true;
    ExitRecord& record = executor.exit_record();
    record.listed = true;
    record.next = live.first;
    if (live.first != nullptr) live.first->exit_record().previous = &executor;
    live.first = &executor;
    return nullptr;
}

void remove_live_executor(Executor& executor) {
    const MutexLock lock(live.mutex);
    const ExitRecord& record = executor.exit_record();
    if (!record.listed) return;
    if (record.next != nullptr) record.next->exit_record().previous = record.previous;
    (record.previous != nullptr ? record.previous->exit_record().next : live.first) = record.next;
}

}  // namespace cf

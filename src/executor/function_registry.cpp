#include "executor/function_registry.h"

#include <functional>
#include <map>
#include <memory>
#include <new>

#include "support/sync.h"
#include "support/thread_local.h"

namespace cf {
namespace {

struct Registry {
    Mutex mutex;
    std::map<std::string, std::unique_ptr<Function>, std::less<>> functions CF_GUARDED_BY(mutex);
};

/// What a thread has found last. Functions stay for good, and most programs call one many times.
struct Found {
    std::string_view name;
    const Function* function = nullptr;
};
CF_THREAD_LOCAL Found last_found;

/// Never destroyed: threads may use it while the process exits.
Registry& registry() {
    static Registry& instance = *new Registry;
    return instance;
}

}  // namespace

void start_registry_anew() {
    ::new (&registry().mutex) Mutex;
}

ErrorRef register_function(std::string_view name, cf_task_fn task_fn, void* user_data) {
    if (name.empty() || name.size() > kMaxFunctionName) {
        return Error::create(
            CF_STATUS_INVALID_ARGUMENT,
            text("a function's name has 1 to ", kMaxFunctionName, " bytes, not ", name.size()));
    }
    Registry& all = registry();
    const MutexLock lock(all.mutex);
    const auto found = all.functions.find(name);
    if (found == all.functions.end()) {
        all.functions.emplace(std::string(name), std::make_unique<Function>(task_fn, user_data));
        return nullptr;
    }
    const Function& registered = *found->second;
    if (registered.task_fn() == task_fn && registered.user_data() == user_data) return nullptr;
    return Error::create(CF_STATUS_INVALID_STATE,
                         text("another function is registered as '", name,
                              "'; register one of them under a name of its own"));
}

const Function* find_function(std::string_view name) {
    if (name == last_found.name) return last_found.function;
    Registry& all = registry();
    const MutexLock lock(all.mutex);
    const auto found = all.functions.find(name);
    if (found == all.functions.end()) return nullptr;
    last_found = {found->first, found->second.get()};
    return last_found.function;
}

ErrorRef unknown_function(std::string_view name) {
    return Error::create(CF_STATUS_UNKNOWN_FUNCTION,
                         text("no function is registered as '", name,
                              "'; register it with cf_function_register() before it is called, in "
                              "the worker program too"));
}

std::vector<std::string> function_names() {
    Registry& all = registry();
    const MutexLock lock(all.mutex);
    std::vector<std::string> names;
    names.reserve(all.functions.size());
    for (const auto& [name, function] : all.functions)
        names.push_back(name);
    return names;
}

}  // namespace cf

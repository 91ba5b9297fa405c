// A host that knows the library only through dlopen(): loads functions, calls one, unloads them while the
// pool is there, and calls another. Exit status 0 means that all went as expected. (T-13)
#include <cfutures/cfutures.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

void* library = nullptr;

template <typename Function>
Function* find(const char* name) {
    void* const symbol = dlsym(library, name);
    if (symbol == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        std::_Exit(1);
    }
    return reinterpret_cast<Function*>(symbol);
}

}  // namespace

int main() {
    library = dlopen(CONTRACT_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    find<void()>("cfutures_register")();
    const auto create = find<decltype(cf_thread_pool_create)>("cf_thread_pool_create");
    const auto submit = find<decltype(cf_executor_submit_call)>("cf_executor_submit_call");
    const auto result = find<decltype(cf_future_result_json)>("cf_future_result_json");
    const auto release = find<decltype(cf_future_release)>("cf_future_release");
    const auto shutdown = find<decltype(cf_executor_shutdown)>("cf_executor_shutdown");

    cf_executor_t* pool = nullptr;
    if (create(nullptr, &pool, nullptr) != CF_STATUS_OK) return 2;
    for (int round = 0; round < 2; ++round) {
        cf_future_t* future = nullptr;
        const char* json = nullptr;
        if (submit(pool, nullptr, "add", "[1, 2]", -1, &future, nullptr) != CF_STATUS_OK) return 3;
        if (result(future, -1, &json, nullptr, nullptr) != CF_STATUS_OK) return 4;
        if (std::strcmp(json, "3") != 0) return 5;
        release(future);
        if (round == 0 && dlclose(library) != 0) return 6;
    }
    return shutdown(pool, CF_SHUTDOWN_WAIT, -1, nullptr) == CF_STATUS_OK ? 0 : 7;
}

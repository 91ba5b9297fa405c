// The test program is the worker of its own pools, and the host that gets killed.
#include <cfutures/cfutures.h>
#include <unistd.h>

#include <cstring>

#include "support/early_main.h"

namespace {

int32_t echo(cf_task_t* task, void*) {
    const char* arguments = nullptr;
    size_t size = 0;
    cf_task_arguments(task, &arguments, &size);
    return cf_task_return_json(task, arguments, static_cast<int64_t>(size));
}

/// One byte for each call: what its host's test hears of it.
int32_t tick(cf_task_t*, void*) {
    return write(STDOUT_FILENO, ".", 1) == 1 ? 0 : 1;
}

/// A host that keeps two workers busy until it is killed.
[[noreturn]] void keep_busy() {
    cf_process_pool_options_t* options = nullptr;
    cf_executor_t* pool = nullptr;
    cf_process_pool_options_create(&options, nullptr);
    cf_process_pool_options_set_max_workers(options, 2, nullptr);
    if (cf_process_pool_create(options, &pool, nullptr) != CF_STATUS_OK) _exit(70);
    for (;;) {
        cf_future_t* futures[16] = {};
        for (cf_future_t*& future : futures)
            cf_executor_submit_call(pool, nullptr, "tick", nullptr, 0, &future, nullptr);
        for (cf_future_t* future : futures) {
            cf_future_wait(future, -1);
            cf_future_release(future);
        }
    }
}

}  // namespace

int cf_test_early_main(int argc, char** argv) {
    cf_function_register("echo", echo, nullptr, nullptr, nullptr);
    cf_function_register("tick", tick, nullptr, nullptr, nullptr);
    cf_worker_entry();
    if (argc > 1 && std::strcmp(argv[1], "keep_busy") == 0) keep_busy();
    return -1;
}

// The shared library of functions that cfutures-worker loads.
#include <cfutures/cfutures.h>

#include <cstdlib>

#include "functions.h"

namespace {

int32_t only_in_library(cf_task_t* task, void*) {
    return cf_task_return_json(task, "\"from the library\"", -1);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void cfutures_register(void) {
    contract::register_functions();
    if (cf_function_register("only_in_library", only_in_library, nullptr, nullptr, nullptr) !=
        CF_STATUS_OK) {
        std::abort();
    }
}

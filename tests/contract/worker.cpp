// The test program is the worker of its own process pools.
#include <cfutures/cfutures.h>

#include "functions.h"
#include "host_kinds.h"
#include "support/early_main.h"

namespace {

int32_t only_in_program(cf_task_t* task, void*) {
    return cf_task_return_json(task, "\"from the program\"", -1);
}

}  // namespace

int cf_test_early_main(int, char**) {
    contract::register_functions();
    cf_function_register("only_in_program", only_in_program, nullptr, nullptr, nullptr);
    cf_worker_entry();
    return contract::become_host_of_kind();
}

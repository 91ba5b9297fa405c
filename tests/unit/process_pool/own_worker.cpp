// This test program as its own worker, and as a host of pools that ends in its own way.
#include <cfutures/cfutures.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

#include "pool.h"
#include "support/early_main.h"
#include "support/process_gate.h"

namespace {

/// The text of the one string in an array of arguments.
std::string only_string(cf_task_t* task) {
    const char* json = nullptr;
    size_t size = 0;
    cf_task_arguments(task, &json, &size);
    return size < 4 ? "" : std::string(json + 2, size - 4);
}

int32_t echo(cf_task_t* task, void*) {
    const char* json = nullptr;
    size_t size = 0;
    cf_task_arguments(task, &json, &size);
    return cf_task_return_json(task, json, static_cast<int64_t>(size));
}

int32_t gate(cf_task_t* task, void*) {
    cf_test::ProcessGate::pass(only_string(task));
    return 0;
}

int32_t die(cf_task_t*, void*) {
    return raise(SIGKILL);
}

int32_t echo_or_die(cf_task_t* task, void* user_data) {
    size_t size = 0;
    const char* json = nullptr;
    cf_task_arguments(task, &json, &size);
    return size == 2 ? die(task, user_data) : echo(task, user_data);
}

int32_t pid(cf_task_t* task, void*) {
    return cf_task_return_json(task, std::to_string(getpid()).c_str(), -1);
}

int32_t touch(cf_task_t* task, void*) {
    std::ofstream(only_string(task)) << "done";
    return 0;
}

/// A host that leaves main with a pool that has work.
int host(const std::string& mode, const std::string& path) {
    cf::Executor* pool = nullptr;
    if (cf_unit::create_listed(cf_unit::by_itself(2), pool)) return 1;
    for (int i = 0; i < 20; ++i) {
        cf::FutureRef call;
        const std::string arguments =
            mode == "hang" ? cf::text("[\"", path, "\"]") : cf::text("[\"", path, "/", i, "\"]");
        if (pool->make_call({}, mode == "hang" ? "gate" : "touch", arguments, call)) return 1;
        if (pool->accept(call)) return 1;
    }
    while (mode == "hang")
        pause();
    return 0;
}

}  // namespace

extern "C" int cf_test_early_main(int argc, char** argv) {
    const struct {
        const char* name;
        cf_task_fn function;
    } functions[] = {{"echo", echo}, {"gate", gate},  {"die", die}, {"echo_or_die", echo_or_die},
                     {"pid", pid},   {"touch", touch}};
    for (const auto& [name, function] : functions) {
        if (cf_function_register(name, function, nullptr, nullptr, nullptr) != CF_STATUS_OK)
            abort();
    }
    cf_worker_entry();
    if (argc == 4 && std::string(argv[1]) == "host") return host(argv[2], argv[3]);
    return -1;
}

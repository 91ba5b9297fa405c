// A program that serves as a worker, for worker_process_test.cpp.
#include <cfutures/cfutures.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace {

/// Where a program that is no worker goes on.
constexpr int kPassedTheEntry = 42;

std::string arguments_of(cf_task_t* task) {
    const char* json = nullptr;
    size_t size = 0;
    cf_task_arguments(task, &json, &size);
    return std::string(json, size);
}

int32_t return_text(cf_task_t* task, const std::string& text) {
    return cf_task_return_bytes(task, text.data(), text.size());
}

int32_t echo(cf_task_t* task, void*) {
    return cf_task_return_json(task, arguments_of(task).c_str(), -1);
}

int32_t throw_out_of_range(cf_task_t*, void*) {
    throw std::out_of_range("too far");
}

int32_t end_the_thread(cf_task_t*, void*) {
    pthread_exit(nullptr);
}

int32_t never_return(cf_task_t*, void*) {
    for (;;)
        pause();
}

/// The longer of both for a call without arguments.
int32_t echo_or_never_return(cf_task_t* task, void* user_data) {
    return arguments_of(task) == "[]" ? never_return(task, user_data) : echo(task, user_data);
}

int32_t echo_or_die(cf_task_t* task, void* user_data) {
    return arguments_of(task) == "[]" ? raise(SIGKILL) : echo(task, user_data);
}

int32_t announce_and_never_return(cf_task_t* task, void* user_data) {
    std::fputs("announced\n", stderr);
    return never_return(task, user_data);
}

int32_t return_pointer(cf_task_t* task, void*) {
    return cf_task_return_pointer(task, task, nullptr);
}

std::string initialized_with;

int32_t set_up(cf_task_t* task, void*) {
    initialized_with = arguments_of(task);
    return 0;
}

int32_t set_up_badly(cf_task_t* task, void*) {
    return cf_task_fail(task, "SetUpError", "there is no database", nullptr);
}

int32_t how_set_up(cf_task_t* task, void*) {
    return return_text(task, initialized_with);
}

int32_t own_name(cf_task_t* task, void*) {
    std::ifstream file("/proc/self/comm");
    std::string name;
    std::getline(file, name);
    return return_text(task, name);
}

/// What a program that the worker runs sees of the marker and of the socket.
int32_t ask_grandchild(cf_task_t* task, void*) {
    FILE* child =
        popen("echo ${CFUTURES_WORKER-unset}; readlink /proc/self/fd/* | grep socket", "r");
    std::string seen;
    for (int c = std::fgetc(child); c != EOF; c = std::fgetc(child)) {
        seen.push_back(static_cast<char>(c));
    }
    pclose(child);
    return return_text(task, seen);
}

/// Executors may be made inside of a worker's task.
int32_t use_executor(cf_task_t* task, void*) {
    cf_executor_t* pool = nullptr;
    cf_future_t* future = nullptr;
    cf_status_t status = cf_thread_pool_create(nullptr, &pool, nullptr);
    if (status == CF_STATUS_OK) {
        status = cf_executor_submit_call(pool, nullptr, "echo", "[7]", -1, &future, nullptr);
    }
    const char* json = "";
    if (status == CF_STATUS_OK) {
        status = cf_future_result_json(future, -1, &json, nullptr, nullptr);
    }
    const std::string seen = json;
    cf_future_release(future);
    cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, nullptr);
    cf_executor_release(pool);
    return status == CF_STATUS_OK ? return_text(task, seen) : status;
}

void register_all() {
    const struct {
        const char* name;
        cf_task_fn function;
    } functions[] = {
        {"echo", echo},
        {"throw_out_of_range", throw_out_of_range},
        {"end_the_thread", end_the_thread},
        {"never_return", never_return},
        {"echo_or_never_return", echo_or_never_return},
        {"echo_or_die", echo_or_die},
        {"announce_and_never_return", announce_and_never_return},
        {"return_pointer", return_pointer},
        {"set_up", set_up},
        {"set_up_badly", set_up_badly},
        {"how_set_up", how_set_up},
        {"own_name", own_name},
        {"ask_grandchild", ask_grandchild},
        {"use_executor", use_executor},
    };
    for (const auto& [name, function] : functions) {
        if (cf_function_register(name, function, nullptr, nullptr, nullptr) != CF_STATUS_OK)
            abort();
    }
}

}  // namespace

int main() {
    register_all();
    std::atexit([] { std::fputs("exit handlers ran\n", stderr); });
    cf_worker_entry();
    return kPassedTheEntry;
}

#include "functions.h"

#include <cfutures/cfutures.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <system_error>

#include "support/process_gate.h"

extern char** environ;

namespace contract {
namespace {

using Json = nlohmann::json;

struct OwnException {};  // derives from nothing

Json arguments_of(cf_task_t* task) {
    const char* text = nullptr;
    std::size_t size = 0;
    if (cf_task_arguments(task, &text, &size) != CF_STATUS_OK) throw std::logic_error("arguments");
    return Json::parse(text, text + size);
}

int32_t give(cf_task_t* task, const Json& value) {
    return cf_task_return_json(task, value.dump().c_str(), -1);
}

// The task of a function from JSON to JSON.
template <Json (*kFunction)(const Json&)>
int32_t call(cf_task_t* task, void*) {
    return give(task, kFunction(arguments_of(task)));
}

// --- Results --------------------------------------------------------------------------------

// Not parsed, so that a test sees the very text that arrived.
int32_t echo(cf_task_t* task, void*) {
    const char* text = nullptr;
    std::size_t size = 0;
    const int32_t status = cf_task_arguments(task, &text, &size);
    if (status != CF_STATUS_OK) return status;
    return cf_task_return_json(task, text, static_cast<int64_t>(size));
}

int32_t none(cf_task_t*, void*) {
    return 0;
}

int32_t bytes(cf_task_t* task, void*) {
    const auto size = arguments_of(task).at(0).get<std::size_t>();
    std::string data(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        data[i] = static_cast<char>(i % 256);
    return cf_task_return_bytes(task, data.data(), data.size());
}

int32_t pointer(cf_task_t* task, void*) {
    static int target = 0;
    return cf_task_return_pointer(task, &target, nullptr);
}

int32_t several_results(cf_task_t* task, void*) {
    cf_task_return_bytes(task, "first", 5);
    cf_task_return_json(task, "\"second\"", -1);
    return cf_task_return_json(task, "\"last\"", -1);
}

// The statuses that texts which are not JSON get as a result; the last, good one counts.
int32_t bad_results(cf_task_t* task, void*) {
    const Json statuses = {cf_task_return_json(task, "{", -1),
                           cf_task_return_json(task, "1E400", -1),
                           cf_task_return_json(task, "18446744073709551616", -1),
                           cf_task_return_json(task, std::string(1000000, '[').c_str(), -1),
                           cf_task_return_json(task, nullptr, 0),
                           cf_task_return_json(task, "1", -2)};
    return give(task, statuses);
}

Json add(const Json& arguments) {
    return arguments.at(0).get<int>() + arguments.at(1).get<int>();
}

Json length(const Json& arguments) {
    return arguments.at(0).get_ref<const std::string&>().size();
}

Json repeat(const Json& arguments) {
    return std::string(arguments.at(0).get<std::size_t>(), 'x');
}

int32_t task_id(cf_task_t* task, void*) {
    return give(task, cf_task_id(task));
}

int32_t worker_id(cf_task_t* task, void*) {
    return give(task, cf_task_worker_id(task));
}

int32_t time_left(cf_task_t* task, void*) {
    return give(task, cf_task_time_left(task));
}

// Until it is asked to stop, though its process is, too; gives the time that is left.
int32_t until_asked(cf_task_t* task, void*) {
    signal(SIGTERM, SIG_IGN);
    while (cf_task_cancel_requested(task) == 0)
        sched_yield();
    return time_left(task, nullptr);
}

// Reports each of its arguments but the last, which is a gate to pass, or null.
int32_t report(cf_task_t* task, void*) {
    const Json arguments = arguments_of(task);
    for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
        const int32_t status = cf_task_report_progress(task, arguments[i].dump().c_str(), -1);
        if (status != CF_STATUS_OK) return status;
    }
    if (arguments.back().is_string()) cf_test::ProcessGate::pass(arguments.back());
    return 0;
}

// The statuses that texts get which are no reports; a report of them would be seen.
int32_t bad_reports(cf_task_t* task, void*) {
    const std::string longest = '"' + std::string(4094, 'x') + '"';
    const Json statuses = {cf_task_report_progress(task, "{", -1),
                           cf_task_report_progress(task, (longest + ' ').c_str(), -1),
                           cf_task_report_progress(task, nullptr, 0),
                           cf_task_report_progress(task, longest.c_str(), -1)};
    return give(task, statuses);
}

Json pid(const Json&) {
    return getpid();
}

// --- Errors ---------------------------------------------------------------------------------

int32_t fail(cf_task_t* task, void*) {
    const Json arguments = arguments_of(task);
    const auto type = arguments.at(0).get<std::string>();
    const auto message = arguments.at(1).get<std::string>();
    const std::string detail = arguments.size() > 2 ? arguments[2].dump() : "";
    return cf_task_fail(task, type.c_str(), message.c_str(),
                        detail.empty() ? nullptr : detail.c_str());
}

int32_t fail_after_result(cf_task_t* task, void*) {
    cf_task_fail(task, "ValueError", "this counts", nullptr);
    cf_task_return_json(task, "1", -1);
    return 0;
}

int32_t fail_with_status(cf_task_t* task, void*) {
    cf_error_t* error = nullptr;
    const auto status = arguments_of(task).at(0).get<cf_status_t>();
    if (cf_error_create(status, "Given", "as given", nullptr, &error) != CF_STATUS_OK) return 99;
    const cf_status_t failed = cf_task_fail_with(task, error);
    cf_error_release(error);
    return failed;
}

int32_t fail_seventh(cf_task_t* task, void*) {
    const int number = arguments_of(task).at(0).get<int>();
    if (number % 7 != 0) return give(task, number);
    return cf_task_fail(task, "SeventhError", std::to_string(number).c_str(), nullptr);
}

int32_t return_code(cf_task_t* task, void*) {
    return arguments_of(task).at(0).get<int32_t>();
}

Json throw_kind(const Json& arguments) {
    const auto kind = arguments.at(0).get<std::string>();
    if (kind == "runtime_error") throw std::runtime_error("it ran");
    if (kind == "out_of_range") throw std::out_of_range("it left");
    if (kind == "bad_alloc") throw std::bad_alloc();
    if (kind == "int") throw 42;
    if (kind == "nested") {
        try {
            throw std::out_of_range("inside");
        } catch (...) {
            std::throw_with_nested(std::runtime_error("around it"));
        }
    }
    throw OwnException{};
}

Json exit_thread(const Json&) {
    pthread_exit(nullptr);
}

// --- What a test can see and steer from outside ------------------------------------------------

// Waits at the gate whose path is the first argument, if it is not null; gives the second.
Json pass_gate(const Json& arguments) {
    if (!arguments.at(0).is_null()) {
        cf_test::ProcessGate::pass(arguments[0].get_ref<const std::string&>());
    }
    return arguments.size() > 1 ? arguments[1] : Json();
}

// One byte more in a file for each call: proof that it ran, and how often.
// Writes one letter.
Json record(const Json& arguments) {
    const int file = open(arguments.at(0).get_ref<const std::string&>().c_str(),
                          O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    const char letter =
        arguments.size() > 1 ? arguments[1].get_ref<const std::string&>().at(0) : 'x';
    if (file < 0 || write(file, &letter, 1) != 1 || close(file) != 0) {
        throw std::system_error(errno, std::generic_category(), "record");
    }
    return nullptr;
}

// With the default action, whatever a sanitizer has installed.
Json die_by_signal(const Json& arguments) {
    const int number = arguments.at(0).get<int>();
    std::signal(number, SIG_DFL);
    kill(getpid(), number);
    for (;;)
        pause();
}

Json record_and_die(const Json& arguments) {
    record(arguments);
    return die_by_signal({SIGKILL});
}

// Dies unless the file is there, which it makes.
Json die_once(const Json& arguments) {
    const auto path = arguments.at(0).get<std::string>();
    if (access(path.c_str(), F_OK) == 0) return "survived";
    return record_and_die(arguments);
}

Json exit_process(const Json& arguments) {
    std::exit(arguments.at(0).get<int>());
}

// What the open descriptors are, apart from the one that reads the list.
Json descriptors(const Json&) {
    Json list = Json::object();
    DIR* directory = opendir("/proc/self/fd");
    for (const dirent* entry = readdir(directory); entry != nullptr; entry = readdir(directory)) {
        const std::string name = entry->d_name;
        if (name == "." || name == ".." || std::stoi(name) == dirfd(directory)) continue;
        char target[256] = {};
        if (readlinkat(dirfd(directory), name.c_str(), target, sizeof(target) - 1) < 0) continue;
        list[name] = target;
    }
    closedir(directory);
    return list;
}

Json environment(const Json&) {
    Json list = Json::array();
    for (char** entry = environ; *entry != nullptr; ++entry)
        list.push_back(*entry);
    return list;
}

Json print(const Json& arguments) {
    const auto text = arguments.at(0).get<std::string>();
    for (const int file : {STDOUT_FILENO, STDERR_FILENO}) {
        if (write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
            throw std::system_error(errno, std::generic_category(), "print");
        }
    }
    return text.size();
}

// So many bytes to standard output and error, in turns.
Json flood(const Json& arguments) {
    const std::string block(65536, '#');
    int64_t left = arguments.at(0).get<int64_t>();
    for (int file = STDOUT_FILENO; left > 0; file = STDOUT_FILENO + STDERR_FILENO - file) {
        const ssize_t size = write(file, block.data(), block.size());
        if (size < 0) throw std::system_error(errno, std::generic_category(), "flood");
        left -= size;
    }
    return nullptr;
}

Json print_and_die(const Json& arguments) {
    print(arguments);
    return die_by_signal({SIGKILL});
}

Json allocate(const Json& arguments) {
    try {
        const std::string memory(arguments.at(0).get<std::size_t>(), 'x');
        return memory.size();
    } catch (const std::bad_alloc&) {
        return "no memory";
    }
}

Json burn(const Json&) {
    for (std::atomic<int64_t> i = 0;;)
        i.fetch_add(1, std::memory_order_relaxed);
}

Json surroundings(const Json&) {
    char directory[4096] = {};
    if (getcwd(directory, sizeof directory) == nullptr) throw std::runtime_error("getcwd");
    const mode_t mask = umask(0);
    umask(mask);
    rlimit core{};
    getrlimit(RLIMIT_CORE, &core);
    return {{"directory", directory},
            {"umask", mask},
            {"niceness", getpriority(PRIO_PROCESS, 0)},
            {"core", core.rlim_cur},
            {"no_new_privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)}};
}

// The status of making a process pool here, and in a worker of that, and so on.
int32_t nest(cf_task_t* task, void*) {
    const int limit = arguments_of(task).at(0).get<int>();
    cf_process_pool_options_t* options = nullptr;
    cf_executor_t* pool = nullptr;
    cf_process_pool_options_create(&options, nullptr);
    cf_process_pool_options_set_max_workers(options, 1, nullptr);
    cf_process_pool_options_set_nesting_limit(options, limit, nullptr);
    const cf_status_t status = cf_process_pool_create(options, &pool, nullptr);
    cf_process_pool_options_release(options);
    Json levels = {status};
    if (status == CF_STATUS_OK) {
        cf_future_t* future = nullptr;
        const char* json = nullptr;
        cf_executor_submit_call(pool, nullptr, "nest", Json({limit}).dump().c_str(), -1, &future,
                                nullptr);
        if (cf_future_result_json(future, -1, &json, nullptr, nullptr) == CF_STATUS_OK) {
            for (const Json& level : Json::parse(json))
                levels.push_back(level);
        }
        cf_future_release(future);
        cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, nullptr);
        cf_executor_release(pool);
    }
    return give(task, levels);
}

Json fork_child(const Json& arguments) {
    const pid_t child = fork();
    if (child == 0) _exit(arguments.at(0).get<int>());
    int status = 0;
    if (waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid");
    return WEXITSTATUS(status);
}

// A child that lives until it is killed, holding all that this process holds; its pid.
Json leave_child(const Json&) {
    const pid_t child = fork();
    while (child == 0)
        pause();
    return child;
}

Json ignore_signal(const Json& arguments) {
    std::signal(arguments.at(0).get<int>(), SIG_IGN);
    return nullptr;
}

// --- Initializers -----------------------------------------------------------------------------

bool prepared = false;

Json prepare(const Json&) {
    prepared = true;
    return nullptr;
}

Json is_prepared(const Json&) {
    return prepared;
}

}  // namespace

void register_functions() {
    const struct {
        const char* name;
        cf_task_fn function;
    } functions[] = {
        {"add", call<add>},
        {"allocate", call<allocate>},
        {"bad_reports", bad_reports},
        {"bad_results", bad_results},
        {"burn", call<burn>},
        {"bytes", bytes},
        {"descriptors", call<descriptors>},
        {"die_by_signal", call<die_by_signal>},
        {"die_once", call<die_once>},
        {"echo", echo},
        {"environment", call<environment>},
        {"exit_process", call<exit_process>},
        {"exit_thread", call<exit_thread>},
        {"fail", fail},
        {"fail_after_result", fail_after_result},
        {"fail_seventh", fail_seventh},
        {"fail_with_status", fail_with_status},
        {"flood", call<flood>},
        {"fork_child", call<fork_child>},
        {"ignore_signal", call<ignore_signal>},
        {"is_prepared", call<is_prepared>},
        {"leave_child", call<leave_child>},
        {"length", call<length>},
        {"nest", nest},
        {"none", none},
        {"pass_gate", call<pass_gate>},
        {"pid", call<pid>},
        {"pointer", pointer},
        {"prepare", call<prepare>},
        {"print", call<print>},
        {"print_and_die", call<print_and_die>},
        {"record", call<record>},
        {"record_and_die", call<record_and_die>},
        {"repeat", call<repeat>},
        {"report", report},
        {"return_code", return_code},
        {"several_results", several_results},
        {"surroundings", call<surroundings>},
        {"task_id", task_id},
        {"throw", call<throw_kind>},
        {"time_left", time_left},
        {"until_asked", until_asked},
        {"worker_id", worker_id},
    };
    for (const auto& entry : functions) {
        if (cf_function_register(entry.name, entry.function, nullptr, nullptr, nullptr) !=
            CF_STATUS_OK) {
            std::abort();
        }
    }
}

}  // namespace contract

// Programs that have to be processes of their own: each scene is one, chosen by CONTRACT_SCENE.
// Exit status 0 means that all went as expected.
#include <cfutures/cfutures.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "functions.h"
#include "handles.h"
#include "support/sanitizer.h"
#include "support/time.h"
#include "worker_ways.h"

namespace contract {
namespace {

std::string setting(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

void require(bool condition, const std::string& what) {
    if (condition) return;
    std::fprintf(stderr, "not as expected: %s\n", what.c_str());
    _exit(1);
}

// The error is a reference since it may be what the call that gives the status has written.
void require(cf_status_t status, cf_status_t expected, const Error& error,
             const std::string& word = "") {
    const std::string message = cf_error_message(error);
    require(status == expected, std::string(cf_status_name(status)) + " instead of " +
                                    cf_status_name(expected) + ": " + message);
    require(message.find(word) != std::string::npos, "'" + word + "' in: " + message);
}

int as_expected() {
    std::puts("as expected");
    return 0;
}

cf_executor_t* make_pool(const std::string& kind, int32_t workers) {
    cf_executor_t* executor = nullptr;
    Error error;
    if (kind == "threads") {
        ThreadPoolOptions options;
        cf_thread_pool_options_create(options.out(), nullptr);
        cf_thread_pool_options_set_max_workers(options, workers, nullptr);
        require(cf_thread_pool_create(options, &executor, error.out()), CF_STATUS_OK, error);
        return executor;
    }
    const ProcessPoolOptions options = process_options(way_named(kind));
    cf_process_pool_options_set_max_workers(options, workers, nullptr);
    require(cf_process_pool_create(options, &executor, error.out()), CF_STATUS_OK, error);
    return executor;
}

Future submit(cf_executor_t* executor, const char* name, const std::string& arguments) {
    Future future;
    Error error;
    require(cf_executor_submit_call(executor, nullptr, name, arguments.c_str(), -1, future.out(),
                                    error.out()),
            CF_STATUS_OK, error);
    return future;
}

cf_status_t outcome_of(cf_future_t* future) {
    require(cf_future_wait(future, cf_test::long_wait_ns()) == CF_STATUS_OK, "a done future");
    return cf_future_outcome(future);
}

void require_failure(cf_future_t* future, cf_status_t expected, const std::string& word) {
    const cf_status_t outcome = outcome_of(future);
    Error error;
    cf_future_exception(future, 0, error.out());
    require(outcome, expected, error, word);
}

void close_pool(cf_executor_t* executor) {
    require(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test::long_wait_ns(), nullptr) ==
                CF_STATUS_OK,
            "a shutdown");
    cf_executor_release(executor);
}

// --- Without the worker entry -----------------------------------------------------------------------

int unprepared() {
    cf_executor_t* executor = nullptr;
    Error error;
    require(cf_process_pool_create(nullptr, &executor, error.out()), CF_STATUS_INVALID_STATE, error,
            "cf_worker_entry");
    require(executor == nullptr, "no executor");
    return as_expected();
}

int library_only() {
    cf_executor_t* const pool = make_pool("library", 1);
    require(outcome_of(submit(pool, "add", "[1, 2]")) == CF_STATUS_OK, "a result");
    close_pool(pool);
    cf_executor_t* const threads = make_pool("threads", 1);
    close_pool(threads);
    return as_expected();
}

// A program that takes another path when it is run as a worker: there it can make no executor, and
// the host hears of the failed start.
int other_path() {
    const std::string seen = setting("CONTRACT_SEEN");
    if (!seen.empty()) {
        cf_executor_t* executor = nullptr;
        require(cf_thread_pool_create(nullptr, &executor, nullptr) == CF_STATUS_INVALID_STATE &&
                    cf_inline_executor_create(&executor, nullptr) == CF_STATUS_INVALID_STATE &&
                    cf_process_pool_create(nullptr, &executor, nullptr) == CF_STATUS_INVALID_STATE,
                "no executor in a worker that has not passed the entry");
        close(open(seen.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        return 0;
    }
    register_functions();
    cf_worker_entry();
    std::string directory = std::filesystem::temp_directory_path() / "contract.XXXXXX";
    require(mkdtemp(directory.data()) != nullptr, "a directory");
    const std::string file = directory + "/seen";
    setenv("CONTRACT_SEEN", file.c_str(), 1);
    cf_executor_t* const pool = make_pool("self", 1);
    const Future future = submit(pool, "echo", "[]");
    require_failure(future, CF_STATUS_BROKEN_EXECUTOR, "cf_worker_entry");
    close_pool(pool);
    require(std::filesystem::exists(file), "the refusals in the worker");
    std::filesystem::remove_all(directory);
    return as_expected();
}

// --- The environment of a worker's children -----------------------------------------------------------

int32_t run_again(cf_task_t* task, void*) {
    const std::string self = std::filesystem::read_symlink("/proc/self/exe");
    const std::string command = "CONTRACT_SCENE=plain '" + self + "'";
    const int status = std::system(command.c_str());
    return cf_task_return_json(task, std::to_string(status).c_str(), -1);
}

int plain() {
    cf_worker_entry();
    close_pool(make_pool("threads", 1));
    return as_expected();
}

int grandchild() {
    cf_function_register("run_again", run_again, nullptr, nullptr, nullptr);
    cf_worker_entry();
    cf_executor_t* const pool = make_pool("self", 1);
    const Future future = submit(pool, "run_again", "[]");
    require(outcome_of(future) == CF_STATUS_OK, "a result");
    const char* json = nullptr;
    cf_future_result_json(future, 0, &json, nullptr, nullptr);
    require(std::strcmp(json, "0") == 0, "the grandchild as an ordinary program");
    close_pool(pool);
    return 0;  // the grandchild has said that all is as expected
}

// --- The end of a program -----------------------------------------------------------------------------

int leave() {
    const std::string way = setting("CONTRACT_WAY");
    cf_executor_t* const pool = make_pool(setting("CONTRACT_POOL"), 1);
    const std::string arguments = "[\"" + setting("CONTRACT_FILE") + "\"]";
    for (int i = 0; i < 20; ++i)
        submit(pool, "record", arguments);
    if (way == "exit") std::exit(0);
    if (way == "shutdown_no_wait") cf_executor_shutdown(pool, 0, 0, nullptr);
    if (way == "release") cf_executor_release(pool);
    return 0;
}

// Leaves a pool whose workers are in the middle of calls that nobody lets end.
int abandon() {
    ProcessPoolOptions processes;
    ThreadPoolOptions threads;
    cf_process_pool_options_create(processes.out(), nullptr);
    cf_thread_pool_options_create(threads.out(), nullptr);
    cf_process_pool_options_set_exit_policy(processes, CF_EXIT_POLICY_ABANDON, nullptr);
    cf_thread_pool_options_set_exit_policy(threads, CF_EXIT_POLICY_ABANDON, nullptr);
    cf_executor_t* executor = nullptr;
    Error error;
    require(setting("CONTRACT_POOL") == "threads"
                ? cf_thread_pool_create(threads, &executor, error.out())
                : cf_process_pool_create(processes, &executor, error.out()),
            CF_STATUS_OK, error);
    const Future parked = submit(executor, "pass_gate", "[\"" + setting("CONTRACT_GATE") + "\"]");
    while (cf_future_running(parked) == 0)
        std::this_thread::yield();
    const std::string way = setting("CONTRACT_WAY");
    if (way == "quick_exit") std::quick_exit(0);
    if (way == "_exit") _exit(0);
    if (way == "exit") std::exit(0);
    return 0;
}

// Every way to end, from everywhere, with a pool in any state.
int end() {
    const std::string way = setting("CONTRACT_WAY");
    const std::string state = setting("CONTRACT_STATE");
    const std::string kind = setting("CONTRACT_POOL");
    cf_executor_t* const pool = make_pool(kind, 2);
    cf_executor_t* const other = make_pool(kind, 1);  // where ways that need a pool are gone
    if (state == "idle") outcome_of(submit(pool, "echo", "[]"));
    if (state == "busy" || state == "released") {
        for (int i = 0; i < 50; ++i)
            submit(pool, "echo", "[]");
    }
    if (state == "shutting_down")
        cf_executor_shutdown(pool, CF_SHUTDOWN_CANCEL_FUTURES, 0, nullptr);
    if (state == "released") cf_executor_release(pool);
    const auto exits = [](cf_future_t*, void*) { std::exit(0); };
    if (way == "exit") std::exit(0);
    if (way == "quick_exit") std::quick_exit(0);
    if (way == "_exit") _exit(0);
    if (way == "abort") std::abort();
    if (way == "return") return 0;
    if (way == "thread") std::thread([] { std::exit(0); }).detach();
    if (way == "task") submit(other, "exit_process", "[0]");
    if (way == "callback") {
        cf_future_add_done_callback(submit(other, "echo", "[]"), exits, nullptr, nullptr, nullptr);
    }
    if (way == "canceller") {
        cf_promise_t* promise = nullptr;
        cf_promise_create(&promise, nullptr);
        const Future future(cf_promise_future(promise));
        cf_future_add_done_callback(future, exits, nullptr, nullptr, nullptr);
        cf_future_cancel(future);
    }
    for (;;)
        pause();
}

int32_t go_deeper(volatile char* above) {
    volatile char here[4096];
    here[0] = *above;
    if (here[0] != 0) return 0;  // which it never is
    return go_deeper(here) + here[0];
}

int overflow() {
    cf_executor_t* const pool = make_pool("threads", 1);
    const rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    const auto task = [](cf_task_t*, void*) -> int32_t {
        volatile char top = 0;
        return go_deeper(&top);
    };
    Future future;
    cf_executor_submit(pool, nullptr, task, nullptr, nullptr, future.out(), nullptr);
    cf_future_wait(future, -1);
    return 0;
}

int exit_in_task() {
    cf_executor_t* const pool = make_pool("threads", 2);
    const Future future = submit(pool, "exit_process", "[5]");
    cf_future_wait(future, -1);
    return 1;
}

int park() {
    cf_executor_t* const pool = make_pool(setting("CONTRACT_POOL"), 2);
    const std::string arguments = "[\"" + setting("CONTRACT_GATE") + "\"]";
    const Future first = submit(pool, "pass_gate", arguments);
    const Future second = submit(pool, "pass_gate", arguments);
    cf_future_wait(first, -1);
    cf_future_wait(second, -1);
    return 0;
}

// --- Fork servers ---------------------------------------------------------------------------------------

cf_executor_t* make_forking_pool(cf_start_method_t method) {
    const ProcessPoolOptions options = process_options(WorkerWay::kSelf);
    cf_process_pool_options_set_max_workers(options, 2, nullptr);
    cf_process_pool_options_set_start_method(options, method, nullptr);
    cf_executor_t* executor = nullptr;
    require(cf_process_pool_create(options, &executor, nullptr) == CF_STATUS_OK, "a pool");
    return executor;
}

// The program has a second thread wherever it reaches the entry.
int threads_before_entry() {
    std::thread([] {
        for (;;)
            pause();
    }).detach();
    register_functions();
    cf_worker_entry();
    cf_executor_t* const refused = make_forking_pool(CF_START_METHOD_FORKSERVER);
    const Future failed = submit(refused, "echo", "[]");
    require_failure(failed, CF_STATUS_BROKEN_EXECUTOR,
                    cf_test::kThreadSanitizer ? "3 threads" : "2 threads");
    require(cf_error_status(cf_error_cause(cf_future_error(failed))) == CF_STATUS_UNSUPPORTED,
            "the cause");
    close_pool(refused);
    cf_executor_t* const spawned = make_forking_pool(CF_START_METHOD_AUTO);
    require(outcome_of(submit(spawned, "echo", "[]")) == CF_STATUS_OK, "a spawned worker");
    close_pool(spawned);
    return as_expected();
}

// Into a buffer, which goes with the copies.
int prints_before_entry() {
    std::fputs("#", stdout);
    register_functions();
    cf_worker_entry();
    cf_executor_t* const pool = make_forking_pool(CF_START_METHOD_FORKSERVER);
    for (int i = 0; i < 3; ++i) {
        require(outcome_of(submit(pool, "exit_process", "[0]")) == CF_STATUS_WORKER_LOST,
                "a worker that exits");
    }
    close_pool(pool);
    return 0;
}

int replaced() {
    cf_executor_t* const pool = make_pool(setting("CONTRACT_POOL"), 1);
    const auto next_worker_works = [&] {
        require(outcome_of(submit(pool, "die_by_signal", "[9]")) == CF_STATUS_WORKER_LOST,
                "a worker that dies");
        require(outcome_of(submit(pool, "echo", "[]")) == CF_STATUS_OK, "the next worker");
    };
    next_worker_works();
    std::filesystem::rename(setting("CONTRACT_OTHER"), setting("CONTRACT_FILE"));
    next_worker_works();
    std::filesystem::remove(setting("CONTRACT_FILE"));
    next_worker_works();
    close_pool(pool);
    return as_expected();
}

// --- What a host does to its process --------------------------------------------------------------------

int print() {
    cf_executor_t* const pool = make_pool("self", 2);
    std::vector<Future> futures;
    for (int i = 0; i < 1000; ++i) {
        futures.push_back(submit(pool, "print", "[\"" + std::string(100, '#') + "\"]"));
    }
    for (const Future& future : futures) {
        require(outcome_of(future) == CF_STATUS_OK, "a call that prints");
    }
    close_pool(pool);
    return 0;
}

void expect_healthy_pool() {
    cf_executor_t* const pool = make_pool("self", 2);
    for (int round = 0; round < 3; ++round) {
        const Future future = submit(pool, "die_by_signal", "[9]");
        require_failure(future, CF_STATUS_WORKER_LOST, "die_by_signal");
        require(outcome_of(submit(pool, "add", "[1, 2]")) == CF_STATUS_OK, "a result");
    }
    close_pool(pool);
}

int sigchld_ignored() {
    std::signal(SIGCHLD, SIG_IGN);
    expect_healthy_pool();
    return 0;
}

int sigchld_nocldwait() {
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    action.sa_flags = SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, nullptr);
    expect_healthy_pool();
    return 0;
}

// A host that takes the status of every child, ours too.
int host_reaps() {
    std::atomic<bool> stop = false;
    std::thread reaper([&] {
        while (!stop.load()) {
            if (waitpid(-1, nullptr, WNOHANG) <= 0) std::this_thread::yield();
        }
    });
    expect_healthy_pool();
    stop.store(true);
    reaper.join();
    return 0;
}

// A write to a dead worker must not end the host.
int sigpipe_default() {
    std::signal(SIGPIPE, SIG_DFL);
    cf_executor_t* const pool = make_pool("self", 1);
    const std::string large = "[\"" + std::string(1 << 20, 'x') + "\"]";
    for (int round = 0; round < 5; ++round) {
        const Future victim = submit(pool, "die_by_signal", "[9]");
        const Future behind = submit(pool, "length", large);
        require(outcome_of(victim) == CF_STATUS_WORKER_LOST, "a lost worker");
        require(outcome_of(behind) == CF_STATUS_OK, "the call behind it");
    }
    close_pool(pool);
    return 0;
}

// The library's own descriptors must not become the stdin, stdout or stderr of a worker.
int descriptors_closed() {
    for (const int standard : {0, 1, 2})
        close(standard);
    expect_healthy_pool();
    return 0;
}

int play(const std::string& scene) {
    if (scene == "unprepared") return unprepared();
    if (scene == "library_only") return library_only();
    if (scene == "other_path") return other_path();
    if (scene == "plain") return plain();
    if (scene == "threads_before_entry") return threads_before_entry();
    if (scene == "prints_before_entry") return prints_before_entry();
    register_functions();
    if (scene == "grandchild") return grandchild();
    cf_worker_entry();
    if (scene == "leave") return leave();
    if (scene == "replaced") return replaced();
    if (scene == "abandon") return abandon();
    if (scene == "exit_in_task") return exit_in_task();
    if (scene == "end") return end();
    if (scene == "overflow") return overflow();
    if (scene == "park") return park();
    if (scene == "print") return print();
    if (scene == "sigchld_ignored") return sigchld_ignored();
    if (scene == "sigchld_nocldwait") return sigchld_nocldwait();
    if (scene == "host_reaps") return host_reaps();
    if (scene == "sigpipe_default") return sigpipe_default();
    if (scene == "descriptors_closed") return descriptors_closed();
    std::fprintf(stderr, "no such scene: %s\n", scene.c_str());
    return 2;
}

}  // namespace
}  // namespace contract

int main() {
    return contract::play(contract::setting("CONTRACT_SCENE"));
}

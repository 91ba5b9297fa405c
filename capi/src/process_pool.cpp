// cf_process_pool_*.
#include "process_pool/process_pool.h"

#include "executors.h"
#include "guard.h"
#include "process_pool_options.h"
#include "support/cpu_count.h"
#include "support/json_text.h"

using namespace cf;
using namespace cf::capi;

namespace {

constexpr int64_t kLeastMessageSize = 1024;
constexpr int64_t kMaxCrashLimit = 1000;

ProcessPoolOptions default_process_pool_options() {
    return ProcessPoolOptions{.max_workers = static_cast<size_t>(default_process_count())};
}

/// Sets the worker to a way and a list of words, each of which must be there.
ErrorRef set_worker(ProcessPoolOptions& values, WorkerCommand::Way way, const char* parameter,
                    const char* const* words, size_t count) {
    if (words == nullptr) return bad_argument(parameter);
    if (count == 0) return invalid_argument(text(parameter, " is empty"));
    WorkerCommand command{.way = way};
    for (size_t i = 0; i < count; ++i) {
        if (words[i] == nullptr) return invalid_argument(text(parameter, "[", i, "] is NULL"));
        if (way == WorkerCommand::Way::kLibraries && words[i][0] != '/') {
            return invalid_argument(
                text(parameter, "[", i, "] is '", words[i], "', which is not an absolute path"));
        }
        command.words.emplace_back(words[i]);
    }
    values.worker = std::move(command);
    return nullptr;
}

}  // namespace

extern "C" {

cf_status_t cf_process_pool_options_create(cf_process_pool_options_t** options_out,
                                           cf_error_t** error_out) {
    return create_options<ProcessPoolOptionsHandle>(options_out, error_out,
                                                    default_process_pool_options);
}

void cf_process_pool_options_release(cf_process_pool_options_t* options) {
    release_options<ProcessPoolOptionsHandle>(options);
}

cf_status_t cf_process_pool_options_set_max_workers(cf_process_pool_options_t* options,
                                                    int32_t max_workers, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("max_workers", max_workers, 1, kMaxWorkers);
        if (!error) values.max_workers = static_cast<size_t>(max_workers);
        return error;
    });
}

cf_status_t cf_process_pool_options_set_worker_self(cf_process_pool_options_t* options,
                                                    cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [](auto& values) -> ErrorRef {
        values.worker = WorkerCommand{};
        return nullptr;
    });
}

cf_status_t cf_process_pool_options_set_worker_libraries(cf_process_pool_options_t* options,
                                                         const char* const* paths, size_t count,
                                                         cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        return set_worker(values, WorkerCommand::Way::kLibraries, "paths", paths, count);
    });
}

cf_status_t cf_process_pool_options_set_worker_command(cf_process_pool_options_t* options,
                                                       const char* const* argv, size_t count,
                                                       cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        return set_worker(values, WorkerCommand::Way::kCommand, "argv", argv, count);
    });
}

cf_status_t cf_process_pool_options_set_start_method(cf_process_pool_options_t* options,
                                                     cf_start_method_t method,
                                                     cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("method", method, CF_START_METHOD_SPAWN, CF_START_METHOD_AUTO);
        if (!error) values.start_method = method;
        return error;
    });
}

cf_status_t cf_process_pool_options_set_initializer(cf_process_pool_options_t* options,
                                                    const char* name, const char* arguments,
                                                    int64_t size, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        std::string_view json;
        if (!view_text(arguments, size, json)) {
            return invalid_argument("arguments is NULL, or size is less than -1");
        }
        if (arguments == nullptr) json = "[]";
        if (name != nullptr && *name == '\0') return invalid_argument("name is empty");
        if (ErrorRef error = check_json_arguments(json)) return error;
        values.initializer = name != nullptr ? name : "";
        values.initializer_arguments = json;
        return nullptr;
    });
}

cf_status_t cf_process_pool_options_set_max_tasks_per_child(cf_process_pool_options_t* options,
                                                            int64_t max_tasks,
                                                            cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("max_tasks", max_tasks, 0, INT64_MAX);
        if (!error) values.max_tasks_per_child = static_cast<uint64_t>(max_tasks);
        return error;
    });
}

cf_status_t cf_process_pool_options_set_start_timeout(cf_process_pool_options_t* options,
                                                      int64_t timeout_ns, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("timeout_ns", timeout_ns, 1, INT64_MAX);
        if (!error) values.start_timeout = timeout_ns;
        return error;
    });
}

cf_status_t cf_process_pool_options_set_exit_policy(cf_process_pool_options_t* options,
                                                    cf_exit_policy_t policy,
                                                    cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(
        options, error_out, [&](auto& values) { return set_exit_policy(values.exit, policy); });
}

cf_status_t cf_process_pool_options_set_exit_timeout(cf_process_pool_options_t* options,
                                                     int64_t timeout_ns, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        values.exit.timeout = timeout_ns;
        return nullptr;
    });
}

cf_status_t cf_process_pool_options_set_termination_grace(cf_process_pool_options_t* options,
                                                          int64_t grace_ns,
                                                          cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        values.termination_grace = grace_ns;
        return nullptr;
    });
}

cf_status_t cf_process_pool_options_set_break_on_crash(cf_process_pool_options_t* options,
                                                       int32_t break_on_crash,
                                                       cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("break_on_crash", break_on_crash, 0, 1);
        if (!error) values.break_on_crash = break_on_crash != 0;
        return error;
    });
}

cf_status_t cf_process_pool_options_set_spin(cf_process_pool_options_t* options, int32_t spin,
                                             cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("spin", spin, 0, 1);
        if (!error) values.spin = spin != 0;
        return error;
    });
}

cf_status_t cf_process_pool_options_set_crash_limit(cf_process_pool_options_t* options,
                                                    int32_t max_crashes, int64_t period_ns,
                                                    cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("max_crashes", max_crashes, 0, kMaxCrashLimit);
        if (!error && max_crashes != 0) error = check_range("period_ns", period_ns, 1, INT64_MAX);
        if (error) return error;
        values.max_crashes = static_cast<uint32_t>(max_crashes);
        values.crash_period = period_ns;
        return error;
    });
}

cf_status_t cf_process_pool_options_set_max_queue(cf_process_pool_options_t* options,
                                                  int64_t max_queue, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("max_queue", max_queue, 0, INT64_MAX);
        if (!error) values.max_queue = static_cast<size_t>(max_queue);
        return error;
    });
}

cf_status_t cf_process_pool_options_set_timed(cf_process_pool_options_t* options, int32_t timed,
                                              cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("timed", timed, 0, 1);
        if (!error) values.timed = timed != 0;
        return error;
    });
}

cf_status_t cf_process_pool_options_set_queue_policy(cf_process_pool_options_t* options,
                                                     cf_queue_policy_t policy,
                                                     cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("policy", policy, CF_QUEUE_POLICY_BLOCK, CF_QUEUE_POLICY_FAIL);
        if (!error) values.queue_policy = policy;
        return error;
    });
}

cf_status_t cf_process_pool_options_set_max_message_size(cf_process_pool_options_t* options,
                                                         int64_t max_size, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("max_size", max_size, kLeastMessageSize, INT32_MAX);
        if (!error) values.max_message_size = static_cast<size_t>(max_size);
        return error;
    });
}

cf_status_t cf_process_pool_create(const cf_process_pool_options_t* options,
                                   cf_executor_t** executor_out, cf_error_t** error_out) {
    return create_executor(executor_out, error_out, [&](Executor*& executor) -> ErrorRef {
        const ProcessPoolOptions defaults = default_process_pool_options();
        const auto* values = values_or_defaults<ProcessPoolOptionsHandle>(options, defaults);
        if (values == nullptr) return bad_argument("options");
        return ProcessPool::create(*values, executor);
    });
}

}  // extern "C"

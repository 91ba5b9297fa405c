// cf_process_pool_options_set_*: what worker processes are given, and what they may use.
#include "process_pool_options.h"

using namespace cf;
using namespace cf::capi;

namespace {

constexpr int64_t kLeastMemory = int64_t{1} << 20;
constexpr int32_t kMaxNiceness = 19;
constexpr int32_t kMaxUmask = 0777;
constexpr int32_t kMaxNesting = 16;

/// For a number that has a value which means "the host's".
template <typename Value, typename Number>
ErrorRef set_or_inherit(const char* what, Number number, Number inherit, int64_t least,
                        int64_t most, std::optional<Value>& value) {
    if (number == inherit) {
        value.reset();
        return nullptr;
    }
    ErrorRef error = check_range(what, number, least, most);
    if (!error) value = static_cast<Value>(number);
    return error;
}

}  // namespace

extern "C" {

cf_status_t cf_process_pool_options_set_idle_timeout(cf_process_pool_options_t* options,
                                                     int64_t timeout_ns, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        values.idle_timeout = timeout_ns;
        return nullptr;
    });
}

cf_status_t cf_process_pool_options_set_nesting_limit(cf_process_pool_options_t* options,
                                                      int32_t levels, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("levels", levels, 1, kMaxNesting);
        if (!error) values.nesting_limit = levels;
        return error;
    });
}

cf_status_t cf_process_pool_options_set_memory_limit(cf_process_pool_options_t* options,
                                                     int64_t bytes, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        return set_or_inherit("bytes", bytes, int64_t{0}, kLeastMemory, INT64_MAX,
                              values.settings.memory_limit);
    });
}

cf_status_t cf_process_pool_options_set_cpu_time_limit(cf_process_pool_options_t* options,
                                                       int64_t time_ns, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        const int64_t seconds = time_ns / kSecond + (time_ns % kSecond > 0 ? 1 : 0);
        if (time_ns < 0) return check_range("time_ns", time_ns, 0, INT64_MAX);
        return set_or_inherit("time_ns", seconds, int64_t{0}, 1, INT64_MAX,
                              values.settings.cpu_time_limit);
    });
}

cf_status_t cf_process_pool_options_set_core_size_limit(cf_process_pool_options_t* options,
                                                        int64_t bytes, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        return set_or_inherit("bytes", bytes, int64_t{-1}, 0, INT64_MAX,
                              values.settings.core_size_limit);
    });
}

cf_status_t cf_process_pool_options_set_niceness(cf_process_pool_options_t* options,
                                                 int32_t niceness, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("niceness", niceness, 0, kMaxNiceness);
        if (!error) values.settings.niceness = niceness;
        return error;
    });
}

cf_status_t cf_process_pool_options_set_umask(cf_process_pool_options_t* options, int32_t mask,
                                              cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        return set_or_inherit("mask", mask, -1, 0, kMaxUmask, values.settings.umask);
    });
}

cf_status_t cf_process_pool_options_set_directory(cf_process_pool_options_t* options,
                                                  const char* path, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        if (path != nullptr && path[0] != '/') {
            return invalid_argument(text("path is '", path, "', which is not an absolute path"));
        }
        values.settings.directory = path != nullptr ? path : "";
        return nullptr;
    });
}

cf_status_t cf_process_pool_options_set_no_new_privileges(cf_process_pool_options_t* options,
                                                          int32_t no_new_privileges,
                                                          cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("no_new_privileges", no_new_privileges, 0, 1);
        if (!error) values.settings.no_new_privileges = no_new_privileges != 0;
        return error;
    });
}

cf_status_t cf_process_pool_options_set_environment(cf_process_pool_options_t* options,
                                                    const char* const* entries, size_t count,
                                                    cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        if (entries == nullptr) {
            if (count != 0) return bad_argument("entries");
            values.settings.environment.reset();
            return nullptr;
        }
        std::vector<std::string> environment;
        for (size_t i = 0; i < count; ++i) {
            if (entries[i] == nullptr) return invalid_argument(text("entries[", i, "] is NULL"));
            const std::string_view entry = entries[i];
            if (entry.find('=') == std::string_view::npos || entry.front() == '=') {
                return invalid_argument(
                    text("entries[", i, "] is '", entry, "', which is not NAME=value"));
            }
            environment.emplace_back(entry);
        }
        values.settings.environment = std::move(environment);
        return nullptr;
    });
}

cf_status_t cf_process_pool_options_set_output(cf_process_pool_options_t* options,
                                               cf_worker_output_t output, cf_error_t** error_out) {
    return set_option<ProcessPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error =
            check_range("output", output, CF_WORKER_OUTPUT_INHERIT, CF_WORKER_OUTPUT_CAPTURE);
        if (!error) values.settings.output = output;
        return error;
    });
}

}  // extern "C"

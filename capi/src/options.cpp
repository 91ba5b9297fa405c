// cf_thread_pool_options_*, cf_submit_options_*, cf_map_options_*.
#include "options.h"

#include <bit>

#include "guard.h"
#include "support/cpu_count.h"

using namespace cf;

namespace cf::capi {

ErrorRef check_range(const char* what, int64_t value, int64_t least, int64_t most) {
    if (value >= least && value <= most) return nullptr;
    return invalid_argument(text(what, " is ", value, "; it must be ", least, " to ", most));
}

ThreadPoolOptions default_thread_pool_options() {
    return ThreadPoolOptions{.max_workers = static_cast<size_t>(default_thread_count())};
}

ErrorRef set_exit_policy(ExitOptions& exit, cf_exit_policy_t policy) {
    if (policy < CF_EXIT_POLICY_DRAIN || policy > CF_EXIT_POLICY_ABANDON) {
        return invalid_argument(
            text("policy is ", policy, ", which is none of the CF_EXIT_POLICY constants"));
    }
    exit.policy = policy;
    return nullptr;
}

ErrorRef check_payload(size_t size, size_t alignment) {
    constexpr size_t kMaxSize = size_t{1} << 30;
    constexpr size_t kMaxAlignment = 4096;
    if (size > kMaxSize) {
        return invalid_argument(text("size is ", size, "; it must be at most 1 GiB"));
    }
    if (!std::has_single_bit(alignment) || alignment > kMaxAlignment) {
        return invalid_argument(text("alignment is ", alignment,
                                     "; it must be a power of two, at most ", kMaxAlignment));
    }
    return nullptr;
}

ErrorRef check_prepared(const Future& prepared, const Executor& executor) {
    if (prepared.work() != Future::Work::kPayload || prepared.owner() != &executor) {
        return Error::create(CF_STATUS_INVALID_STATE,
                             "the future was not prepared for this executor with "
                             "cf_executor_prepare()");
    }
    return nullptr;
}

ErrorRef view_options(const cf_submit_options_t* options, CallOptions& view) {
    static const SubmitValues& defaults = *new SubmitValues;
    const auto* values = values_or_defaults<SubmitOptionsHandle>(options, defaults);
    if (values == nullptr) return bad_argument("options");
    view = CallOptions{.name = values->name,
                       .timeout = values->deadline,
                       .retries = static_cast<uint16_t>(values->retries),
                       .priority = values->priority,
                       .queue_timeout = values->queue_timeout};
    return nullptr;
}

}  // namespace cf::capi

using namespace cf::capi;

namespace {
constexpr int64_t kMaxChunkSize = 65536;
constexpr int64_t kMaxRetries = 100;
}  // namespace

extern "C" {

// --- thread pool ----------------------------------------------------------------------------------

cf_status_t cf_thread_pool_options_create(cf_thread_pool_options_t** options_out,
                                          cf_error_t** error_out) {
    return create_options<ThreadPoolOptionsHandle>(options_out, error_out,
                                                   default_thread_pool_options);
}

void cf_thread_pool_options_release(cf_thread_pool_options_t* options) {
    release_options<ThreadPoolOptionsHandle>(options);
}

cf_status_t cf_thread_pool_options_set_max_workers(cf_thread_pool_options_t* options,
                                                   int32_t max_workers, cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("max_workers", max_workers, 1, kMaxWorkers);
        if (!error) values.max_workers = static_cast<size_t>(max_workers);
        return error;
    });
}

cf_status_t cf_thread_pool_options_set_name_prefix(cf_thread_pool_options_t* options,
                                                   const char* prefix, cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        if (prefix == nullptr) return bad_argument("prefix");
        values.name_prefix = prefix;
        return nullptr;
    });
}

cf_status_t cf_thread_pool_options_set_help(cf_thread_pool_options_t* options, cf_help_t help,
                                            cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        switch (help) {
            case CF_HELP_OWN_TARGET:
                values.help = Help::kOwnTarget;
                return nullptr;
            case CF_HELP_ANY:
                values.help = Help::kAny;
                return nullptr;
            case CF_HELP_NONE:
                values.help = Help::kNone;
                return nullptr;
            default:
                return invalid_argument(
                    text("help is ", help, ", which is none of the CF_HELP constants"));
        }
    });
}

cf_status_t cf_thread_pool_options_set_outside_help(cf_thread_pool_options_t* options,
                                                    int32_t outside_help, cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("outside_help", outside_help, 0, 1);
        if (!error) values.outside_help = outside_help != 0;
        return error;
    });
}

cf_status_t cf_thread_pool_options_set_spin(cf_thread_pool_options_t* options, int32_t spin,
                                            cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("spin", spin, 0, 1);
        if (!error) values.spin = spin != 0;
        return error;
    });
}

cf_status_t cf_thread_pool_options_set_max_compensating_workers(cf_thread_pool_options_t* options,
                                                                int32_t max_compensating_workers,
                                                                cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error =
            check_range("max_compensating_workers", max_compensating_workers, 0, kMaxWorkers);
        if (!error) {
            values.max_compensating_workers = static_cast<size_t>(max_compensating_workers);
        }
        return error;
    });
}

cf_status_t cf_thread_pool_options_set_initializer(cf_thread_pool_options_t* options,
                                                   cf_initializer_fn initializer_fn,
                                                   void* user_data, cf_destroy_fn destroy,
                                                   cf_error_t** error_out) {
    return call_user(error_out, [&]() -> ErrorRef {
        DestroyGuard guard(destroy, user_data);
        auto* object = from_handle<ThreadPoolOptionsHandle>(options);
        if (object == nullptr) return bad_argument("options");
        if (initializer_fn == nullptr) {
            object->values.initializer = nullptr;
            return nullptr;
        }
        auto* initializer = new Initializer(initializer_fn, user_data, destroy);
        guard.handed_on();
        object->values.initializer = Ref<Initializer>::adopt(initializer);
        return nullptr;
    });
}

cf_status_t cf_thread_pool_options_set_exit_policy(cf_thread_pool_options_t* options,
                                                   cf_exit_policy_t policy,
                                                   cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(
        options, error_out, [&](auto& values) { return set_exit_policy(values.exit, policy); });
}

cf_status_t cf_thread_pool_options_set_exit_timeout(cf_thread_pool_options_t* options,
                                                    int64_t timeout_ns, cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        values.exit.timeout = timeout_ns;
        return nullptr;
    });
}

cf_status_t cf_thread_pool_options_set_max_queue(cf_thread_pool_options_t* options,
                                                 int64_t max_queue, cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("max_queue", max_queue, 0, INT64_MAX);
        if (!error) values.max_queue = static_cast<size_t>(max_queue);
        return error;
    });
}

cf_status_t cf_thread_pool_options_set_timed(cf_thread_pool_options_t* options, int32_t timed,
                                             cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("timed", timed, 0, 1);
        if (!error) values.timed = timed != 0;
        return error;
    });
}

cf_status_t cf_thread_pool_options_set_queue_policy(cf_thread_pool_options_t* options,
                                                    cf_queue_policy_t policy,
                                                    cf_error_t** error_out) {
    return set_option<ThreadPoolOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error =
            check_range("policy", policy, CF_QUEUE_POLICY_BLOCK, CF_QUEUE_POLICY_RUN_IN_CALLER);
        if (!error) values.queue_policy = policy;
        return error;
    });
}

// --- submit ---------------------------------------------------------------------------------------

cf_status_t cf_submit_options_create(cf_submit_options_t** options_out, cf_error_t** error_out) {
    return create_options<SubmitOptionsHandle>(
        options_out, error_out, +[] { return SubmitValues{}; });
}

void cf_submit_options_release(cf_submit_options_t* options) {
    release_options<SubmitOptionsHandle>(options);
}

cf_status_t cf_submit_options_set_name(cf_submit_options_t* options, const char* name,
                                       cf_error_t** error_out) {
    return set_option<SubmitOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        if (name == nullptr) return bad_argument("name");
        values.name = name;
        return nullptr;
    });
}

cf_status_t cf_submit_options_set_retries(cf_submit_options_t* options, int32_t retries,
                                          cf_error_t** error_out) {
    return set_option<SubmitOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("retries", retries, 0, kMaxRetries);
        if (!error) values.retries = retries;
        return error;
    });
}

cf_status_t cf_submit_options_set_deadline(cf_submit_options_t* options, int64_t deadline_ns,
                                           cf_error_t** error_out) {
    return set_option<SubmitOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        values.deadline = deadline_ns;
        return nullptr;
    });
}

cf_status_t cf_submit_options_set_priority(cf_submit_options_t* options, int32_t priority,
                                           cf_error_t** error_out) {
    return set_option<SubmitOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        values.priority = priority;
        return nullptr;
    });
}

cf_status_t cf_submit_options_set_queue_timeout(cf_submit_options_t* options, int64_t timeout_ns,
                                                cf_error_t** error_out) {
    return set_option<SubmitOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        values.queue_timeout = timeout_ns;
        return nullptr;
    });
}

// --- map ------------------------------------------------------------------------------------------

cf_status_t cf_map_options_create(cf_map_options_t** options_out, cf_error_t** error_out) {
    return create_options<MapOptionsHandle>(
        options_out, error_out, +[] { return MapOptions{}; });
}

void cf_map_options_release(cf_map_options_t* options) {
    release_options<MapOptionsHandle>(options);
}

cf_status_t cf_map_options_set_timeout(cf_map_options_t* options, int64_t timeout_ns,
                                       cf_error_t** error_out) {
    return set_option<MapOptionsHandle>(options, error_out, [&](auto& values) -> ErrorRef {
        values.timeout = timeout_ns;
        return nullptr;
    });
}

cf_status_t cf_map_options_set_chunk_size(cf_map_options_t* options, int64_t chunk_size,
                                          cf_error_t** error_out) {
    return set_option<MapOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("chunk_size", chunk_size, 0, kMaxChunkSize);
        if (!error) values.chunk_size = static_cast<size_t>(chunk_size);
        return error;
    });
}

cf_status_t cf_map_options_set_window(cf_map_options_t* options, int64_t window,
                                      cf_error_t** error_out) {
    return set_option<MapOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("window", window, 0, INT64_MAX);
        if (!error) values.window = static_cast<size_t>(window);
        return error;
    });
}

cf_status_t cf_map_options_set_unordered(cf_map_options_t* options, int32_t unordered,
                                         cf_error_t** error_out) {
    return set_option<MapOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("unordered", unordered, 0, 1);
        if (!error) values.unordered = unordered != 0;
        return error;
    });
}

cf_status_t cf_map_options_set_cancel_on_release(cf_map_options_t* options, int32_t cancel,
                                                 cf_error_t** error_out) {
    return set_option<MapOptionsHandle>(options, error_out, [&](auto& values) {
        ErrorRef error = check_range("cancel", cancel, 0, 1);
        if (!error) values.cancel_on_release = cancel != 0;
        return error;
    });
}

}  // extern "C"

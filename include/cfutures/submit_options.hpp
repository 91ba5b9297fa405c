/// SubmitOptions: what a single call may be given beside its arguments.
#ifndef CFUTURES_SUBMIT_OPTIONS_HPP
#define CFUTURES_SUBMIT_OPTIONS_HPP

#include <cfutures/cfutures.h>

#include <cstdint>
#include <string>
#include <type_traits>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/handle.hpp"
#include "cfutures/timeout.hpp"

namespace cfutures {

/// The options of one call: pool.submit({.name = "load"}, load, path). Since 0.1.
struct SubmitOptions {
    /// The call's name in errors and logs. Default: the function's registered name, or none.
    std::string name = {};
    /// How long after the submit the call must have started, or fails with DeadlineExceededError; if it
    /// runs by then, it is asked to stop (TaskContext); in a process pool its worker is ended. Default:
    /// no deadline.
    Timeout deadline = {};
    /// How often the call runs again when its worker process dies while it runs it.
    int retries = 0;
    /// Calls of a higher priority start first; see cf_submit_options_set_priority().
    std::int32_t priority = 0;
    /// How long submit() may wait for a place in a full queue with QueuePolicy::kBlock; then it throws
    /// QueueFullError. Default: for ever.
    Timeout queue_timeout = {};
};

/// What submit() does when a bounded queue is full. Since 0.1.
enum class QueuePolicy : std::int32_t {
    kBlock = CF_QUEUE_POLICY_BLOCK,               ///< wait for a place; see SubmitOptions
    kFail = CF_QUEUE_POLICY_FAIL,                 ///< throw QueueFullError
    kRunInCaller = CF_QUEUE_POLICY_RUN_IN_CALLER  ///< run the call at once; thread pools only
};

namespace detail {

/// Whether the first of some arguments is a SubmitOptions.
template <class... Args>
inline constexpr bool kStartsWithOptions = false;
template <class First, class... Args>
inline constexpr bool kStartsWithOptions<First, Args...> =
    std::is_same_v<std::remove_cvref_t<First>, SubmitOptions>;

/// The same as the C ABI has them.
class NativeSubmitOptions {
  public:
    explicit NativeSubmitOptions(const SubmitOptions& options) {
        call(cf_submit_options_create, options_.out());
        if (!options.name.empty()) {
            call(cf_submit_options_set_name, options_.get(), options.name.c_str());
        }
        call(cf_submit_options_set_retries, options_.get(), options.retries);
        call(cf_submit_options_set_deadline, options_.get(), options.deadline.nanoseconds());
        call(cf_submit_options_set_priority, options_.get(), options.priority);
        call(cf_submit_options_set_queue_timeout, options_.get(),
             options.queue_timeout.nanoseconds());
    }
    const cf_submit_options_t* get() const noexcept { return options_.get(); }

  private:
    Owner<cf_submit_options_t, cf_submit_options_release> options_;
};

}  // namespace detail

}  // namespace cfutures

#endif

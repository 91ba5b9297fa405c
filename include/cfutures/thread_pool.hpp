/// ThreadPool: runs calls on threads of this process.
#ifndef CFUTURES_THREAD_POOL_HPP
#define CFUTURES_THREAD_POOL_HPP

#include <cfutures/cfutures.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/local_executor.hpp"

namespace cfutures {

/// What a worker may run in place while a call of it waits. Since 0.1.
enum class Help : std::int32_t {
    kOwnTarget = CF_HELP_OWN_TARGET,  ///< what it waits for
    kAny = CF_HELP_ANY,  ///< and then whatever is queued; beware of locks that a waiting call holds
    kNone = CF_HELP_NONE,
};

/// How a ThreadPool is made. Since 0.1.
struct ThreadPoolOptions {
    /// How many threads at most, from 1 on. Default: min(32, processors + 4).
    std::optional<int> max_workers = {};
    /// Threads are named prefix, "_", number. Default: the library's own.
    std::string name_prefix = {};
    /// Runs in each thread before its first call. When it throws, the pool is broken: calls that
    /// have not started fail with BrokenExecutorError.
    std::function<void()> initializer = {};
    /// What workers run while their calls wait. Default: what they wait for.
    Help help = Help::kOwnTarget;
    /// Whether a thread that is no worker may run the call that it waits for without a timeout, when
    /// no worker has started it.
    bool outside_help = false;
    /// Whether idle workers and waiting threads may spin for a moment before they sleep.
    bool spin = true;
    /// How many workers may be there beyond max_workers while all others are blocked in waits. Default:
    /// 256.
    std::optional<int> max_compensating_workers = {};
    /// What becomes of its work when the program exits without having ended it.
    ExitPolicy exit_policy = ExitPolicy::kDrain;
    /// How long the exit may wait for it; then the rest is cancelled or abandoned. Default: for ever.
    Timeout exit_timeout = {};
    /// How many calls may wait for their start. Default: any number.
    std::optional<std::int64_t> max_queue = {};
    /// What submit() does when there are so many. A task or callback of the pool does not wait: it runs
    /// the call in place.
    QueuePolicy queue_policy = QueuePolicy::kBlock;
    /// Whether it measures how long calls wait and run, for stats(): the clock is read three times a call.
    bool timed = false;
};

/// A pool of threads, which start as work arrives:
///
///     cfutures::ThreadPool pool({.max_workers = 5});
///     auto length = pool.submit([](std::string s) { return s.size(); }, "text");
///     std::cout << length.result();
///
/// Move-only; see Executor for its end. Thread: any. Since 0.1.
class ThreadPool : public LocalExecutor {
  public:
    /// Throws InvalidArgument for options out of range, and SystemError.
    explicit ThreadPool(const ThreadPoolOptions& options = {})
        : LocalExecutor(create(options), options.max_workers.value_or(cf_default_thread_count())) {}
    ThreadPool(ThreadPool&&) noexcept = default;
    ThreadPool& operator=(ThreadPool&&) noexcept = default;
    ~ThreadPool() = default;

  private:
    using Options = detail::Owner<cf_thread_pool_options_t, cf_thread_pool_options_release>;
    using Initializer = std::function<void()>;

    static detail::ExecutorHandle create(const ThreadPoolOptions& options) {
        Options native;
        detail::call(cf_thread_pool_options_create, native.out());
        detail::call(cf_thread_pool_options_set_exit_policy, native.get(),
                     static_cast<cf_exit_policy_t>(options.exit_policy));
        detail::call(cf_thread_pool_options_set_exit_timeout, native.get(),
                     options.exit_timeout.nanoseconds());
        if (options.max_workers) {
            detail::call(cf_thread_pool_options_set_max_workers, native.get(),
                         *options.max_workers);
        }
        if (!options.name_prefix.empty()) {
            detail::call(cf_thread_pool_options_set_name_prefix, native.get(),
                         options.name_prefix.c_str());
        }
        detail::call(cf_thread_pool_options_set_help, native.get(),
                     static_cast<cf_help_t>(options.help));
        detail::call(cf_thread_pool_options_set_outside_help, native.get(),
                     options.outside_help ? 1 : 0);
        detail::call(cf_thread_pool_options_set_spin, native.get(), options.spin ? 1 : 0);
        if (options.max_compensating_workers) {
            detail::call(cf_thread_pool_options_set_max_compensating_workers, native.get(),
                         *options.max_compensating_workers);
        }
        if (options.initializer) {
            auto* initializer = new Initializer(options.initializer);
            detail::call(cf_thread_pool_options_set_initializer, native.get(), &run_initializer,
                         initializer, &destroy_initializer);
        }
        if (options.max_queue) {
            detail::call(cf_thread_pool_options_set_max_queue, native.get(), *options.max_queue);
        }
        detail::call(cf_thread_pool_options_set_timed, native.get(), options.timed ? 1 : 0);
        detail::call(cf_thread_pool_options_set_queue_policy, native.get(),
                     static_cast<cf_queue_policy_t>(options.queue_policy));
        detail::ExecutorHandle executor;
        detail::call(cf_thread_pool_create, native.get(), executor.out());
        return executor;
    }

    /// An exception of the initializer is the library's to catch: it becomes the reason why the pool
    /// is broken.
    static std::int32_t run_initializer(void* initializer) {
        (*static_cast<Initializer*>(initializer))();
        return 0;
    }
    static void destroy_initializer(void* initializer) {
        delete static_cast<Initializer*>(initializer);
    }
};

}  // namespace cfutures

#endif

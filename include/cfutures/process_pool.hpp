/// ProcessPool: runs calls of registered functions in other processes.
#ifndef CFUTURES_PROCESS_POOL_HPP
#define CFUTURES_PROCESS_POOL_HPP

#include <cfutures/cfutures.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "cfutures/call.hpp"
#include "cfutures/detail/check.hpp"
#include "cfutures/detail/named_map.hpp"
#include "cfutures/executor.hpp"
#include "cfutures/function.hpp"
#include "cfutures/future.hpp"
#include "cfutures/map.hpp"
#include "cfutures/submit_options.hpp"
#include "cfutures/timeout.hpp"
#include "cfutures/worker.hpp"

namespace cfutures {

/// What a worker process does. Since 0.1.
enum class WorkerState : cf_worker_state_t {
    kStarting = CF_WORKER_STATE_STARTING,
    kIdle = CF_WORKER_STATE_IDLE,
    kRunning = CF_WORKER_STATE_RUNNING,
    kLeaving = CF_WORKER_STATE_LEAVING,
};

/// One worker process at one moment: see ProcessPool::workers(). Since 0.1.
struct WorkerInfo {
    std::int64_t pid = 0;
    WorkerState state = WorkerState::kStarting;
    std::uint64_t task_id = 0;           ///< of the call that it runs; 0 for none
    std::string function = {};           ///< its name; empty for none
    std::uint64_t tasks_done = 0;        ///< how many calls it has answered
    std::optional<std::int64_t> memory;  ///< resident bytes, where known
};

/// How ProcessPool::terminate_workers() and kill_workers() wait. Since 0.1.
struct EndWorkersOptions {
    bool wait = true;      ///< return when all is done, or at the timeout
    Timeout timeout = {};  ///< bounds the waiting
};

/// How a pool starts its workers; see cf_process_pool_options_set_start_method(). Since 0.1.
enum class StartMethod : cf_start_method_t {
    kSpawn = CF_START_METHOD_SPAWN,            ///< each runs the worker program from its beginning
    kForkServer = CF_START_METHOD_FORKSERVER,  ///< each is a copy of one process that is ready
    kAuto = CF_START_METHOD_AUTO,              ///< kForkServer where that works, otherwise kSpawn
};

/// Where the standard output and error of workers go. Since 0.1.
enum class WorkerOutput : cf_worker_output_t {
    kInherit = CF_WORKER_OUTPUT_INHERIT,
    kDiscard = CF_WORKER_OUTPUT_DISCARD,
    kCapture =
        CF_WORKER_OUTPUT_CAPTURE,  ///< the last 4 KiB, in the detail() of a lost call's error
};

/// What workers are given and may use; see cf_process_pool_options_set_memory_limit() and its siblings.
/// What is not set is the host's. Since 0.1.
struct WorkerSettings {
    std::optional<std::int64_t> memory_limit = {};     ///< bytes of address space
    std::optional<Timeout> cpu_time_limit = {};        ///< of a worker's life, in whole seconds
    std::optional<std::int64_t> core_size_limit = {};  ///< bytes
    int niceness = 0;                                  ///< more than the host's
    std::optional<int> umask = {};
    std::string directory = {};
    bool no_new_privileges = false;
    std::optional<std::vector<std::string>> environment = {};  ///< "NAME=value" each
    WorkerOutput output = WorkerOutput::kInherit;
};

/// See ProcessPoolOptions. Since 0.1.
struct CrashLimit {
    int max_crashes = 0;
    Timeout period = {};
};

/// How a ProcessPool is made. Since 0.1.
struct ProcessPoolOptions {
    /// How many worker processes at most, from 1 on. Default: as many as processors.
    std::optional<int> max_workers = {};
    /// Workers are the installed cfutures-worker, which loads these shared libraries. Default: the
    /// workers are this program itself, whose main calls worker_entry().
    std::vector<std::string> worker_libraries = {};
    /// Workers are this program (a path) with these arguments, which speaks the protocol. Not
    /// together with worker_libraries.
    std::vector<std::string> worker_command = {};
    /// How workers are started.
    StartMethod start_method = StartMethod::kSpawn;
    /// Each worker makes this call before its first one: named_call<prepare>(...). When it fails, the
    /// pool is broken.
    std::optional<NamedCall> initializer = {};
    /// After how many calls a worker is replaced. Default: never.
    std::optional<std::int64_t> max_tasks_per_child = {};
    /// How long a worker may take to be ready, initializer included. Default: the library's own.
    std::optional<Timeout> start_timeout = {};
    /// How long a worker that is ended by request may go on after SIGTERM before it is killed.
    /// Default: the library's own, 3 s.
    std::optional<Timeout> termination_grace = {};
    /// What workers are given and may use.
    WorkerSettings settings = {};
    /// How long a worker may have nothing to do before it leaves. Default: for ever.
    Timeout idle_timeout = {};
    /// How many pools may be one inside the other, this one included. Default: the library's own, 2.
    std::optional<int> nesting_limit = {};
    /// Whether a worker that dies breaks the pool, as in Python.
    bool break_on_crash = false;
    /// Whether threads that wait, and workers without calls, may spin for a moment before they sleep.
    bool spin = false;
    /// More deaths than this within the period break the pool. Default: no limit.
    std::optional<CrashLimit> crash_limit = {};
    /// The largest JSON text, in bytes, of one message. Default: the library's own.
    std::optional<std::int64_t> max_message_size = {};
    /// What becomes of its work when the program exits without having ended it.
    ExitPolicy exit_policy = ExitPolicy::kDrain;
    /// How long the exit may wait for it; then the rest is cancelled or abandoned. Default: for ever.
    Timeout exit_timeout = {};
    /// How many calls may wait for a worker. Default: any number.
    std::optional<std::int64_t> max_queue = {};
    /// What submit() does when there are so many; not QueuePolicy::kRunInCaller.
    QueuePolicy queue_policy = QueuePolicy::kBlock;
    /// Whether it measures how long calls wait and run, for stats(): the clock is read three times a call.
    bool timed = false;
};

/// A pool of worker processes, which start as work arrives:
///
///     int main() {
///         cfutures::worker_entry();
///         cfutures::ProcessPool pool;
///         bool prime = pool.submit<is_prime>(112272535095293).result();
///     }
///
/// Arguments and results travel as JSON, by to_json and from_json of nlohmann/json and without its
/// silent losses (see json.hpp). A standard exception thrown by the function arrives as the same type,
/// any other as RemoteError; a crash is a WorkerLostError of the call that ran, and the pool goes on.
/// Move-only; see Executor for its end. Thread: any. Since 0.1.
class ProcessPool : public Executor {
  public:
    /// Throws InvalidArgument for options out of range, InvalidStateError when this program shall be
    /// the worker and has not called worker_entry(), and SystemError when the worker cannot be run.
    explicit ProcessPool(const ProcessPoolOptions& options = {}) : Executor(create(options)) {}
    ProcessPool(ProcessPool&&) noexcept = default;
    ProcessPool& operator=(ProcessPool&&) noexcept = default;
    ~ProcessPool() = default;

    /// Calls the function F in a worker. That this line stands in the program registers F, here and in
    /// the workers. The arguments are converted to F's parameter types and written as JSON here:
    /// throws EncodeError, and InvalidStateError when another function has F's name. Otherwise throws
    /// as LocalExecutor::submit. Thread: any. Blocks: no.
    template <auto F, class... Args>
    requires(!detail::kStartsWithOptions<Args...>)
        Future<typename detail::TraitsOf<F>::Result> submit(Args&&... args) {
        return submit<F>(SubmitOptions(), std::forward<Args>(args)...);
    }
    /// The same with options: submit<F>({.name = "load"}, args...).
    template <auto F, class... Args>
    Future<typename detail::TraitsOf<F>::Result> submit(const SubmitOptions& options,
                                                        Args&&... args) {
        return detail::submit_named<typename detail::TraitsOf<F>::Result>(
            native_handle(), options, detail::RegisteredFunction<F>::name(),
            detail::encode_arguments_of<F>(std::forward<Args>(args)...));
    }

    /// Calls F, which has one parameter, for each element of a range. All calls are submitted together,
    /// or, when it throws, none. Each is a call of its own, for any worker; map() sends several in one
    /// message.
    template <auto F, std::ranges::input_range Range>
    std::vector<Future<typename detail::TraitsOf<F>::Result>> submit_batch(Range&& range) {
        return submit_batch<F>(SubmitOptions(), std::forward<Range>(range));
    }
    template <auto F, std::ranges::input_range Range>
    std::vector<Future<typename detail::TraitsOf<F>::Result>> submit_batch(
        const SubmitOptions& options, Range&& range) {
        return detail::submit_named_batch_of<F>(native_handle(), options,
                                                std::forward<Range>(range));
    }

    /// Calls a function by its name; see cfutures::call().
    template <class R, class... Args>
    Future<R> call(const std::string& name, const Args&... args) {
        return cfutures::call<R>(*this, name, args...);
    }

    /// Calls F with the elements of one or more ranges, and gives the results in the order of the
    /// input; stops at the end of the shortest range. An element that cannot be written as JSON ends
    /// the input with its EncodeError. See Map.
    template <auto F, class... Ranges>
    requires detail::AreRanges<Ranges...> Map<typename detail::TraitsOf<F>::Result> map(
        Ranges&&... ranges) {
        return map<F>(MapOptions(), std::forward<Ranges>(ranges)...);
    }
    template <auto F, class... Ranges>
    Map<typename detail::TraitsOf<F>::Result> map(const MapOptions& options, Ranges&&... ranges) {
        return detail::make_named_map<F>(native_handle(), options, std::forward<Ranges>(ranges)...);
    }

    /// Takes no new calls, cancels those that have not started, and sends each worker SIGTERM, and
    /// SIGKILL when the termination grace is over. Running calls fail with WorkerKilledError, unless
    /// they end within the grace. Returns as Executor::shutdown does. Thread: any.
    bool terminate_workers(const EndWorkersOptions& options = {}) {
        return end_workers(cf_executor_terminate_workers, options);
    }
    /// The same with SIGKILL at once. Thread: any.
    bool kill_workers(const EndWorkersOptions& options = {}) {
        return end_workers(cf_executor_kill_workers, options);
    }

    /// The workers as they are now, in the order in which they were started. Thread: any. Blocks: no.
    std::vector<WorkerInfo> workers() const {
        detail::Owner<cf_worker_list_t, cf_worker_list_release> list;
        detail::call(cf_executor_workers, native_handle(), list.out());
        std::vector<WorkerInfo> workers(cf_worker_list_count(list.get()));
        for (std::size_t i = 0; i < workers.size(); ++i) {
            const std::int64_t memory = cf_worker_list_memory(list.get(), i);
            workers[i] = {.pid = cf_worker_list_pid(list.get(), i),
                          .state = static_cast<WorkerState>(cf_worker_list_state(list.get(), i)),
                          .task_id = cf_worker_list_task_id(list.get(), i),
                          .function = cf_worker_list_function(list.get(), i),
                          .tasks_done = cf_worker_list_tasks_done(list.get(), i),
                          .memory = memory >= 0 ? std::optional(memory) : std::nullopt};
        }
        return workers;
    }

  private:
    using End = cf_status_t (*)(cf_executor_t*, cf_shutdown_flags_t, std::int64_t, cf_error_t**);

    bool end_workers(End end, const EndWorkersOptions& options) {
        detail::ErrorHandle error;
        const cf_status_t status = end(native_handle(), options.wait ? CF_SHUTDOWN_WAIT : 0,
                                       options.timeout.nanoseconds(), error.out());
        if (status == CF_STATUS_TIMEOUT) return false;
        detail::check(status, error);
        return options.wait;
    }

    using Options = detail::Owner<cf_process_pool_options_t, cf_process_pool_options_release>;

    static std::vector<const char*> c_strings(const std::vector<std::string>& strings) {
        std::vector<const char*> pointers;
        for (const std::string& string : strings)
            pointers.push_back(string.c_str());
        return pointers;
    }

    static void set_worker_settings(const Options& native, const WorkerSettings& settings) {
        if (settings.memory_limit) {
            detail::call(cf_process_pool_options_set_memory_limit, native.get(),
                         *settings.memory_limit);
        }
        if (settings.cpu_time_limit && !settings.cpu_time_limit->is_forever()) {
            detail::call(cf_process_pool_options_set_cpu_time_limit, native.get(),
                         settings.cpu_time_limit->nanoseconds());
        }
        if (settings.core_size_limit) {
            detail::call(cf_process_pool_options_set_core_size_limit, native.get(),
                         *settings.core_size_limit);
        }
        detail::call(cf_process_pool_options_set_niceness, native.get(), settings.niceness);
        if (settings.umask) {
            detail::call(cf_process_pool_options_set_umask, native.get(), *settings.umask);
        }
        if (!settings.directory.empty()) {
            detail::call(cf_process_pool_options_set_directory, native.get(),
                         settings.directory.c_str());
        }
        detail::call(cf_process_pool_options_set_no_new_privileges, native.get(),
                     settings.no_new_privileges ? 1 : 0);
        if (settings.environment) {
            std::vector<const char*> entries = c_strings(*settings.environment);
            entries.push_back(nullptr);  // so that there is an array, also of nothing
            detail::call(cf_process_pool_options_set_environment, native.get(), entries.data(),
                         settings.environment->size());
        }
        detail::call(cf_process_pool_options_set_output, native.get(),
                     static_cast<cf_worker_output_t>(settings.output));
    }

    static detail::ExecutorHandle create(const ProcessPoolOptions& options) {
        if (!options.worker_libraries.empty() && !options.worker_command.empty()) {
            throw InvalidArgument("worker_libraries and worker_command exclude each other");
        }
        Options native;
        detail::call(cf_process_pool_options_create, native.out());
        detail::call(cf_process_pool_options_set_exit_policy, native.get(),
                     static_cast<cf_exit_policy_t>(options.exit_policy));
        detail::call(cf_process_pool_options_set_exit_timeout, native.get(),
                     options.exit_timeout.nanoseconds());
        if (options.max_workers) {
            detail::call(cf_process_pool_options_set_max_workers, native.get(),
                         *options.max_workers);
        }
        if (const auto paths = c_strings(options.worker_libraries); !paths.empty()) {
            detail::call(cf_process_pool_options_set_worker_libraries, native.get(), paths.data(),
                         paths.size());
        }
        if (const auto argv = c_strings(options.worker_command); !argv.empty()) {
            detail::call(cf_process_pool_options_set_worker_command, native.get(), argv.data(),
                         argv.size());
        }
        detail::call(cf_process_pool_options_set_start_method, native.get(),
                     static_cast<cf_start_method_t>(options.start_method));
        if (options.initializer) {
            const NamedCall& call = *options.initializer;
            detail::call(cf_process_pool_options_set_initializer, native.get(), call.name.c_str(),
                         call.arguments.data(), static_cast<std::int64_t>(call.arguments.size()));
        }
        if (options.max_tasks_per_child) {
            detail::call(cf_process_pool_options_set_max_tasks_per_child, native.get(),
                         *options.max_tasks_per_child);
        }
        if (options.start_timeout) {
            detail::call(cf_process_pool_options_set_start_timeout, native.get(),
                         options.start_timeout->nanoseconds());
        }
        if (options.termination_grace) {
            detail::call(cf_process_pool_options_set_termination_grace, native.get(),
                         options.termination_grace->nanoseconds());
        }
        set_worker_settings(native, options.settings);
        detail::call(cf_process_pool_options_set_idle_timeout, native.get(),
                     options.idle_timeout.nanoseconds());
        if (options.nesting_limit) {
            detail::call(cf_process_pool_options_set_nesting_limit, native.get(),
                         *options.nesting_limit);
        }
        detail::call(cf_process_pool_options_set_break_on_crash, native.get(),
                     options.break_on_crash ? 1 : 0);
        detail::call(cf_process_pool_options_set_spin, native.get(), options.spin ? 1 : 0);
        if (options.crash_limit) {
            detail::call(cf_process_pool_options_set_crash_limit, native.get(),
                         options.crash_limit->max_crashes,
                         options.crash_limit->period.nanoseconds());
        }
        if (options.max_message_size) {
            detail::call(cf_process_pool_options_set_max_message_size, native.get(),
                         *options.max_message_size);
        }
        if (options.max_queue) {
            detail::call(cf_process_pool_options_set_max_queue, native.get(), *options.max_queue);
        }
        detail::call(cf_process_pool_options_set_timed, native.get(), options.timed ? 1 : 0);
        detail::call(cf_process_pool_options_set_queue_policy, native.get(),
                     static_cast<cf_queue_policy_t>(options.queue_policy));
        detail::ExecutorHandle executor;
        detail::call(cf_process_pool_create, native.get(), executor.out());
        return executor;
    }
};

}  // namespace cfutures

#endif

/// Executor: what all executors have in common.
#ifndef CFUTURES_EXECUTOR_HPP
#define CFUTURES_EXECUTOR_HPP

#include <cfutures/cfutures.h>

#include <cstdint>
#include <utility>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/handle.hpp"
#include "cfutures/stats.hpp"
#include "cfutures/timeout.hpp"

namespace cfutures {

/// How Executor::shutdown() goes about it. Since 0.1.
struct ShutdownOptions {
    bool wait = true;             ///< return when all is done, or at the timeout
    bool cancel_futures = false;  ///< cancel every call that has not started
    Timeout timeout = {};         ///< bounds the waiting
};

/// What becomes of a pool's work when the program exits. Since 0.1.
enum class ExitPolicy : std::int32_t {
    kDrain = CF_EXIT_POLICY_DRAIN,                   ///< accepted work is finished first
    kCancelPending = CF_EXIT_POLICY_CANCEL_PENDING,  ///< only what has started is
    kAbandon = CF_EXIT_POLICY_ABANDON,               ///< nothing is waited for
};

/// The base of ThreadPool, ProcessPool and InlineExecutor: owns one executor of the C ABI. Move-only.
/// Destroying it is shutdown(), as leaving Python's `with`: it waits for all accepted calls. To take
/// any executor as a parameter, see ExecutorRef. Since 0.1.
class Executor {
  public:
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    /// Takes no new calls, and waits until every accepted one is done, every callback has returned,
    /// and every thread and worker process is gone. May be repeated. Returns whether all that is so;
    /// false at the timeout, and always without .wait. Throws WouldDeadlockError in a task or callback
    /// of this executor; the shutdown goes on then. Thread: any.
    bool shutdown(const ShutdownOptions& options = {}) {
        const cf_shutdown_flags_t flags = (options.wait ? CF_SHUTDOWN_WAIT : 0) |
                                          (options.cancel_futures ? CF_SHUTDOWN_CANCEL_FUTURES : 0);
        detail::ErrorHandle error;
        const cf_status_t status =
            cf_executor_shutdown(handle_.get(), flags, options.timeout.nanoseconds(), error.out());
        if (status == CF_STATUS_TIMEOUT) return false;
        detail::check(status, error);
        return options.wait;
    }

    /// What it has done so far, and what it does. Thread: any. Blocks: no.
    Stats stats() const { return detail::read_stats(handle_.get()); }

    /// Lets go of the executor without waiting: accepted calls finish in the background.
    void detach() noexcept { handle_ = {}; }

    /// False once detached or moved from.
    bool valid() const noexcept { return static_cast<bool>(handle_); }

    /// The C ABI's executor; borrowed.
    cf_executor_t* native_handle() const noexcept { return handle_.get(); }

  protected:
    explicit Executor(detail::ExecutorHandle handle) noexcept : handle_(std::move(handle)) {}
    Executor(Executor&& other) noexcept : handle_(std::move(other.handle_)) {}
    Executor& operator=(Executor&& other) noexcept {
        if (this != &other) {
            finish();
            handle_ = std::move(other.handle_);
        }
        return *this;
    }
    ~Executor() { finish(); }

  private:
    /// In a task of this very executor the shutdown only begins here.
    void finish() noexcept {
        if (handle_) cf_executor_shutdown(handle_.get(), CF_SHUTDOWN_WAIT, -1, nullptr);
    }

    detail::ExecutorHandle handle_;
};

}  // namespace cfutures

#endif

/// TaskContext: what a running call can learn about itself.
#ifndef CFUTURES_TASK_CONTEXT_HPP
#define CFUTURES_TASK_CONTEXT_HPP

#include <cfutures/cfutures.h>

#include <cstdint>
#include <string_view>

#include "cfutures/detail/check.hpp"
#include "cfutures/timeout.hpp"

namespace cfutures {

/// The running call, for its own function. A callable or function that cannot be called with its
/// arguments alone gets one before them, much as std::jthread hands on a std::stop_token:
///
///     pool.submit([](cfutures::TaskContext task, int n) {
///         while (!task.stop_requested() && step(n)) {}
///     }, 7);
///
/// Copies refer to the same call; they must not be used when it has returned. Thread: any. Since 0.1.
class TaskContext {
  public:
    explicit TaskContext(cf_task_t* task) noexcept : task_(task) {}

    /// Whether the call is asked to stop: by Future::cancel_running(), or because its deadline has
    /// passed. It need not stop, and its outcome is what it makes of it.
    bool stop_requested() const noexcept { return cf_task_cancel_requested(task_) != 0; }

    /// The time until its deadline, as a timeout for what it waits for; for ever without a deadline.
    Timeout time_left() const noexcept {
        const std::int64_t left = cf_task_time_left(task_);
        return left < 0 ? Timeout() : Timeout(std::chrono::nanoseconds(left));
    }

    /// Tells how far the call has come: a JSON text, for AnyFuture::progress(). The future keeps the last
    /// one. Throws EncodeError when it is no JSON, or longer than 4096 bytes. Thread: the call's own.
    void report_progress(std::string_view json) const {
        detail::check(
            cf_task_report_progress(task_, json.data(), static_cast<std::int64_t>(json.size())));
    }

    /// The id of the call, unique in its executor.
    std::uint64_t task_id() const noexcept { return cf_task_id(task_); }

    /// Who runs it: the number of the pool's thread, from 1; the process id of the worker process; 0
    /// for the inline executor.
    std::uint64_t worker_id() const noexcept { return cf_task_worker_id(task_); }

    /// The C ABI's task; borrowed for the call.
    cf_task_t* native_handle() const noexcept { return task_; }

  private:
    cf_task_t* task_;
};

}  // namespace cfutures

#endif

/// The exceptions that this library throws. All derive from Error; each stands for one status of
/// the C ABI. Memory that runs out is std::bad_alloc.
#ifndef CFUTURES_ERRORS_HPP
#define CFUTURES_ERRORS_HPP

#include <cfutures/cfutures.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "cfutures/detail/handle.hpp"

namespace cfutures {

/// The base of all exceptions of this library. Cheap to copy; what it holds is immutable, and the
/// views live as long as any copy. Since 0.1.
class Error : public std::runtime_error {
  public:
    /// Made here, without an error of the C ABI behind it.
    Error(cf_status_t status, const std::string& message)
        : std::runtime_error(message), status_(status) {}

    /// Made from an error of the C ABI.
    Error(cf_status_t status, detail::ErrorHandle error, const std::string& message)
        : std::runtime_error(message), status_(status), error_(std::move(error)) {}

    /// The status that this exception stands for.
    cf_status_t status() const noexcept { return status_; }
    /// The type of what failed, such as "std::out_of_range"; "" when unknown.
    std::string_view type_name() const noexcept { return cf_error_type(error_.get()); }
    /// More about it as a JSON text; "" when there is none.
    std::string_view detail() const noexcept {
        const char* text = cf_error_detail(error_.get());
        return text != nullptr ? text : "";
    }
    /// The function or call that failed; "" when it has no name.
    std::string_view function() const noexcept { return cf_error_function(error_.get()); }
    /// The task that failed; 0 when there is none.
    std::uint64_t task_id() const noexcept { return cf_error_task_id(error_.get()); }
    /// What a task function in C returned; 0 when it does not apply.
    std::int32_t task_code() const noexcept { return cf_error_task_code(error_.get()); }
    /// The message of the error behind this one; "" when there is none.
    std::string_view cause() const noexcept {
        const cf_error_t* error = cf_error_cause(error_.get());
        return error != nullptr ? cf_error_message(error) : "";
    }
    /// The C ABI's error; borrowed; NULL when there is none.
    const cf_error_t* native_handle() const noexcept { return error_.get(); }

  private:
    cf_status_t status_;
    detail::ErrorHandle error_;
};

namespace detail {

/// The constructors that all exceptions of one status share.
template <cf_status_t Status>
class StatusError : public Error {
  public:
    StatusError() : Error(Status, cf_status_message(Status)) {}
    explicit StatusError(const std::string& message) : Error(Status, message) {}
    explicit StatusError(const ErrorHandle& error)
        : Error(Status, error, error ? cf_error_message(error.get()) : cf_status_message(Status)) {}
};

}  // namespace detail

/// An argument is out of range or of the wrong kind, or a handle is empty. Since 0.1.
class InvalidArgument : public detail::StatusError<CF_STATUS_INVALID_ARGUMENT> {
    using StatusError::StatusError;
};
/// The object is not in a state that allows this. Since 0.1.
class InvalidStateError : public detail::StatusError<CF_STATUS_INVALID_STATE> {
    using StatusError::StatusError;
};
/// The library broke one of its own rules. Since 0.1.
class InternalError : public detail::StatusError<CF_STATUS_INTERNAL> {
    using StatusError::StatusError;
};
/// This executor or platform does not offer this. Since 0.1.
class UnsupportedError : public detail::StatusError<CF_STATUS_UNSUPPORTED> {
    using StatusError::StatusError;
};
/// The wait timed out; what was waited for goes on. A task that itself failed with this exception is
/// a RemoteError to its reader, so that the two can be told apart. Since 0.1.
class TimeoutError : public detail::StatusError<CF_STATUS_TIMEOUT> {
    using StatusError::StatusError;
};
/// The call was cancelled before it started. As with TimeoutError, a task that failed with it is a
/// RemoteError. Since 0.1.
class CancelledError : public detail::StatusError<CF_STATUS_CANCELLED> {
    using StatusError::StatusError;
};
/// The task ended its thread (pthread_exit) or its process instead of returning. Since 0.1.
class TaskExitedError : public detail::StatusError<CF_STATUS_TASK_EXITED> {
    using StatusError::StatusError;
};
/// The call ran past its deadline. Since 0.1.
class DeadlineExceededError : public detail::StatusError<CF_STATUS_DEADLINE_EXCEEDED> {
    using StatusError::StatusError;
};
/// The executor cannot run anything any more; what() and cause() say why. Since 0.1.
class BrokenExecutorError : public detail::StatusError<CF_STATUS_BROKEN_EXECUTOR> {
    using StatusError::StatusError;
};
/// The executor was shut down and takes no new calls. Since 0.1.
class ShutDownError : public detail::StatusError<CF_STATUS_SHUT_DOWN> {
    using StatusError::StatusError;
};
/// The executor's queue is full. Since 0.1.
class QueueFullError : public detail::StatusError<CF_STATUS_QUEUE_FULL> {
    using StatusError::StatusError;
};
/// The wait could never end, because it waits for itself. Since 0.1.
class WouldDeadlockError : public detail::StatusError<CF_STATUS_WOULD_DEADLOCK> {
    using StatusError::StatusError;
};
/// Process pools are nested too deeply. Since 0.1.
class NestingLimitError : public detail::StatusError<CF_STATUS_NESTING_LIMIT> {
    using StatusError::StatusError;
};
/// The executor belongs to the parent of this forked process. Since 0.1.
class ForkedError : public detail::StatusError<CF_STATUS_FORKED> {
    using StatusError::StatusError;
};
/// No function is registered under this name. Since 0.1.
class UnknownFunctionError : public detail::StatusError<CF_STATUS_UNKNOWN_FUNCTION> {
    using StatusError::StatusError;
};
/// A value cannot be written as JSON. Since 0.1.
class EncodeError : public detail::StatusError<CF_STATUS_ENCODE_ERROR> {
    using StatusError::StatusError;
};
/// A text is not the JSON that was expected: arguments or a result of the wrong type. Since 0.1.
class DecodeError : public detail::StatusError<CF_STATUS_DECODE_ERROR> {
    using StatusError::StatusError;
};
/// A worker process broke the protocol. Since 0.1.
class ProtocolError : public detail::StatusError<CF_STATUS_PROTOCOL_ERROR> {
    using StatusError::StatusError;
};
/// The promise was dropped before it was kept. Since 0.1.
class BrokenPromiseError : public detail::StatusError<CF_STATUS_BROKEN_PROMISE> {
    using StatusError::StatusError;
};

/// A system call failed. Since 0.1.
class SystemError : public detail::StatusError<CF_STATUS_SYSTEM> {
    using StatusError::StatusError;

  public:
    /// The errno behind it.
    std::error_code code() const noexcept {
        return {cf_error_os_code(native_handle()), std::generic_category()};
    }
};

namespace detail {

/// A worker process ended while it ran the call.
template <cf_status_t Status>
class WorkerEndedError : public StatusError<Status> {
    using StatusError<Status>::StatusError;

  public:
    /// The worker's process id; 0 when unknown.
    std::int64_t pid() const noexcept { return cf_error_worker_pid(this->native_handle()); }
    /// The signal that ended it, if one did.
    std::optional<int> signal() const noexcept {
        const std::int32_t number = cf_error_worker_signal(this->native_handle());
        return number > 0 ? std::optional<int>(number) : std::nullopt;
    }
    /// Its exit status, if it exited.
    std::optional<int> exit_status() const noexcept {
        const std::int32_t status = cf_error_worker_exit_status(this->native_handle());
        return status >= 0 ? std::optional<int>(status) : std::nullopt;
    }
};

}  // namespace detail

/// The worker process died while it ran the call: function() and task_id() say which. Since 0.1.
class WorkerLostError : public detail::WorkerEndedError<CF_STATUS_WORKER_LOST> {
    using WorkerEndedError::WorkerEndedError;
};
/// The worker process was killed by request while it ran the call. Since 0.1.
class WorkerKilledError : public detail::WorkerEndedError<CF_STATUS_WORKER_KILLED> {
    using WorkerEndedError::WorkerEndedError;
};

/// A task failed with something that cannot be thrown here as it was: an exception of another
/// process that is no standard one, an error of another language, or a TimeoutError or
/// CancelledError of the task's own. type_name(), message() and detail() say what. Since 0.1.
class RemoteError : public Error {
  public:
    explicit RemoteError(const detail::ErrorHandle& error)
        : Error(CF_STATUS_TASK_FAILED, error, describe(error.get())) {}

    /// The message alone; what() has the type's name before it.
    std::string_view message() const noexcept { return cf_error_message(native_handle()); }

  private:
    static std::string describe(const cf_error_t* error) {
        std::string text = cf_error_type(error);
        if (!text.empty()) text += ": ";
        return text += cf_error_message(error);
    }
};

}  // namespace cfutures

#endif

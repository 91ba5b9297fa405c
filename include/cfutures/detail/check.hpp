/// From statuses of the C ABI to exceptions: the one place that knows which is which.
#ifndef CFUTURES_DETAIL_CHECK_HPP
#define CFUTURES_DETAIL_CHECK_HPP

#include <cfutures/cfutures.h>

#include <exception>
#include <new>
#include <utility>

#include "cfutures/detail/handle.hpp"
#include "cfutures/errors.hpp"

namespace cfutures::detail {

/// Throws the exception of a negative status.
[[noreturn]] inline void raise(cf_status_t status, const ErrorHandle& error) {
    switch (status) {
        case CF_STATUS_INVALID_ARGUMENT:
            throw InvalidArgument(error);
        case CF_STATUS_INVALID_STATE:
            throw InvalidStateError(error);
        case CF_STATUS_NO_MEMORY:
            throw std::bad_alloc();
        case CF_STATUS_SYSTEM:
            throw SystemError(error);
        case CF_STATUS_UNSUPPORTED:
            throw UnsupportedError(error);
        case CF_STATUS_INTERNAL:
            throw InternalError(error);
        case CF_STATUS_TIMEOUT:
            throw TimeoutError(error);
        case CF_STATUS_CANCELLED:
            throw CancelledError(error);
        case CF_STATUS_TASK_FAILED:
            throw RemoteError(error);
        case CF_STATUS_TASK_EXITED:
            throw TaskExitedError(error);
        case CF_STATUS_WORKER_LOST:
            throw WorkerLostError(error);
        case CF_STATUS_WORKER_KILLED:
            throw WorkerKilledError(error);
        case CF_STATUS_DEADLINE_EXCEEDED:
            throw DeadlineExceededError(error);
        case CF_STATUS_BROKEN_EXECUTOR:
            throw BrokenExecutorError(error);
        case CF_STATUS_SHUT_DOWN:
            throw ShutDownError(error);
        case CF_STATUS_QUEUE_FULL:
            throw QueueFullError(error);
        case CF_STATUS_WOULD_DEADLOCK:
            throw WouldDeadlockError(error);
        case CF_STATUS_NESTING_LIMIT:
            throw NestingLimitError(error);
        case CF_STATUS_FORKED:
            throw ForkedError(error);
        case CF_STATUS_UNKNOWN_FUNCTION:
            throw UnknownFunctionError(error);
        case CF_STATUS_ENCODE_ERROR:
            throw EncodeError(error);
        case CF_STATUS_DECODE_ERROR:
            throw DecodeError(error);
        case CF_STATUS_PROTOCOL_ERROR:
            throw ProtocolError(error);
        case CF_STATUS_BROKEN_PROMISE:
            throw BrokenPromiseError(error);
        // A library newer than this header may know more.
        default:
            throw Error(status, error,
                        error ? cf_error_message(error.get()) : cf_status_message(status));
    }
}

inline void check(cf_status_t status, const ErrorHandle& error = {}) {
    if (status < 0) raise(status, error);
}

/// Calls a C function whose last parameter is error_out; throws when it fails, else gives its
/// status.
template <class Function, class... Arguments>
cf_status_t call(Function function, Arguments... arguments) {
    ErrorHandle error;
    const cf_status_t status = function(arguments..., error.out());
    check(status, error);
    return status;
}

/// Throws the error of a done future. Whatever the task said, it is not a statement about the wait
/// that reads it.
[[noreturn]] inline void raise_task_error(const cf_future_t* future) {
    const auto error = ErrorHandle::retained(cf_future_error(future));
    const cf_status_t status = cf_future_outcome(future);
    if (status >= 0) throw InternalError("a future that succeeded has no result");
    if (status == CF_STATUS_TIMEOUT || status == CF_STATUS_CANCELLED) throw RemoteError(error);
    raise(status, error);
}

/// The same as a value.
inline std::exception_ptr task_error(const cf_future_t* future) noexcept {
    try {
        raise_task_error(future);
    } catch (...) {
        return std::current_exception();
    }
}

}  // namespace cfutures::detail

#endif

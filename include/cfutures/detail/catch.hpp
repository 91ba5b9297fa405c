/// What to do with exceptions at the border to C.
#ifndef CFUTURES_DETAIL_CATCH_HPP
#define CFUTURES_DETAIL_CATCH_HPP

#include <cfutures/cfutures.h>
#include <cxxabi.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <new>
#include <typeinfo>

#include "cfutures/detail/handle.hpp"
#include "cfutures/errors.hpp"

namespace cfutures::detail {

/// Runs `body`; when an exception leaves it, `handler` runs inside the catch block and answers
/// instead. The unwinding of pthread_exit and pthread_cancel is no exception: it passes.
template <class Body, class Handler>
auto catch_all(Body&& body, Handler&& handler) -> decltype(body()) {
    try {
        return body();
    }
#if defined(__GLIBCXX__)
    catch (const abi::__forced_unwind&) {
        throw;
    }
#endif
    catch (...) {
        return handler();
    }
}

/// The name of a type as people write it; the mangled one when memory is short.
class TypeName {
  public:
    explicit TypeName(const std::type_info* type) noexcept
        : mangled_(type != nullptr ? type->name() : ""),
          text_(type != nullptr ? abi::__cxa_demangle(mangled_, nullptr, nullptr, nullptr)
                                : nullptr) {}
    TypeName(const TypeName&) = delete;
    TypeName& operator=(const TypeName&) = delete;
    ~TypeName() { std::free(text_); }

    const char* get() const noexcept { return text_ != nullptr ? text_ : mangled_; }

  private:
    const char* mangled_;
    char* text_;
};

/// Calls use(type, message) for the exception that is being handled.
template <class Use>
auto with_current_exception(Use use) noexcept {
    const TypeName type(abi::__cxa_current_exception_type());
    try {
        throw;
    } catch (const std::exception& exception) {
        return use(type.get(), exception.what());
    } catch (...) {
        return use(type.get(), "an exception that is no std::exception");
    }
}

/// Fails a task with the exception that is being handled; returns what the task function returns.
inline std::int32_t fail_task(cf_task_t* task) noexcept {
    return with_current_exception([task](const char* type, const char* message) {
        return cf_task_fail(task, type, message, nullptr);
    });
}

/// The exception that is being handled as an error of the C ABI; empty when memory is short.
inline ErrorHandle current_error() noexcept {
    return with_current_exception([](const char* type, const char* message) {
        ErrorHandle error;
        cf_error_create(CF_STATUS_TASK_FAILED, type, message, nullptr, error.out());
        return error;
    });
}

/// The exception that is being handled as a RemoteError.
inline std::exception_ptr remote_exception() noexcept {
    const ErrorHandle error = current_error();
    return error ? std::make_exception_ptr(RemoteError(error))
                 : std::make_exception_ptr(std::bad_alloc());
}

/// The exception that is being handled, as the readers of the task's future shall see it: itself,
/// except for those that would look like a statement about the reader's own wait.
inline std::exception_ptr task_exception() noexcept {
    try {
        throw;
    } catch (const TimeoutError&) {
        return remote_exception();
    } catch (const CancelledError&) {
        return remote_exception();
    } catch (...) {
        return std::current_exception();
    }
}

}  // namespace cfutures::detail

#endif

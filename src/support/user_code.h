// Calling what the user gave us. Exceptions stop here (convention 7 of cfutures.h), but the forced
// unwinding of pthread_exit and pthread_cancel must pass: swallowing it ends the process.
#pragma once

#include <cfutures/cfutures.h>
#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace cf {

#if defined(__GLIBCXX__)
using ForcedUnwind = abi::__forced_unwind;
#else
/// Nobody throws it: with other C++ libraries the end of a thread is no unwinding, or one without a name.
class ForcedUnwind {
    ForcedUnwind() = default;
};
#endif

/// The first word of the C++ runtime's globals of a thread (Itanium C++ ABI, 2.2.2): the innermost
/// exception that is being handled.
inline void*& handled_exception() {
    return *reinterpret_cast<void**>(abi::__cxa_get_globals());
}

/// Runs body(); on an exception runs on_exception() inside the handler, so that it may ask for the
/// current one. Forced unwinding runs on_exit() and goes on. It has no exception object, so that the
/// handler's reference is bound to null by the C++ runtime itself: no fault, whatever a sanitizer says.
///
/// on_exit() may run user code that ends the thread once more; that unwinding replaces this one. The
/// runtime ends a program that catches a forced unwinding while it handles another, and one that lets
/// it out of a destructor, so on_exit() runs in a handler that the runtime does not know of.
template <typename Body, typename OnException, typename OnExit>
__attribute__((no_sanitize("undefined"))) void call_user_code(Body&& body,
                                                              OnException&& on_exception,
                                                              OnExit&& on_exit) {
    try {
        body();
    } catch (ForcedUnwind&) {
        void* const unwinding = std::exchange(handled_exception(), nullptr);
        on_exit();
        handled_exception() = unwinding;
        throw;
    } catch (...) {
        on_exception();
    }
}

/// For callbacks that have no way to report: an exception ends with the callback.
template <typename Body>
void call_user_code(Body&& body) {
    call_user_code(
        std::forward<Body>(body), [] {}, [] {});
}

/// Destroy functions have to return (convention 7), since objects run them in their destructors.
inline void call_destroy(cf_destroy_fn destroy, void* user_data) {
    if (destroy != nullptr) call_user_code([&] { destroy(user_data); });
}

/// Runs a destroy function on every path out of a scope, unless the user_data was handed on.
class DestroyGuard {
  public:
    DestroyGuard(cf_destroy_fn destroy, void* user_data)
        : destroy_(destroy), user_data_(user_data) {}
    ~DestroyGuard() { call_destroy(destroy_, user_data_); }
    DestroyGuard(const DestroyGuard&) = delete;
    DestroyGuard& operator=(const DestroyGuard&) = delete;
    void handed_on() { destroy_ = nullptr; }

  private:
    cf_destroy_fn destroy_;
    void* user_data_;
};

/// The type name of the exception that is being handled, as the source spells it.
inline std::string current_exception_type_name() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr) return "unknown";
    int status = 0;
    struct Free {
        void operator()(char* memory) const { std::free(memory); }
    };
    const std::unique_ptr<char, Free> readable(
        abi::__cxa_demangle(type->name(), nullptr, nullptr, &status));
    return readable != nullptr ? readable.get() : type->name();
}

}  // namespace cf

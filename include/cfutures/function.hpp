/// Functions that can be called by name, also in other processes.
#ifndef CFUTURES_FUNCTION_HPP
#define CFUTURES_FUNCTION_HPP

#include <cfutures/cfutures.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "cfutures/detail/catch.hpp"
#include "cfutures/detail/check.hpp"
#include "cfutures/detail/function_name.hpp"
#include "cfutures/detail/function_traits.hpp"
#include "cfutures/detail/invoke_task.hpp"
#include "cfutures/detail/standard_exceptions.hpp"
#include "cfutures/errors.hpp"
#include "cfutures/json.hpp"

namespace cfutures::detail {

/// Fails a task with an Error of this layer, whose status the future takes over.
inline std::int32_t fail_task_with(cf_task_t* task, const char* type, const Error& error) {
    ErrorHandle native;
    const cf_status_t status =
        cf_error_create(error.status(), type, error.what(), nullptr, native.out());
    if (status != CF_STATUS_OK) return cf_task_fail(task, type, error.what(), nullptr);
    return cf_task_fail_with(task, native.get());
}

/// Fails a task with the exception that is being handled, with all that is needed to throw it again
/// elsewhere.
inline std::int32_t fail_task_by_name(cf_task_t* task) {
    try {
        throw;
    } catch (const std::exception& exception) {
        const StandardException* row = find_standard_exception(exception);
        if (row == nullptr) return fail_task(task);
        const ExceptionParts parts = row->take_apart(exception);
        const std::string detail =
            parts.detail.is_null()
                ? ""
                : parts.detail.dump(-1, ' ', false, Json::error_handler_t::replace);
        return cf_task_fail(task, row->name, parts.message.c_str(),
                            detail.empty() ? nullptr : detail.c_str());
    } catch (...) {
        return fail_task(task);
    }
}

template <class T>
T decode_argument(const Json& json, std::size_t index) {
    try {
        return decode<T>(json);
    } catch (const DecodeError& error) {
        throw DecodeError("argument " + std::to_string(index + 1) + ": " + error.what());
    }
}

/// Reads the arguments of F from a JSON array.
template <class Arguments>
Arguments decode_arguments(const Json& json) {
    constexpr std::size_t kArity = std::tuple_size_v<Arguments>;
    if (!json.is_array()) {
        throw DecodeError("a C++ function takes its arguments by position, in a JSON array");
    }
    if (json.size() != kArity) {
        throw DecodeError("the function takes " + std::to_string(kArity) + " arguments, got " +
                          std::to_string(json.size()));
    }
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return Arguments{decode_argument<std::tuple_element_t<I, Arguments>>(json[I], I)...};
    }
    (std::make_index_sequence<kArity>());
}

/// Writes arguments as the text of a JSON array.
template <class... Args>
std::string encode_arguments(const Args&... args) {
    Json json = Json::array();
    (json.push_back(encode(args)), ...);
    return to_text(json);
}

/// The same with each argument converted to F's parameter type first.
template <auto F, class... Args>
std::string encode_arguments_of(Args&&... args) {
    using Traits = TraitsOf<F>;
    static_assert(sizeof...(Args) == Traits::kArity, "wrong number of arguments");
    const typename Traits::Arguments values(std::forward<Args>(args)...);
    return std::apply([](const auto&... value) { return encode_arguments(value...); }, values);
}

/// A function of the program under its name. Exists once per function and is registered before main,
/// in the program as in its workers, because something in the program uses it.
template <auto F>
class RegisteredFunction {
  public:
    /// The name to call it by. Throws InvalidStateError when the name belongs to another function.
    static const char* name() {
        if (explicit_name_ != nullptr) return explicit_name_;
        if (!registered_) {
            ErrorHandle error;
            const cf_status_t status = register_as(kName, error);
            if (status == CF_STATUS_INVALID_STATE) {
                throw InvalidStateError(
                    std::string("two functions of this program are called ") + kName +
                    "; give this one a name of its own: CFUTURES_REGISTER(\"some.name\", f)");
            }
            check(status, error);
        }
        return kName;
    }

    /// For CFUTURES_REGISTER; before main. Throws InvalidStateError when the name is taken.
    static bool name_explicitly(const char* name) {
        ErrorHandle error;
        check(register_as(name, error), error);
        explicit_name_ = name;
        return true;
    }

  private:
    static constexpr const char* kName = FunctionName<F>::get();

    static cf_status_t register_as(const char* name, ErrorHandle& error) noexcept {
        return cf_function_register(name, &run, nullptr, nullptr, error.out());
    }
    static bool register_by_itself() noexcept {
        ErrorHandle error;
        return register_as(kName, error) == CF_STATUS_OK;
    }

    static std::int32_t run(cf_task_t* task, void*) {
        return catch_all([&] { return run_steps(task); }, [&] { return fail_task_by_name(task); });
    }

    /// Decode, call, encode: the exceptions of each step mean something else.
    static std::int32_t run_steps(cf_task_t* task) {
        using Arguments = typename TraitsOf<F>::Arguments;
        using Result = typename TraitsOf<F>::Result;
        Json json;  // outlives the call, for parameters that are views
        std::optional<Arguments> arguments;
        try {
            const char* text = nullptr;
            std::size_t size = 0;
            check(cf_task_arguments(task, &text, &size));
            json = from_text(text, size);
            arguments.emplace(decode_arguments<Arguments>(json));
        } catch (const DecodeError& error) {
            return fail_task_with(task, "cfutures::DecodeError", error);
        }
        if constexpr (std::is_void_v<Result>) {
            invoke_task(task, F, std::move(*arguments));
            return CF_STATUS_OK;
        } else {
            const Result result = invoke_task(task, F, std::move(*arguments));
            try {
                const std::string text = to_text(encode(result));
                return cf_task_return_json(task, text.data(),
                                           static_cast<std::int64_t>(text.size()));
            } catch (const EncodeError& error) {
                return fail_task_with(task, "cfutures::EncodeError", error);
            }
        }
    }

    // Trivially destructible, so that nothing happens to them at exit. Not const: it is set before
    // main, in an order that is not specified.
    static inline const char* explicit_name_ = nullptr;
    static inline const bool registered_ = register_by_itself();
};

}  // namespace cfutures::detail

#define CFUTURES_CONCAT_(a, b) a##b
#define CFUTURES_CONCAT(a, b) CFUTURES_CONCAT_(a, b)

/// CFUTURES_REGISTER("name", function): registers a function under a name of its own, at namespace
/// scope. Needed for functions that are called by name (call<R>("name", ...)), as those of libraries
/// that cfutures-worker loads, and for functions with internal linkage whose names collide. A name
/// that belongs to another function ends the program before main, with a message. Since 0.1.
#define CFUTURES_REGISTER(name, ...)                                                        \
    [[maybe_unused]] static const bool CFUTURES_CONCAT(cfutures_registered_, __COUNTER__) = \
        ::cfutures::detail::RegisteredFunction<(__VA_ARGS__)>::name_explicitly(name)

#endif

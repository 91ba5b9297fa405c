/// The standard exceptions by name: what lets one that was thrown in a worker process be thrown again
/// in its parent.
#ifndef CFUTURES_DETAIL_STANDARD_EXCEPTIONS_HPP
#define CFUTURES_DETAIL_STANDARD_EXCEPTIONS_HPP

#include <any>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <typeinfo>
#include <variant>

namespace cfutures::detail {

/// What travels: the name, what() or the argument that leads to it, and the rest as JSON (or null).
struct ExceptionParts {
    std::string message;
    nlohmann::json detail;
};

/// One standard exception type, on both sides of the process border.
struct StandardException {
    const char* name;
    const std::type_info* type;
    ExceptionParts (*take_apart)(const std::exception& exception);
    /// Throws the exception; returns when the detail is not understood.
    void (*rethrow)(const ExceptionParts& parts);
};

inline const std::error_category* find_category(const std::string& name) {
    for (const std::error_category* category :
         {&std::generic_category(), &std::system_category(), &std::iostream_category(),
          &std::future_category()}) {
        if (name == category->name()) return category;
    }
    return nullptr;
}

inline nlohmann::json code_to_json(const std::error_code& code) {
    return {{"category", code.category().name()}, {"code", code.value()}};
}

/// A member of an object that is a text, or "".
inline std::string text_member(const nlohmann::json& object, const char* key) {
    const auto member = object.find(key);
    return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

/// Nothing when the category is unknown here.
inline std::optional<std::error_code> code_from_json(const nlohmann::json& json) {
    const auto value = json.find("code");
    if (value == json.end() || !value->is_number_integer()) return std::nullopt;
    const std::error_category* known = find_category(text_member(json, "category"));
    if (known == nullptr) return std::nullopt;
    return std::error_code(value->get<int>(), *known);
}

/// std::system_error and its like append the code's message to their argument; this takes it off.
inline std::string strip_code_message(std::string what, const std::error_code& code) {
    const std::string tail = code.message();
    if (!what.ends_with(tail)) return what;
    what.resize(what.size() - tail.size());
    if (what.ends_with(": ")) what.resize(what.size() - 2);
    return what;
}

/// Types that are made from a message.
template <class E>
constexpr StandardException with_message(const char* name) {
    return {name, &typeid(E),
            [](const std::exception& exception) {
                return ExceptionParts{exception.what(), {}};
            },
            [](const ExceptionParts& parts) { throw E(parts.message); }};
}

/// Types whose what() is always the same.
template <class E>
constexpr StandardException without_message(const char* name) {
    return {name, &typeid(E),
            [](const std::exception& exception) {
                return ExceptionParts{exception.what(), {}};
            },
            [](const ExceptionParts&) { throw E(); }};
}

/// Types with an error code.
template <class E>
constexpr StandardException with_code(const char* name) {
    return {name, &typeid(E),
            [](const std::exception& exception) {
                const auto& error = static_cast<const E&>(exception);
                return ExceptionParts{strip_code_message(error.what(), error.code()),
                                      code_to_json(error.code())};
            },
            [](const ExceptionParts& parts) {
                const auto code = code_from_json(parts.detail);
                if (!code) return;
                if constexpr (std::is_same_v<E, std::ios_base::failure>) {
                    throw E(parts.message, *code);
                } else if constexpr (std::is_same_v<E, std::future_error>) {
                    if (code->category() != std::future_category()) return;
                    throw E(static_cast<std::future_errc>(code->value()));
                } else {
                    throw parts.message.empty() ? E(*code) : E(*code, parts.message);
                }
            }};
}

inline constexpr StandardException kFilesystemError = {
    "std::filesystem::filesystem_error", &typeid(std::filesystem::filesystem_error),
    [](const std::exception& exception) {
        const auto& error = static_cast<const std::filesystem::filesystem_error&>(exception);
        nlohmann::json detail = code_to_json(error.code());
        detail["path1"] = error.path1().string();
        detail["path2"] = error.path2().string();
        // The base's what() is without the paths.
        return ExceptionParts{strip_code_message(error.std::system_error::what(), error.code()),
                              std::move(detail)};
    },
    [](const ExceptionParts& parts) {
        using Error = std::filesystem::filesystem_error;
        const auto code = code_from_json(parts.detail);
        if (!code) return;
        // The number of paths is part of what(); an empty one was not given.
        const std::string path1 = text_member(parts.detail, "path1");
        const std::string path2 = text_member(parts.detail, "path2");
        if (path1.empty()) throw Error(parts.message, *code);
        if (path2.empty()) throw Error(parts.message, path1, *code);
        throw Error(parts.message, path1, path2, *code);
    }};

inline constexpr StandardException kStandardExceptions[] = {
    with_message<std::logic_error>("std::logic_error"),
    with_message<std::invalid_argument>("std::invalid_argument"),
    with_message<std::domain_error>("std::domain_error"),
    with_message<std::length_error>("std::length_error"),
    with_message<std::out_of_range>("std::out_of_range"),
    with_message<std::runtime_error>("std::runtime_error"),
    with_message<std::range_error>("std::range_error"),
    with_message<std::overflow_error>("std::overflow_error"),
    with_message<std::underflow_error>("std::underflow_error"),
    without_message<std::exception>("std::exception"),
    without_message<std::bad_exception>("std::bad_exception"),
    without_message<std::bad_alloc>("std::bad_alloc"),
    without_message<std::bad_array_new_length>("std::bad_array_new_length"),
    without_message<std::bad_cast>("std::bad_cast"),
    without_message<std::bad_typeid>("std::bad_typeid"),
    without_message<std::bad_any_cast>("std::bad_any_cast"),
    without_message<std::bad_function_call>("std::bad_function_call"),
    without_message<std::bad_optional_access>("std::bad_optional_access"),
    without_message<std::bad_variant_access>("std::bad_variant_access"),
    without_message<std::bad_weak_ptr>("std::bad_weak_ptr"),
    with_code<std::system_error>("std::system_error"),
    with_code<std::future_error>("std::future_error"),
    with_code<std::ios_base::failure>("std::ios_base::failure"),
    kFilesystemError,
};

/// The row of an exception's own type; types derived from a standard one have none, since throwing
/// the base would lose what they are.
inline const StandardException* find_standard_exception(const std::exception& exception) {
    const std::type_info& type = typeid(exception);
    for (const StandardException& row : kStandardExceptions) {
        if (type == *row.type) return &row;
    }
#if defined(__GLIBCXX__)
    // What libstdc++'s streams throw: a private class derived from ios_base::failure.
    if (std::strcmp(type.name(), "St13__ios_failure") == 0) {
        for (const StandardException& row : kStandardExceptions) {
            if (*row.type == typeid(std::ios_base::failure)) return &row;
        }
    }
#endif
    return nullptr;
}

inline const StandardException* find_standard_exception(const char* name) {
    for (const StandardException& row : kStandardExceptions) {
        if (std::strcmp(row.name, name) == 0) return &row;
    }
    return nullptr;
}

}  // namespace cfutures::detail

#endif

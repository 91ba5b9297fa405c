// The table of standard exceptions: each comes back as the same type with the same message.
#include <gtest/gtest.h>
#include <cfutures/detail/standard_exceptions.hpp>

#include <any>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <typeinfo>
#include <utility>
#include <variant>

namespace {

using cfutures::detail::ExceptionParts;
using cfutures::detail::find_standard_exception;
using cfutures::detail::StandardException;

// As it would travel: by name, message and JSON text.
template <class E>
void round_trip(const E& original) {
    const StandardException* row = find_standard_exception(original);
    ASSERT_NE(row, nullptr) << typeid(original).name();
    const ExceptionParts parts = row->take_apart(original);
    const ExceptionParts travelled{parts.message, nlohmann::json::parse(parts.detail.dump())};
    const StandardException* found = find_standard_exception(std::string(row->name).c_str());
    ASSERT_EQ(found, row);
    try {
        found->rethrow(travelled);
        ADD_FAILURE() << row->name << " was not thrown";
    } catch (const E& copy) {
        EXPECT_STREQ(copy.what(), original.what());
        EXPECT_EQ(find_standard_exception(copy), row);
    }
}

template <class F>
auto caught(F&& throws) {
    try {
        throws();
    } catch (const std::exception&) {
        return std::current_exception();
    }
    return std::exception_ptr();
}

TEST(StandardExceptions, WithAMessage) {
    round_trip(std::logic_error("m"));
    round_trip(std::invalid_argument("m"));
    round_trip(std::domain_error("m"));
    round_trip(std::length_error("m"));
    round_trip(std::out_of_range("m"));
    round_trip(std::runtime_error("m"));
    round_trip(std::range_error("m"));
    round_trip(std::overflow_error("m"));
    round_trip(std::underflow_error(""));
}

TEST(StandardExceptions, WithoutAMessage) {
    round_trip(std::exception());
    round_trip(std::bad_exception());
    round_trip(std::bad_alloc());
    round_trip(std::bad_array_new_length());
    round_trip(std::bad_cast());
    round_trip(std::bad_typeid());
    round_trip(std::bad_any_cast());
    round_trip(std::bad_function_call());
    round_trip(std::bad_optional_access());
    round_trip(std::bad_variant_access());
    round_trip(std::bad_weak_ptr());
}

TEST(StandardExceptions, WithACode) {
    const auto gone = std::make_error_code(std::errc::no_such_file_or_directory);
    round_trip(std::system_error(gone));
    round_trip(std::system_error(gone, "opening"));
    round_trip(std::system_error(std::error_code(5, std::system_category()), "a: b"));
    round_trip(std::future_error(std::future_errc::broken_promise));
    round_trip(std::ios_base::failure("reading"));
    round_trip(std::filesystem::filesystem_error("copying", "/from", "/to", gone));
    round_trip(std::filesystem::filesystem_error("removing", "/it", gone));
    round_trip(std::filesystem::filesystem_error("looking", gone));
}

TEST(StandardExceptions, CodesArriveWithTheirCategory) {
    const std::system_error original(std::error_code(5, std::system_category()), "x");
    const StandardException* row = find_standard_exception(original);
    ASSERT_NE(row, nullptr);
    try {
        row->rethrow(row->take_apart(original));
    } catch (const std::system_error& copy) {
        EXPECT_EQ(copy.code(), original.code());
    }
}

TEST(StandardExceptions, WhatStreamsThrow) {
    const std::exception_ptr thrown = caught([] {
        std::ifstream file;
        file.exceptions(std::ios_base::failbit);
        file.open("/nonexistent/file");
    });
    ASSERT_NE(thrown, nullptr);
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
        const StandardException* row = find_standard_exception(exception);
        ASSERT_NE(row, nullptr);
        EXPECT_STREQ(row->name, "std::ios_base::failure");
    }
}

TEST(StandardExceptions, DerivedTypesAreNotCutToTheirBase) {
    struct Mine : std::runtime_error {
        using runtime_error::runtime_error;
    };
    EXPECT_EQ(find_standard_exception(Mine("m")), nullptr);
    EXPECT_EQ(find_standard_exception("Mine"), nullptr);
}

TEST(StandardExceptions, HostileDetailIsNotThrown) {
    const StandardException* row = find_standard_exception("std::system_error");
    ASSERT_NE(row, nullptr);
    for (const char* text :
         {"null", "[]", "7", "{}", R"({"category":7,"code":1})", R"({"category":"mine","code":1})",
          R"({"category":"generic","code":"1"})", R"({"category":"generic","code":1e99})"}) {
        row->rethrow({"m", nlohmann::json::parse(text)});
    }
    row->rethrow({"m", nlohmann::json::parse("{", nullptr, false)});
}

}  // namespace

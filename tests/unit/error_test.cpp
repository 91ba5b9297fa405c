// The error object: one block that copies what it is told, and the ready-made one that needs none.
#include "support/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "allocation_failure.h"

namespace cf_unit {
namespace {

using cf::Error;
using cf::ErrorRef;

TEST(ErrorObjectInCore, CopiesWhatItIsTold) {
    ErrorRef error;
    {
        std::string type = "Type", message = "message", detail = "[1]", function = "function";
        error = Error::create({.status = CF_STATUS_TASK_FAILED,
                               .type = type,
                               .message = message,
                               .detail = detail,
                               .function = function,
                               .task_id = 7,
                               .task_code = 8,
                               .os_code = 9,
                               .worker_pid = 10,
                               .worker_signal = 11,
                               .worker_exit_status = 12});
        for (std::string* text : {&type, &message, &detail, &function})
            text->assign(text->size(), '-');
    }
    const cf::ErrorFields& fields = error->fields();
    EXPECT_EQ(error->status(), CF_STATUS_TASK_FAILED);
    EXPECT_EQ(fields.type, "Type");
    EXPECT_EQ(fields.message, "message");
    EXPECT_EQ(fields.detail, "[1]");
    EXPECT_EQ(fields.function, "function");
    EXPECT_EQ(fields.task_id, 7u);
    EXPECT_EQ(fields.task_code, 8);
    EXPECT_EQ(fields.os_code, 9);
    EXPECT_EQ(fields.worker_pid, 10);
    EXPECT_EQ(fields.worker_signal, 11);
    EXPECT_EQ(fields.worker_exit_status, 12);
    EXPECT_EQ(fields.cause, nullptr);
}

TEST(ErrorObjectInCore, TextsEndWithANulEvenWhenTheyAreEmpty) {
    const ErrorRef error =
        Error::create({.type = std::string_view("Type and more", 4), .message = {}});
    const cf::ErrorFields& fields = error->fields();
    EXPECT_STREQ(fields.type.data(), "Type");
    for (const std::string_view text : {fields.message, fields.detail, fields.function})
        EXPECT_STREQ(text.data(), "");
}

TEST(ErrorObjectInCore, KeepsItsCause) {
    ErrorRef cause = Error::create(CF_STATUS_WORKER_LOST, "the cause");
    const ErrorRef error =
        Error::create({.status = CF_STATUS_BROKEN_EXECUTOR, .cause = cause.get()});
    cause = nullptr;
    ASSERT_NE(error->fields().cause, nullptr);
    EXPECT_EQ(error->fields().cause->fields().message, "the cause");
}

TEST(ErrorObjectInCore, OfTheSystemSaysWhatAndWhy) {
    const ErrorRef error = Error::system(ENOENT, "opening /there");
    EXPECT_EQ(error->status(), CF_STATUS_SYSTEM);
    EXPECT_EQ(error->fields().os_code, ENOENT);
    EXPECT_EQ(error->fields().message.find("opening /there: "), 0u);
    EXPECT_GT(error->fields().message.size(), std::string("opening /there: ").size());
}

TEST(ErrorObjectInCore, WithoutMemoryItIsTheReadyMadeOne) {
    const auto is_ready_made = [](const ErrorRef& error) {
        return error.get() == Error::no_memory().get();
    };
    {
        const FailingAllocation failing(1, FailingAllocation::Mode::kFromThenOn);
        EXPECT_TRUE(is_ready_made(Error::create(CF_STATUS_TIMEOUT, "late")));
        EXPECT_TRUE(is_ready_made(Error::system(ENOENT, std::string_view("a text on the heap"))));
        EXPECT_TRUE(
            is_ready_made(cf::error_or_no_memory([]() -> ErrorRef { throw std::bad_alloc(); })));
    }
    const ErrorRef error = Error::no_memory();
    EXPECT_EQ(error->status(), CF_STATUS_NO_MEMORY);
    EXPECT_FALSE(error->fields().message.empty());
    EXPECT_STREQ(error->fields().type.data(), "");
}

TEST(ErrorObjectInCore, TheReadyMadeOneOutlivesItsReferences) {
    for (int i = 0; i < 100; ++i) {
        const ErrorRef error = Error::no_memory();
        EXPECT_EQ(error->status(), CF_STATUS_NO_MEMORY);
    }
}

TEST(ErrorText, JoinsTextsAndNumbers) {
    EXPECT_EQ(cf::text("a", 1, std::string("b"), std::string_view("c"), -2, size_t{3}), "a1bc-23");
}

}  // namespace
}  // namespace cf_unit

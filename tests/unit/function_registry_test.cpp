// Functions by name: for good, in order, from any thread.
#include "executor/function_registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "allocation_failure.h"

namespace cf_unit {
namespace {

int32_t one(cf_task_t*, void*) {
    return 0;
}
int32_t other(cf_task_t*, void*) {
    return 0;
}

cf_status_t status_of(const cf::ErrorRef& error) {
    return error ? error->status() : cf_status_t{CF_STATUS_OK};
}

TEST(FunctionRegistry, FindsWhatWasRegistered) {
    int data = 0;
    EXPECT_EQ(cf::find_function("registry.found"), nullptr);
    EXPECT_FALSE(cf::register_function("registry.found", one, &data));
    const cf::Function* found = cf::find_function("registry.found");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->task_fn(), one);
    EXPECT_EQ(found->user_data(), &data);
    EXPECT_EQ(cf::find_function("registry.foun"), nullptr);
    EXPECT_EQ(cf::find_function("registry.found "), nullptr);
}

TEST(FunctionRegistry, TheSameAgainIsNoFailureAndAnotherIs) {
    int data = 0;
    EXPECT_FALSE(cf::register_function("registry.same", one, &data));
    const cf::Function* first = cf::find_function("registry.same");
    EXPECT_FALSE(cf::register_function("registry.same", one, &data));
    EXPECT_EQ(status_of(cf::register_function("registry.same", other, &data)),
              CF_STATUS_INVALID_STATE);
    const cf::ErrorRef error = cf::register_function("registry.same", one, nullptr);
    ASSERT_EQ(status_of(error), CF_STATUS_INVALID_STATE);
    EXPECT_NE(error->fields().message.find("'registry.same'"), std::string_view::npos);
    EXPECT_EQ(cf::find_function("registry.same"), first);
    EXPECT_EQ(first->task_fn(), one);
}

TEST(FunctionRegistry, NamesHaveOneTo1024Bytes) {
    EXPECT_EQ(status_of(cf::register_function("", one, nullptr)), CF_STATUS_INVALID_ARGUMENT);
    const std::string longest(cf::kMaxFunctionName, 'n');
    EXPECT_FALSE(cf::register_function(longest, one, nullptr));
    EXPECT_NE(cf::find_function(longest), nullptr);
    const cf::ErrorRef error = cf::register_function(longest + "n", one, nullptr);
    ASSERT_EQ(status_of(error), CF_STATUS_INVALID_ARGUMENT);
    EXPECT_NE(error->fields().message.find("1025"), std::string_view::npos);
    EXPECT_EQ(cf::find_function(longest + "n"), nullptr);
}

TEST(FunctionRegistry, AnUnknownNameIsToldWithWhatToDo) {
    const cf::ErrorRef error = cf::unknown_function("registry.unknown");
    EXPECT_EQ(error->status(), CF_STATUS_UNKNOWN_FUNCTION);
    for (const char* part : {"'registry.unknown'", "cf_function_register()"})
        EXPECT_NE(error->fields().message.find(part), std::string_view::npos) << part;
}

TEST(FunctionRegistry, NamesAreInOrder) {
    for (const char* name : {"registry.order.b", "registry.order.a", "registry.order.B"})
        EXPECT_FALSE(cf::register_function(name, one, nullptr));
    const std::vector<std::string> names = cf::function_names();
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    for (const char* name : {"registry.order.b", "registry.order.a", "registry.order.B"})
        EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
}

TEST(FunctionRegistry, WithoutMemoryNothingIsRegistered) {
    int attempts = 0;
    for (bool registered = false; !registered; ++attempts) {
        ASSERT_LT(attempts, 100);
        const FailingAllocation failing(attempts + 1, FailingAllocation::Mode::kOnce);
        try {
            registered =
                !cf::register_function("registry.without_memory.and.a.long.name", one, nullptr);
        } catch (const std::bad_alloc&) {
            EXPECT_EQ(cf::find_function("registry.without_memory.and.a.long.name"), nullptr);
        }
    }
    EXPECT_GT(attempts, 1);
    EXPECT_NE(cf::find_function("registry.without_memory.and.a.long.name"), nullptr);
}

TEST(FunctionRegistry, OfManyThreadsThatWantANameOneGetsIt) {
    constexpr int kThreads = 4;
    int data[kThreads] = {};
    std::atomic<int> winners{0};
    {
        std::vector<std::jthread> threads;
        for (int& own : data) {
            threads.emplace_back([&winners, &own] {
                if (!cf::register_function("registry.wanted", one, &own)) ++winners;
            });
        }
    }
    EXPECT_EQ(winners, 1);
    EXPECT_NE(cf::find_function("registry.wanted"), nullptr);
}

}  // namespace
}  // namespace cf_unit

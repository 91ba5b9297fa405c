// Submit, and results of every kind.
#include <cstring>
#include <limits>
#include <set>

#include "contract.h"
#include "support/amount.h"

namespace contract {
namespace {

class Results : public ContractTest {};
CONTRACT_HOLDS_FOR(Results, all_makers);

TEST_P(Results, JsonComesBack) {
    const Pool pool = make();
    EXPECT_EQ(json_of(submit(pool, "add", "[20, 22]")), "42");
}

TEST_P(Results, ArgumentsArriveAsTheText) {
    const Pool pool = make();
    for (const std::string text :
         {"[]", "{}", "{\"b\":1,\"a\":[null,true,false,\"\\u00e9\\ud83d\\ude00\"]}", "[-0, 1.5e-3]",
          "[18446744073709551615, -9223372036854775808, 9007199254740993]"}) {
        EXPECT_EQ(json_of(submit(pool, "echo", text)), text);
    }
}

TEST_P(Results, NoArgumentsMeansAnEmptyArray) {
    const Pool pool = make();
    Future future;
    ASSERT_EQ(cf_executor_submit_call(pool, nullptr, "echo", nullptr, 0, future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(json_of(future), "[]");
}

TEST_P(Results, SizeCountsAndTheNulDoesNotMatter) {
    const Pool pool = make();
    Future by_size;
    ASSERT_EQ(
        cf_executor_submit_call(pool, nullptr, "echo", "[1]garbage", 3, by_size.out(), nullptr),
        CF_STATUS_OK);
    EXPECT_EQ(json_of(by_size), "[1]");
    Future by_nul;
    ASSERT_EQ(cf_executor_submit_call(pool, nullptr, "echo", "[2]", -1, by_nul.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(json_of(by_nul), "[2]");
}

TEST_P(Results, JsonResultIsTextAndBytes) {
    const Pool pool = make();
    const Future future = submit(pool, "echo", "[\"a\"]");
    ASSERT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(cf_future_result_kind(future), CF_RESULT_KIND_JSON);

    const char* json = nullptr;
    std::size_t size = 0;
    EXPECT_EQ(cf_future_result_json(future, 0, &json, &size, nullptr), CF_STATUS_OK);
    EXPECT_STREQ(json, "[\"a\"]");
    EXPECT_EQ(size, 5u);
    const void* bytes = nullptr;
    EXPECT_EQ(cf_future_result_bytes(future, 0, &bytes, &size, nullptr), CF_STATUS_OK);
    ASSERT_EQ(size, 5u);
    EXPECT_EQ(std::memcmp(bytes, "[\"a\"]", 5), 0);

    void* pointer = &size;
    Error error;
    expect_error(cf_future_result_pointer(future, 0, &pointer, error.out()), error,
                 CF_STATUS_INVALID_STATE);
    EXPECT_EQ(pointer, nullptr);
}

TEST_P(Results, BytesComeBack) {
    const Pool pool = make();
    for (const std::size_t count : {0u, 1u, 1000u, 100000u}) {
        const Future future = submit(pool, "bytes", '[' + std::to_string(count) + ']');
        const void* data = nullptr;
        std::size_t size = 1;
        ASSERT_EQ(cf_future_result_bytes(future, long_wait_ns(), &data, &size, nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_future_result_kind(future), CF_RESULT_KIND_BYTES);
        ASSERT_EQ(size, count);
        for (std::size_t i = 0; i < size; ++i) {
            ASSERT_EQ(static_cast<const unsigned char*>(data)[i], i % 256) << "at " << i;
        }
        const char* json = "";
        Error error;
        expect_error(cf_future_result_json(future, 0, &json, nullptr, error.out()), error,
                     CF_STATUS_INVALID_STATE);
        EXPECT_EQ(json, nullptr);
    }
}

TEST_P(Results, NothingIsNullInEveryForm) {
    const Pool pool = make();
    const Future future = submit(pool, "none");
    ASSERT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(cf_future_result_kind(future), CF_RESULT_KIND_NONE);
    EXPECT_EQ(json_of(future), "null");
    std::size_t size = 1;
    const void* bytes = nullptr;
    EXPECT_EQ(cf_future_result_bytes(future, 0, &bytes, &size, nullptr), CF_STATUS_OK);
    EXPECT_EQ(size, 0u);
    EXPECT_EQ(bytes, nullptr);
    // Who asks for the status alone may leave the outputs out.
    EXPECT_EQ(cf_future_result_bytes(future, 0, nullptr, nullptr, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_future_result_json(future, 0, nullptr, nullptr, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_future_result_pointer(future, 0, nullptr, nullptr), CF_STATUS_OK);
    void* pointer = &size;
    EXPECT_EQ(cf_future_result_pointer(future, 0, &pointer, nullptr), CF_STATUS_OK);
    EXPECT_EQ(pointer, nullptr);
}

TEST_P(Results, TheLastOneSetCounts) {
    const Pool pool = make();
    EXPECT_EQ(json_of(submit(pool, "several_results")), "\"last\"");
}

TEST_P(Results, ATextThatIsNotJsonIsRefusedToTheTask) {
    const Pool pool = make();
    EXPECT_EQ(json_of(submit(pool, "bad_results")), "[-21,-21,-21,-21,-1,-1]");
}

TEST_P(Results, ADoneFutureStaysTheSame) {
    const Pool pool = make();
    const Future future = submit(pool, "echo", "[7]");
    const char* first = nullptr;
    const char* second = nullptr;
    ASSERT_EQ(cf_future_result_json(future, long_wait_ns(), &first, nullptr, nullptr),
              CF_STATUS_OK);
    ASSERT_EQ(cf_future_result_json(future, 0, &second, nullptr, nullptr), CF_STATUS_OK);
    EXPECT_EQ(first, second);
}

TEST_P(Results, OutlivesTheExecutor) {
    Future future;
    {
        const Pool pool = make();
        future = submit(pool, "echo", "[1]");
    }
    EXPECT_EQ(json_of(future), "[1]");
}

TEST_P(Results, NobodyHasToWantTheFuture) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    {
        const Pool pool = make();
        const std::string arguments = '[' + quoted(file) + ']';
        ASSERT_EQ(cf_executor_submit_call(pool, nullptr, "record", arguments.c_str(), -1, nullptr,
                                          nullptr),
                  CF_STATUS_OK);
    }
    EXPECT_EQ(recorded(file), 1);
}

TEST_P(Results, TaskIdsAreTheFuturesAndUnique) {
    const Pool pool = make();
    std::set<uint64_t> ids;
    for (int i = 0; i < 10; ++i) {
        const Future future = submit(pool, "task_id");
        const uint64_t id = cf_future_task_id(future);
        EXPECT_EQ(json_of(future), std::to_string(id));
        EXPECT_NE(id, 0u);
        ids.insert(id);
    }
    EXPECT_EQ(ids.size(), 10u);
}

TEST_P(Results, ManyCallsAllComeBack) {
    const Pool pool = make();
    std::vector<Future> futures;
    for (int i = 0; i < 1000; ++i) {
        futures.push_back(submit(pool, "echo", '[' + std::to_string(i) + ']'));
    }
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(json_of(futures[static_cast<std::size_t>(i)]), '[' + std::to_string(i) + ']');
    }
}

TEST_P(Results, OrdinaryFuturesHaveNoPayload) {
    const Pool pool = make();
    const Future future = submit(pool, "none");
    EXPECT_EQ(cf_future_payload(future), nullptr);
}

// --- Function pointers, where tasks run in this process -------------------------------------------

class PointerResults : public ContractTest {};
CONTRACT_HOLDS_FOR(PointerResults, in_process_makers);

TEST_P(PointerResults, TaskGetsItsUserDataAndDestroyRunsOnce) {
    Load load;
    const Pool pool = make();
    Future future;
    ASSERT_EQ(
        cf_executor_submit(pool, nullptr, Load::run, &load, Load::destroy, future.out(), nullptr),
        CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(load.ran.value(), 1);
    EXPECT_EQ(load.destroyed.value(), 1);  // just before the future is done
}

TEST_P(PointerResults, PointerIsBorrowedFromTheFuture) {
    Load load;
    const Pool pool = make();
    Future future;
    const auto task = [](cf_task_t* running, void* data) -> int32_t {
        return cf_task_return_pointer(running, data, Load::destroy);
    };
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, &load, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    void* pointer = nullptr;
    ASSERT_EQ(cf_future_result_pointer(future, long_wait_ns(), &pointer, nullptr), CF_STATUS_OK);
    EXPECT_EQ(pointer, &load);
    EXPECT_EQ(cf_future_result_kind(future), CF_RESULT_KIND_POINTER);
    EXPECT_EQ(load.destroyed.value(), 0);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(load.destroyed.value(), 0);
    future.reset();
    EXPECT_EQ(load.destroyed.value(), 1);
}

TEST_P(PointerResults, AReplacedPointerIsDestroyed) {
    Load load;
    const Pool pool = make();
    Future future;
    const auto task = [](cf_task_t* running, void* data) -> int32_t {
        cf_task_return_pointer(running, data, Load::destroy);
        return cf_task_return_json(running, "1", -1);
    };
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, &load, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(json_of(future), "1");
    future.reset();
    load.destroyed.wait_for(1);
    EXPECT_EQ(load.destroyed.value(), 1);
}

TEST_P(PointerResults, PointerTasksHaveNoArguments) {
    const Pool pool = make();
    const auto task = [](cf_task_t* running, void*) -> int32_t {
        const char* json = "";
        std::size_t size = 1;
        const cf_status_t status = cf_task_arguments(running, &json, &size);
        return status == CF_STATUS_OK && json == nullptr && size == 0 ? 0 : 1;
    };
    Future future;
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, nullptr, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
}

// --- Process pools: what cannot cross -------------------------------------------------------------

class CrossingResults : public ContractTest {};
CONTRACT_HOLDS_FOR(CrossingResults, process_makers);

TEST_P(CrossingResults, APointerTaskIsRefused) {
    Load load;
    const Pool pool = make();
    Future future;
    Error error;
    expect_error(cf_executor_submit(pool, nullptr, Load::run, &load, Load::destroy, future.out(),
                                    error.out()),
                 error, CF_STATUS_UNSUPPORTED, {"cf_executor_submit_call"});
    EXPECT_EQ(future.get(), nullptr);
    EXPECT_EQ(load.destroyed.value(), 1);
    EXPECT_EQ(load.ran.value(), 0);
}

TEST_P(CrossingResults, APreparedCallIsRefused) {
    Load load;
    const Pool pool = make();
    void* payload = &load;
    Future future;
    Error error;
    expect_error(cf_executor_prepare(pool, nullptr, 8, 8, Load::run, Load::destroy, Load::destroy,
                                     &payload, future.out(), error.out()),
                 error, CF_STATUS_UNSUPPORTED);
    EXPECT_EQ(future.get(), nullptr);
    EXPECT_EQ(payload, nullptr);
}

TEST_P(CrossingResults, Gh39104APointerResultFailsItsFutureOnly) {
    const Pool pool = make();
    const Future future = submit(pool, "pointer");
    EXPECT_EQ(outcome_of(future), CF_STATUS_ENCODE_ERROR);
    EXPECT_STRNE(cf_error_message(cf_future_error(future)), "");
    EXPECT_EQ(json_of(submit(pool, "echo", "[1]")), "[1]");
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

TEST_P(CrossingResults, LargeArgumentsAndResults) {
    const auto size = static_cast<std::size_t>(cf_test::amount(8 << 20));
    const Pool pool = make();
    const Future there = submit(pool, "length", '[' + quoted(std::string(size, 'y')) + ']');
    const Future back = submit(pool, "repeat", '[' + std::to_string(size) + ']');
    EXPECT_EQ(json_of(there), std::to_string(size));
    EXPECT_EQ(json_of(back), quoted(std::string(size, 'x')));
}

}  // namespace
}  // namespace contract

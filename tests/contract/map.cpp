// Map over an array: order, outcomes, chunks, timeouts, release.
#include <set>

#include "map_support.h"

namespace contract {
namespace {

class MapTest : public ContractTest {};
CONTRACT_HOLDS_FOR(MapTest, all_makers);

TEST_P(MapTest, ResultsComeInInputOrder) {
    const Pool pool = make();
    const Map map = map_call(pool, nullptr, "echo", numbers(200));
    for (uint64_t i = 0; i < 200; ++i) {
        const Item item = next(map);
        ASSERT_EQ(item.status, CF_STATUS_OK);
        EXPECT_EQ(item.index, i);
        EXPECT_EQ(json_of(item.future), '[' + std::to_string(i) + ']');
    }
    EXPECT_EQ(next(map).status, CF_STATUS_END);
    EXPECT_EQ(next(map, -1).status, CF_STATUS_END);
}

TEST_P(MapTest, SizesAndIndexAreOptional) {
    const Pool pool = make();
    const char* const texts[] = {"[1]", "[2]"};
    Map map;
    ASSERT_EQ(cf_executor_map_call(pool, nullptr, "echo", texts, nullptr, 2, map.out(), nullptr),
              CF_STATUS_OK);
    Future future;
    EXPECT_EQ(cf_map_next(map, -1, future.out(), nullptr, nullptr), CF_STATUS_OK);
    EXPECT_EQ(json_of(future), "[1]");
    EXPECT_EQ(cf_map_next(map, -1, future.out(), nullptr, nullptr), CF_STATUS_OK);
    EXPECT_EQ(json_of(future), "[2]");
}

TEST_P(MapTest, EachItemHasItsOwnOutcomeInChunksOfAnySize) {
    for (const int64_t chunk_size : {0, 1, 3, 1000}) {
        const Pool pool = make();
        const MapOptions options = map_options();
        ASSERT_EQ(cf_map_options_set_chunk_size(options, chunk_size, nullptr), CF_STATUS_OK);
        const Map map = map_call(pool, options, "fail_seventh", numbers(1000));
        for (uint64_t i = 0; i < 1000; ++i) {
            const Item item = next(map);
            ASSERT_EQ(item.status, CF_STATUS_OK);
            ASSERT_EQ(item.index, i);
            if (i % 7 == 0) {
                const cf_error_t* error = cf_future_error(item.future);
                ASSERT_EQ(cf_error_status(error), CF_STATUS_TASK_FAILED);
                ASSERT_STREQ(cf_error_type(error), "SeventhError");
                ASSERT_STREQ(cf_error_message(error), std::to_string(i).c_str());
            } else {
                ASSERT_EQ(json_of(item.future), std::to_string(i));
            }
        }
        EXPECT_EQ(next(map).status, CF_STATUS_END);
    }
}

TEST_P(MapTest, UnorderedGivesEveryIndexOnce) {
    for (const int64_t chunk_size : {0, 1, 3}) {
        const Pool pool = make();
        const MapOptions options = map_options();
        ASSERT_EQ(cf_map_options_set_unordered(options, 1, nullptr), CF_STATUS_OK);
        ASSERT_EQ(cf_map_options_set_chunk_size(options, chunk_size, nullptr), CF_STATUS_OK);
        const Map map = map_call(pool, options, "echo", numbers(100));
        std::set<uint64_t> seen;
        for (int i = 0; i < 100; ++i) {
            const Item item = next(map);
            ASSERT_EQ(item.status, CF_STATUS_OK);
            EXPECT_EQ(json_of(item.future), '[' + std::to_string(item.index) + ']');
            seen.insert(item.index);
        }
        EXPECT_EQ(seen.size(), 100u);
        EXPECT_EQ(next(map).status, CF_STATUS_END);
    }
}

TEST_P(MapTest, ResultsOutliveTheMap) {
    const Pool pool = make();
    Future future;
    {
        const Map map = map_call(pool, nullptr, "echo", numbers(3));
        future = std::move(next(map).future);
    }
    EXPECT_EQ(json_of(future), "[0]");
}

TEST_P(MapTest, NoItemsAreNoWorkEvenAfterShutdown) {
    const Pool pool = make();
    EXPECT_EQ(next(map_call(pool, nullptr, "echo", {})).status, CF_STATUS_END);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(next(map_call(pool, nullptr, "echo", {})).status, CF_STATUS_END);
}

TEST_P(MapTest, AfterShutdownItemsAreRefused) {
    const Pool pool = make();
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    const char* const texts[] = {"[1]"};
    Map map;
    Error error;
    expect_error(
        cf_executor_map_call(pool, nullptr, "echo", texts, nullptr, 1, map.out(), error.out()),
        error, CF_STATUS_SHUT_DOWN);
    EXPECT_EQ(map.get(), nullptr);
}

TEST_P(MapTest, AWrongTextFailsTheWholeCallAndIsNamed) {
    const Pool pool = make();
    for (const char* const wrong : {"[", "", "[1E400]"}) {
        const char* const texts[] = {"[0]", "[1]", "[2]", "[3]", "[4]", wrong, "[6]"};
        Map map;
        Error error;
        expect_error(
            cf_executor_map_call(pool, nullptr, "echo", texts, nullptr, 7, map.out(), error.out()),
            error, CF_STATUS_DECODE_ERROR, {"5"});
        EXPECT_EQ(map.get(), nullptr);
    }
    const char* const scalar[] = {"[0]", "7"};
    Map map;
    Error error;
    expect_error(
        cf_executor_map_call(pool, nullptr, "echo", scalar, nullptr, 2, map.out(), error.out()),
        error, CF_STATUS_ENCODE_ERROR, {"1"});
}

TEST_P(MapTest, AnUnknownFunctionIsNamed) {
    const Pool pool = make();
    const char* const texts[] = {"[0]", "[1]"};
    Map map;
    Error error;
    const cf_status_t status = cf_executor_map_call(pool, nullptr, "no_such_function", texts,
                                                    nullptr, 2, map.out(), error.out());
    if (GetParam().knows_names) {
        expect_error(status, error, CF_STATUS_UNKNOWN_FUNCTION, {"no_such_function"});
        return;
    }
    ASSERT_EQ(status, CF_STATUS_OK);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(cf_future_outcome(next(map).future), CF_STATUS_UNKNOWN_FUNCTION);
    }
    EXPECT_EQ(next(map).status, CF_STATUS_END);
}

TEST_P(MapTest, SeveralMapsRunSideBySide) {
    const Pool pool = make();
    const Map first = map_call(pool, nullptr, "echo", numbers(50));
    const Map second = map_call(pool, nullptr, "echo", numbers(50));
    for (uint64_t i = 0; i < 50; ++i) {
        EXPECT_EQ(next(second).index, i);
        EXPECT_EQ(next(first).index, i);
    }
}

TEST_P(MapTest, ReleasingOneReferenceOfTwoKeepsIt) {
    const Pool pool = make();
    const Map map = map_call(pool, nullptr, "echo", numbers(5));
    cf_map_t* const second = cf_map_retain(map);
    EXPECT_EQ(second, map.get());
    cf_map_release(second);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(next(map).status, CF_STATUS_OK);
}

class QueueingMap : public ContractTest {
  protected:
    QueueingMap() : pool_(make()), parked_(pool_, GetParam().workers) {}

    const Pool pool_;
    Parked parked_;
};
CONTRACT_HOLDS_FOR(QueueingMap, queueing_makers);

TEST_P(QueueingMap, ATimeoutOfNextIsAStatus) {
    const Map map = map_call(pool_, nullptr, "echo", numbers(3));
    EXPECT_EQ(next(map, 0).status, CF_STATUS_TIMEOUT);
    EXPECT_EQ(next(map, cf_test::short_wait_ns()).status, CF_STATUS_TIMEOUT);
    parked_.open();
    for (uint64_t i = 0; i < 3; ++i)
        EXPECT_EQ(next(map).index, i);
    EXPECT_EQ(next(map).status, CF_STATUS_END);
}

TEST_P(QueueingMap, S5TheTimeoutOfTheMapCountsFromTheCall) {
    const MapOptions options = map_options();
    const auto begin = cf_test::Clock::now();
    ASSERT_EQ(cf_map_options_set_timeout(options, cf_test::short_wait_ns(), nullptr), CF_STATUS_OK);
    const Map map = map_call(pool_, options, "echo", numbers(3));
    EXPECT_EQ(next(map, -1).status, CF_STATUS_TIMEOUT);
    EXPECT_GE(cf_test::Clock::now() - begin, cf_test::short_wait());
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(next(map, -1).status, CF_STATUS_TIMEOUT);

    // The calls go on, and what is done comes out however late it is.
    parked_.open();
    ASSERT_EQ(shutdown_and_wait(pool_), CF_STATUS_OK);
    for (uint64_t i = 0; i < 3; ++i) {
        const Item item = next(map, -1);
        ASSERT_EQ(item.status, CF_STATUS_OK);
        EXPECT_EQ(item.index, i);
    }
    EXPECT_EQ(next(map, -1).status, CF_STATUS_END);
}

TEST_P(QueueingMap, ReleaseCancelsWhatIsQueued) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    map_call(pool_, nullptr, "record", std::vector<std::string>(10, '[' + quoted(file) + ']'));
    parked_.open();
    ASSERT_EQ(shutdown_and_wait(pool_), CF_STATUS_OK);
    EXPECT_EQ(recorded(file), 0);
}

TEST_P(QueueingMap, ReleaseMayLetItRun) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    const MapOptions options = map_options();
    ASSERT_EQ(cf_map_options_set_cancel_on_release(options, 0, nullptr), CF_STATUS_OK);
    map_call(pool_, options, "record", std::vector<std::string>(10, '[' + quoted(file) + ']'));
    parked_.open();
    ASSERT_EQ(shutdown_and_wait(pool_), CF_STATUS_OK);
    EXPECT_EQ(recorded(file), 10);
}

TEST_P(QueueingMap, CancelledItemsComeOutCancelled) {
    const Map map = map_call(pool_, nullptr, "echo", numbers(3));
    ASSERT_EQ(cf_executor_shutdown(pool_, CF_SHUTDOWN_CANCEL_FUTURES, 0, nullptr), CF_STATUS_OK);
    for (int i = 0; i < 3; ++i) {
        const Item item = next(map);
        ASSERT_EQ(item.status, CF_STATUS_OK);
        EXPECT_EQ(cf_future_outcome(item.future), CF_STATUS_CANCELLED);
    }
    EXPECT_EQ(next(map).status, CF_STATUS_END);
}

class WideMap : public ContractTest {};
CONTRACT_HOLDS_FOR(WideMap, wide_makers);

TEST_P(WideMap, UnorderedDoesNotWaitForASlowItem) {
    const Pool pool = make();
    cf_test::ProcessGate gate;
    const MapOptions options = map_options();
    ASSERT_EQ(cf_map_options_set_unordered(options, 1, nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_map_options_set_chunk_size(options, 1, nullptr), CF_STATUS_OK);
    std::vector<std::string> texts = {'[' + quoted(gate.path()) + ", 0]"};
    for (int i = 1; i < 20; ++i)
        texts.push_back("[null, " + std::to_string(i) + ']');
    const Map map = map_call(pool, options, "pass_gate", texts);
    std::set<uint64_t> seen;
    for (int i = 1; i < 20; ++i) {
        const Item item = next(map);
        ASSERT_EQ(item.status, CF_STATUS_OK);
        EXPECT_EQ(json_of(item.future), std::to_string(item.index));
        seen.insert(item.index);
    }
    EXPECT_EQ(seen.count(0), 0u);
    EXPECT_EQ(next(map, 0).status, CF_STATUS_TIMEOUT);
    gate.open();
    EXPECT_EQ(next(map).index, 0u);
    EXPECT_EQ(next(map).status, CF_STATUS_END);
}

}  // namespace
}  // namespace contract

// Map over lazy input: the window, failing input, and maps of function pointers.
#include "map_support.h"

namespace contract {
namespace {

class LazyMap : public ContractTest {};
CONTRACT_HOLDS_FOR(LazyMap, all_makers);

TEST_P(LazyMap, GivesEveryItemInOrder) {
    const Pool pool = make();
    Input input{.count = 300};
    Map map;
    ASSERT_EQ(map_lazy(pool, nullptr, "echo", input, map), CF_STATUS_OK);
    for (uint64_t i = 0; i < 300; ++i) {
        const Item item = next(map);
        ASSERT_EQ(item.status, CF_STATUS_OK);
        ASSERT_EQ(item.index, i);
        ASSERT_EQ(json_of(item.future), '[' + std::to_string(i) + ']');
    }
    EXPECT_EQ(next(map).status, CF_STATUS_END);
    EXPECT_EQ(input.destroyed.value(), 1);
    map.reset();
    EXPECT_EQ(input.destroyed.value(), 1);
}

TEST_P(LazyMap, TheDefaultWindowBoundsEndlessInput) {
    const Pool pool = make();
    Input input{.count = 1000000000};
    {
        Map map;
        ASSERT_EQ(map_lazy(pool, nullptr, "echo", input, map), CF_STATUS_OK);
        for (uint64_t i = 0; i < 10; ++i)
            EXPECT_EQ(next(map).index, i);
        EXPECT_LT(input.supplied, 1000 * GetParam().workers);
        EXPECT_EQ(input.destroyed.value(), 0);
    }
    EXPECT_EQ(input.destroyed.value(), 1);
}

TEST_P(LazyMap, TheWindowIsNeverExceeded) {
    for (const int window : {1, 2, 7}) {
        for (const int64_t chunk_size : {0, 1, 3}) {
            for (const int32_t unordered : {0, 1}) {
                const Pool pool = make();
                const MapOptions options = map_options();
                ASSERT_EQ(cf_map_options_set_window(options, window, nullptr), CF_STATUS_OK);
                ASSERT_EQ(cf_map_options_set_chunk_size(options, chunk_size, nullptr),
                          CF_STATUS_OK);
                ASSERT_EQ(cf_map_options_set_unordered(options, unordered, nullptr), CF_STATUS_OK);
                Input input{.count = 50, .window = window};
                Map map;
                ASSERT_EQ(map_lazy(pool, options, "echo", input, map), CF_STATUS_OK);
                for (int i = 0; i < 50; ++i) {
                    ASSERT_EQ(input.take(map).status, CF_STATUS_OK);
                }
                EXPECT_EQ(input.take(map).status, CF_STATUS_END);
                EXPECT_EQ(input.excess, 0) << "window " << window << ", chunks " << chunk_size;
            }
        }
    }
}

TEST_P(LazyMap, ItemsBeforeAFailingInputComeFirst) {
    const Pool pool = make();
    const MapOptions options = map_options();
    ASSERT_EQ(cf_map_options_set_window(options, 2, nullptr), CF_STATUS_OK);
    Input input{.count = 10, .end = CF_STATUS_SYSTEM};
    Map map;
    ASSERT_EQ(map_lazy(pool, options, "echo", input, map), CF_STATUS_OK);
    for (uint64_t i = 0; i < 10; ++i) {
        const Item item = next(map);
        ASSERT_EQ(item.status, CF_STATUS_OK);
        EXPECT_EQ(item.index, i);
    }
    EXPECT_EQ(next(map).status, CF_STATUS_SYSTEM);
    // Told once; the input has ended, and is not asked again.
    EXPECT_EQ(next(map).status, CF_STATUS_END);
    EXPECT_EQ(next(map).status, CF_STATUS_END);
    EXPECT_EQ(input.supplied, 10);
    EXPECT_EQ(input.destroyed.value(), 1);
    map.reset();
    EXPECT_EQ(input.destroyed.value(), 1);
}

TEST_P(LazyMap, InputThatFailsAtOnceFailsTheCall) {
    const Pool pool = make();
    Input input{.count = 0, .end = CF_STATUS_SYSTEM};
    Map map;
    EXPECT_EQ(map_lazy(pool, nullptr, "echo", input, map), CF_STATUS_SYSTEM);
    EXPECT_EQ(map.get(), nullptr);
    EXPECT_EQ(input.destroyed.value(), 1);
}

TEST_P(LazyMap, AWrongTextLaterComesAfterTheItemsBeforeIt) {
    const Pool pool = make();
    const MapOptions options = map_options();
    ASSERT_EQ(cf_map_options_set_window(options, 1, nullptr), CF_STATUS_OK);
    struct Texts {
        int supplied = 0;
    } texts;
    const auto supply = [](void* data, const char** arguments_out, size_t* size_out) -> int32_t {
        const bool good = static_cast<Texts*>(data)->supplied++ < 3;
        *arguments_out = good ? "[1]" : "[1";
        *size_out = good ? 3 : 2;
        return 1;
    };
    Map map;
    ASSERT_EQ(cf_executor_map_call_lazy(pool, options, "echo", supply, &texts, nullptr, map.out(),
                                        nullptr),
              CF_STATUS_OK);
    for (int i = 0; i < 3; ++i)
        ASSERT_EQ(next(map).status, CF_STATUS_OK);
    EXPECT_EQ(next(map).status, CF_STATUS_DECODE_ERROR);
}

TEST_P(LazyMap, NoItemsEvenAfterShutdown) {
    const Pool pool = make();
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    Input input{};
    Map map;
    ASSERT_EQ(map_lazy(pool, nullptr, "echo", input, map), CF_STATUS_OK);
    EXPECT_EQ(next(map).status, CF_STATUS_END);
    EXPECT_EQ(input.destroyed.value(), 1);
}

TEST_P(LazyMap, AShutdownInTheMiddleEndsTheInput) {
    const Pool pool = make();
    const MapOptions options = map_options();
    ASSERT_EQ(cf_map_options_set_window(options, 3, nullptr), CF_STATUS_OK);
    Input input{.count = 1000};
    Map map;
    ASSERT_EQ(map_lazy(pool, options, "echo", input, map), CF_STATUS_OK);
    EXPECT_EQ(next(map).index, 0u);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    int items = 1;
    Item item = next(map);
    for (; item.status == CF_STATUS_OK; item = next(map))
        ++items;
    EXPECT_EQ(item.status, CF_STATUS_SHUT_DOWN);
    EXPECT_GE(items, 3);
    EXPECT_LE(items, 4);
}

class QueueingLazyMap : public ContractTest {};
CONTRACT_HOLDS_FOR(QueueingLazyMap, queueing_makers);

// Python submits one more than the window before it waits.
TEST_P(QueueingLazyMap, Gh131466WaitingDoesNotExceedTheWindow) {
    for (const int window : {1, 2, 7}) {
        const Pool pool = make();
        Parked parked(pool, GetParam().workers);
        const MapOptions options = map_options();
        ASSERT_EQ(cf_map_options_set_window(options, window, nullptr), CF_STATUS_OK);
        Input input{.count = 50, .window = window};
        Map map;
        ASSERT_EQ(map_lazy(pool, options, "echo", input, map), CF_STATUS_OK);
        EXPECT_LE(input.supplied, window);
        EXPECT_GE(input.supplied, 1);
        EXPECT_EQ(next(map, 0).status, CF_STATUS_TIMEOUT);
        EXPECT_EQ(next(map, cf_test::short_wait_ns()).status, CF_STATUS_TIMEOUT);
        EXPECT_LE(input.supplied, window);
        parked.open();
        for (int i = 0; i < 50; ++i)
            ASSERT_EQ(input.take(map).status, CF_STATUS_OK);
        EXPECT_EQ(input.excess, 0);
    }
}

TEST_P(QueueingLazyMap, AFailureOfTheFirstInputsCancelsTheOthers) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    const Pool pool = make();
    Parked parked(pool, GetParam().workers);
    const MapOptions options = map_options();
    ASSERT_EQ(cf_map_options_set_window(options, 10, nullptr), CF_STATUS_OK);
    Input input{.count = 5, .end = CF_STATUS_SYSTEM, .text = '[' + quoted(file) + ']'};
    Map map;
    EXPECT_EQ(map_lazy(pool, options, "record", input, map), CF_STATUS_SYSTEM);
    EXPECT_EQ(map.get(), nullptr);
    EXPECT_EQ(input.destroyed.value(), 1);
    parked.open();
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(recorded(file), 0);
}

// --- Function pointers -------------------------------------------------------------------------------

// Supplies the address of each of its loads.
struct Loads {
    explicit Loads(std::size_t count) : loads(count) {}

    std::vector<Load> loads;
    std::size_t supplied = 0;
    cf_test::Counter destroyed{};

    static int32_t next_item(void* data, void** item_out) {
        auto* self = static_cast<Loads*>(data);
        if (self->supplied == self->loads.size()) return 0;
        *item_out = &self->loads[self->supplied++];
        return 1;
    }
    static void destroy(void* data) { static_cast<Loads*>(data)->destroyed.add(); }
    void expect(int ran, int gone) const {
        for (const Load& load : loads) {
            EXPECT_EQ(load.ran.value(), ran);
            EXPECT_EQ(load.destroyed.value(), gone);
        }
    }
};

class PointerMap : public ContractTest {};
CONTRACT_HOLDS_FOR(PointerMap, in_process_makers);

TEST_P(PointerMap, RunsAndDestroysEachItemOnce) {
    Loads loads(100);
    const Pool pool = make();
    Map map;
    ASSERT_EQ(cf_executor_map(pool, nullptr, Load::run, Load::destroy, Loads::next_item, &loads,
                              Loads::destroy, map.out(), nullptr),
              CF_STATUS_OK);
    for (uint64_t i = 0; i < 100; ++i) {
        const Item item = next(map);
        ASSERT_EQ(item.status, CF_STATUS_OK);
        EXPECT_EQ(item.index, i);
        EXPECT_EQ(loads.loads[i].ran.value(), 1);
    }
    EXPECT_EQ(next(map).status, CF_STATUS_END);
    EXPECT_EQ(loads.destroyed.value(), 1);
    loads.expect(1, 1);
}

TEST_P(PointerMap, ARefusedItemIsDestroyed) {
    Loads loads(1);
    const Pool pool = make();
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    Map map;
    EXPECT_EQ(cf_executor_map(pool, nullptr, Load::run, Load::destroy, Loads::next_item, &loads,
                              Loads::destroy, map.out(), nullptr),
              CF_STATUS_SHUT_DOWN);
    EXPECT_EQ(loads.destroyed.value(), 1);
    loads.expect(0, 1);
}

class QueueingPointerMap : public ContractTest {};
CONTRACT_HOLDS_FOR(QueueingPointerMap, thread_makers);

TEST_P(QueueingPointerMap, ReleaseDestroysWhatIsQueued) {
    Loads loads(5);
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const MapOptions options = map_options();
    ASSERT_EQ(cf_map_options_set_window(options, 5, nullptr), CF_STATUS_OK);
    Map map;
    ASSERT_EQ(cf_executor_map(pool, options, Load::run, Load::destroy, Loads::next_item, &loads,
                              Loads::destroy, map.out(), nullptr),
              CF_STATUS_OK);
    map.reset();
    EXPECT_EQ(loads.destroyed.value(), 1);
    loads.expect(0, 1);
}

// The last handle goes while cf_map_next() is under way; what it has taken is still given.
TEST_P(PointerMap, T05TheInputMayReleaseItsMap) {
    struct Input {
        cf_map_t* map = nullptr;
        int given = 0;
        cf_test::Counter destroyed;
        static int32_t next(void* opaque, void** item) {
            auto& self = *static_cast<Input*>(opaque);
            *item = &self;
            if (self.given++ == 1) cf_map_release(self.map);
            return 1;
        }
        static void destroy(void* opaque) { static_cast<Input*>(opaque)->destroyed.add(); }
    } input;
    const cf_task_fn nothing = [](cf_task_t*, void*) -> int32_t { return 0; };
    const Pool pool = make();
    MapOptions options;
    ASSERT_EQ(cf_map_options_create(options.out(), nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_map_options_set_window(options, 1, nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_executor_map(pool, options, nothing, nullptr, Input::next, &input, Input::destroy,
                              &input.map, nullptr),
              CF_STATUS_OK);
    Future future;
    EXPECT_EQ(cf_map_next(input.map, long_wait_ns(), future.out(), nullptr, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_future_done(future), 1);
    EXPECT_EQ(input.given, 2);
    EXPECT_EQ(input.destroyed.value(), 1);
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

TEST_P(PointerMap, T08TheInputMayNotTakeFromItsMap) {
    struct Input {
        cf_map_t* map = nullptr;
        int given = 0;
        cf_status_t status = CF_STATUS_OK;
        static int32_t next(void* opaque, void**) {
            auto& self = *static_cast<Input*>(opaque);
            if (self.given++ == 1) {
                Error error;
                Future future;
                self.status = cf_map_next(self.map, -1, future.out(), nullptr, error.out());
                expect_error(self.status, error, CF_STATUS_INVALID_STATE, {"input"});
            }
            return self.given <= 3 ? 1 : 0;
        }
    } input;
    const cf_task_fn nothing = [](cf_task_t*, void*) -> int32_t { return 0; };
    const Pool pool = make();
    MapOptions options;
    ASSERT_EQ(cf_map_options_create(options.out(), nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_map_options_set_window(options, 1, nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_executor_map(pool, options, nothing, nullptr, Input::next, &input, nullptr,
                              &input.map, nullptr),
              CF_STATUS_OK);
    const Map map(input.map);
    for (int i = 0; i < 3; ++i) {
        Future future;
        EXPECT_EQ(cf_map_next(map, long_wait_ns(), future.out(), nullptr, nullptr), CF_STATUS_OK);
    }
    Future future;
    EXPECT_EQ(cf_map_next(map, long_wait_ns(), future.out(), nullptr, nullptr), CF_STATUS_END);
    EXPECT_EQ(input.status, CF_STATUS_INVALID_STATE);
}

class CrossingPointerMap : public ContractTest {};
CONTRACT_HOLDS_FOR(CrossingPointerMap, process_makers);

TEST_P(CrossingPointerMap, IsRefused) {
    Loads loads(3);
    const Pool pool = make();
    Map map;
    Error error;
    expect_error(cf_executor_map(pool, nullptr, Load::run, Load::destroy, Loads::next_item, &loads,
                                 Loads::destroy, map.out(), error.out()),
                 error, CF_STATUS_UNSUPPORTED);
    EXPECT_EQ(map.get(), nullptr);
    EXPECT_EQ(loads.destroyed.value(), 1);
    for (std::size_t i = 0; i < loads.supplied; ++i) {
        EXPECT_EQ(loads.loads[i].destroyed.value(), 1);
    }
}

}  // namespace
}  // namespace contract

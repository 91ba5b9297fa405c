// Calls that are submitted together, and calls that are posted.
#include <algorithm>
#include <mutex>
#include <numeric>

#include "contract.h"
#include "support/temp_dir.h"

namespace contract {
namespace {

// Tasks that note in which order they ran. Pools of one worker run them in order.
struct Order {
    std::mutex mutex;
    std::vector<int> seen;
    cf_test::Counter ran;
    cf_test::Counter destroyed;

    struct Item {
        Order* order;
        int number;
    };
    std::vector<Item> items;
    std::vector<void*> pointers;

    explicit Order(int count) {
        for (int i = 0; i < count; ++i)
            items.push_back({this, i});
        for (Item& item : items)
            pointers.push_back(&item);
    }
    std::size_t count() const { return items.size(); }

    static int32_t run(cf_task_t* task, void* data) {
        auto* item = static_cast<Item*>(data);
        {
            const std::lock_guard lock(item->order->mutex);
            item->order->seen.push_back(item->number);
        }
        item->order->ran.add();
        return cf_task_return_pointer(task, item, nullptr);
    }
    static void destroy(void* data) { static_cast<Item*>(data)->order->destroyed.add(); }

    void expect_each_once(bool in_order) {
        std::vector<int> expected(count());
        std::iota(expected.begin(), expected.end(), 0);
        if (!in_order) std::sort(seen.begin(), seen.end());
        EXPECT_EQ(seen, expected);
        EXPECT_EQ(destroyed.value(), static_cast<int>(count()));
    }
};

std::vector<cf_future_t*> room(std::size_t count) {
    // What stands there before does not matter.
    return std::vector<cf_future_t*>(count, reinterpret_cast<cf_future_t*>(1));
}

void release(const std::vector<cf_future_t*>& futures) {
    for (cf_future_t* future : futures)
        cf_future_release(future);
}

// Sizes around those of the queues inside: a segment of an inlet, the queue of a worker.
const int kSizes[] = {1, 2, 100, 126, 127, 252, 256, 257, 1000, 5000};

class Batch : public ContractTest {};
CONTRACT_HOLDS_FOR(Batch, in_process_makers);

TEST_P(Batch, GivesTheFutureOfEachCall) {
    for (const int size : kSizes) {
        SCOPED_TRACE(size);
        Order order(size);
        {
            const Pool pool = make();
            auto futures = room(order.count());
            ASSERT_EQ(
                cf_executor_submit_batch(pool, nullptr, Order::run, order.pointers.data(),
                                         order.count(), Order::destroy, futures.data(), nullptr),
                CF_STATUS_OK);
            for (std::size_t i = 0; i < order.count(); ++i) {
                void* result = nullptr;
                EXPECT_EQ(cf_future_result_pointer(futures[i], long_wait_ns(), &result, nullptr),
                          CF_STATUS_OK);
                EXPECT_EQ(result, order.pointers[i]);
            }
            release(futures);
        }
        order.expect_each_once(GetParam().workers == 1);
    }
}

TEST_P(Batch, PostedRunsEachOnce) {
    for (const int size : kSizes) {
        SCOPED_TRACE(size);
        Order order(size);
        {
            const Pool pool = make();
            ASSERT_EQ(cf_executor_post_batch(pool, nullptr, Order::run, order.pointers.data(),
                                             order.count(), Order::destroy, nullptr),
                      CF_STATUS_OK);
        }
        order.expect_each_once(GetParam().workers == 1);
    }
}

TEST_P(Batch, KeepsItsOrderAmongOtherCalls) {
    Order order(600);
    {
        const Pool pool = make();
        std::size_t at = 0;
        const auto post = [&](std::size_t count) {
            EXPECT_EQ(count == 1 ? cf_executor_post(pool, nullptr, Order::run, order.pointers[at],
                                                    Order::destroy, nullptr)
                                 : cf_executor_post_batch(pool, nullptr, Order::run,
                                                          order.pointers.data() + at, count,
                                                          Order::destroy, nullptr),
                      CF_STATUS_OK);
            at += count;
        };
        for (const std::size_t count : {1U, 3U, 1U, 130U, 1U, 1U, 200U, 7U, 126U, 1U, 129U})
            post(count);
        ASSERT_EQ(at, order.count());
    }
    order.expect_each_once(GetParam().workers == 1);
}

TEST_P(Batch, FromATaskAndFromACallback) {
    struct Scene {
        cf_executor_t* executor;
        Order order{700};
        cf_test::Counter submitted;
        void submit(std::size_t from, std::size_t count) {
            EXPECT_EQ(
                cf_executor_post_batch(executor, nullptr, Order::run, order.pointers.data() + from,
                                       count, Order::destroy, nullptr),
                CF_STATUS_OK);
            submitted.add();
        }
    };
    Scene scene{};
    {
        const Pool pool = make();
        scene.executor = pool;
        Future future;
        const auto task = [](cf_task_t*, void* data) -> int32_t {
            static_cast<Scene*>(data)->submit(0, 200);    // fits into the queue of a worker
            static_cast<Scene*>(data)->submit(200, 300);  // does not
            return 0;
        };
        const auto callback = [](cf_future_t*, void* data) {
            static_cast<Scene*>(data)->submit(500, 200);
        };
        ASSERT_EQ(cf_executor_submit(pool, nullptr, task, &scene, nullptr, future.out(), nullptr),
                  CF_STATUS_OK);
        ASSERT_EQ(cf_future_add_done_callback(future, callback, &scene, nullptr, nullptr),
                  CF_STATUS_OK);
        scene.submitted.wait_for(3);
    }
    scene.order.expect_each_once(false);
}

TEST_P(Batch, OfNothingDoesNothing) {
    const Pool pool = make();
    EXPECT_EQ(cf_executor_submit_batch(pool, nullptr, Order::run, nullptr, 0, Order::destroy,
                                       nullptr, nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(cf_executor_post_batch(pool, nullptr, Order::run, nullptr, 0, nullptr, nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(cf_executor_submit_prepared_batch(pool, nullptr, 0, nullptr), CF_STATUS_OK);
}

TEST_P(Batch, UserDataMayBeNull) {
    static cf_test::Counter ran;
    const int before = ran.value();
    {
        const Pool pool = make();
        const auto task = [](cf_task_t*, void* data) -> int32_t {
            EXPECT_EQ(data, nullptr);
            ran.add();
            return 0;
        };
        ASSERT_EQ(cf_executor_post_batch(pool, nullptr, task, nullptr, 3, nullptr, nullptr),
                  CF_STATUS_OK);
    }
    EXPECT_EQ(ran.value() - before, 3);
}

TEST_P(Batch, AfterShutdownAllOrNothingMeansNothing) {
    const Pool pool = make();
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    for (const int size : {1, 300}) {
        Order order(size);
        auto futures = room(order.count());
        Error error;
        expect_error(
            cf_executor_submit_batch(pool, nullptr, Order::run, order.pointers.data(),
                                     order.count(), Order::destroy, futures.data(), error.out()),
            error, CF_STATUS_SHUT_DOWN);
        EXPECT_EQ(futures, std::vector<cf_future_t*>(order.count(), nullptr));
        EXPECT_EQ(order.destroyed.value(), size);
        EXPECT_EQ(order.ran.value(), 0);
    }
}

TEST_P(Batch, WrongArgumentsDestroyAllUserData) {
    const Pool pool = make();
    Order order(5);
    Error error;
    expect_error(cf_executor_submit_batch(pool, nullptr, nullptr, order.pointers.data(),
                                          order.count(), Order::destroy, nullptr, error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"task_fn"});
    EXPECT_EQ(order.destroyed.value(), 5);
}

TEST_P(Batch, TheOptionsAreThoseOfEachCall) {
    const Pool pool = make();
    SubmitOptions options;
    ASSERT_EQ(cf_submit_options_create(options.out(), nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_submit_options_set_name(options, "nightly", nullptr), CF_STATUS_OK);
    auto futures = room(3);
    const auto fail = [](cf_task_t* task, void*) {
        return cf_task_fail(task, "ValueError", "no", nullptr);
    };
    ASSERT_EQ(
        cf_executor_submit_batch(pool, options, fail, nullptr, 3, nullptr, futures.data(), nullptr),
        CF_STATUS_OK);
    for (cf_future_t* future : futures) {
        EXPECT_EQ(outcome_of(future), CF_STATUS_TASK_FAILED);
        EXPECT_STREQ(cf_error_function(cf_future_error(future)), "nightly");
    }
    release(futures);
}

TEST_P(Batch, APostedCallThatFailsIsUnobserved) {
    const uint64_t before = cf_unobserved_failure_count();
    {
        const Pool pool = make();
        const auto fail = [](cf_task_t*, void*) -> int32_t { return 7; };
        ASSERT_EQ(cf_executor_post(pool, nullptr, fail, nullptr, nullptr, nullptr), CF_STATUS_OK);
        ASSERT_EQ(cf_executor_post_batch(pool, nullptr, fail, nullptr, 2, nullptr, nullptr),
                  CF_STATUS_OK);
    }
    EXPECT_EQ(cf_unobserved_failure_count() - before, 3u);
}

// --- prepared calls -------------------------------------------------------------------------------

std::vector<Future> prepare(cf_executor_t* executor, Order& order) {
    std::vector<Future> futures(order.count());
    for (std::size_t i = 0; i < order.count(); ++i) {
        void* payload = nullptr;
        EXPECT_EQ(cf_executor_prepare(executor, nullptr, sizeof(Order::Item), alignof(Order::Item),
                                      Order::run, Order::destroy, nullptr, &payload,
                                      futures[i].out(), nullptr),
                  CF_STATUS_OK);
        *static_cast<Order::Item*>(payload) = order.items[i];
    }
    return futures;
}

std::vector<cf_future_t*> handles(const std::vector<Future>& futures) {
    return {futures.begin(), futures.end()};
}

TEST_P(Batch, OfPreparedCalls) {
    for (const int size : kSizes) {
        Order order(size);
        const Pool pool = make();
        const std::vector<Future> futures = prepare(pool, order);
        ASSERT_EQ(cf_executor_submit_prepared_batch(pool, handles(futures).data(), futures.size(),
                                                    nullptr),
                  CF_STATUS_OK);
        for (const Future& future : futures)
            EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
        EXPECT_EQ(order.ran.value(), size);
        EXPECT_EQ(order.destroyed.value(), 0) << "none is abandoned";
    }
}

TEST_P(Batch, OnePreparedCallThatIsNotFitDecidesForAll) {
    const Pool pool = make();
    Order order(5);
    const std::vector<Future> futures = prepare(pool, order);
    ASSERT_EQ(cf_executor_submit_prepared(pool, futures[3], nullptr), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(futures[3]), CF_STATUS_OK);
    std::vector<cf_future_t*> twice = {futures[0], futures[1], futures[0]};
    for (const auto& batch : {handles(futures), twice}) {
        Error error;
        expect_error(
            cf_executor_submit_prepared_batch(pool, batch.data(), batch.size(), error.out()), error,
            CF_STATUS_INVALID_STATE, {"before"});
    }
    EXPECT_EQ(order.ran.value(), 1);
    // They are as they were.
    for (const std::size_t i : {0U, 1U, 2U, 4U}) {
        EXPECT_EQ(cf_future_state(futures[i]), CF_FUTURE_STATE_PENDING);
        EXPECT_EQ(cf_executor_submit_prepared(pool, futures[i], nullptr), CF_STATUS_OK);
        EXPECT_EQ(outcome_of(futures[i]), CF_STATUS_OK);
    }
}

TEST_P(Batch, PreparedCallsThatAreRefusedFail) {
    Watcher watcher;
    const Pool pool = make();
    Order order(4);
    const std::vector<Future> futures = prepare(pool, order);
    watcher.add_to(futures[2]);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    Error error;
    expect_error(cf_executor_submit_prepared_batch(pool, handles(futures).data(), futures.size(),
                                                   error.out()),
                 error, CF_STATUS_SHUT_DOWN);
    for (const Future& future : futures)
        EXPECT_EQ(cf_future_outcome(future), CF_STATUS_SHUT_DOWN);
    EXPECT_EQ(order.destroyed.value(), 4) << "abandoned";
    EXPECT_EQ(watcher.called.value(), 1);
}

// --- named calls ----------------------------------------------------------------------------------

class NamedBatch : public ContractTest {};
CONTRACT_HOLDS_FOR(NamedBatch, all_makers);

TEST_P(NamedBatch, GivesTheFutureOfEachCall) {
    const Pool pool = make();
    std::vector<std::string> texts;
    for (int i = 0; i < 300; ++i)
        texts.push_back('[' + std::to_string(i) + ",1]");
    std::vector<const char*> arguments;
    std::vector<std::size_t> sizes;
    for (const std::string& text : texts) {
        arguments.push_back(text.c_str());
        sizes.push_back(text.size());
    }
    for (const std::size_t* given : {sizes.data(), static_cast<std::size_t*>(nullptr)}) {
        auto futures = room(texts.size());
        ASSERT_EQ(cf_executor_submit_call_batch(pool, nullptr, "add", arguments.data(), given,
                                                texts.size(), futures.data(), nullptr),
                  CF_STATUS_OK);
        for (std::size_t i = 0; i < futures.size(); ++i)
            EXPECT_EQ(json_of(futures[i]), std::to_string(i + 1));
        release(futures);
    }
}

TEST_P(NamedBatch, NobodyHasToWantTheFutures) {
    const cf_test::TempDir directory;
    const std::string path = directory.file("calls");
    {
        const Pool pool = make();
        const std::string text = '[' + quoted(path) + ']';
        const std::vector<const char*> arguments(20, text.c_str());
        ASSERT_EQ(cf_executor_submit_call_batch(pool, nullptr, "record", arguments.data(), nullptr,
                                                arguments.size(), nullptr, nullptr),
                  CF_STATUS_OK);
    }
    EXPECT_EQ(recorded(path), 20);
}

TEST_P(NamedBatch, OneTextThatIsWrongFailsAll) {
    const Pool pool = make();
    const char* const broken[] = {"[1,1]", "[1", "[2,2]"};
    const char* const missing[] = {"[1,1]", nullptr};
    auto futures = room(3);
    Error error;
    expect_error(cf_executor_submit_call_batch(pool, nullptr, "add", broken, nullptr, 3,
                                               futures.data(), error.out()),
                 error, CF_STATUS_DECODE_ERROR);
    EXPECT_EQ(futures, std::vector<cf_future_t*>(3, nullptr));
    expect_error(cf_executor_submit_call_batch(pool, nullptr, "add", missing, nullptr, 2,
                                               futures.data(), error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"arguments[1]"});
    expect_error(cf_executor_submit_call_batch(pool, nullptr, "add", nullptr, nullptr, 2,
                                               futures.data(), error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"arguments"});
    EXPECT_EQ(cf_executor_submit_call_batch(pool, nullptr, "add", nullptr, nullptr, 0,
                                            futures.data(), nullptr),
              CF_STATUS_OK);
}

// --- while calls wait -----------------------------------------------------------------------------

class QueueingBatch : public ContractTest {};
CONTRACT_HOLDS_FOR(QueueingBatch, queueing_makers);

TEST_P(QueueingBatch, EachCallCanBeCancelledByItself) {
    const Pool pool = make();
    auto futures = room(50);
    const std::vector<const char*> arguments(futures.size(), "[1,2]");
    {
        const Parked parked(pool, GetParam().workers);
        ASSERT_EQ(cf_executor_submit_call_batch(pool, nullptr, "add", arguments.data(), nullptr,
                                                futures.size(), futures.data(), nullptr),
                  CF_STATUS_OK);
        for (std::size_t i = 0; i < futures.size(); i += 2)
            EXPECT_EQ(cf_future_cancel(futures[i]), 1);
    }
    for (std::size_t i = 0; i < futures.size(); ++i)
        EXPECT_EQ(outcome_of(futures[i]), i % 2 == 0 ? CF_STATUS_CANCELLED : CF_STATUS_OK);
    release(futures);
}

TEST_P(QueueingBatch, ACancellingShutdownCancelsPostedCalls) {
    const cf_test::TempDir directory;
    const std::string path = directory.file("calls");
    const std::string text = '[' + quoted(path) + ']';
    const std::vector<const char*> arguments(300, text.c_str());
    const Pool pool = make();
    Parked parked(pool, GetParam().workers);
    ASSERT_EQ(cf_executor_submit_call_batch(pool, nullptr, "record", arguments.data(), nullptr,
                                            arguments.size(), nullptr, nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(cf_executor_shutdown(pool, CF_SHUTDOWN_CANCEL_FUTURES, 0, nullptr), CF_STATUS_OK);
    parked.open();
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(recorded(path), 0);
}

class ProcessBatch : public ContractTest {};
CONTRACT_HOLDS_FOR(ProcessBatch, process_makers);

TEST_P(ProcessBatch, PointersMeanNothingThere) {
    const Pool pool = make();
    Order order(2);
    Error error;
    expect_error(cf_executor_submit_batch(pool, nullptr, Order::run, order.pointers.data(), 2,
                                          Order::destroy, nullptr, error.out()),
                 error, CF_STATUS_UNSUPPORTED);
    expect_error(
        cf_executor_post(pool, nullptr, Order::run, order.pointers[0], nullptr, error.out()), error,
        CF_STATUS_UNSUPPORTED);
    EXPECT_EQ(order.destroyed.value(), 2);
}

// Each holds its worker until all have started, so that they would wait for ever on one worker.
TEST_P(ProcessBatch, EachCallIsForAnyWorker) {
    const Pool pool = make();
    const auto count = static_cast<size_t>(GetParam().workers);
    cf_test::ProcessGate gate;
    const std::string argument = '[' + quoted(gate.path()) + ']';
    const std::vector<const char*> arguments(count, argument.c_str());
    std::vector<cf_future_t*> futures(count);
    ASSERT_EQ(cf_executor_submit_call_batch(pool, nullptr, "pass_gate", arguments.data(), nullptr,
                                            count, futures.data(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(gate.wait_arrived(GetParam().workers).size(), count);
    gate.open();
    for (cf_future_t* future : futures) {
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
        cf_future_release(future);
    }
}

}  // namespace
}  // namespace contract

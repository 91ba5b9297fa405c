// Without memory every function says NO_MEMORY, changes nothing, and frees its user_data once. Each
// case is swept: the first allocation fails, then the second, until none is left to fail.
#include <cfutures/cfutures.h>

#include <functional>
#include <stdexcept>
#include <vector>

#include "allocation_failure.h"
#include "helpers.h"

namespace cf_unit {
namespace {

using cf_test::Counter;

/// Calls attempt() with every allocation failing in turn, once and for good, until it gets by. A
/// failed attempt is told to failed(), a successful one to succeeded().
void sweep(const std::function<cf_status_t(cf_error_t**)>& attempt,
           const std::function<void()>& failed, const std::function<void()>& succeeded) {
    using Mode = FailingAllocation::Mode;
    for (const Mode mode : {Mode::kOnce, Mode::kFromThenOn}) {
        for (int nth = 1;; ++nth) {
            ASSERT_LT(nth, 1000);
            cf_error_t* error = nullptr;
            bool struck = false;
            cf_status_t status = CF_STATUS_OK;
            {
                const FailingAllocation failing(nth, mode);
                status = attempt(&error);
                struck = failing.struck();
            }
            if (status == CF_STATUS_OK) {
                EXPECT_EQ(error, nullptr);
                succeeded();
                if (!struck) break;
                continue;  // it did without
            }
            EXPECT_TRUE(struck);
            EXPECT_EQ(status, CF_STATUS_NO_MEMORY);
            EXPECT_EQ(cf_error_status(error), CF_STATUS_NO_MEMORY);
            cf_error_release(error);
            failed();
        }
    }
}

/// Sweeps a function that makes an object.
template <typename Handle>
void sweep_creation(const std::function<cf_status_t(Handle**, cf_error_t**)>& create,
                    void (*release)(Handle*)) {
    Handle* made = nullptr;
    sweep([&](cf_error_t** error) { return create(&made, error); },
          [&] { EXPECT_EQ(made, nullptr); },
          [&] {
              EXPECT_NE(made, nullptr);
              release(made);
              made = nullptr;
          });
}

int32_t nothing(cf_task_t*, void*) {
    return 0;
}

class Pools : public testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        ASSERT_EQ(GetParam() ? cf_inline_executor_create(&executor_, nullptr)
                             : cf_thread_pool_create(nullptr, &executor_, nullptr),
                  CF_STATUS_OK);
        ASSERT_EQ(cf_function_register("no_memory.nothing", nothing, nullptr, nullptr, nullptr),
                  CF_STATUS_OK);
    }
    void TearDown() override {
        EXPECT_EQ(
            cf_executor_shutdown(executor_, CF_SHUTDOWN_WAIT, cf_test::long_wait_ns(), nullptr),
            CF_STATUS_OK);
        cf_executor_release(executor_);
    }
    cf_executor_t* executor_ = nullptr;

    // What became of a payload. Each attempt has its own: when one gets by, a worker may tell as late as at
    // the shutdown.
    struct Fate {
        int abandoned = 0;
        int destroyed = 0;
    };
    std::vector<Fate> fates_ = std::vector<Fate>(2000);
};

INSTANTIATE_TEST_SUITE_P(NoMemory, Pools, testing::Bool());

TEST(NoMemory, CreationFunctions) {
    sweep_creation<cf_thread_pool_options_t>(cf_thread_pool_options_create,
                                             cf_thread_pool_options_release);
    sweep_creation<cf_submit_options_t>(cf_submit_options_create, cf_submit_options_release);
    sweep_creation<cf_map_options_t>(cf_map_options_create, cf_map_options_release);
    sweep_creation<cf_promise_t>(cf_promise_create, cf_promise_release);
    sweep_creation<cf_promise_t>(
        [](cf_promise_t** out, cf_error_t** error) {
            void* payload = nullptr;
            return cf_promise_create_with_payload(8, 8, nullptr, &payload, out, error);
        },
        cf_promise_release);
    sweep_creation<cf_completion_queue_t>(cf_completion_queue_create, cf_completion_queue_release);
    sweep_creation<cf_executor_t>(cf_inline_executor_create, cf_executor_release);
    sweep_creation<cf_executor_t>(
        [](cf_executor_t** out, cf_error_t** error) {
            return cf_thread_pool_create(nullptr, out, error);
        },
        cf_executor_release);
}

TEST_P(Pools, Submit) {
    Counter destroyed;
    cf_future_t* future = nullptr;
    int attempts = 0;
    const auto check = [&] {
        ++attempts;
        if (future != nullptr) cf_future_wait(future, -1);
        EXPECT_EQ(destroyed.value(), attempts);
        cf_future_release(future);
        future = nullptr;
    };
    sweep(
        [&](cf_error_t** error) {
            return cf_executor_submit(executor_, nullptr, nothing, &destroyed, count, &future,
                                      error);
        },
        [&] {
            EXPECT_EQ(future, nullptr);
            check();
        },
        check);
}

TEST_P(Pools, SubmitCall) {
    sweep_creation<cf_future_t>(
        [&](cf_future_t** future, cf_error_t** error) {
            return cf_executor_submit_call(executor_, nullptr, "no_memory.nothing", "[1, \"two\"]",
                                           -1, future, error);
        },
        cf_future_release);
}

TEST_P(Pools, PrepareAndSubmitPrepared) {
    Fate* next = fates_.data();
    sweep_creation<cf_future_t>(
        [&](cf_future_t** future, cf_error_t** error) {
            void* payload = nullptr;
            cf_status_t status = cf_executor_prepare(
                executor_, nullptr, 64, 64, nothing,
                [](void* at) { ++(*static_cast<Fate**>(at))->abandoned; },
                [](void* at) { ++(*static_cast<Fate**>(at))->destroyed; }, &payload, future, error);
            if (status != CF_STATUS_OK) return status;
            Fate& fate = *(*static_cast<Fate**>(payload) = next++);
            status = cf_executor_submit_prepared(executor_, *future, error);
            if (status == CF_STATUS_OK) return status;
            EXPECT_EQ(cf_future_outcome(*future), CF_STATUS_NO_MEMORY);
            EXPECT_EQ(fate.abandoned, 1);
            cf_future_release(*future);
            EXPECT_EQ(fate.destroyed, 1);
            *future = nullptr;
            return status;
        },
        cf_future_release);
}

TEST(NoMemory, AddDoneCallback) {
    Counter destroyed;
    int failures = 0;
    const cf::FutureRef future = cf::Future::for_promise();
    sweep(
        [&](cf_error_t** error) {
            return cf_future_add_done_callback(
                cf::to_handle<cf_future_t>(future.get()), [](cf_future_t*, void*) {}, &destroyed,
                count, error);
        },
        [&] { EXPECT_EQ(destroyed.value(), ++failures); }, [] {});
    EXPECT_GT(failures, 0);
    const int before = destroyed.value();
    EXPECT_TRUE(future->cancel());
    EXPECT_EQ(destroyed.value(), before + 2);  // one success of each mode
}

TEST(NoMemory, WaitAndAsCompleted) {
    const cf::FutureRef future = cf::Future::for_promise();
    EXPECT_TRUE(future->cancel());
    cf_future_t* handle = cf::to_handle<cf_future_t>(future.get());
    sweep(
        [&](cf_error_t** error) {
            return cf_wait(&handle, 1, CF_RETURN_WHEN_ALL_COMPLETED, -1, nullptr, nullptr, error);
        },
        [] {}, [] {});
    sweep_creation<cf_completion_queue_t>(
        [&](cf_completion_queue_t** queue, cf_error_t** error) {
            return cf_as_completed(&handle, 1, -1, queue, error);
        },
        cf_completion_queue_release);
}

int32_t follow(cf_task_t*, cf_future_t*, void*) {
    return 0;
}

TEST_P(Pools, Then) {
    Counter destroyed;
    int attempts = 0;
    const cf::FutureRef antecedent = cf::Future::for_promise();
    EXPECT_TRUE(antecedent->cancel());
    cf_future_t* derived = nullptr;
    const auto check = [&] {
        ++attempts;
        if (derived != nullptr) cf_future_wait(derived, -1);
        EXPECT_EQ(destroyed.value(), attempts);
        cf_future_release(derived);
        derived = nullptr;
    };
    sweep(
        [&](cf_error_t** error) {
            // What the executor cannot take for want of memory fails the derived future instead.
            return cf_future_then(cf::to_handle<cf_future_t>(antecedent.get()), executor_, nullptr,
                                  0, follow, &destroyed, count, &derived, error);
        },
        [&] {
            EXPECT_EQ(derived, nullptr);
            check();
        },
        check);
}

// F6: when the antecedent ends, whatever follows it ends, too.
TEST(NoMemory, T10DerivedFuturesBecomeDone) {
    cf_executor_t* here = nullptr;
    ASSERT_EQ(cf_inline_executor_create(&here, nullptr), CF_STATUS_OK);
    const cf::FutureRef antecedent = cf::Future::for_promise();
    cf_future_t* handle = cf::to_handle<cf_future_t>(antecedent.get());
    cf_future_t* derived[5] = {};
    ASSERT_EQ(
        cf_future_then(handle, here, nullptr, 0, follow, nullptr, nullptr, &derived[0], nullptr),
        CF_STATUS_OK);
    ASSERT_EQ(cf_future_then(derived[0], here, nullptr, CF_THEN_ON_SUCCESS, follow, nullptr,
                             nullptr, &derived[1], nullptr),
              CF_STATUS_OK);
    ASSERT_EQ(cf_when_all(derived, 2, &derived[2], nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_when_any(derived, 3, &derived[3], nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_when_all(nullptr, 0, &derived[4], nullptr), CF_STATUS_OK);
    {
        const FailingAllocation failing(1, FailingAllocation::Mode::kFromThenOn);
        EXPECT_TRUE(antecedent->cancel());
        EXPECT_FALSE(failing.struck());
    }
    for (cf_future_t* future : derived) {
        EXPECT_EQ(cf_future_outcome(future), CF_STATUS_OK);
        cf_future_release(future);
    }
    EXPECT_EQ(cf_executor_shutdown(here, CF_SHUTDOWN_WAIT, -1, nullptr), CF_STATUS_OK);
    cf_executor_release(here);
}

TEST(NoMemory, WhenAllAndWhenAny) {
    const cf::FutureRef future = cf::Future::for_promise();
    cf_future_t* handle = cf::to_handle<cf_future_t>(future.get());
    for (const auto combine : {cf_when_all, cf_when_any}) {
        sweep_creation<cf_future_t>(
            [&](cf_future_t** derived, cf_error_t** error) {
                return combine(&handle, 1, derived, error);
            },
            cf_future_release);
    }
    EXPECT_TRUE(future->cancel());
}

TEST(NoMemory, UnobservedFailureHook) {
    Counter destroyed;
    int attempts = 0;
    sweep(
        [&](cf_error_t** error) {
            return cf_unobserved_failure_set_hook([](const cf_error_t*, void*) {}, &destroyed,
                                                  count, error);
        },
        [&] { EXPECT_EQ(destroyed.value(), ++attempts); }, [] {});
    EXPECT_GT(attempts, 0);
    EXPECT_EQ(cf_unobserved_failure_set_hook(nullptr, nullptr, nullptr, nullptr), CF_STATUS_OK);
    EXPECT_EQ(destroyed.value(), attempts + 2);  // one success of each mode
}

TEST(NoMemory, T10PromiseKeepsItsStateUntilAnOutcomeFits) {
    const auto fresh = [] {
        cf_promise_t* promise = nullptr;
        EXPECT_EQ(cf_promise_create(&promise, nullptr), CF_STATUS_OK);
        return promise;
    };
    cf_promise_t* promise = fresh();
    const auto is_pending = [&] {
        cf_future_t* future = cf_promise_future(promise);
        EXPECT_EQ(cf_future_state(future), CF_FUTURE_STATE_PENDING);
        cf_future_release(future);
    };
    const auto renew = [&] {
        cf_promise_release(promise);
        promise = fresh();
    };
    sweep([&](cf_error_t** error) { return cf_promise_set_result_bytes(promise, "abc", 3, error); },
          is_pending, renew);
    sweep(
        [&](cf_error_t** error) { return cf_promise_set_result_json(promise, "[1.5]", -1, error); },
        is_pending, renew);
    cf_promise_release(promise);
}

class Maps : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(NoMemory, Maps, testing::Bool());

/// Whatever fails on the way, a map gives results, then at most one failure, then the end.
TEST_P(Maps, GiveResultsThenOneFailureThenTheEnd) {
    struct Input {
        Counter made, freed, destroyed;
    };
    using Mode = FailingAllocation::Mode;
    for (const Mode mode : {Mode::kOnce, Mode::kFromThenOn}) {
        bool struck = true;
        for (int nth = 1; struck; ++nth) {
            Input input;
            cf_executor_t* executor = nullptr;
            ASSERT_EQ(cf_inline_executor_create(&executor, nullptr), CF_STATUS_OK);
            cf_map_options_t* options = nullptr;
            ASSERT_EQ(cf_map_options_create(&options, nullptr), CF_STATUS_OK);
            ASSERT_EQ(cf_map_options_set_window(options, 2, nullptr), CF_STATUS_OK);
            ASSERT_EQ(cf_map_options_set_unordered(options, GetParam() ? 1 : 0, nullptr),
                      CF_STATUS_OK);
            int results = 0;
            int failures = 0;
            {
                const FailingAllocation failing(nth, mode);
                cf_map_t* map = nullptr;
                cf_status_t status = cf_executor_map(
                    executor, options, nothing,
                    [](void* item) { count(&static_cast<Input*>(item)->freed); },
                    [](void* user_data, void** item) -> int32_t {
                        auto* source = static_cast<Input*>(user_data);
                        if (source->made.value() == 5) return 0;
                        source->made.add();
                        *item = source;
                        return 1;
                    },
                    &input,
                    [](void* user_data) { count(&static_cast<Input*>(user_data)->destroyed); },
                    &map, nullptr);
                if (status != CF_STATUS_OK) ++failures;
                while (map != nullptr && status != CF_STATUS_END && failures < 3) {
                    cf_future_t* future = nullptr;
                    status = cf_map_next(map, cf_test::long_wait_ns(), &future, nullptr, nullptr);
                    if (status == CF_STATUS_OK) ++results;
                    if (status < 0) ++failures;
                    cf_future_release(future);
                }
                cf_map_release(map);
                struck = failing.struck();
            }
            EXPECT_LE(failures, 1) << "allocation " << nth;
            EXPECT_TRUE(failures == 1 || results == 5) << "allocation " << nth;
            EXPECT_EQ(input.freed.value(), input.made.value()) << "allocation " << nth;
            EXPECT_EQ(input.destroyed.value(), 1) << "allocation " << nth;
            EXPECT_EQ(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, 0, nullptr), CF_STATUS_OK);
            cf_map_options_release(options);
            cf_executor_release(executor);
        }
    }
}

/// An input that fails takes none of those before it along, though they travel in one chunk.
TEST(NoMemory, AMapKeepsTheFirstPartOfAChunk) {
    struct Input {
        Counter made, ran, freed;
    };
    bool struck = true;
    for (int nth = 1; struck; ++nth) {
        Input input;
        const ExecutorRef executor = make_inline();
        cf_map_options_t* options = nullptr;
        ASSERT_EQ(cf_map_options_create(&options, nullptr), CF_STATUS_OK);
        ASSERT_EQ(cf_map_options_set_chunk_size(options, 10, nullptr), CF_STATUS_OK);
        ASSERT_EQ(cf_map_options_set_window(options, 10, nullptr), CF_STATUS_OK);
        {
            const FailingAllocation failing(nth, FailingAllocation::Mode::kOnce);
            cf_map_t* map = nullptr;
            static_cast<void>(cf_executor_map(
                cf::to_handle<cf_executor_t>(executor.get()), options,
                [](cf_task_t*, void* item) -> int32_t {
                    static_cast<Input*>(item)->ran.add();
                    return 0;
                },
                [](void* item) { count(&static_cast<Input*>(item)->freed); },
                [](void* user_data, void** item) -> int32_t {
                    auto* source = static_cast<Input*>(user_data);
                    if (source->made.value() == 10) return 0;
                    source->made.add();
                    *item = source;
                    return 1;
                },
                &input, nullptr, &map, nullptr));
            cf_map_release(map);
            struck = failing.struck();
        }
        EXPECT_GE(input.ran.value(), input.made.value() - 1) << "allocation " << nth;
        EXPECT_EQ(input.freed.value(), input.made.value()) << "allocation " << nth;
        cf_map_options_release(options);
        EXPECT_EQ(finish(*executor), CF_STATUS_OK);
    }
}

/// A task that fails while there is no memory fails with NO_MEMORY, and its worker goes on.
TEST(NoMemory, T10TasksThatFail) {
    const ExecutorRef executor = make_inline();
    const auto outcome_of = [&](cf_task_fn task_fn) {
        cf::FutureRef future;
        EXPECT_FALSE(executor->make_function({}, {task_fn, nullptr, nullptr}, future));
        cf::FutureList list;
        list.push_back(future);
        EXPECT_FALSE(executor->accept(list));
        return future->outcome_status();
    };
    static FailingAllocation* failing;
    const cf_task_fn returns = [](cf_task_t*, void*) -> int32_t {
        failing = new FailingAllocation(1, FailingAllocation::Mode::kFromThenOn);
        return 5;
    };
    struct WithALongNameThatNeedsMemory {};
    const cf_task_fn throws = [](cf_task_t*, void*) -> int32_t {
        failing = new FailingAllocation(1, FailingAllocation::Mode::kFromThenOn);
        throw WithALongNameThatNeedsMemory();
    };
    for (const cf_task_fn task_fn : {returns, throws}) {
        EXPECT_EQ(outcome_of(task_fn), CF_STATUS_NO_MEMORY);
        delete failing;
    }
    EXPECT_EQ(finish(*executor), CF_STATUS_OK);
}

}  // namespace
}  // namespace cf_unit

#include "future/future.h"

#include <pthread.h>

#include <cstring>
#include <thread>

#include "future/promise.h"
#include "helpers.h"

namespace cf_unit {
namespace {

using cf::Error;
using cf::FutureRef;
using cf::Outcome;
using cf::Phase;
using cf_test::Counter;

int32_t no_task(cf_task_t*, void*) {
    return 0;
}

// --- layout ---------------------------------------------------------------------------------------

TEST(FutureLayout, PayloadIsAlignedAndItsOwnAndDestroyedOnce) {
    static size_t expected_size;
    static int abandoned, destroyed;
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        for (const size_t size : {size_t{0}, size_t{1}, size_t{7}, size_t{4096}}) {
            for (const auto& options :
                 {cf::CallOptions{}, cf::CallOptions{.name = "a name behind the payload"},
                  cf::CallOptions{.timeout = 5}, cf::CallOptions{.name = "both", .timeout = 5}}) {
                expected_size = size;
                abandoned = destroyed = 0;
                const auto check = [](void* payload) {
                    const auto* bytes = static_cast<unsigned char*>(payload);
                    for (size_t i = 0; i < expected_size; ++i)
                        ASSERT_EQ(bytes[i], 0xA5);
                };
                static void (*const checked)(void*) = check;
                FutureRef future = cf::Future::for_payload(
                    7, options, size, alignment, no_task,
                    [](void* payload) {
                        EXPECT_EQ(destroyed, 0);
                        checked(payload);
                        ++abandoned;
                    },
                    [](void* payload) {
                        checked(payload);
                        ++destroyed;
                    });
                EXPECT_EQ(reinterpret_cast<uintptr_t>(future->payload()) % alignment, 0U);
                std::memset(future->payload(), 0xA5, size);
                EXPECT_EQ(future->name(), options.name);
                EXPECT_EQ(future->id(), 7U);
                EXPECT_EQ(future->has_deadline(), options.timeout >= 0);
                future = nullptr;
                EXPECT_EQ(abandoned, 1);
                EXPECT_EQ(destroyed, 1);
            }
        }
    }
}

TEST(FutureLayout, NamedCallKeepsCopiesOfItsTexts) {
    for (const auto& options : {cf::CallOptions{}, cf::CallOptions{.name = "own"},
                                cf::CallOptions{.name = "own", .timeout = 5}}) {
        const std::string name(options.name);
        std::string function_name = "f";
        std::string arguments = "[1,2]";
        const FutureRef future =
            cf::Future::for_call(9, options, function_name, nullptr, arguments);
        function_name = arguments = "changed";
        EXPECT_EQ(future->function_name(), "f");
        EXPECT_EQ(future->arguments(), "[1,2]");
        EXPECT_EQ(future->arguments().data()[5], '\0');
        EXPECT_EQ(future->name(), !name.empty() ? name : "f");
        EXPECT_EQ(future->payload(), nullptr);
    }
}

// --- inputs and results are freed once, on every path ---------------------------------------------

struct Path {
    const char* name;
    void (*take)(cf::Executor& executor, const FutureRef& future);
    int abandoned;
};

void PrintTo(const Path& path, std::ostream* out) {
    *out << path.name;
}

class InputOnPath : public testing::TestWithParam<Path> {};

TEST_P(InputOnPath, IsDestroyedOnce) {
    Counter input;
    const ExecutorRef executor = make_inline();
    FutureRef future = cf::Future::for_function(1, {}, {no_task, &input, count});
    future->set_owner(*executor, cf::kNoTerms);
    GetParam().take(*executor, future);
    EXPECT_EQ(input.value(), future->done() ? 1 : 0);
    future = nullptr;
    EXPECT_EQ(input.value(), 1);
    EXPECT_EQ(finish(*executor), CF_STATUS_OK);
}

TEST_P(InputOnPath, PayloadIsAbandonedOnlyWhenItNeverRan) {
    static int abandoned, destroyed;
    abandoned = destroyed = 0;
    const ExecutorRef executor = make_inline();
    FutureRef future;
    ASSERT_FALSE(executor->make_payload(
        {}, 8, 8, no_task, [](void*) { ++abandoned; }, [](void*) { ++destroyed; }, future));
    GetParam().take(*executor, future);
    EXPECT_EQ(destroyed, 0);
    future = nullptr;
    EXPECT_EQ(abandoned, GetParam().abandoned);
    EXPECT_EQ(destroyed, 1);
    EXPECT_EQ(finish(*executor), CF_STATUS_OK);
}

INSTANTIATE_TEST_SUITE_P(
    Future, InputOnPath,
    testing::Values(
        Path{"run", [](auto& executor, auto& future) { EXPECT_FALSE(executor.accept(future)); }, 0},
        Path{"cancelled", [](auto&, auto& future) { EXPECT_TRUE(future->cancel()); }, 1},
        Path{"cancelled twice",
             [](auto&, auto& future) {
                 EXPECT_TRUE(future->cancel());
                 EXPECT_TRUE(future->cancel());
             },
             1},
        Path{"cancelled, then submitted",
             [](auto& executor, auto& future) {
                 EXPECT_TRUE(future->cancel());
                 EXPECT_FALSE(executor.accept(future));
                 EXPECT_EQ(future->phase(), Phase::kCancelled);
             },
             1},
        Path{"failed before it started",
             [](auto&, auto& future) {
                 EXPECT_TRUE(future->fail_unstarted(Error::no_memory()));
                 EXPECT_FALSE(future->fail_unstarted(Error::no_memory()));
             },
             1},
        Path{"never submitted", [](auto&, auto&) {}, 1}));

TEST(FutureResult, IsDestroyedOnceWhenTheLastReferenceGoes) {
    Counter result;
    FutureRef future = cf::Future::for_promise();
    ASSERT_TRUE(future->state().begin_settle());
    future->settle(Outcome::pointer(&result, count));
    EXPECT_EQ(future->result_data(), &result);
    FutureRef second = future;
    future = nullptr;
    EXPECT_EQ(result.value(), 0);
    second = nullptr;
    EXPECT_EQ(result.value(), 1);
}

TEST(FutureCallbacks, AreDiscardedWithAFutureThatIsNeverDone) {
    Counter discarded;
    FutureRef future = cf::Future::for_promise();
    cf::add_done_callback(
        *future, [](cf_future_t*, void*) { ADD_FAILURE() << "the future was never done"; },
        &discarded, count);
    future = nullptr;
    EXPECT_EQ(discarded.value(), 1);
}

// --- order and threads ----------------------------------------------------------------------------

TEST(FutureOrder, InputThenOutcomeThenWaitersThenCallbacksThenRetirement) {
    static std::string order;
    static cf::Future* current;
    order.clear();
    struct Owner final : cf::FutureOwner {
        void retire(cf::Future&) override { order += "R"; }
        void retain_owner() override {}
        void release_owner() override {}
    } owner;
    struct Waiter : cf::Observer {
        Waiter() : Observer(Kind::kWaiter) {}
        void notify(cf::Future& future) override { order += future.done() ? "W" : "?"; }
    } waiter;
    const FutureRef future =
        cf::Future::for_function(1, {},
                                 {[](cf_task_t*, void*) -> int32_t {
                                      order += "T";
                                      return 0;
                                  },
                                  nullptr, [](void*) { order += current->done() ? "?" : "I"; }});
    current = future.get();
    future->set_owner(owner, cf::kNoTerms);
    on_done(*future, [] { order += "1"; });
    ASSERT_TRUE(future->add_observer(waiter));
    on_done(*future, [&] {
        order += "2";
        on_done(*future, [] { order += "late"; });
    });
    ASSERT_TRUE(future->state().accept());
    ASSERT_TRUE(future->state().start());
    cf::run_call(*future);
    EXPECT_EQ(order, "TIW12lateR");
}

TEST(FutureCallbacks, RunOnTheCancellerAndLateOnesOnTheCaller) {
    const FutureRef future = cf::Future::for_promise();
    std::thread::id ran_on;
    on_done(*future, [&] { ran_on = std::this_thread::get_id(); });
    std::thread::id canceller_id;
    std::thread canceller([&] {
        canceller_id = std::this_thread::get_id();
        EXPECT_TRUE(future->cancel());
    });
    canceller.join();
    EXPECT_EQ(ran_on, canceller_id);
    on_done(*future, [&] { ran_on = std::this_thread::get_id(); });
    EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(FutureCallbacks, T02OneThatThrowsLeavesTheOthersToRun) {
    const FutureRef future = cf::Future::for_promise();
    Counter called;
    on_done(*future, [] { throw std::runtime_error("from a callback"); });
    on_done(*future, [&] { called.add(); });
    EXPECT_TRUE(future->cancel());
    on_done(*future, [] { throw 1; });
    EXPECT_EQ(called.value(), 1);
}

// --- releases in callbacks ------------------------------------------------------------------------

TEST(FutureRelease, T05InACallbackOfItsOwnCancellation) {
    FutureRef future = cf::Future::for_function(1, {}, {no_task, nullptr, nullptr});
    Counter called;
    on_done(*future, [&] {
        called.add();
        future = nullptr;
    });
    on_done(*future, [&] { called.add(); });
    cf::Future* borrowed = future.get();
    EXPECT_TRUE(borrowed->cancel());
    EXPECT_EQ(called.value(), 2);
    EXPECT_FALSE(future);
}

TEST(FutureRelease, T05InACallbackOfItsOwnFailure) {
    FutureRef future = cf::Future::for_function(1, {}, {no_task, nullptr, nullptr});
    Counter called;
    on_done(*future, [&] {
        called.add();
        future = nullptr;
    });
    on_done(*future, [&] { called.add(); });
    cf::Future* borrowed = future.get();
    EXPECT_TRUE(borrowed->fail_unstarted(Error::no_memory()));
    EXPECT_EQ(called.value(), 2);
}

TEST(FutureRelease, T05OfPromiseAndFutureInACallbackOfTheSettling) {
    auto promise = cf::Ref<cf::Promise>::adopt(new cf::Promise);
    FutureRef future = promise->future();
    Counter called;
    on_done(*future, [&] {
        called.add();
        promise = nullptr;
        future = nullptr;
    });
    on_done(*future, [&] { called.add(); });
    cf::Promise* borrowed = promise.get();
    EXPECT_FALSE(borrowed->settle(Outcome()));
    EXPECT_EQ(called.value(), 2);
}

// --- promise --------------------------------------------------------------------------------------

TEST(Promise, DroppedBreaksItsFutureOnce) {
    auto promise = cf::Ref<cf::Promise>::adopt(new cf::Promise);
    const FutureRef future = promise->future();
    EXPECT_EQ(promise->start(), CF_STATUS_OK);
    EXPECT_EQ(promise->start(), CF_STATUS_INVALID_STATE);
    EXPECT_FALSE(future->cancel());
    promise = nullptr;
    EXPECT_EQ(future->outcome_status(), CF_STATUS_BROKEN_PROMISE);
}

TEST(Promise, FirstOutcomeStaysAndTheOtherIsDestroyed) {
    Counter first, second;
    const auto promise = cf::Ref<cf::Promise>::adopt(new cf::Promise);
    EXPECT_FALSE(promise->settle(Outcome::pointer(&first, count)));
    EXPECT_TRUE(promise->settle(Outcome::pointer(&second, count)));
    EXPECT_EQ(first.value(), 0);
    EXPECT_EQ(second.value(), 1);
    EXPECT_EQ(promise->future()->result_data(), &first);
}

TEST(Promise, CancelledAnswersCancelledAndTakesNoOutcome) {
    const auto promise = cf::Ref<cf::Promise>::adopt(new cf::Promise);
    EXPECT_TRUE(promise->future()->cancel());
    EXPECT_EQ(promise->start(), CF_STATUS_CANCELLED);
    EXPECT_TRUE(promise->settle(Outcome()));
    EXPECT_EQ(promise->future()->outcome_status(), CF_STATUS_CANCELLED);
}

// The result of a call in a worker process takes the place of its arguments where it fits.
TEST(Future, AResultMayStandWhereTheArgumentsWere) {
    for (const std::string_view name : {"", "a name"}) {
        for (const size_t arguments : {2U, 100U, 5000U}) {
            for (size_t size = 0; size <= arguments + 100; size += size < 150 ? 1 : 97) {
                const std::string result(size, 'r');
                FutureRef future = cf::Future::for_call(1, {.name = name}, "f", nullptr,
                                                        std::string(arguments, 'a'));
                ASSERT_TRUE(future->state().begin_settle());
                future->settle(future->copy_result(cf::ResultKind::kBytes, result));
                const auto* text = static_cast<const char*>(future->result_data());
                ASSERT_EQ(std::string_view(text, future->result_size()), result);
                EXPECT_EQ(text[size], '\0');
                EXPECT_EQ(future->name(), name.empty() ? "f" : name);
                if (size <= arguments) {
                    EXPECT_EQ(text, future->arguments().data());
                }
            }
        }
    }
}

TEST(Promise, OneOfManySettlersWins) {
    for (int round = 0; round < 500; ++round) {
        Counter freed, won;
        const auto promise = cf::Ref<cf::Promise>::adopt(new cf::Promise);
        cf_test::Latch start(3);
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&] {
                start.arrive_and_wait();
                if (!promise->settle(Outcome::pointer(&freed, count))) won.add();
            });
        }
        threads.emplace_back([&] {
            start.arrive_and_wait();
            if (promise->future()->cancel()) won.add();
        });
        for (std::thread& thread : threads)
            thread.join();
        ASSERT_EQ(won.value(), 1);
        const bool kept = promise->future()->phase() == Phase::kSucceeded;
        ASSERT_EQ(freed.value(), kept ? 1 : 2);
    }
}

// --- dispatched calls, through a fake owner -------------------------------------------------------

/// An owner that keeps a call dispatched and answers as it is told.
struct FakeOwner final : cf::FutureOwner {
    explicit FakeOwner(bool worker_has_it) : worker_has_started(worker_has_it) {}
    void retire(cf::Future&) override { ++retired; }
    bool claimed(cf::Future&) override { return worker_has_started; }
    bool recall(cf::Future& future) override {
        ++recalls;
        if (worker_has_started) return false;
        future.state().recall();
        return true;
    }
    void retain_owner() override { ++references; }
    void release_owner() override { --references; }

    bool worker_has_started;
    int recalls = 0;
    int retired = 0;
    int references = 0;
};

FutureRef dispatched_to(FakeOwner& owner) {
    FutureRef future = cf::Future::for_call(1, {}, "f", nullptr, "[]");
    future->set_owner(owner, cf::kKeepOwner);
    EXPECT_TRUE(future->state().accept());
    EXPECT_TRUE(future->state().dispatch());
    return future;
}

TEST(DispatchedCall, S2IsPendingUntilClaimedAndCancelledByRecall) {
    FakeOwner owner(false);
    {
        const FutureRef future = dispatched_to(owner);
        EXPECT_EQ(owner.references, 1);
        EXPECT_EQ(future->visible_state(), CF_FUTURE_STATE_PENDING);
        EXPECT_TRUE(future->cancel());
        EXPECT_EQ(future->visible_state(), CF_FUTURE_STATE_CANCELLED);
        EXPECT_EQ(owner.recalls, 1);
        EXPECT_EQ(owner.retired, 1);
    }
    EXPECT_EQ(owner.references, 0);
}

TEST(DispatchedCall, ThatItsWorkerClaimedRunsAndIsNotCancelled) {
    FakeOwner owner(true);
    const FutureRef future = dispatched_to(owner);
    EXPECT_EQ(future->visible_state(), CF_FUTURE_STATE_RUNNING);
    EXPECT_FALSE(future->cancel());
    EXPECT_EQ(owner.retired, 0);
    ASSERT_TRUE(future->state().start());
    future->settle(Outcome());
    EXPECT_EQ(owner.retired, 1);
    EXPECT_EQ(future->visible_state(), CF_FUTURE_STATE_FINISHED);
}

}  // namespace
}  // namespace cf_unit

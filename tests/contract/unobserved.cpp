// S12: failures that nobody read are counted, and told to the hook when their futures go.
#include <mutex>
#include <set>
#include <stdexcept>

#include "contract.h"

namespace contract {
namespace {

// Sets the hook for its lifetime and keeps what it hears.
class Heard {
  public:
    Heard() {
        const auto hook = [](const cf_error_t* error, void* self) {
            auto& heard = *static_cast<Heard*>(self);
            {
                const std::lock_guard lock(heard.mutex_);
                heard.types_.emplace_back(cf_error_type(error));
            }
            heard.count_.add();
        };
        const auto destroy = [](void* self) { static_cast<Heard*>(self)->destroyed_.add(); };
        EXPECT_EQ(cf_unobserved_failure_set_hook(hook, this, destroy, nullptr), CF_STATUS_OK);
    }
    ~Heard() {
        EXPECT_EQ(cf_unobserved_failure_set_hook(nullptr, nullptr, nullptr, nullptr), CF_STATUS_OK);
        destroyed_.wait_for(1);
    }
    Heard(const Heard&) = delete;
    Heard& operator=(const Heard&) = delete;

    std::vector<std::string> wait_for(int count) {
        count_.wait_for(count);
        const std::lock_guard lock(mutex_);
        return types_;
    }
    int count() const { return count_.value(); }

  private:
    std::mutex mutex_;
    std::vector<std::string> types_;
    cf_test::Counter count_;
    cf_test::Counter destroyed_;
};

class Unobserved : public ContractTest {};
CONTRACT_HOLDS_FOR(Unobserved, all_makers);

TEST_P(Unobserved, S12FailuresThatNobodyReadAreTold) {
    Heard heard;
    const uint64_t before = cf_unobserved_failure_count();
    {
        const Pool pool = make();
        const Future waited = submit(pool, "fail", R"(["WaitedFor", "m"])");
        EXPECT_EQ(cf_future_wait(waited, long_wait_ns()), CF_STATUS_OK);
        EXPECT_EQ(cf_future_done(waited), 1);
        EXPECT_EQ(cf_executor_submit_call(pool, nullptr, "fail", R"(["NotWanted", "m"])", -1,
                                          nullptr, nullptr),
                  CF_STATUS_OK);
    }
    std::vector<std::string> types = heard.wait_for(2);
    EXPECT_EQ(std::set<std::string>(types.begin(), types.end()),
              (std::set<std::string>{"NotWanted", "WaitedFor"}));
    EXPECT_EQ(cf_unobserved_failure_count() - before, 2u);
}

TEST_P(Unobserved, S12EveryWayToReadCounts) {
    const Heard heard;
    {
        const Pool pool = make();
        const auto fail = [&] {
            Future future = submit(pool, "fail", R"(["Read", "m"])");
            EXPECT_EQ(cf_future_wait(future, long_wait_ns()), CF_STATUS_OK);
            return future;
        };
        Error error;
        EXPECT_EQ(cf_future_outcome(fail()), CF_STATUS_TASK_FAILED);
        EXPECT_NE(cf_future_error(fail()), nullptr);
        EXPECT_EQ(cf_future_exception(fail(), -1, error.out()), CF_STATUS_OK);
        EXPECT_EQ(cf_future_result_pointer(fail(), -1, nullptr, nullptr), CF_STATUS_TASK_FAILED);
        EXPECT_EQ(cf_future_result_bytes(fail(), -1, nullptr, nullptr, nullptr),
                  CF_STATUS_TASK_FAILED);
        EXPECT_EQ(cf_future_result_json(fail(), -1, nullptr, nullptr, nullptr),
                  CF_STATUS_TASK_FAILED);
        const Future good = submit(pool, "echo");
        EXPECT_EQ(cf_future_wait(good, long_wait_ns()), CF_STATUS_OK);
    }
    EXPECT_EQ(heard.count(), 0);
}

// Where Python logs it.
TEST_P(Unobserved, T02WhatACallbackThrowsIsTold) {
    struct Note {
        std::string type, message, function;
        uint64_t task = 0;
        cf_test::Counter told;
    } note;
    const auto hook = [](const cf_error_t* error, void* opaque) {
        auto& seen = *static_cast<Note*>(opaque);
        seen.type = cf_error_type(error);
        seen.message = cf_error_message(error);
        seen.function = cf_error_function(error);
        seen.task = cf_error_task_id(error);
        seen.told.add();
    };
    ASSERT_EQ(cf_unobserved_failure_set_hook(hook, &note, nullptr, nullptr), CF_STATUS_OK);
    const uint64_t before = cf_unobserved_failure_count();
    {
        const Pool pool = make();
        const Future future = submit(pool, "echo", "[1]");
        const auto standard = [](cf_future_t*, void*) { throw std::out_of_range("too far"); };
        ASSERT_EQ(cf_future_add_done_callback(future, standard, nullptr, nullptr, nullptr),
                  CF_STATUS_OK);
        note.told.wait_for(1);
        EXPECT_EQ(note.type, "std::out_of_range");
        EXPECT_NE(note.message.find("callback"), std::string::npos) << note.message;
        EXPECT_NE(note.message.find("too far"), std::string::npos) << note.message;
        EXPECT_EQ(note.function, "echo");
        EXPECT_EQ(note.task, cf_future_task_id(future));
        EXPECT_EQ(json_of(future), "[1]");
        const auto number = [](cf_future_t*, void*) { throw 42; };
        ASSERT_EQ(cf_future_add_done_callback(future, number, nullptr, nullptr, nullptr),
                  CF_STATUS_OK);  // at once
        EXPECT_EQ(note.told.value(), 2);
        EXPECT_EQ(note.type, "int");
    }
    EXPECT_EQ(cf_unobserved_failure_count() - before, 2u);
    ASSERT_EQ(cf_unobserved_failure_set_hook(nullptr, nullptr, nullptr, nullptr), CF_STATUS_OK);
}

TEST(UnobservedFailures, S12CancelledFuturesHaveNotFailed) {
    const Heard heard;
    Promise promise;
    cf_promise_create(promise.out(), nullptr);
    EXPECT_EQ(cf_future_cancel(Future(cf_promise_future(promise))), 1);
    promise.reset();
    EXPECT_EQ(heard.count(), 0);
}

TEST(UnobservedFailures, S12WhatIsHandedOnIsToldOnce) {
    Heard heard;
    const Pool pool = make_threads(1);
    Promise promise;
    cf_promise_create(promise.out(), nullptr);
    Future derived;
    const auto fn = [](cf_task_t*, cf_future_t*, void*) -> int32_t { return 0; };
    ASSERT_EQ(cf_future_then(Future(cf_promise_future(promise)), pool, nullptr, CF_THEN_ON_SUCCESS,
                             fn, nullptr, nullptr, derived.out(), nullptr),
              CF_STATUS_OK);
    promise.reset();  // breaks it
    EXPECT_EQ(heard.count(), 0);
    derived.reset();
    EXPECT_EQ(heard.wait_for(1).size(), 1u);
}

TEST(UnobservedFailures, T08S12TheHookMayUseTheLibrary) {
    static int depth;
    depth = 0;
    const auto break_promise = [] {
        Promise promise;
        cf_promise_create(promise.out(), nullptr);
    };
    static void (*again)();
    again = break_promise;
    const auto hook = [](const cf_error_t* error, void*) {
        EXPECT_EQ(cf_error_status(error), CF_STATUS_BROKEN_PROMISE);
        if (++depth < 3) again();
        cf_unobserved_failure_set_hook(nullptr, nullptr, nullptr, nullptr);
    };
    static int destroyed;
    destroyed = 0;
    ASSERT_EQ(cf_unobserved_failure_set_hook(
                  hook, nullptr, [](void*) { ++destroyed; }, nullptr),
              CF_STATUS_OK);
    break_promise();
    EXPECT_EQ(depth, 3);
    EXPECT_EQ(destroyed, 1);
    break_promise();
    EXPECT_EQ(depth, 3);
}

}  // namespace
}  // namespace contract

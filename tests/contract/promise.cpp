// Promises: exactly one completion wins, and a dropped promise is a broken one.
#include "contract.h"

namespace contract {
namespace {

class PromiseTest : public testing::Test {
  protected:
    PromiseTest() {
        EXPECT_EQ(cf_promise_create(promise_.out(), nullptr), CF_STATUS_OK);
        future_ = Future(cf_promise_future(promise_));
        EXPECT_EQ(cf_error_create(CF_STATUS_TASK_FAILED, "E", "given", nullptr, given_.out()),
                  CF_STATUS_OK);
    }

    // Every way to complete the promise must be refused.
    void expect_complete() {
        Load load;
        Error by_json;
        expect_error(cf_promise_set_result_json(promise_, "2", -1, by_json.out()), by_json,
                     CF_STATUS_INVALID_STATE);
        Error by_bytes;
        expect_error(cf_promise_set_result_bytes(promise_, "x", 1, by_bytes.out()), by_bytes,
                     CF_STATUS_INVALID_STATE);
        Error by_pointer;
        expect_error(
            cf_promise_set_result_pointer(promise_, &load, Load::destroy, by_pointer.out()),
            by_pointer, CF_STATUS_INVALID_STATE);
        EXPECT_EQ(load.destroyed.value(), 1);
        Error by_error;
        expect_error(cf_promise_set_error(promise_, given_, by_error.out()), by_error,
                     CF_STATUS_INVALID_STATE);
    }

    Promise promise_;
    Future future_;
    Error given_;
};

TEST_F(PromiseTest, EachFutureHandleIsTheSameFuture) {
    const Future second(cf_promise_future(promise_));
    EXPECT_EQ(second.get(), future_.get());
    EXPECT_EQ(cf_future_task_id(future_), 0u);
    EXPECT_EQ(cf_future_payload(future_), nullptr);
}

TEST_F(PromiseTest, Json) {
    ASSERT_EQ(cf_promise_set_result_json(promise_, "[1]garbage", 3, nullptr), CF_STATUS_OK);
    EXPECT_EQ(json_of(future_), "[1]");
    expect_complete();
    EXPECT_EQ(json_of(future_), "[1]");
}

TEST_F(PromiseTest, AnyJsonValueIsAResult) {
    ASSERT_EQ(cf_promise_set_result_json(promise_, "\"text\"", -1, nullptr), CF_STATUS_OK);
    EXPECT_EQ(json_of(future_), "\"text\"");
}

TEST_F(PromiseTest, Bytes) {
    ASSERT_EQ(cf_promise_set_result_bytes(promise_, "a\0b", 3, nullptr), CF_STATUS_OK);
    expect_complete();
    const void* bytes = nullptr;
    std::size_t size = 0;
    ASSERT_EQ(cf_future_result_bytes(future_, 0, &bytes, &size, nullptr), CF_STATUS_OK);
    EXPECT_EQ(std::string(static_cast<const char*>(bytes), size), std::string("a\0b", 3));
    EXPECT_EQ(cf_future_result_kind(future_), CF_RESULT_KIND_BYTES);
}

TEST_F(PromiseTest, Pointer) {
    Load load;
    ASSERT_EQ(cf_promise_set_result_pointer(promise_, &load, Load::destroy, nullptr), CF_STATUS_OK);
    expect_complete();
    void* pointer = nullptr;
    ASSERT_EQ(cf_future_result_pointer(future_, 0, &pointer, nullptr), CF_STATUS_OK);
    EXPECT_EQ(pointer, &load);
    promise_.reset();
    EXPECT_EQ(load.destroyed.value(), 0);
    future_.reset();
    EXPECT_EQ(load.destroyed.value(), 1);
}

TEST_F(PromiseTest, ErrorIsTakenOver) {
    ASSERT_EQ(cf_promise_set_error(promise_, given_, nullptr), CF_STATUS_OK);
    expect_complete();
    given_.reset();
    EXPECT_EQ(outcome_of(future_), CF_STATUS_TASK_FAILED);
    EXPECT_STREQ(cf_error_message(cf_future_error(future_)), "given");
}

TEST_F(PromiseTest, ATextThatIsNotJsonLeavesItPending) {
    for (const char* const text : {"", "{", "[1,]", "nul", "1E400", "18446744073709551616"}) {
        Error error;
        expect_error(cf_promise_set_result_json(promise_, text, -1, error.out()), error,
                     CF_STATUS_ENCODE_ERROR);
        EXPECT_EQ(cf_future_state(future_), CF_FUTURE_STATE_PENDING);
    }
    EXPECT_EQ(cf_promise_set_result_json(promise_, "1", -1, nullptr), CF_STATUS_OK);
}

TEST_F(PromiseTest, StartsOnce) {
    EXPECT_EQ(cf_promise_set_running_or_notify_cancel(promise_), CF_STATUS_OK);
    EXPECT_EQ(cf_future_running(future_), 1);
    EXPECT_EQ(cf_promise_set_running_or_notify_cancel(promise_), CF_STATUS_INVALID_STATE);
    EXPECT_EQ(cf_future_cancel(future_), 0);
    EXPECT_EQ(cf_promise_set_result_json(promise_, "1", -1, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_promise_set_running_or_notify_cancel(promise_), CF_STATUS_INVALID_STATE);
}

TEST_F(PromiseTest, CancelledDoesNotStartAndTakesNoResult) {
    ASSERT_EQ(cf_future_cancel(future_), 1);
    EXPECT_EQ(cf_promise_set_running_or_notify_cancel(promise_), CF_STATUS_CANCELLED);
    EXPECT_EQ(cf_promise_set_running_or_notify_cancel(promise_), CF_STATUS_CANCELLED);
    expect_complete();
    EXPECT_EQ(cf_future_outcome(future_), CF_STATUS_CANCELLED);
}

TEST_F(PromiseTest, S3DroppedIsBroken) {
    Watcher watcher;
    watcher.add_to(future_);
    cf_promise_t* const second = cf_promise_retain(promise_);
    EXPECT_EQ(second, promise_.get());
    cf_promise_release(second);
    EXPECT_EQ(cf_future_done(future_), 0);
    promise_.reset();
    EXPECT_EQ(watcher.called.value(), 1);
    EXPECT_EQ(watcher.destroyed.value(), 1);
    EXPECT_EQ(watcher.thread.load(), std::this_thread::get_id());
    expect_failure(future_, CF_STATUS_BROKEN_PROMISE);
}

TEST_F(PromiseTest, DroppedWhileRunningIsBroken) {
    ASSERT_EQ(cf_promise_set_running_or_notify_cancel(promise_), CF_STATUS_OK);
    promise_.reset();
    EXPECT_EQ(outcome_of(future_), CF_STATUS_BROKEN_PROMISE);
}

TEST_F(PromiseTest, DroppedAfterACancelIsCancelled) {
    ASSERT_EQ(cf_future_cancel(future_), 1);
    promise_.reset();
    EXPECT_EQ(cf_future_outcome(future_), CF_STATUS_CANCELLED);
}

TEST_F(PromiseTest, DroppedWithoutAFutureHandle) {
    Watcher watcher;
    watcher.add_to(future_);
    future_.reset();
    promise_.reset();
    EXPECT_EQ(watcher.called.value(), 1);
    EXPECT_EQ(watcher.destroyed.value(), 1);
}

TEST_F(PromiseTest, WakesAWaiter) {
    std::thread keeper([&] { cf_promise_set_result_json(promise_, "1", -1, nullptr); });
    EXPECT_EQ(json_of(future_), "1");
    keeper.join();
}

TEST_F(PromiseTest, CallbacksRunInOrderOnTheKeeper) {
    Watcher first;
    Watcher second;
    first.add_to(future_);
    second.add_to(future_);
    ASSERT_EQ(cf_promise_set_result_json(promise_, "1", -1, nullptr), CF_STATUS_OK);
    EXPECT_EQ(first.thread.load(), std::this_thread::get_id());
    EXPECT_EQ(second.destroyed.value(), 1);
}

// Of many that complete at once one wins, and its result is the one that stays.
TEST_F(PromiseTest, T19RacesHaveOneWinner) {
    for (int round = 0; round < 100; ++round) {
        Promise promise;
        ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
        const Future future(cf_promise_future(promise));
        Watcher watcher;
        watcher.add_to(future);
        cf_test::Latch start(3);
        cf_test::Counter wins;
        std::string winner;
        std::vector<std::thread> threads;
        for (const char* const text : {"1", "2"}) {
            threads.emplace_back([&, text] {
                start.arrive_and_wait();
                if (cf_promise_set_result_json(promise, text, -1, nullptr) == CF_STATUS_OK) {
                    winner = text;
                    wins.add();
                }
            });
        }
        threads.emplace_back([&] {
            start.arrive_and_wait();
            if (cf_future_cancel(future) == 1) wins.add();
        });
        for (std::thread& thread : threads)
            thread.join();
        ASSERT_EQ(wins.value(), 1);
        ASSERT_EQ(watcher.called.value(), 1);
        if (cf_future_cancelled(future) == 0) {
            ASSERT_EQ(json_of(future), winner);
        }
    }
}

TEST(PromisePayload, LivesInTheFuture) {
    static int destroyed;
    destroyed = 0;
    void* payload = nullptr;
    Promise promise;
    const auto destroy = [](void* bytes) { destroyed += *static_cast<int*>(bytes); };
    ASSERT_EQ(cf_promise_create_with_payload(sizeof(int), 4096, destroy, &payload, promise.out(),
                                             nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(payload) % 4096, 0u);
    *static_cast<int*>(payload) = 41;
    Future future(cf_promise_future(promise));
    EXPECT_EQ(cf_future_payload(future), payload);
    EXPECT_EQ(cf_future_state(future), CF_FUTURE_STATE_PENDING);
    EXPECT_EQ(cf_promise_set_result_pointer(promise, payload, nullptr, nullptr), CF_STATUS_OK);
    promise.reset();
    void* result = nullptr;
    EXPECT_EQ(cf_future_result_pointer(future, 0, &result, nullptr), CF_STATUS_OK);
    EXPECT_EQ(result, payload);
    EXPECT_EQ(destroyed, 0);
    future.reset();
    EXPECT_EQ(destroyed, 41);
}

TEST(PromisePayload, GoesHoweverThePromiseEnds) {
    static int destroyed;
    destroyed = 0;
    const auto destroy = [](void*) { ++destroyed; };
    for (const bool cancelled : {false, true}) {
        void* payload = nullptr;
        Promise promise;
        ASSERT_EQ(cf_promise_create_with_payload(0, 1, destroy, &payload, promise.out(), nullptr),
                  CF_STATUS_OK);
        EXPECT_NE(payload, nullptr);
        const Future future(cf_promise_future(promise));
        EXPECT_EQ(cf_future_cancel(cancelled ? future.get() : nullptr), cancelled ? 1 : 0);
        promise.reset();
        EXPECT_EQ(cf_future_outcome(future),
                  cancelled ? CF_STATUS_CANCELLED : CF_STATUS_BROKEN_PROMISE);
    }
    EXPECT_EQ(destroyed, 2);
}

TEST(PromisePayload, WrongArgumentsAreRefused) {
    Promise promise;
    void* payload = nullptr;
    Error error;
    for (const std::size_t alignment : {std::size_t{0}, std::size_t{3}, std::size_t{8192}}) {
        expect_error(cf_promise_create_with_payload(8, alignment, nullptr, &payload, promise.out(),
                                                    error.out()),
                     error, CF_STATUS_INVALID_ARGUMENT, {"alignment"});
    }
    expect_error(cf_promise_create_with_payload((std::size_t{1} << 30) + 1, 8, nullptr, &payload,
                                                promise.out(), error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"size"});
    expect_error(cf_promise_create_with_payload(8, 8, nullptr, nullptr, promise.out(), error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"payload_out"});
    expect_error(cf_promise_create_with_payload(8, 8, nullptr, &payload, nullptr, error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"promise_out"});
    EXPECT_EQ(promise.get(), nullptr);
}

}  // namespace
}  // namespace contract

// The state machine of a future: every state with every question that can be put to it.
#include <algorithm>

#include "contract.h"

namespace contract {
namespace {

struct Expected {
    cf_future_state_t state;
    cf_status_t outcome;
    cf_status_t wait;       // cf_future_wait and the results, without waiting
    cf_status_t exception;  // cf_future_exception, without waiting
    cf_result_kind_t kind;
    int cancel;
};

constexpr Expected kPending = {CF_FUTURE_STATE_PENDING, CF_STATUS_INVALID_STATE, CF_STATUS_TIMEOUT,
                               CF_STATUS_TIMEOUT,       CF_RESULT_KIND_INVALID,  1};
constexpr Expected kRunning = {CF_FUTURE_STATE_RUNNING, CF_STATUS_INVALID_STATE, CF_STATUS_TIMEOUT,
                               CF_STATUS_TIMEOUT,       CF_RESULT_KIND_INVALID,  0};
constexpr Expected kCancelled = {CF_FUTURE_STATE_CANCELLED, CF_STATUS_CANCELLED,    CF_STATUS_OK,
                                 CF_STATUS_CANCELLED,       CF_RESULT_KIND_INVALID, 1};
constexpr Expected kFinished = {
    CF_FUTURE_STATE_FINISHED, CF_STATUS_OK, CF_STATUS_OK, CF_STATUS_OK, CF_RESULT_KIND_JSON, 0};
constexpr Expected kFailed = {CF_FUTURE_STATE_FINISHED,
                              CF_STATUS_TASK_FAILED,
                              CF_STATUS_OK,
                              CF_STATUS_OK,
                              CF_RESULT_KIND_INVALID,
                              0};

// Everything but cancel, which would change a pending future.
void expect_state(cf_future_t* future, const Expected& expected) {
    const bool done = expected.wait == CF_STATUS_OK;
    EXPECT_EQ(cf_future_state(future), expected.state);
    EXPECT_EQ(cf_future_done(future), done ? 1 : 0);
    EXPECT_EQ(cf_future_running(future), expected.state == CF_FUTURE_STATE_RUNNING ? 1 : 0);
    EXPECT_EQ(cf_future_cancelled(future), expected.state == CF_FUTURE_STATE_CANCELLED ? 1 : 0);
    EXPECT_EQ(cf_future_outcome(future), expected.outcome);
    EXPECT_EQ(cf_future_wait(future, 0), expected.wait);
    EXPECT_EQ(cf_future_wait(future, 1), expected.wait);
    EXPECT_EQ(cf_future_result_kind(future), expected.kind);

    const cf_status_t result = done ? expected.outcome : CF_STATUS_TIMEOUT;
    Error error;
    const char* json = "";
    EXPECT_EQ(cf_future_result_json(future, 0, &json, nullptr, error.out()), result);
    EXPECT_EQ(json != nullptr, result == CF_STATUS_OK);
    EXPECT_EQ(cf_error_status(error), result);
    Error task_error;
    EXPECT_EQ(cf_future_exception(future, 0, task_error.out()), expected.exception);
    const bool failed = done && expected.outcome == CF_STATUS_TASK_FAILED;
    EXPECT_EQ(task_error.get() != nullptr, failed);
    EXPECT_EQ(cf_future_error(future) != nullptr, failed);
}

void expect_cancel(cf_future_t* future, const Expected& expected) {
    EXPECT_EQ(cf_future_cancel(future), expected.cancel);
    EXPECT_EQ(cf_future_cancelled(future), expected.cancel);
}

class States : public ContractTest {};
CONTRACT_HOLDS_FOR(States, all_makers);

TEST_P(States, Finished) {
    const Pool pool = make();
    const Future future = submit(pool, "add", "[1, 2]");
    outcome_of(future);
    expect_state(future, kFinished);
    expect_cancel(future, kFinished);
    expect_state(future, kFinished);
}

TEST_P(States, Failed) {
    const Pool pool = make();
    const Future future = submit(pool, "fail", R"(["E", "m"])");
    outcome_of(future);
    expect_state(future, kFailed);
    expect_cancel(future, kFailed);
    expect_state(future, kFailed);
}

TEST(InlineStates, SubmitReturnsADoneFuture) {
    const Pool pool = contract::make(all_makers().front());
    const Future success = submit(pool, "add", "[1, 2]");
    expect_state(success, kFinished);
    const Future failure = submit(pool, "throw", R"(["int"])");
    expect_state(failure, kFailed);
    EXPECT_EQ(cf_future_cancel(success), 0);
}

TEST(InlineStates, TasksRunOnTheSubmitter) {
    const Pool pool = contract::make(all_makers().front());
    std::thread::id thread;
    const auto task = [](cf_task_t*, void* data) -> int32_t {
        *static_cast<std::thread::id*>(data) = std::this_thread::get_id();
        return 0;
    };
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, &thread, nullptr, nullptr, nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(thread, std::this_thread::get_id());
}

class QueueingStates : public ContractTest {};
CONTRACT_HOLDS_FOR(QueueingStates, queueing_makers);

TEST_P(QueueingStates, Running) {
    const Pool pool = make();
    Parked parked(pool, 1);
    const Future& running = parked.futures().front();
    expect_state(running, kRunning);
    expect_cancel(running, kRunning);
    expect_state(running, kRunning);
    parked.open();
    EXPECT_EQ(outcome_of(running), CF_STATUS_OK);
}

TEST_P(QueueingStates, PendingThenCancelled) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future future = submit(pool, "echo");
    expect_state(future, kPending);
    expect_cancel(future, kPending);
    expect_state(future, kCancelled);
    expect_cancel(future, kCancelled);
    expect_state(future, kCancelled);
}

TEST_P(QueueingStates, PendingThenFinished) {
    const Pool pool = make();
    Parked parked(pool, GetParam().workers);
    const Future future = submit(pool, "add", "[1, 2]");
    expect_state(future, kPending);
    parked.open();
    outcome_of(future);
    expect_state(future, kFinished);
}

// What a worker holds in advance is still pending, however much is queued.
TEST_P(QueueingStates, S2EveryQueuedCallIsPendingAndCanBeCancelled) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    std::vector<Future> futures;
    for (int i = 0; i < 50; ++i)
        futures.push_back(submit(pool, "echo"));
    for (const Future& future : futures) {
        EXPECT_EQ(cf_future_state(future), CF_FUTURE_STATE_PENDING);
    }
    for (const Future& future : futures)
        EXPECT_EQ(cf_future_cancel(future), 1);
}

// --- The same machine, driven by a promise --------------------------------------------------------

TEST(PromiseStates, T19PendingRunningFinished) {
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future future(cf_promise_future(promise));
    expect_state(future, kPending);
    ASSERT_EQ(cf_promise_set_running_or_notify_cancel(promise), CF_STATUS_OK);
    expect_state(future, kRunning);
    expect_cancel(future, kRunning);
    ASSERT_EQ(cf_promise_set_result_json(promise, "1", -1, nullptr), CF_STATUS_OK);
    expect_state(future, kFinished);
    expect_cancel(future, kFinished);
}

TEST(PromiseStates, T19PendingFinished) {
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future future(cf_promise_future(promise));
    ASSERT_EQ(cf_promise_set_result_json(promise, "1", -1, nullptr), CF_STATUS_OK);
    expect_state(future, kFinished);
}

TEST(PromiseStates, T19PendingCancelled) {
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future future(cf_promise_future(promise));
    expect_cancel(future, kPending);
    expect_state(future, kCancelled);
    expect_cancel(future, kCancelled);
}

TEST(PromiseStates, T19Failed) {
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future future(cf_promise_future(promise));
    Error error;
    ASSERT_EQ(cf_error_create(CF_STATUS_TASK_FAILED, "E", "m", nullptr, error.out()), CF_STATUS_OK);
    ASSERT_EQ(cf_promise_set_error(promise, error, nullptr), CF_STATUS_OK);
    expect_state(future, kFailed);
    expect_cancel(future, kFailed);
}

// --- Every operation in every state -------------------------------------------------------------------

struct Chart {
    const char* state;
    cf_status_t start;     // set_running_or_notify_cancel
    cf_status_t complete;  // set_result_*, set_error
    int32_t cancel;
    cf_status_t cancel_running;
    cf_status_t outcome;
    cf_status_t result;  // with no time to wait
    bool done;
};

void PrintTo(const Chart& chart, std::ostream* out) {
    *out << chart.state;
}

constexpr Chart kChart[] = {
    {"pending", CF_STATUS_OK, CF_STATUS_OK, 1, CF_STATUS_OK, CF_STATUS_INVALID_STATE,
     CF_STATUS_TIMEOUT, false},
    {"running", CF_STATUS_INVALID_STATE, CF_STATUS_OK, 0, CF_STATUS_UNSUPPORTED,
     CF_STATUS_INVALID_STATE, CF_STATUS_TIMEOUT, false},
    {"cancelled", CF_STATUS_CANCELLED, CF_STATUS_INVALID_STATE, 1, CF_STATUS_OK,
     CF_STATUS_CANCELLED, CF_STATUS_CANCELLED, true},
    {"succeeded", CF_STATUS_INVALID_STATE, CF_STATUS_INVALID_STATE, 0, CF_STATUS_INVALID_STATE,
     CF_STATUS_OK, CF_STATUS_OK, true},
    {"succeeded after running", CF_STATUS_INVALID_STATE, CF_STATUS_INVALID_STATE, 0,
     CF_STATUS_INVALID_STATE, CF_STATUS_OK, CF_STATUS_OK, true},
    {"failed", CF_STATUS_INVALID_STATE, CF_STATUS_INVALID_STATE, 0, CF_STATUS_INVALID_STATE,
     CF_STATUS_TASK_FAILED, CF_STATUS_TASK_FAILED, true},
};

class StateChart : public testing::TestWithParam<Chart> {
  protected:
    StateChart() {
        EXPECT_EQ(cf_promise_create(promise_.out(), nullptr), CF_STATUS_OK);
        future_ = Future(cf_promise_future(promise_));
        EXPECT_EQ(cf_error_create(CF_STATUS_TASK_FAILED, "E", "m", nullptr, error_.out()),
                  CF_STATUS_OK);
        const std::string state = GetParam().state;
        if (state.find("running") != std::string::npos) {
            EXPECT_EQ(cf_promise_set_running_or_notify_cancel(promise_), CF_STATUS_OK);
        }
        if (state == "cancelled") {
            EXPECT_EQ(cf_future_cancel(future_), 1);
        }
        if (state.find("succeeded") != std::string::npos) {
            EXPECT_EQ(cf_promise_set_result_json(promise_, "1", -1, nullptr), CF_STATUS_OK);
        }
        if (state == "failed") {
            EXPECT_EQ(cf_promise_set_error(promise_, error_, nullptr), CF_STATUS_OK);
        }
    }

    // That a completion in a state that is done has changed nothing.
    void expect_the_first_outcome() {
        if (!GetParam().done) return;
        EXPECT_EQ(cf_future_outcome(future_), GetParam().outcome);
        if (GetParam().outcome == CF_STATUS_OK) {
            EXPECT_EQ(json_of(future_), "1");
        }
    }
    void expect_completed(cf_status_t status, const Error& error) {
        if (GetParam().complete == CF_STATUS_OK) {
            EXPECT_EQ(status, CF_STATUS_OK);
        } else {
            expect_error(status, error, GetParam().complete);
        }
        expect_the_first_outcome();
    }

    Promise promise_;
    Future future_;
    Error error_;
};

INSTANTIATE_TEST_SUITE_P(Contract, StateChart, testing::ValuesIn(kChart), [](const auto& each) {
    std::string name = each.param.state;
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
});

TEST_P(StateChart, T19Start) {
    EXPECT_EQ(cf_promise_set_running_or_notify_cancel(promise_), GetParam().start);
    expect_the_first_outcome();
}

TEST_P(StateChart, T19SetJson) {
    Error error;
    expect_completed(cf_promise_set_result_json(promise_, "2", -1, error.out()), error);
}

TEST_P(StateChart, T19SetBytes) {
    Error error;
    expect_completed(cf_promise_set_result_bytes(promise_, "2", 1, error.out()), error);
}

TEST_P(StateChart, T19SetPointerDestroysWhatIsRefused) {
    Error error;
    cf_test::Counter destroyed;
    const auto destroy = [](void* counter) { static_cast<cf_test::Counter*>(counter)->add(); };
    expect_completed(cf_promise_set_result_pointer(promise_, &destroyed, destroy, error.out()),
                     error);
    EXPECT_EQ(destroyed.value(), GetParam().complete == CF_STATUS_OK ? 0 : 1);
    promise_.reset();
    future_.reset();
    EXPECT_EQ(destroyed.value(), 1);
}

TEST_P(StateChart, T19SetError) {
    Error error;
    expect_completed(cf_promise_set_error(promise_, error_, error.out()), error);
}

TEST_P(StateChart, T19Cancel) {
    EXPECT_EQ(cf_future_cancel(future_), GetParam().cancel);
    EXPECT_EQ(cf_future_cancelled(future_), GetParam().cancel);
    expect_the_first_outcome();
}

TEST_P(StateChart, T19CancelRunning) {
    Error error;
    EXPECT_EQ(cf_future_cancel_running(future_, error.out()), GetParam().cancel_running);
    EXPECT_EQ(cf_error_status(error), GetParam().cancel_running);
    expect_the_first_outcome();
}

TEST_P(StateChart, T19Read) {
    EXPECT_EQ(cf_future_done(future_), GetParam().done ? 1 : 0);
    EXPECT_EQ(cf_future_outcome(future_), GetParam().outcome);
    EXPECT_EQ(cf_future_wait(future_, 0), GetParam().done ? CF_STATUS_OK : CF_STATUS_TIMEOUT);
    Error error;
    const char* json = "";
    EXPECT_EQ(cf_future_result_json(future_, 0, &json, nullptr, error.out()), GetParam().result);
    EXPECT_EQ(json != nullptr, GetParam().result == CF_STATUS_OK);
    EXPECT_EQ(cf_error_status(error), GetParam().result);
    Error exception;
    const bool failed = GetParam().outcome == CF_STATUS_TASK_FAILED;
    EXPECT_EQ(cf_future_exception(future_, 0, exception.out()),
              failed ? CF_STATUS_OK : GetParam().result);
    EXPECT_EQ(cf_future_error(future_) != nullptr, failed);
}

TEST_P(StateChart, T19ACallbackIsCalledAtOnceWhenItIsDone) {
    Watcher watcher;
    watcher.add_to(future_);
    EXPECT_EQ(watcher.called.value(), GetParam().done ? 1 : 0);
    promise_.reset();  // ends it in every case
    EXPECT_EQ(watcher.called.value(), 1);
    EXPECT_EQ(watcher.destroyed.value(), 1);
}

}  // namespace
}  // namespace contract

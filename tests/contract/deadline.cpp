// Calls with a deadline: those that start too late fail, those that run too long are asked to stop.
#include <pthread.h>

#include <filesystem>
#include <iterator>

#include "contract.h"

namespace contract {
namespace {

SubmitOptions with_deadline(int64_t deadline_ns) {
    SubmitOptions options;
    EXPECT_EQ(cf_submit_options_create(options.out(), nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_submit_options_set_deadline(options, deadline_ns, nullptr), CF_STATUS_OK);
    return options;
}

Future submit_by(cf_executor_t* executor, int64_t deadline_ns, const std::string& name,
                 const std::string& arguments = "[]") {
    Future future;
    EXPECT_EQ(cf_executor_submit_call(executor, with_deadline(deadline_ns), name.c_str(),
                                      arguments.c_str(), -1, future.out(), nullptr),
              CF_STATUS_OK);
    return future;
}

class Deadline : public ContractTest {};
CONTRACT_HOLDS_FOR(Deadline, in_process_makers);

TEST_P(Deadline, ThatHasPassedAtTheSubmitFailsTheCall) {
    Load load;
    const Pool pool = make();
    const SubmitOptions options = with_deadline(0);
    ASSERT_EQ(cf_submit_options_set_name(options, "too late", nullptr), CF_STATUS_OK);
    Future future;
    ASSERT_EQ(
        cf_executor_submit(pool, options, Load::run, &load, Load::destroy, future.out(), nullptr),
        CF_STATUS_OK);
    expect_failure(future, CF_STATUS_DEADLINE_EXCEEDED, {"deadline"});
    EXPECT_STREQ(cf_error_function(cf_future_error(future)), "too late");
    EXPECT_EQ(cf_error_task_id(cf_future_error(future)), cf_future_task_id(future));
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(load.ran.value(), 0);
    EXPECT_EQ(load.destroyed.value(), 1);
}

class TimeLeft : public ContractTest {};
CONTRACT_HOLDS_FOR(TimeLeft, all_makers);

TEST_P(TimeLeft, IsToldToTheTaskWhereverItRuns) {
    const Pool pool = make();
    const Future future = submit_by(pool, long_wait_ns(), "time_left");
    const int64_t left = std::stoll(json_of(future));
    EXPECT_GT(left, 0);
    EXPECT_LE(left, long_wait_ns());
}

TEST_P(TimeLeft, CountsFromTheSubmitAndNotFromTheStart) {
    const Pool pool = make();
    Parked parked(pool, GetParam().queues ? GetParam().workers : 0);
    const Future future = submit_by(pool, long_wait_ns(), "time_left");
    const auto submitted = cf_test::Clock::now();
    const auto waited = std::chrono::nanoseconds(cf_test::Clock::now() - submitted);
    parked.open();
    const int64_t most = long_wait_ns() - (GetParam().queues ? waited.count() : 0);
    EXPECT_LE(std::stoll(json_of(future)), most);
}

TEST_P(TimeLeft, NegativeIsNone) {
    const Pool pool = make();
    EXPECT_LT(std::stoll(json_of(submit_by(pool, -1, "time_left"))), 0);
    EXPECT_LT(std::stoll(json_of(submit_by(pool, INT64_MIN, "time_left"))), 0);
}

TEST_P(Deadline, T14FarAwayNeverComes) {
    const Pool pool = make();
    EXPECT_EQ(json_of(submit_by(pool, INT64_MAX, "echo", "[1]")), "[1]");
}

TEST_P(Deadline, ThatPassesAsksARunningTaskToStop) {
    const Pool pool = make();
    const cf_task_fn until_asked = [](cf_task_t* task, void*) -> int32_t {
        if (cf_task_time_left(task) < 0) return 1;
        while (cf_task_cancel_requested(task) == 0)
            std::this_thread::yield();
        if (cf_task_time_left(task) != 0) return 2;
        return cf_task_return_json(task, "\"what I have\"", -1);
    };
    Future future;
    // A pool may not start it in time; then it fails, and that is right as well. Try until it starts.
    for (int64_t deadline_ns = cf_test::time_unit().count();; deadline_ns *= 2) {
        ASSERT_EQ(cf_executor_submit(pool, with_deadline(deadline_ns), until_asked, nullptr,
                                     nullptr, future.out(), nullptr),
                  CF_STATUS_OK);
        if (outcome_of(future) != CF_STATUS_DEADLINE_EXCEEDED) break;
    }
    EXPECT_EQ(json_of(future), "\"what I have\"");
}

class QueueingDeadline : public ContractTest {};
CONTRACT_HOLDS_FOR(QueueingDeadline, thread_makers);

TEST_P(QueueingDeadline, OfAPreparedCallCountsFromItsSubmit) {
    const Pool pool = make();
    void* payload = nullptr;
    Future future;
    const cf_task_fn tell = [](cf_task_t* task, void*) -> int32_t {
        return cf_task_return_json(task, std::to_string(cf_task_time_left(task)).c_str(), -1);
    };
    ASSERT_EQ(cf_executor_prepare(pool, with_deadline(long_wait_ns()), 8, 8, tell, nullptr, nullptr,
                                  &payload, future.out(), nullptr),
              CF_STATUS_OK);
    ASSERT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
    EXPECT_GT(std::stoll(json_of(future)), 0);
}

TEST_P(QueueingDeadline, CancelledBeforeItIsCancelled) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future future = submit_by(pool, long_wait_ns(), "echo");
    ASSERT_EQ(cf_future_cancel(future), 1);
    EXPECT_EQ(cf_future_outcome(future), CF_STATUS_CANCELLED);
}

TEST_P(QueueingDeadline, WakesWhoWaitsThenAndNotAtTheTurnOfTheCall) {
    Watcher watcher;
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    Load load;
    Future future;
    ASSERT_EQ(cf_executor_submit(pool, with_deadline(cf_test::time_unit().count()), Load::run,
                                 &load, Load::destroy, future.out(), nullptr),
              CF_STATUS_OK);
    watcher.add_to(future);
    cf_future_t* const list[] = {future};
    Queue queue;
    ASSERT_EQ(cf_as_completed(list, 1, -1, queue.out(), nullptr), CF_STATUS_OK);
    Future any;
    ASSERT_EQ(cf_when_any(list, 1, any.out(), nullptr), CF_STATUS_OK);

    EXPECT_EQ(
        cf_wait(list, 1, CF_RETURN_WHEN_FIRST_EXCEPTION, long_wait_ns(), nullptr, nullptr, nullptr),
        CF_STATUS_OK);
    expect_failure(future, CF_STATUS_DEADLINE_EXCEEDED, {"deadline"});
    Future taken;
    EXPECT_EQ(cf_completion_queue_next(queue, long_wait_ns(), taken.out(), nullptr, nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(outcome_of(any), CF_STATUS_OK);
    watcher.destroyed.wait_for(1);
    EXPECT_EQ(watcher.called.value(), 1);
    EXPECT_EQ(watcher.state.load(), CF_FUTURE_STATE_FINISHED);
    load.destroyed.wait_for(1);
    EXPECT_EQ(load.ran.value(), 0);
    EXPECT_EQ(cf_future_cancel(future), 0);
    EXPECT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_INVALID_STATE);
}

TEST_P(QueueingDeadline, OfAPreparedCallAbandonsIt) {
    struct Fate {
        cf_test::Counter abandoned, destroyed;
    } fate;
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    void* payload = nullptr;
    Future future;
    ASSERT_EQ(cf_executor_prepare(
                  pool, with_deadline(cf_test::time_unit().count()), sizeof(Fate*), alignof(Fate*),
                  [](cf_task_t*, void*) -> int32_t { return 0; },
                  [](void* at) { (*static_cast<Fate**>(at))->abandoned.add(); },
                  [](void* at) { (*static_cast<Fate**>(at))->destroyed.add(); }, &payload,
                  future.out(), nullptr),
              CF_STATUS_OK);
    *static_cast<Fate**>(payload) = &fate;
    ASSERT_EQ(cf_executor_submit_prepared(pool, future, nullptr), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_DEADLINE_EXCEEDED);
    fate.abandoned.wait_for(1);
    EXPECT_EQ(fate.destroyed.value(), 0);
}

// They come in any order, and some are cancelled before.
TEST_P(QueueingDeadline, EachOfManyHasItsOwn) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    std::vector<Future> futures;
    const int64_t step = cf_test::time_unit().count() / 100;
    for (int i = 0; i < 300; ++i)
        futures.push_back(submit_by(pool, (i * 7919 % 300 + 1) * step, "echo"));
    const Future patient = submit_by(pool, 100 * long_wait_ns(), "echo");
    int cancelled = 0;
    for (std::size_t i = 0; i < futures.size(); i += 3)
        cancelled += cf_future_cancel(futures[i]);
    int failed = 0;
    for (const Future& future : futures)
        failed += outcome_of(future) == CF_STATUS_DEADLINE_EXCEEDED ? 1 : 0;
    EXPECT_EQ(cancelled + failed, 300);
    EXPECT_EQ(cf_future_state(patient), CF_FUTURE_STATE_PENDING);
}

TEST_P(QueueingDeadline, PassesWhateverACallbackDoes) {
    // Before the pool, which waits for the callback.
    cf_test::Gate blocked, go_on;
    struct Gates {
        cf_test::Gate& blocked;
        cf_test::Gate& go_on;
    } gates{blocked, go_on};
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future first = submit_by(pool, cf_test::time_unit().count(), "echo");
    ASSERT_EQ(cf_future_add_done_callback(
                  first,
                  [](cf_future_t*, void* data) {
                      static_cast<Gates*>(data)->blocked.open();
                      static_cast<Gates*>(data)->go_on.wait();
                  },
                  &gates, nullptr, nullptr),
              CF_STATUS_OK);
    blocked.wait();
    const Future second = submit_by(pool, cf_test::time_unit().count(), "echo");
    EXPECT_EQ(outcome_of(second), CF_STATUS_DEADLINE_EXCEEDED);
    go_on.open();
}

TEST_P(QueueingDeadline, ACallbackMayEndItsThread) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    for (int round = 0; round < 3; ++round) {
        const Future future = submit_by(pool, cf_test::time_unit().count(), "echo");
        ASSERT_EQ(cf_future_add_done_callback(
                      future, [](cf_future_t*, void*) { pthread_exit(nullptr); }, nullptr, nullptr,
                      nullptr),
                  CF_STATUS_OK);
        Watcher watcher;
        watcher.add_to(future);
        watcher.destroyed.wait_for(1);
        EXPECT_EQ(outcome_of(future), CF_STATUS_DEADLINE_EXCEEDED);
    }
}

TEST_P(QueueingDeadline, ACallbackMayShutDownAndReleaseThePool) {
    cf_test::Gate told;
    Pool pool = make();
    Parked parked(pool, GetParam().workers);
    const Future future = submit_by(pool, cf_test::time_unit().count(), "echo");
    struct Seen {
        cf_executor_t* executor;
        cf_test::Gate& told;
        cf_status_t status = CF_STATUS_OK;
    } seen{pool, told};
    ASSERT_EQ(cf_future_add_done_callback(
                  future,
                  [](cf_future_t*, void* data) {
                      auto& self = *static_cast<Seen*>(data);
                      self.status =
                          cf_executor_shutdown(self.executor, CF_SHUTDOWN_WAIT, -1, nullptr);
                      cf_executor_release(self.executor);
                      self.told.open();
                  },
                  &seen, nullptr, nullptr),
              CF_STATUS_OK);
    cf_executor_retain(pool);
    told.wait();
    EXPECT_EQ(seen.status, CF_STATUS_WOULD_DEADLOCK);
}

TEST_P(QueueingDeadline, OfAContinuationCountsFromTheEndBeforeIt) {
    const Pool pool = make();
    Parked parked(pool, 1);
    Future derived;
    const cf_then_fn tell = [](cf_task_t* task, cf_future_t*, void*) -> int32_t {
        return cf_task_return_json(task, cf_task_time_left(task) > 0 ? "true" : "false", -1);
    };
    ASSERT_EQ(cf_future_then(parked.futures()[0], pool, with_deadline(long_wait_ns()), 0, tell,
                             nullptr, nullptr, derived.out(), nullptr),
              CF_STATUS_OK);
    parked.open();
    EXPECT_EQ(json_of(derived), "true");
}

TEST_P(QueueingDeadline, T04RacesWithTheStartHaveOneOutcome) {
    const Pool pool = make();
    int late = 0;
    std::vector<Load> loads(300);
    std::vector<Future> futures(loads.size());
    for (std::size_t i = 0; i < loads.size(); ++i) {
        ASSERT_EQ(cf_executor_submit(pool, with_deadline(static_cast<int64_t>(i) * 1000), Load::run,
                                     &loads[i], Load::destroy, futures[i].out(), nullptr),
                  CF_STATUS_OK);
    }
    for (std::size_t i = 0; i < loads.size(); ++i) {
        const cf_status_t outcome = outcome_of(futures[i]);
        ASSERT_TRUE(outcome == CF_STATUS_OK || outcome == CF_STATUS_DEADLINE_EXCEEDED);
        if (outcome == CF_STATUS_DEADLINE_EXCEEDED) ++late;
        ASSERT_EQ(loads[i].ran.value(), outcome == CF_STATUS_OK ? 1 : 0);
    }
    EXPECT_GE(late, 1);  // the first one
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    for (const Load& load : loads)
        ASSERT_EQ(load.destroyed.value(), 1);
}

TEST_P(QueueingDeadline, ThreadsForItStartWithTheFirst) {
    const auto threads = [] {
        const std::filesystem::directory_iterator tasks("/proc/self/task");
        return std::distance(begin(tasks), end(tasks));
    };
    const Pool pool = make();
    Parked parked(pool, GetParam().workers);
    const auto before = threads();
    const Future future = submit_by(pool, long_wait_ns(), "echo");
    EXPECT_EQ(threads(), before + 2);
    const Future other = submit_by(pool, long_wait_ns(), "echo");
    EXPECT_EQ(threads(), before + 2);
    parked.open();
    EXPECT_EQ(outcome_of(other), CF_STATUS_OK);
}

}  // namespace
}  // namespace contract

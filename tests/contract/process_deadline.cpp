// Calls that a worker process does not finish in time, or that nobody wants any more: the worker ends.
#include <csignal>

#include "contract.h"
#include "support/eventually.h"

namespace contract {
namespace {

SubmitOptions with_deadline(int64_t deadline_ns) {
    SubmitOptions options;
    cf_submit_options_create(options.out(), nullptr);
    EXPECT_EQ(cf_submit_options_set_deadline(options, deadline_ns, nullptr), CF_STATUS_OK);
    return options;
}

Future submit_by(cf_executor_t* pool, int64_t deadline_ns, const std::string& name,
                 const std::string& arguments = "[]") {
    Future future;
    EXPECT_EQ(cf_executor_submit_call(pool, with_deadline(deadline_ns), name.c_str(),
                                      arguments.c_str(), -1, future.out(), nullptr),
              CF_STATUS_OK);
    return future;
}

class ProcessStop : public ContractTest {
  protected:
    Pool make_with_grace(int workers, int64_t grace_ns) const {
        const ProcessPoolOptions options = process_options(GetParam());
        cf_process_pool_options_set_max_workers(options, workers, nullptr);
        cf_process_pool_options_set_termination_grace(options, grace_ns, nullptr);
        cf_executor_t* executor = nullptr;
        EXPECT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
        return Pool(executor);
    }
};
CONTRACT_HOLDS_FOR(ProcessStop, process_makers);

// --- Deadlines ---------------------------------------------------------------------------------------

TEST_P(ProcessStop, ADeadlineOfZeroMeansThatTheCallDoesNotRun) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("record");
    const Pool pool = make();
    const Future future = submit_by(pool, 0, "record", '[' + quoted(file) + ']');
    expect_failure(future, CF_STATUS_DEADLINE_EXCEEDED, {"deadline"});
    json_of(submit(pool, "echo"));
    EXPECT_EQ(recorded(file), 0);
}

TEST_P(ProcessStop, ACallThatEndsInTimeHasItsResult) {
    const Pool pool = make();
    EXPECT_EQ(json_of(submit_by(pool, long_wait_ns(), "echo", "[1]")), "[1]");
    EXPECT_EQ(json_of(submit_by(pool, INT64_MAX, "echo", "[1]")), "[1]");
}

// Within the grace the task itself sees that its time is over.
TEST_P(ProcessStop, ATaskSeesItsDeadlinePass) {
    const Pool pool = make_with_grace(1, cf_test::short_wait_ns());
    json_of(submit(pool, "echo"));
    Future future;
    // It may not start in time, or be ended first; then that is right as well. Try until it is not.
    for (int64_t deadline_ns = cf_test::short_wait_ns();; deadline_ns *= 2) {
        future = submit_by(pool, deadline_ns, "until_asked");
        if (outcome_of(future) == CF_STATUS_OK) break;
        ASSERT_EQ(outcome_of(future), CF_STATUS_DEADLINE_EXCEEDED);
    }
    EXPECT_EQ(json_of(future), "0");
}

TEST_P(ProcessStop, W08ACallBeyondItsDeadlineLosesItsWorkerAndNoOtherCall) {
    const Pool pool = make();
    cf_test::ProcessGate gate;
    // A pool may not start it in time; then it fails, and that is right as well. Try until it starts.
    Future late;
    for (int64_t deadline_ns = cf_test::short_wait_ns();; deadline_ns *= 2) {
        late = submit_by(pool, deadline_ns, "pass_gate", '[' + quoted(gate.path()) + ", 0]");
        ASSERT_EQ(outcome_of(late), CF_STATUS_DEADLINE_EXCEEDED);
        if (cf_error_worker_pid(cf_future_error(late)) != 0) break;
    }
    const pid_t pid = gate.wait_arrived(1).front();
    expect_failure(late, CF_STATUS_DEADLINE_EXCEEDED,
                   {"pass_gate", std::to_string(pid), "deadline"});
    const cf_error_t* error = cf_future_error(late);
    EXPECT_EQ(cf_error_worker_pid(error), pid);
    EXPECT_STREQ(cf_error_function(error), "pass_gate");
    EXPECT_EQ(cf_error_task_id(error), cf_future_task_id(late));
    EXPECT_EQ(cf_error_worker_signal(error), SIGTERM);
    EXPECT_EQ(json_of(submit(pool, "echo", "[1]")), "[1]");
}

TEST_P(ProcessStop, CallsBehindOneBeyondItsDeadlineAreRunElsewhere) {
    const Pool pool = make_with_grace(1, -1);
    cf_test::ProcessGate gate;
    json_of(submit(pool, "echo"));
    const Future late =
        submit_by(pool, cf_test::short_wait_ns(), "pass_gate", '[' + quoted(gate.path()) + ", 0]");
    std::vector<Future> others;
    for (int i = 0; i < 20; ++i)
        others.push_back(submit(pool, "echo", '[' + std::to_string(i) + ']'));
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(json_of(others[static_cast<std::size_t>(i)]), '[' + std::to_string(i) + ']');
    EXPECT_EQ(outcome_of(late), CF_STATUS_DEADLINE_EXCEEDED);
}

TEST_P(ProcessStop, ACallThatHasNotStartedFailsAtItsDeadlineAndItsWorkerGoesOn) {
    const Pool pool = make();
    Parked parked(pool, GetParam().workers);
    std::vector<Future> late;
    for (int i = 0; i < 5; ++i)
        late.push_back(submit_by(pool, cf_test::short_wait_ns(), "echo"));
    const Future patient = submit_by(pool, 2 * long_wait_ns(), "echo", "[2]");
    for (const Future& future : late) {
        expect_failure(future, CF_STATUS_DEADLINE_EXCEEDED, {"had not started"});
        EXPECT_EQ(cf_error_worker_pid(cf_future_error(future)), 0);
    }
    parked.open();
    for (const Future& future : parked.futures())
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(json_of(patient), "[2]");
}

TEST_P(ProcessStop, W08AStoppedOrDeafWorkerIsKilledWhenTheGraceIsOver) {
    const Pool pool = make_with_grace(1, cf_test::short_wait_ns());
    json_of(submit(pool, "ignore_signal", '[' + std::to_string(SIGTERM) + ']'));
    cf_test::ProcessGate gate;
    const Future late =
        submit_by(pool, cf_test::short_wait_ns(), "pass_gate", '[' + quoted(gate.path()) + ", 0]");
    ASSERT_EQ(outcome_of(late), CF_STATUS_DEADLINE_EXCEEDED);
    EXPECT_EQ(cf_error_worker_signal(cf_future_error(late)), SIGKILL);
}

TEST_P(ProcessStop, ACancelledCallWithADeadlineIsCancelled) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future future = submit_by(pool, long_wait_ns(), "echo");
    EXPECT_EQ(cf_future_cancel(future), 1);
    EXPECT_EQ(cf_future_outcome(future), CF_STATUS_CANCELLED);
}

TEST_P(ProcessStop, ManyCallsWithDeadlinesOfAllKinds) {
    const Pool pool = make();
    std::vector<Future> futures;
    for (int i = 0; i < 300; ++i) {
        const int64_t deadline_ns = i % 3 == 0 ? 0 : (i % 3 == 1 ? i * 10000 : long_wait_ns());
        futures.push_back(submit_by(pool, deadline_ns, "echo", '[' + std::to_string(i) + ']'));
    }
    for (std::size_t i = 0; i < futures.size(); ++i) {
        const cf_status_t status = outcome_of(futures[i]);
        if (i % 3 == 0) {
            EXPECT_EQ(status, CF_STATUS_DEADLINE_EXCEEDED);
        } else if (status != CF_STATUS_DEADLINE_EXCEEDED || i % 3 == 2) {
            EXPECT_EQ(json_of(futures[i]), '[' + std::to_string(i) + ']');
        }
    }
}

// --- Cancel running ----------------------------------------------------------------------------------

TEST_P(ProcessStop, CancelRunningEndsTheWorkerAndNoOtherCall) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    std::vector<Future> others;
    for (int i = 0; i < 20; ++i)
        others.push_back(submit(pool, "echo", '[' + std::to_string(i) + ']'));
    const Future& future = parked.futures().front();
    ASSERT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_OK);
    expect_failure(future, CF_STATUS_WORKER_KILLED, {"pass_gate", "cf_future_cancel_running"});
    EXPECT_GT(cf_error_worker_pid(cf_future_error(future)), 0);
    EXPECT_EQ(cf_error_worker_signal(cf_future_error(future)), SIGTERM);
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(json_of(others[static_cast<std::size_t>(i)]), '[' + std::to_string(i) + ']');
    EXPECT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_INVALID_STATE);
}

TEST_P(ProcessStop, CancelRunningRacesWithTheEnd) {
    const Pool pool = make();
    for (int i = 0; i < 50; ++i) {
        const Future future = submit(pool, "echo", "[1]");
        const Future other = submit(pool, "echo", "[2]");
        cf_future_cancel_running(future, nullptr);
        const cf_status_t status = outcome_of(future);
        EXPECT_TRUE(status == CF_STATUS_OK || status == CF_STATUS_CANCELLED ||
                    status == CF_STATUS_WORKER_KILLED)
            << cf_status_name(status);
        EXPECT_EQ(json_of(other), "[2]");
    }
}

}  // namespace
}  // namespace contract

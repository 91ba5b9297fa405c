// Calls with a deadline: those that start too late fail, those that run too long are asked to stop.
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

TEST_P(Deadline, LeavesACallAloneThatIsInTime) {
    const Pool pool = make();
    const Future future = submit_by(pool, long_wait_ns(), "time_left");
    const int64_t left = std::stoll(json_of(future));
    EXPECT_GT(left, 0);
    EXPECT_LE(left, long_wait_ns());
}

TEST_P(Deadline, NegativeIsNone) {
    const Pool pool = make();
    EXPECT_LT(std::stoll(json_of(submit_by(pool, -1, "time_left"))), 0);
    EXPECT_LT(std::stoll(json_of(submit_by(pool, INT64_MIN, "time_left"))), 0);
}

TEST_P(Deadline, FarAwayNeverComes) {
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

class ProcessDeadline : public ContractTest {};
CONTRACT_HOLDS_FOR(ProcessDeadline, process_makers);

TEST_P(ProcessDeadline, IsNotOffered) {
    const Pool pool = make();
    Future future;
    Error error;
    expect_error(cf_executor_submit_call(pool, with_deadline(long_wait_ns()), "echo", "[]", -1,
                                         future.out(), error.out()),
                 error, CF_STATUS_UNSUPPORTED, {"deadline"});
    EXPECT_EQ(future.get(), nullptr);
}

}  // namespace
}  // namespace contract

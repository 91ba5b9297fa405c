// cf_wait: three conditions, timeouts that are statuses, futures of any origin together.
#include <algorithm>

#include "contract.h"

namespace contract {
namespace {

// The split that a wait gives.
struct Split {
    cf_status_t status;
    std::string done;  // one character per future, '1' for done
    std::size_t count;
};

Split wait_for(const std::vector<cf_future_t*>& futures, cf_return_when_t when, int64_t timeout) {
    std::vector<uint8_t> done(futures.size(), 9);
    Split split = {CF_STATUS_INTERNAL, "", 99};
    Error error;
    split.status = cf_wait(futures.data(), futures.size(), when, timeout, done.data(), &split.count,
                           error.out());
    EXPECT_EQ(cf_error_status(error), split.status);
    for (const uint8_t flag : done)
        split.done += static_cast<char>('0' + flag);
    return split;
}

void expect_split(const Split& split, cf_status_t status, const std::string& done) {
    EXPECT_STREQ(cf_status_name(split.status), cf_status_name(status));
    EXPECT_EQ(split.done, done);
    EXPECT_EQ(split.count, static_cast<std::size_t>(std::count(done.begin(), done.end(), '1')));
}

constexpr cf_return_when_t kFirst = CF_RETURN_WHEN_FIRST_COMPLETED;
constexpr cf_return_when_t kException = CF_RETURN_WHEN_FIRST_EXCEPTION;
constexpr cf_return_when_t kAll = CF_RETURN_WHEN_ALL_COMPLETED;
constexpr cf_return_when_t kConditions[] = {kFirst, kException, kAll};

class Wait : public ContractTest {};
CONTRACT_HOLDS_FOR(Wait, all_makers);

TEST_P(Wait, ForAllThatAreDone) {
    const Pool pool = make();
    const Future success = submit(pool, "echo");
    const Future failure = submit(pool, "fail", R"(["E", "m"])");
    expect_split(wait_for({success, failure}, kAll, long_wait_ns()), CF_STATUS_OK, "11");
    for (const cf_return_when_t when : kConditions) {
        expect_split(wait_for({success, failure}, when, 0), CF_STATUS_OK, "11");
    }
}

TEST_P(Wait, DuplicatesCountAsTheyStand) {
    const Pool pool = make();
    const Future future = submit(pool, "echo");
    expect_split(wait_for({future, future, future}, kAll, long_wait_ns()), CF_STATUS_OK, "111");
}

TEST_P(Wait, OutParametersAreOptional) {
    const Pool pool = make();
    const Future future = submit(pool, "echo");
    cf_future_t* const list[] = {future};
    EXPECT_EQ(cf_wait(list, 1, kAll, long_wait_ns(), nullptr, nullptr, nullptr), CF_STATUS_OK);
}

TEST_P(Wait, ForFuturesOfSeveralExecutors) {
    const Pool pool = make();
    const Pool others = make_threads(1);
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future promised(cf_promise_future(promise));
    const Future mine = submit(pool, "echo");
    const Future other = submit(others, "echo");
    outcome_of(mine);
    outcome_of(other);
    expect_split(wait_for({mine, promised, other}, kAll, 0), CF_STATUS_TIMEOUT, "101");
    std::thread keeper([&] { cf_promise_set_result_json(promise, "1", -1, nullptr); });
    expect_split(wait_for({mine, promised, other}, kAll, long_wait_ns()), CF_STATUS_OK, "111");
    keeper.join();
}

class QueueingWait : public ContractTest {
  protected:
    QueueingWait() : pool_(make()), parked_(pool_, GetParam().workers) {}

    const Pool pool_;
    Parked parked_;
};
CONTRACT_HOLDS_FOR(QueueingWait, queueing_makers);

TEST_P(QueueingWait, S5TimeoutIsAStatusAndChangesNothing) {
    const Future future = submit(pool_, "echo", "[1]");
    for (const cf_return_when_t when : kConditions) {
        for (const int64_t timeout : {int64_t{0}, int64_t{1}, cf_test::short_wait_ns()}) {
            expect_split(wait_for({future}, when, timeout), CF_STATUS_TIMEOUT, "0");
        }
    }
    EXPECT_EQ(cf_future_wait(future, 0), CF_STATUS_TIMEOUT);
    EXPECT_EQ(cf_future_state(future), CF_FUTURE_STATE_PENDING);
    parked_.open();
    EXPECT_EQ(json_of(future), "[1]");
}

TEST_P(QueueingWait, TimesOutNotBeforeItsTime) {
    const Future future = submit(pool_, "echo");
    const auto begin = cf_test::Clock::now();
    EXPECT_EQ(cf_future_wait(future, cf_test::short_wait_ns()), CF_STATUS_TIMEOUT);
    EXPECT_GE(cf_test::Clock::now() - begin, cf_test::short_wait());
}

TEST_P(QueueingWait, T14ExtremeTimeoutsDoNotOverflow) {
    const Future future = submit(pool_, "echo");
    std::thread opener([&] { parked_.open(); });
    EXPECT_EQ(cf_future_wait(future, INT64_MAX), CF_STATUS_OK);
    opener.join();
    EXPECT_EQ(cf_future_wait(future, INT64_MIN), CF_STATUS_OK);
    EXPECT_EQ(cf_future_wait(future, -1), CF_STATUS_OK);
}

TEST_P(QueueingWait, FirstCompletedGivesAllThatAreDone) {
    const Future one = submit(pool_, "echo");
    const Future two = submit(pool_, "echo");
    const Future three = submit(pool_, "echo");
    ASSERT_EQ(cf_future_cancel(one), 1);
    ASSERT_EQ(cf_future_cancel(three), 1);
    expect_split(wait_for({one, two, three}, kFirst, -1), CF_STATUS_OK, "101");
    expect_split(wait_for({one, two, three}, kAll, 0), CF_STATUS_TIMEOUT, "101");
}

TEST_P(QueueingWait, FirstCompletedWakesAtTheFirst) {
    const Future one = submit(pool_, "echo");
    const Future two = submit(pool_, "echo");
    std::thread canceller([&] { cf_future_cancel(two); });
    expect_split(wait_for({one, two}, kFirst, -1), CF_STATUS_OK, "01");
    canceller.join();
}

TEST_P(QueueingWait, ACancelledFutureIsNoException) {
    const Future one = submit(pool_, "echo");
    const Future two = submit(pool_, "echo");
    ASSERT_EQ(cf_future_cancel(one), 1);
    expect_split(wait_for({one, two}, kException, 0), CF_STATUS_TIMEOUT, "10");
    parked_.open();
    expect_split(wait_for({one, two}, kException, long_wait_ns()), CF_STATUS_OK, "11");
}

TEST_P(QueueingWait, FirstExceptionWakesAtTheFailure) {
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future failing(cf_promise_future(promise));
    const Future pending = submit(pool_, "echo");
    Error error;
    ASSERT_EQ(cf_error_create(CF_STATUS_TASK_FAILED, "E", "m", nullptr, error.out()), CF_STATUS_OK);
    std::thread keeper([&] { cf_promise_set_error(promise, error, nullptr); });
    expect_split(wait_for({pending, failing}, kException, -1), CF_STATUS_OK, "01");
    keeper.join();
    expect_split(wait_for({pending, failing}, kException, 0), CF_STATUS_OK, "01");
}

TEST_P(QueueingWait, FirstExceptionWithoutOneWaitsForAll) {
    const Future one = submit(pool_, "echo");
    const Future two = submit(pool_, "echo");
    expect_split(wait_for({one, two}, kException, 0), CF_STATUS_TIMEOUT, "00");
    parked_.open();
    expect_split(wait_for({one, two}, kException, -1), CF_STATUS_OK, "11");
}

TEST_P(QueueingWait, AllCompletedWaitsForTheLast) {
    std::vector<Future> futures;
    std::vector<cf_future_t*> list;
    for (int i = 0; i < 50; ++i) {
        futures.push_back(submit(pool_, "echo"));
        list.push_back(futures.back());
    }
    std::thread opener([&] { parked_.open(); });
    expect_split(wait_for(list, kAll, -1), CF_STATUS_OK, std::string(50, '1'));
    opener.join();
}

TEST_P(QueueingWait, ManyThreadsMayWaitForTheSame) {
    const Future future = submit(pool_, "echo");
    cf_test::Latch started(4);
    std::vector<std::thread> waiters;
    for (int i = 0; i < 4; ++i) {
        waiters.emplace_back([&] {
            started.arrive();
            expect_split(wait_for({future}, kAll, -1), CF_STATUS_OK, "1");
        });
    }
    started.wait();
    parked_.open();
    for (std::thread& waiter : waiters)
        waiter.join();
}

// --- Input -----------------------------------------------------------------------------------------

TEST(WaitInput, NothingIsDoneAtOnce) {
    for (const cf_return_when_t when : kConditions) {
        std::size_t count = 9;
        EXPECT_EQ(cf_wait(nullptr, 0, when, -1, nullptr, &count, nullptr), CF_STATUS_OK);
        EXPECT_EQ(count, 0u);
    }
}

TEST(WaitInput, AnUnknownConditionIsAlwaysRefused) {
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future pending(cf_promise_future(promise));
    for (const cf_return_when_t when : {-1, 3, 100, INT32_MIN}) {
        Error empty;
        expect_error(cf_wait(nullptr, 0, when, 0, nullptr, nullptr, empty.out()), empty,
                     CF_STATUS_INVALID_ARGUMENT, {"return_when"});
        cf_future_t* const list[] = {pending};
        Error error;
        expect_error(cf_wait(list, 1, when, -1, nullptr, nullptr, error.out()), error,
                     CF_STATUS_INVALID_ARGUMENT, {"return_when"});
    }
}

TEST(WaitInput, ANullInTheArrayIsRefused) {
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future pending(cf_promise_future(promise));
    cf_future_t* const list[] = {pending, nullptr};
    Error error;
    expect_error(cf_wait(list, 2, kAll, -1, nullptr, nullptr, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT);
    Error no_array;
    expect_error(cf_wait(nullptr, 1, kAll, -1, nullptr, nullptr, no_array.out()), no_array,
                 CF_STATUS_INVALID_ARGUMENT, {"futures"});
}

}  // namespace
}  // namespace contract

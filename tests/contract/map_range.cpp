// Map over a range of indexes: every index once, who runs parts, failures, shutdown.
#include <pthread.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "contract.h"

namespace contract {
namespace {

class RangeMapTest : public ContractTest {};
CONTRACT_HOLDS_FOR(RangeMapTest, in_process_makers);

// Notes which indexes were visited, and by whom.
struct Visits {
    explicit Visits(size_t count) : times(count) {}
    std::vector<std::atomic<int>> times;
    std::atomic<int> parts{0};

    static int32_t run(cf_task_t*, int64_t begin, int64_t end, void* self) {
        auto& visits = *static_cast<Visits*>(self);
        ++visits.parts;
        for (int64_t i = begin; i < end; ++i)
            ++visits.times[static_cast<size_t>(i)];
        return 0;
    }
    void expect_once_each() const {
        for (const std::atomic<int>& time : times)
            ASSERT_EQ(time, 1);
    }
};

TEST_P(RangeMapTest, EveryIndexIsInOnePart) {
    const Pool pool = make();
    for (const size_t count : std::initializer_list<size_t>{1, 2, 3, 100, 100'000}) {
        for (const int64_t grain : {0, 1, 7, 1'000'000}) {
            Visits visits(count);
            ASSERT_EQ(cf_executor_map_range(pool, 0, static_cast<int64_t>(count), grain,
                                            Visits::run, &visits, nullptr),
                      CF_STATUS_OK);
            visits.expect_once_each();
        }
    }
}

TEST_P(RangeMapTest, PartsAreOfTheGrainButForOne) {
    struct Sizes {
        std::atomic<int64_t> sum{0};
        std::atomic<int> small{0};
    } sizes;
    const auto run = [](cf_task_t*, int64_t begin, int64_t end, void* self) {
        auto& all = *static_cast<Sizes*>(self);
        all.sum += end - begin;
        if (end - begin < 10) ++all.small;
        return int32_t{0};
    };
    const Pool pool = make();
    ASSERT_EQ(cf_executor_map_range(pool, -500, 507, 10, run, &sizes, nullptr), CF_STATUS_OK);
    EXPECT_EQ(sizes.sum, 1007);
    EXPECT_LE(sizes.small, 1);
}

TEST_P(RangeMapTest, TheLargestRangeIsCovered) {
    struct Ends {
        std::atomic<int64_t> first{0};
        std::atomic<int64_t> last{0};
    } ends;
    const auto run = [](cf_task_t*, int64_t begin, int64_t end, void* self) {
        auto& all = *static_cast<Ends*>(self);
        if (begin == INT64_MIN) all.first = begin;
        if (end == INT64_MAX) all.last = end;
        return begin < end ? int32_t{0} : int32_t{1};
    };
    const Pool pool = make();
    ASSERT_EQ(cf_executor_map_range(pool, INT64_MIN, INT64_MAX, 0, run, &ends, nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(ends.first, INT64_MIN);
    EXPECT_EQ(ends.last, INT64_MAX);
}

TEST_P(RangeMapTest, AnEmptyRangeIsNoWork) {
    const Pool pool = make();
    Visits visits(1);
    EXPECT_EQ(cf_executor_map_range(pool, 1, 1, 0, Visits::run, &visits, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_executor_map_range(pool, 2, 1, 0, Visits::run, &visits, nullptr), CF_STATUS_OK);
    EXPECT_EQ(visits.parts, 0);
}

TEST_P(RangeMapTest, TheFirstFailureEndsIt) {
    const Pool pool = make();
    struct Failing {
        std::atomic<int> parts{0};
    } failing;
    const auto run = [](cf_task_t* task, int64_t, int64_t, void* self) {
        ++static_cast<Failing*>(self)->parts;
        return cf_task_fail(task, "RangeError", "no luck", nullptr);
    };
    Error error;
    expect_error(cf_executor_map_range(pool, 0, 1'000'000, 1, run, &failing, error.out()), error,
                 CF_STATUS_TASK_FAILED, {"no luck"});
    EXPECT_STREQ(cf_error_type(error), "RangeError");
    // One for each thread at most: a part that starts has claimed before the failure.
    EXPECT_LE(failing.parts, 32);
}

TEST_P(RangeMapTest, ACodeAndAnExceptionAreFailures) {
    const Pool pool = make();
    const auto code = [](cf_task_t*, int64_t, int64_t, void*) { return int32_t{7}; };
    Error error;
    expect_error(cf_executor_map_range(pool, 0, 10, 0, code, nullptr, error.out()), error,
                 CF_STATUS_TASK_FAILED, {"7"});
    EXPECT_EQ(cf_error_task_code(error), 7);
    const auto thrower = [](cf_task_t*, int64_t, int64_t, void*) -> int32_t {
        throw std::runtime_error("thrown");
    };
    expect_error(cf_executor_map_range(pool, 0, 10, 0, thrower, nullptr, error.out()), error,
                 CF_STATUS_TASK_FAILED, {"thrown"});
}

TEST_P(RangeMapTest, WrongArgumentsAreRefused) {
    const Pool pool = make();
    Error error;
    expect_error(cf_executor_map_range(pool, 0, 1, 0, nullptr, nullptr, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"range_fn"});
    expect_error(cf_executor_map_range(pool, 0, 1, -1, Visits::run, nullptr, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"grain"});
}

TEST_P(RangeMapTest, AfterShutdownNothingRuns) {
    const Pool pool = make();
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    Visits visits(1);
    Error error;
    expect_error(cf_executor_map_range(pool, 0, 1, 0, Visits::run, &visits, error.out()), error,
                 CF_STATUS_SHUT_DOWN);
    EXPECT_EQ(visits.parts, 0);
}

TEST_P(RangeMapTest, ATaskMayMapWithItsOwnPool) {
    const Pool pool = make();
    struct Nested {
        cf_executor_t* pool;
        Visits visits{1000};
        static int32_t run(cf_task_t*, void* self) {
            auto& nested = *static_cast<Nested*>(self);
            return cf_executor_map_range(nested.pool, 0, 1000, 1, Visits::run, &nested.visits,
                                         nullptr);
        }
    } nested{pool};
    Future future;
    ASSERT_EQ(
        cf_executor_submit(pool, nullptr, Nested::run, &nested, nullptr, future.out(), nullptr),
        CF_STATUS_OK);
    EXPECT_EQ(cf_future_wait(future, long_wait_ns()), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    nested.visits.expect_once_each();
}

TEST(RangeMap, ItNeedsNoFreeWorker) {
    const Pool pool = make_threads(2);
    Parked parked(pool, 2);
    Visits visits(1000);
    EXPECT_EQ(cf_executor_map_range(pool, 0, 1000, 0, Visits::run, &visits, nullptr), CF_STATUS_OK);
    visits.expect_once_each();
}

// Helpers that come when everything is over touch nothing of the caller's.
TEST(RangeMap, HelpersThatComeTooLateDoNothing) {
    const Pool pool = make_threads(2);
    Parked parked(pool, 2);
    for (int i = 0; i < 1000; ++i) {
        Visits visits(2);
        ASSERT_EQ(cf_executor_map_range(pool, 0, 2, 1, Visits::run, &visits, nullptr),
                  CF_STATUS_OK);
        visits.expect_once_each();
    }
    parked.open();
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

// The two parts wait for each other, so that they can only end when a worker helps.
TEST(RangeMap, AWorkerHelps) {
    struct Meeting {
        std::atomic<std::thread::id> threads[2];
        cf_test::Counter arrived;
        static int32_t run(cf_task_t*, int64_t begin, int64_t end, void* self) {
            auto& meeting = *static_cast<Meeting*>(self);
            if (end - begin != 1) return 1;
            meeting.threads[begin] = std::this_thread::get_id();
            meeting.arrived.add();
            meeting.arrived.wait_for(2);
            return 0;
        }
    } meeting;
    const Pool pool = make_threads(2);
    ASSERT_EQ(cf_executor_map_range(pool, 0, 2, 1, Meeting::run, &meeting, nullptr), CF_STATUS_OK);
    EXPECT_NE(meeting.threads[0].load(), meeting.threads[1].load());
    const auto here = std::this_thread::get_id();
    EXPECT_TRUE(meeting.threads[0].load() == here || meeting.threads[1].load() == here);
}

// A part that runs sees that another one has failed, and is waited for.
TEST(RangeMap, ARunningPartSeesTheFailure) {
    struct Failure {
        cf_test::Counter arrived;
        std::atomic<bool> saw_it{false};
        static int32_t run(cf_task_t* task, int64_t begin, int64_t, void* self) {
            auto& failure = *static_cast<Failure*>(self);
            failure.arrived.add();
            failure.arrived.wait_for(2);
            if (begin == 0) return 5;
            while (cf_task_cancel_requested(task) == 0)
                std::this_thread::yield();
            failure.saw_it = true;
            return 0;
        }
    } failure;
    const Pool pool = make_threads(2);
    Error error;
    expect_error(cf_executor_map_range(pool, 0, 2, 1, Failure::run, &failure, error.out()), error,
                 CF_STATUS_TASK_FAILED);
    EXPECT_TRUE(failure.saw_it);
}

// pthread_exit() in a part ends the helper's thread, or the caller's when the others are out.
class EndingRangeMapTest : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Contract, EndingRangeMapTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "Caller" : "Helper"; });

TEST_P(EndingRangeMapTest, APartMayEndItsThread) {
    struct Exit {
        cf_executor_t* pool;
        bool of_caller;
        std::thread::id caller{};
        cf_test::Counter arrived{};
        bool returned = false;
        static int32_t run(cf_task_t*, int64_t, int64_t, void* self) {
            auto& exit = *static_cast<Exit*>(self);
            exit.arrived.add();
            exit.arrived.wait_for(2);
            if ((std::this_thread::get_id() == exit.caller) == exit.of_caller)
                pthread_exit(nullptr);
            return 0;
        }
        static void* map(void* self) {
            auto& exit = *static_cast<Exit*>(self);
            exit.caller = std::this_thread::get_id();
            Error error;
            expect_error(cf_executor_map_range(exit.pool, 0, 2, 1, Exit::run, &exit, error.out()),
                         error, CF_STATUS_TASK_EXITED);
            exit.returned = true;
            return nullptr;
        }
    };
    const Pool pool = make_threads(2);
    Exit exit{pool, GetParam()};
    pthread_t caller{};
    ASSERT_EQ(pthread_create(&caller, nullptr, Exit::map, &exit), 0);
    ASSERT_EQ(pthread_join(caller, nullptr), 0);
    EXPECT_EQ(exit.returned, !GetParam());
    Visits visits(100);
    ASSERT_EQ(cf_executor_map_range(pool, 0, 100, 1, Visits::run, &visits, nullptr), CF_STATUS_OK);
    visits.expect_once_each();
}

TEST(RangeMap, AProcessPoolHasNone) {
    const Pool pool = contract::make(process_makers().front());
    Error error;
    expect_error(cf_executor_map_range(pool, 0, 1, 0, Visits::run, nullptr, error.out()), error,
                 CF_STATUS_UNSUPPORTED, {"function"});
}

}  // namespace
}  // namespace contract

// A process pool on a system that fails: of all system calls that the host makes in the life of a pool, on
// whatever thread, the first one fails, then the second, until none is left to fail. (W-11)
#include "../system_call_failure.h"

#include <cfutures/cfutures.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "support/time.h"

namespace cf_unit {
namespace {

using Mode = FailingSystemCall::Mode;

cf_executor_t* create_pool(cf_error_t** error) {
    cf_process_pool_options_t* options = nullptr;
    EXPECT_EQ(cf_process_pool_options_create(&options, nullptr), CF_STATUS_OK);
    cf_process_pool_options_set_max_workers(options, 2, nullptr);
    cf_process_pool_options_set_output(options, CF_WORKER_OUTPUT_CAPTURE, nullptr);
    cf_process_pool_options_set_termination_grace(options, 0, nullptr);
    cf_executor_t* pool = nullptr;
    const cf_status_t status = cf_process_pool_create(options, &pool, error);
    EXPECT_EQ(status == CF_STATUS_OK, pool != nullptr);
    cf_process_pool_options_release(options);
    return pool;
}

/// That an error, if there is one, is of the system, and says what could not be done.
void expect_clear(const cf_error_t* error) {
    if (error == nullptr) return;
    const cf_status_t status = cf_error_status(error);
    const cf_error_t* cause = cf_error_cause(error);
    EXPECT_TRUE(status == CF_STATUS_SYSTEM || status == CF_STATUS_NO_MEMORY ||
                status == CF_STATUS_BROKEN_EXECUTOR || status == CF_STATUS_WORKER_LOST)
        << cf_status_name(status) << ": " << cf_error_message(error);
    EXPECT_GT(std::strlen(cf_error_message(error)), 20u) << cf_error_message(error);
    if (status == CF_STATUS_BROKEN_EXECUTOR) {
        EXPECT_NE(cause, nullptr) << cf_error_message(error);
    }
    if (status == CF_STATUS_SYSTEM) {
        EXPECT_NE(cf_error_os_code(error), 0) << cf_error_message(error);
    }
}

/// What became of a call; a call to die is lost at best.
void expect_end(cf_future_t* future, const char* name) {
    EXPECT_EQ(cf_future_wait(future, cf_test::long_wait_ns()), CF_STATUS_OK) << name << " hangs";
    expect_clear(cf_future_error(future));
    if (std::strcmp(name, "die") == 0) {
        EXPECT_NE(cf_future_outcome(future), CF_STATUS_OK);
    }
    cf_future_release(future);
}

void use(cf_executor_t* pool) {
    std::vector<std::pair<cf_future_t*, const char*>> calls;
    for (const char* const name : {"echo", "die", "echo", "echo"}) {
        cf_future_t* future = nullptr;
        cf_error_t* error = nullptr;
        cf_executor_submit_call(pool, nullptr, name, "[1]", -1, &future, &error);
        expect_clear(error);
        cf_error_release(error);
        if (future != nullptr) calls.emplace_back(future, name);
    }
    cf_map_t* map = nullptr;
    cf_error_t* error = nullptr;
    const char* const items[] = {"[1]", "[2]", "[3]", "[4]"};
    cf_executor_map_call(pool, nullptr, "echo", items, nullptr, 4, &map, &error);
    expect_clear(error);
    cf_error_release(error);
    for (const auto& [future, name] : calls)
        expect_end(future, name);
    cf_future_t* future = nullptr;
    while (cf_map_next(map, cf_test::long_wait_ns(), &future, nullptr, nullptr) == CF_STATUS_OK)
        expect_end(future, "echo");
    cf_map_release(map);
    cf_worker_list_t* workers = nullptr;
    EXPECT_EQ(cf_executor_workers(pool, &workers, nullptr), CF_STATUS_OK);
    cf_worker_list_release(workers);
}

void end(cf_executor_t* pool, bool by_force) {
    const auto end_pool = by_force ? cf_executor_kill_workers : cf_executor_shutdown;
    EXPECT_EQ(end_pool(pool, CF_SHUTDOWN_WAIT, cf_test::long_wait_ns(), nullptr), CF_STATUS_OK);
    cf_executor_release(pool);
}

/// The life of a pool whose n-th system call fails: gives that call, or nothing when none was left to
/// fail.
std::string live(int nth, int error_number, Mode mode) {
    SCOPED_TRACE(std::string(std::strerror(error_number)) + ", " + std::to_string(nth));
    const FailingSystemCall failing(nth, error_number, mode,
                                    FailingSystemCall::Whose::kEveryThread);
    cf_error_t* error = nullptr;
    if (cf_executor_t* const pool = create_pool(&error)) {
        use(pool);
        end(pool, nth % 2 == 0);
    }
    expect_clear(error);
    cf_error_release(error);
    return failing.struck() ? failing.victim() : "";
}

class SystemCallSweep : public testing::TestWithParam<int> {};

TEST_P(SystemCallSweep, W11OfAPoolWithWorkers) {
    std::set<std::string> victims;
    for (int nth = 1;; ++nth) {
        ASSERT_LT(nth, 1000);
        const std::string victim = live(nth, GetParam(), Mode::kOnce);
        if (victim.empty()) break;
        victims.insert(victim);
        if (GetParam() == EMFILE || GetParam() == ENOMEM) live(nth, GetParam(), Mode::kFromThenOn);
    }
    EXPECT_GE(victims.size(), 4u);
}

std::string error_name(const testing::TestParamInfo<int>& error) {
    return error.param == EAGAIN   ? "Again"
           : error.param == EINTR  ? "Interrupted"
           : error.param == EMFILE ? "NoDescriptor"
                                   : "NoMemory";
}

INSTANTIATE_TEST_SUITE_P(Unit, SystemCallSweep, testing::ValuesIn(kSweptErrors), error_name);

}  // namespace
}  // namespace cf_unit

// What the files of the contract suite share: fixtures and short names for common steps.
//
// A step that must succeed reports its own failure, so that tests read as scenarios.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "executors.h"
#include "handles.h"
#include "support/events.h"
#include "support/process_gate.h"
#include "support/time.h"

namespace contract {

using cf_test::long_wait_ns;

// Owns an executor and shuts it down at the end, so that nothing of it outlives the test.
class Pool {
  public:
    explicit Pool(cf_executor_t* executor) : executor_(executor) {}
    Pool(Pool&& other) noexcept : executor_(std::exchange(other.executor_, nullptr)) {}
    Pool& operator=(Pool&&) = delete;
    ~Pool();

    operator cf_executor_t*() const { return executor_; }
    // Drops the handle without a shutdown.
    void release() { cf_executor_release(std::exchange(executor_, nullptr)); }

  private:
    cf_executor_t* executor_;
};

Pool make(const Maker& maker);
Pool make_threads(int workers);

class ContractTest : public testing::TestWithParam<Maker> {
  protected:
    Pool make() const { return contract::make(GetParam()); }
};

// Names for INSTANTIATE_TEST_SUITE_P.
inline std::string maker_name(const testing::TestParamInfo<Maker>& info) {
    return info.param.name;
}

#define CONTRACT_HOLDS_FOR(suite, makers) \
    INSTANTIATE_TEST_SUITE_P(Contract, suite, testing::ValuesIn(makers()), maker_name)

// JSON text for a string without characters that need an escape.
std::string quoted(const std::string& text);

Future submit(cf_executor_t* executor, const std::string& name,
              const std::string& arguments = "[]");

cf_status_t shutdown_and_wait(cf_executor_t* executor, cf_shutdown_flags_t more_flags = 0);

// Wait for a future and give its JSON text, its outcome, or its error.
std::string json_of(cf_future_t* future);
cf_status_t outcome_of(cf_future_t* future);
Error error_of(cf_future_t* future);

// Expects a status with an error whose message is not empty and holds each of the words. The error is
// a reference since it may be what the call that gives the status has written.
void expect_error(cf_status_t status, const Error& error, cf_status_t expected,
                  const std::vector<std::string>& words = {});

// The same for a future that fails.
void expect_failure(cf_future_t* future, cf_status_t expected,
                    const std::vector<std::string>& words = {});

// Occupies workers until opened. What is submitted meanwhile to a pool of which every worker is
// occupied stays pending.
class Parked {
  public:
    Parked(cf_executor_t* executor, int workers);
    ~Parked() { open(); }
    Parked(const Parked&) = delete;
    Parked& operator=(const Parked&) = delete;

    void open() { gate_.open(); }
    const std::vector<Future>& futures() const { return futures_; }
    const std::vector<pid_t>& pids() const { return pids_; }

  private:
    cf_test::ProcessGate gate_;
    std::vector<Future> futures_;
    std::vector<pid_t> pids_;
};

// A done callback that takes notes; of several futures, the last one's.
struct Watcher {
    cf_test::Counter called;
    cf_test::Counter destroyed;
    std::atomic<std::thread::id> thread;
    std::atomic<cf_future_state_t> state{CF_FUTURE_STATE_INVALID};

    void add_to(cf_future_t* future);
};

// The user_data of a pointer task, which takes notes.
struct Load {
    cf_test::Counter ran;
    cf_test::Counter destroyed;

    static int32_t run(cf_task_t* task, void* load);
    static void destroy(void* load);
};

// How often `record` was called with this path.
int recorded(const std::string& path);

}  // namespace contract

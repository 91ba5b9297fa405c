// Every function of the C ABI on a system that fails: of the system calls that an attempt makes, the
// first one fails, then the second, until none is left to fail. The attempts are those of the sweep without
// memory, and more that sleep or end something. Process pools with workers have a sweep of their own, in
// process_pool/.
#include <unistd.h>

#include <cstring>
#include <set>
#include <string>
#include <thread>

#include "abi_rows.h"
#include "support/events.h"
#include "system_call_failure.h"

namespace cf_unit {
namespace {

using E = Row::Error;
using cf_test::Gate;
using Mode = FailingSystemCall::Mode;

/// What ends while the attempt sleeps for it: a promise that is kept, and a call that returns, when the
/// thread that attempts has gone to sleep.
struct Sleepers {
    Ground& ground;
    Gate asleep;
    std::thread keeper;

    explicit Sleepers(Ground& g) : ground(g) {}

    std::function<void()> a_promise_is_kept() {
        return [this] {
            ground.fresh_promise()();
            ground.future = cf_promise_future(ground.promise);
            keeper = std::thread([this] {
                asleep.wait();
                EXPECT_EQ(cf_promise_set_result_json(ground.promise, "1", -1, nullptr),
                          CF_STATUS_OK);
            });
            FailingSystemCall::open_at_sleep(&asleep);
        };
    }
    std::function<void()> a_promise_is_kept_for_the_queue() {
        return [this] {
            a_promise_is_kept()();
            EXPECT_EQ(cf_completion_queue_add(ground.queue, ground.future, 1, nullptr),
                      CF_STATUS_OK);
        };
    }
    std::function<void()> a_call_returns(cf_executor_t* pool) {
        return [this, pool] {
            const auto wait = [](cf_task_t*, void* gate) -> int32_t {
                static_cast<Gate*>(gate)->wait();
                return 0;
            };
            EXPECT_EQ(cf_executor_submit(pool, nullptr, wait, &asleep, nullptr, nullptr, nullptr),
                      CF_STATUS_OK);
            FailingSystemCall::open_at_sleep(&asleep);
        };
    }
    /// A map whose only item is the call.
    std::function<void()> an_item_returns() {
        return [this] {
            struct One {
                Gate* gate;
                static int32_t next(void* self, void** item) {
                    *item = std::exchange(static_cast<One*>(self)->gate, nullptr);
                    return *item != nullptr ? 1 : 0;
                }
            } one{&asleep};
            const auto wait = [](cf_task_t*, void* gate) -> int32_t {
                static_cast<Gate*>(gate)->wait();
                return 0;
            };
            EXPECT_EQ(cf_executor_map(ground.pool, nullptr, wait, nullptr, One::next, &one, nullptr,
                                      &ground.map, nullptr),
                      CF_STATUS_OK);
            FailingSystemCall::open_at_sleep(&asleep);
        };
    }
    std::function<void()> over() {
        return [this] {
            FailingSystemCall::open_at_sleep(nullptr);
            asleep.open();
            if (keeper.joinable()) keeper.join();
            ground.drop()();
        };
    }
};

/// What has no need of memory, but sleeps, wakes or ends something.
std::vector<Row> more_rows(Ground& g, Sleepers& s) {
    const auto kept = s.a_promise_is_kept();
    const auto over = s.over();
    const auto taken = [](cf_status_t status, cf_future_t* future) {
        EXPECT_EQ(future != nullptr, status == CF_STATUS_OK);
        cf_future_release(future);
        return status;
    };
    const int64_t moment = cf_test::time_unit().count() / 10;
    return {
        {"cf_future_wait", [&g](E) { return cf_future_wait(g.future, -1); }, kept, over, false},
        {"cf_future_wait, in time",
         [&g](E) { return cf_future_wait(g.future, cf_test::long_wait_ns()); }, kept, over, false},
        {"cf_future_wait, in vain",
         [&g, moment](E) {
             cf_future_t* const never = cf_promise_future(g.promise);
             const cf_status_t status = cf_future_wait(never, moment);
             cf_future_release(never);
             return status;
         },
         g.fresh_promise(), over, false, CF_STATUS_TIMEOUT},
        {"cf_future_result_pointer",
         [&g](E) { return cf_future_result_pointer(g.future, -1, nullptr, nullptr); }, kept, over,
         false, CF_STATUS_INVALID_STATE},  // it is JSON
        {"cf_future_result_bytes",
         [&g](E e) { return cf_future_result_bytes(g.future, -1, nullptr, nullptr, e); }, kept,
         over},
        {"cf_future_result_json",
         [&g](E e) { return cf_future_result_json(g.future, -1, nullptr, nullptr, e); }, kept,
         over},
        {"cf_future_exception", [&g](E e) { return cf_future_exception(g.future, -1, e); }, kept,
         over},
        {"cf_wait, for all",
         [&g](E e) {
             return cf_wait(&g.future, 1, CF_RETURN_WHEN_ALL_COMPLETED, -1, nullptr, nullptr, e);
         },
         kept, over},
        {"cf_wait, for the first",
         [&g](E e) {
             return cf_wait(&g.future, 1, CF_RETURN_WHEN_FIRST_COMPLETED, cf_test::long_wait_ns(),
                            nullptr, nullptr, e);
         },
         kept, over},
        {"cf_completion_queue_next",
         [&g, taken](E e) {
             cf_future_t* future = nullptr;
             const cf_status_t status = cf_completion_queue_next(g.queue, -1, &future, nullptr, e);
             return taken(status, future);
         },
         s.a_promise_is_kept_for_the_queue(), over},
        {"cf_completion_queue_next_batch",
         [&g, taken](E e) {
             cf_future_t* future = nullptr;
             size_t count = 0;
             const cf_status_t status =
                 cf_completion_queue_next_batch(g.queue, -1, &future, nullptr, 1, &count, e);
             EXPECT_EQ(count, status == CF_STATUS_OK ? 1u : 0u);
             return taken(status, future);
         },
         s.a_promise_is_kept_for_the_queue(), over},
        {"cf_completion_queue_descriptor",
         [&g](E e) {
             int32_t descriptor = 7;
             const cf_status_t status = cf_completion_queue_descriptor(g.queue, &descriptor, e);
             EXPECT_EQ(descriptor > 2, status == CF_STATUS_OK) << descriptor;
             return status;
         }},
        {"cf_map_next, that sleeps",
         [&g, taken](E e) {
             cf_future_t* future = nullptr;
             const cf_status_t status = cf_map_next(g.map, -1, &future, nullptr, e);
             return taken(status, future);
         },
         s.an_item_returns(), over},
        {"cf_executor_shutdown, of threads",
         [&g](E e) { return cf_executor_shutdown(g.pool, CF_SHUTDOWN_WAIT, -1, e); },
         s.a_call_returns(g.pool), over},
        {"cf_executor_shutdown, of no worker processes",
         [&g](E e) { return cf_executor_shutdown(g.process_pool, CF_SHUTDOWN_WAIT, -1, e); }},
        {"cf_executor_terminate_workers",
         [&g](E e) {
             return cf_executor_terminate_workers(g.process_pool, CF_SHUTDOWN_WAIT, -1, e);
         }},
        {"cf_executor_kill_workers",
         [&g](E e) { return cf_executor_kill_workers(g.process_pool, CF_SHUTDOWN_WAIT, -1, e); }},
        {"cf_executor_release",
         [](E e) {
             cf_executor_t* pool = nullptr;
             const cf_status_t status = cf_thread_pool_create(nullptr, &pool, e);
             cf_executor_release(pool);
             return status;
         }},
    };
}

std::vector<Row> every_row(Ground& ground, Sleepers& sleepers) {
    std::vector<Row> rows = abi_rows(ground);
    for (Row& row : more_rows(ground, sleepers))
        rows.push_back(std::move(row));
    return rows;
}

/// What a function may say of a system call that failed.
void expect_clear(const Row& row, cf_status_t status, const cf_error_t* error, int injected) {
    if (status == row.good) {
        EXPECT_EQ(error, nullptr) << cf_error_message(error);
        return;
    }
    EXPECT_TRUE(status == CF_STATUS_SYSTEM || status == CF_STATUS_NO_MEMORY)
        << cf_status_name(status);
    EXPECT_NE(injected, EINTR) << "an interruption is no failure";
    ASSERT_TRUE(row.gives_error);
    EXPECT_EQ(cf_error_status(error), status);
    EXPECT_GT(std::strlen(cf_error_message(error)), 20u) << cf_error_message(error);
    if (status == CF_STATUS_SYSTEM) {
        EXPECT_EQ(cf_error_os_code(error), injected);
        EXPECT_NE(std::string(cf_error_message(error)).find(std::strerror(injected)),
                  std::string::npos)
            << cf_error_message(error);
    }
}

void expect_usable(cf_executor_t* pool) {
    cf_future_t* future = nullptr;
    const cf_status_t status =
        cf_executor_submit(pool, nullptr, nothing, nullptr, nullptr, &future, nullptr);
    if (status == CF_STATUS_SHUT_DOWN) return;  // by the attempt
    EXPECT_EQ(status, CF_STATUS_OK);
    EXPECT_EQ(cf_future_wait(future, cf_test::long_wait_ns()), CF_STATUS_OK);
    EXPECT_EQ(cf_future_outcome(future), CF_STATUS_OK);
    cf_future_release(future);
}

/// Gives the call that failed, or nothing when none was left to fail. Makes the rows anew, since the first
/// call of a pool is what starts threads.
std::string attempt(cf_task_t* task, size_t index, int nth, int error_number, Mode mode) {
    Ground ground(task);
    Sleepers sleepers(ground);
    const std::vector<Row> rows = every_row(ground, sleepers);
    const Row& row = rows[index];
    row.before();
    cf_error_t* error = nullptr;
    cf_status_t status = row.good;
    std::string victim;
    {
        const FailingSystemCall failing(nth, error_number, mode,
                                        FailingSystemCall::Whose::kThisThread);
        status = row.attempt(&error);
        if (failing.struck()) victim = failing.victim();
    }
    SCOPED_TRACE(std::string(row.name) + ", " + victim + ", " + std::strerror(error_number) + ", " +
                 std::to_string(nth));
    if (victim.empty()) {
        EXPECT_EQ(status, row.good) << cf_error_message(error);
    } else {
        expect_clear(row, status, error, error_number);
    }
    cf_error_release(error);
    row.after();
    expect_usable(ground.pool);
    return victim;
}

size_t number_of_rows(cf_task_t* task) {
    Ground ground(task);
    Sleepers sleepers(ground);
    return every_row(ground, sleepers).size();
}

/// What is interrupted, or has nothing to give yet, does not stay so; but there may be no more threads,
/// descriptors and memory.
bool may_last(const std::string& victim, int error) {
    return error == EMFILE || error == ENOMEM || victim == "pthread_create";
}

TEST(SystemCallSweep, T09OfEveryFunction) {
    inside_a_task([](cf_task_t* task) {
        const size_t rows = number_of_rows(task);
        std::set<std::string> victims;
        for (size_t row = 0; row < rows; ++row) {
            for (const int error : kSweptErrors) {
                for (int nth = 1;; ++nth) {
                    ASSERT_LT(nth, 100);
                    const std::string victim = attempt(task, row, nth, error, Mode::kOnce);
                    if (victim.empty()) break;
                    victims.insert(victim);
                    if (may_last(victim, error)) attempt(task, row, nth, error, Mode::kFromThenOn);
                }
            }
        }
        EXPECT_EQ(victims, (std::set<std::string>{"close", "epoll_create1", "epoll_ctl", "eventfd",
                                                  "futex", "open", "pthread_create", "read"}));
    });
}

/// In a process that has made no executor.
[[noreturn]] void make_the_first_executor() {
    const struct {
        int nth;
        const char* victim;
        cf_status_t status;
    } attempts[] = {{1, "pthread_atfork", CF_STATUS_NO_MEMORY},
                    {2, "atexit", CF_STATUS_NO_MEMORY},
                    {1, "atexit", CF_STATUS_NO_MEMORY},
                    {2, "none", CF_STATUS_OK}};
    for (const auto& [nth, victim, expected] : attempts) {
        const FailingSystemCall failing(nth, ENOMEM, Mode::kOnce,
                                        FailingSystemCall::Whose::kThisThread);
        cf_executor_t* executor = nullptr;
        cf_error_t* error = nullptr;
        const cf_status_t status = cf_inline_executor_create(&executor, &error);
        if (std::strcmp(failing.victim(), victim) != 0) _exit(1);
        if (status != expected || cf_error_status(error) != expected) _exit(2);
        if ((executor != nullptr) != (expected == CF_STATUS_OK)) _exit(3);
        cf_error_release(error);
        cf_executor_release(executor);
    }
    _exit(0);
}

TEST(SystemCallSweepDeathTest, T09OfTheFirstExecutor) {
    EXPECT_EXIT(make_the_first_executor(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cf_unit

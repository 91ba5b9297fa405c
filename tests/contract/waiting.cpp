// Waits inside of tasks (S9): what is run in place, when pools compensate, which cycles are refused.
#include <dirent.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <vector>

#include "contract.h"
#include "support/eventually.h"

namespace contract {
namespace {

using cf_test::Counter;
using cf_test::Gate;
using cf_test::short_wait_ns;
using Body = std::function<int32_t(cf_task_t*)>;

int32_t run_body(cf_task_t* task, void* body) {
    return (*static_cast<Body*>(body))(task);
}
void destroy_body(void* body) {
    delete static_cast<Body*>(body);
}

// The future of a call, with a name for messages.
Future call(cf_executor_t* executor, Body body, const char* name = nullptr) {
    Future future;
    SubmitOptions options;
    if (name != nullptr) {
        EXPECT_EQ(cf_submit_options_create(options.out(), nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_submit_options_set_name(options, name, nullptr), CF_STATUS_OK);
    }
    EXPECT_EQ(cf_executor_submit(executor, options, run_body, new Body(std::move(body)),
                                 destroy_body, future.out(), nullptr),
              CF_STATUS_OK);
    return future;
}

struct PoolOptions {
    int workers = 1;
    cf_help_t help = CF_HELP_OWN_TARGET;
    int compensating = 256;
    bool outside_help = false;
    bool spin = true;
};

Pool make(const PoolOptions& values) {
    ThreadPoolOptions options;
    EXPECT_EQ(cf_thread_pool_options_create(options.out(), nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_thread_pool_options_set_max_workers(options, values.workers, nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(cf_thread_pool_options_set_help(options, values.help, nullptr), CF_STATUS_OK);
    EXPECT_EQ(
        cf_thread_pool_options_set_max_compensating_workers(options, values.compensating, nullptr),
        CF_STATUS_OK);
    EXPECT_EQ(
        cf_thread_pool_options_set_outside_help(options, values.outside_help ? 1 : 0, nullptr),
        CF_STATUS_OK);
    EXPECT_EQ(cf_thread_pool_options_set_spin(options, values.spin ? 1 : 0, nullptr), CF_STATUS_OK);
    cf_executor_t* executor = nullptr;
    EXPECT_EQ(cf_thread_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    return Pool(executor);
}

cf_status_t wait_for_ever(cf_future_t* future) {
    return cf_future_wait(future, -1);
}

// The text of a result, by a wait without a timeout.
std::string json_in_task(cf_future_t* future) {
    const char* json = nullptr;
    EXPECT_EQ(cf_future_result_json(future, -1, &json, nullptr, nullptr), CF_STATUS_OK);
    return json != nullptr ? json : "";
}

size_t threads_of_this_process() {
    size_t count = 0;
    DIR* folder = opendir("/proc/self/task");
    while (const dirent* entry = readdir(folder)) {
        if (entry->d_name[0] != '.') ++count;
    }
    closedir(folder);
    return count;
}

// A promise whose future tasks wait for.
class Kept {
  public:
    Kept() {
        EXPECT_EQ(cf_promise_create(promise_.out(), nullptr), CF_STATUS_OK);
        future_ = Future(cf_promise_future(promise_));
    }
    void keep() { EXPECT_EQ(cf_promise_set_result_json(promise_, "1", -1, nullptr), CF_STATUS_OK); }
    cf_future_t* future() const { return future_; }

  private:
    Promise promise_;
    Future future_;
};

// --- options --------------------------------------------------------------------------------------

TEST(HelpOptions, OutOfRangeIsRefused) {
    ThreadPoolOptions options;
    ASSERT_EQ(cf_thread_pool_options_create(options.out(), nullptr), CF_STATUS_OK);
    for (const int32_t help : {-1, 3, INT32_MAX}) {
        Error error;
        expect_error(cf_thread_pool_options_set_help(options, help, error.out()), error,
                     CF_STATUS_INVALID_ARGUMENT, {"help"});
    }
    for (const int32_t outside : {-1, 2}) {
        Error error;
        expect_error(cf_thread_pool_options_set_outside_help(options, outside, error.out()), error,
                     CF_STATUS_INVALID_ARGUMENT, {"outside_help"});
    }
    for (const int32_t spin : {-1, 2}) {
        Error error;
        expect_error(cf_thread_pool_options_set_spin(options, spin, error.out()), error,
                     CF_STATUS_INVALID_ARGUMENT, {"spin"});
    }
    for (const int32_t count : {-1, 4097}) {
        Error error;
        expect_error(
            cf_thread_pool_options_set_max_compensating_workers(options, count, error.out()), error,
            CF_STATUS_INVALID_ARGUMENT, {"max_compensating_workers"});
    }
}

// --- what is run in place -------------------------------------------------------------------------

// The second deadlock of Python's documentation: a worker waits for what it has submitted.
TEST(WaitingInTasks, S9Gh141617TheOnlyWorkerWaitsForItsOwnSubmit) {
    for (const cf_help_t help : {CF_HELP_OWN_TARGET, CF_HELP_ANY, CF_HELP_NONE}) {
        const Pool pool = make({.help = help});
        std::thread::id outer, inner;
        const Future waits = call(pool, [&](cf_task_t* task) {
            outer = std::this_thread::get_id();
            const Future power = call(pool, [&](cf_task_t* own) {
                inner = std::this_thread::get_id();
                return cf_task_return_json(own, "25", -1);
            });
            return cf_task_return_json(task, json_in_task(power).c_str(), -1);
        });
        EXPECT_EQ(json_of(waits), "25");
        EXPECT_EQ(outer == inner, help != CF_HELP_NONE);
    }
}

TEST(WaitingInTasks, S9EveryWaitForAllRunsItsTargets) {
    const Pool pool = make({.compensating = 0});
    const auto nothing = [](cf_task_t*) { return 0; };
    const Future waits = call(pool, [&](cf_task_t*) {
        EXPECT_EQ(wait_for_ever(call(pool, nothing)), CF_STATUS_OK);
        EXPECT_EQ(cf_future_result_pointer(call(pool, nothing), -1, nullptr, nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_future_result_bytes(call(pool, nothing), -1, nullptr, nullptr, nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_future_result_json(call(pool, nothing), -1, nullptr, nullptr, nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_future_exception(call(pool, nothing), -1, nullptr), CF_STATUS_OK);
        // In the order of submission, and against it.
        std::vector<Future> several;
        std::vector<cf_future_t*> handles;
        for (int i = 0; i < 20; ++i) {
            several.push_back(call(pool, nothing));
            handles.push_back(several.back());
        }
        for (std::size_t i = 0; i < 5; ++i)
            EXPECT_EQ(wait_for_ever(several[i]), CF_STATUS_OK);
        for (std::size_t i = 19; i > 15; --i)
            EXPECT_EQ(wait_for_ever(several[i]), CF_STATUS_OK);
        EXPECT_EQ(cf_wait(handles.data(), handles.size(), CF_RETURN_WHEN_ALL_COMPLETED, -1, nullptr,
                          nullptr, nullptr),
                  CF_STATUS_OK);
        const char* const numbers[] = {"[1]", "[2]", "[3]"};
        Map map;
        EXPECT_EQ(
            cf_executor_map_call(pool, nullptr, "echo", numbers, nullptr, 3, map.out(), nullptr),
            CF_STATUS_OK);
        for (const char* number : numbers) {
            Future next;
            EXPECT_EQ(cf_map_next(map, -1, next.out(), nullptr, nullptr), CF_STATUS_OK);
            EXPECT_EQ(json_of(next), number);
        }
        return 0;
    });
    EXPECT_EQ(outcome_of(waits), CF_STATUS_OK);
}

int32_t descend(cf_executor_t* pool, int depth) {
    if (depth == 0) return 0;
    const Future next = call(pool, [=](cf_task_t*) { return descend(pool, depth - 1); });
    EXPECT_EQ(wait_for_ever(next), CF_STATUS_OK);
    return cf_future_outcome(next) == CF_STATUS_OK ? 0 : 1;
}

// T-07: also past the number of calls that are run in place on one stack.
TEST(WaitingInTasks, T07OneWorkerAndAnyDepth) {
    const Pool pool = make({.workers = 1});
    for (const int depth : {1, 2, 10, 255, 256, 257, 600, 1000}) {
        const Future top = call(pool, [&](cf_task_t*) { return descend(pool, depth); });
        EXPECT_EQ(outcome_of(top), CF_STATUS_OK) << depth;
    }
}

int fan_out(cf_executor_t* pool, int depth, std::atomic<int>& leaves) {
    if (depth == 0) return ++leaves, 0;
    std::vector<Future> branches;
    std::vector<cf_future_t*> handles;
    for (int i = 0; i < 2; ++i) {
        branches.push_back(
            call(pool, [=, &leaves](cf_task_t*) { return fan_out(pool, depth - 1, leaves); }));
        handles.push_back(branches.back());
    }
    Error error;
    EXPECT_EQ(cf_wait(handles.data(), handles.size(), CF_RETURN_WHEN_ALL_COMPLETED, -1, nullptr,
                      nullptr, error.out()),
              CF_STATUS_OK);
    return 0;
}

TEST(WaitingInTasks, T07RecursiveFanOut) {
    for (const int workers : {1, 2, 4}) {
        for (const cf_help_t help : {CF_HELP_OWN_TARGET, CF_HELP_ANY}) {
            std::atomic<int> leaves = 0;
            const Pool pool = make({.workers = workers, .help = help});
            const Future top = call(pool, [&](cf_task_t*) { return fan_out(pool, 10, leaves); });
            EXPECT_EQ(outcome_of(top), CF_STATUS_OK);
            EXPECT_EQ(leaves, 1024);
        }
    }
}

// It could not be left when the time is up.
TEST(WaitingInTasks, ATargetOfAWaitWithATimeoutRunsElsewhere) {
    const Pool pool = make({});
    const Future waits = call(pool, [&](cf_task_t*) {
        const std::thread::id here = std::this_thread::get_id();
        std::thread::id there;
        const Future target = call(pool, [&](cf_task_t*) {
            there = std::this_thread::get_id();
            return 0;
        });
        EXPECT_EQ(cf_future_wait(target, 0), CF_STATUS_TIMEOUT);
        EXPECT_EQ(cf_future_wait(target, long_wait_ns()), CF_STATUS_OK);
        EXPECT_NE(here, there);
        return 0;
    });
    EXPECT_EQ(outcome_of(waits), CF_STATUS_OK);
}

// For those who then wait in a way of their own: the call is run if a wait would run it, and that is all.
TEST(WaitingInTasks, ACallIsRunInPlaceOnDemand) {
    Gate started, open;
    const Pool pool = make({.compensating = 0});
    const auto nothing = [](cf_task_t*) { return 0; };
    const Future waits = call(pool, [&](cf_task_t* task) {
        const std::thread::id here = std::this_thread::get_id();
        std::thread::id there;
        const Future target = call(pool, [&](cf_task_t*) {
            there = std::this_thread::get_id();
            return 0;
        });
        EXPECT_EQ(cf_future_run_in_place(target), 1);
        EXPECT_EQ(here, there);
        EXPECT_EQ(cf_future_outcome(target), CF_STATUS_OK);
        EXPECT_EQ(cf_future_run_in_place(target), 1);
        const Kept kept;
        EXPECT_EQ(cf_future_run_in_place(kept.future()), 0);
        return cf_task_return_json(task, "1", -1);
    });
    EXPECT_EQ(json_of(waits), "1");

    const Future running = call(pool, [&](cf_task_t*) {
        started.open();
        open.wait();
        return 0;
    });
    started.wait();
    const Future queued = call(pool, nothing);
    EXPECT_EQ(cf_future_run_in_place(running), 0);
    EXPECT_EQ(cf_future_run_in_place(queued), 0) << "this thread is none of the pool";
    EXPECT_EQ(cf_future_state(queued), CF_FUTURE_STATE_PENDING);
    open.open();
    EXPECT_EQ(outcome_of(queued), CF_STATUS_OK);

    const Pool unhelpful = make({.help = CF_HELP_NONE});
    const Future alone = call(unhelpful, [&](cf_task_t*) {
        const Future target = call(unhelpful, nothing);
        EXPECT_EQ(cf_future_run_in_place(target), 0);
        return 0;
    });
    EXPECT_EQ(outcome_of(alone), CF_STATUS_OK);

    const Pool generous = make({.outside_help = true});
    const Future held = call(generous, nothing);
    EXPECT_EQ(outcome_of(held), CF_STATUS_OK);
    EXPECT_EQ(cf_future_run_in_place(held), 1);
}

TEST(WaitingInTasks, APreparedCallIsNotRunBeforeItIsSubmitted) {
    Gate waiting;
    const Pool pool = make({});
    Future prepared;
    void* payload = nullptr;
    ASSERT_EQ(cf_executor_prepare(
                  pool, nullptr, 8, 8, [](cf_task_t*, void*) { return 0; }, nullptr, nullptr,
                  &payload, prepared.out(), nullptr),
              CF_STATUS_OK);
    const Future waits = call(pool, [&](cf_task_t*) {
        waiting.open();
        return wait_for_ever(prepared);
    });
    waiting.wait();
    EXPECT_EQ(cf_future_state(prepared), CF_FUTURE_STATE_PENDING);
    EXPECT_EQ(cf_executor_submit_prepared(pool, prepared, nullptr), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(waits), CF_STATUS_OK);
}

TEST(WaitingInTasks, T16ATargetThatEndsItsThreadEndsTheWaitsBelowIt) {
    const Pool pool = make({});
    Future target;
    const Future waits = call(pool, [&](cf_task_t*) -> int32_t {
        target = call(pool, [](cf_task_t*) -> int32_t { pthread_exit(nullptr); });
        return wait_for_ever(target);
    });
    EXPECT_EQ(outcome_of(waits), CF_STATUS_TASK_EXITED);
    EXPECT_EQ(outcome_of(target), CF_STATUS_TASK_EXITED);
    EXPECT_EQ(outcome_of(call(pool, [](cf_task_t*) { return 0; })), CF_STATUS_OK);
}

TEST(WaitingInTasks, ACancelledTargetIsNotRun) {
    const Pool pool = make({});
    const Future waits = call(pool, [&](cf_task_t*) {
        const Future target = call(pool, [](cf_task_t*) {
            ADD_FAILURE() << "it was cancelled";
            return 0;
        });
        EXPECT_EQ(cf_future_cancel(target), 1);
        return wait_for_ever(target);
    });
    EXPECT_EQ(outcome_of(waits), CF_STATUS_OK);
}

TEST(WaitingInTasks, AContinuationOfTheSamePool) {
    const Pool pool = make({});
    const Future waits = call(pool, [&](cf_task_t*) {
        const Future first = call(pool, [](cf_task_t*) { return 0; });
        Future then;
        EXPECT_EQ(cf_future_then(
                      first, pool, nullptr, 0, [](cf_task_t*, cf_future_t*, void*) { return 0; },
                      nullptr, nullptr, then.out(), nullptr),
                  CF_STATUS_OK);
        return wait_for_ever(then);
    });
    EXPECT_EQ(outcome_of(waits), CF_STATUS_OK);
}

// --- CF_HELP_ANY ----------------------------------------------------------------------------------

TEST(WaitingInTasks, AnyHelpRunsWhateverIsQueued) {
    const Pool pool = make({.help = CF_HELP_ANY, .compensating = 0});
    for (const bool by_queue : {false, true}) {
        Kept kept;
        const Future waits = call(pool, [&](cf_task_t*) {
            call(pool, [&](cf_task_t*) {
                kept.keep();
                return 0;
            });
            if (!by_queue) return wait_for_ever(kept.future());
            Queue queue;
            cf_future_t* const futures[] = {kept.future()};
            EXPECT_EQ(cf_as_completed(futures, 1, -1, queue.out(), nullptr), CF_STATUS_OK);
            Future taken;
            return cf_completion_queue_next(queue, -1, taken.out(), nullptr, nullptr);
        });
        EXPECT_EQ(outcome_of(waits), CF_STATUS_OK);
    }
}

// --- compensation ---------------------------------------------------------------------------------

// A wait of every kind that nothing can be run in place for, for a promise that a queued call keeps.
TEST(WaitingInTasks, S9CompensatesForWaitsOfEveryKind) {
    using Wait = std::function<cf_status_t(cf_future_t*)>;
    const std::vector<Wait> waits = {
        wait_for_ever,
        [](cf_future_t* future) { return cf_future_wait(future, long_wait_ns()); },
        [](cf_future_t* future) {
            return cf_wait(&future, 1, CF_RETURN_WHEN_ALL_COMPLETED, -1, nullptr, nullptr, nullptr);
        },
        [](cf_future_t* future) {
            return cf_wait(&future, 1, CF_RETURN_WHEN_FIRST_COMPLETED, -1, nullptr, nullptr,
                           nullptr);
        },
        [](cf_future_t* future) {
            return cf_wait(&future, 1, CF_RETURN_WHEN_FIRST_EXCEPTION, long_wait_ns(), nullptr,
                           nullptr, nullptr);
        },
        [](cf_future_t* future) {
            Queue queue;
            Future taken;
            EXPECT_EQ(cf_as_completed(&future, 1, -1, queue.out(), nullptr), CF_STATUS_OK);
            return cf_completion_queue_next(queue, -1, taken.out(), nullptr, nullptr);
        },
    };
    for (const cf_help_t help : {CF_HELP_OWN_TARGET, CF_HELP_NONE}) {
        for (const int workers : {1, 3}) {
            const Pool pool = make({.workers = workers, .help = help});
            for (const Wait& wait : waits) {
                Kept kept;
                std::vector<Future> waiters;
                for (int i = 0; i < workers; ++i)
                    waiters.push_back(call(pool, [&](cf_task_t*) { return wait(kept.future()); }));
                const Future keeper = call(pool, [&](cf_task_t*) {
                    kept.keep();
                    return 0;
                });
                for (const Future& waiter : waiters)
                    EXPECT_EQ(outcome_of(waiter), CF_STATUS_OK);
            }
        }
    }
}

TEST(WaitingInTasks, CompensatesForAWaitForAnotherExecutorsEnd) {
    const Pool pool = make({});
    const Pool other = make({});
    Kept kept;
    call(other, [&](cf_task_t*) { return wait_for_ever(kept.future()); });
    const Future waits = call(pool, [&](cf_task_t*) {
        call(pool, [&](cf_task_t*) {
            kept.keep();
            return 0;
        });
        return shutdown_and_wait(other);
    });
    EXPECT_EQ(outcome_of(waits), CF_STATUS_OK);
}

TEST(WaitingInTasks, CompensatingWorkersLeaveAfterwards) {
    const Pool pool = make({});
    EXPECT_EQ(outcome_of(call(pool, [](cf_task_t*) { return 0; })), CF_STATUS_OK);
    const size_t threads = threads_of_this_process();
    for (int round = 0; round < 3; ++round) {
        Kept kept;
        Counter waiting;
        std::vector<Future> waits;
        for (int i = 0; i < 10; ++i) {
            waits.push_back(call(pool, [&](cf_task_t*) {
                waiting.add();
                return wait_for_ever(kept.future());
            }));
        }
        waiting.wait_for(10);
        EXPECT_EQ(threads_of_this_process(), threads + 9);
        kept.keep();
        for (const Future& future : waits)
            EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
        EXPECT_TRUE(cf_test::eventually([&] { return threads_of_this_process() == threads; }));
        // And then the pool has its one worker again.
        std::atomic<int> running = 0;
        std::vector<Future> calls;
        for (int i = 0; i < 50; ++i) {
            calls.push_back(call(pool, [&](cf_task_t*) {
                EXPECT_EQ(++running, 1);
                --running;
                return 0;
            }));
        }
        for (const Future& future : calls)
            EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    }
}

TEST(WaitingInTasks, CompensatesUpToTheLimit) {
    Counter waiting;
    std::mutex mutex;
    const Pool pool = make({.workers = 2, .compensating = 3});
    Kept kept;
    std::set<std::thread::id> threads;  // under the mutex
    std::vector<Future> waits;
    for (int i = 0; i < 20; ++i) {
        waits.push_back(call(pool, [&](cf_task_t*) {
            {
                const std::lock_guard lock(mutex);
                threads.insert(std::this_thread::get_id());
            }
            waiting.add();
            return wait_for_ever(kept.future());
        }));
    }
    waiting.wait_for(5);
    EXPECT_EQ(std::count_if(waits.begin(), waits.end(),
                            [](const Future& future) { return cf_future_running(future) != 0; }),
              5);
    kept.keep();
    for (const Future& future : waits)
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_LE(threads.size(), 5U);
}

TEST(WaitingInTasks, WithoutHelpAndCompensationTheTimeoutEndsTheWait) {
    const Pool pool = make({.help = CF_HELP_NONE, .compensating = 0});
    Future target;
    const Future waits = call(pool, [&](cf_task_t*) {
        target = call(pool, [](cf_task_t*) { return 0; });
        return cf_future_wait(target, cf_test::time_unit().count()) == CF_STATUS_TIMEOUT ? 0 : 1;
    });
    EXPECT_EQ(outcome_of(waits), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(target), CF_STATUS_OK);
}

// --- cycles ---------------------------------------------------------------------------------------

using WaitFor = std::function<cf_status_t(cf_future_t*, Error&)>;

cf_status_t wait_for_result(cf_future_t* future, Error& error) {
    return cf_future_result_json(future, -1, nullptr, nullptr, error.out());
}
cf_status_t wait_for_exception(cf_future_t* future, Error& error) {
    return cf_future_exception(future, -1, error.out());
}
cf_status_t wait_for_all(cf_future_t* future, Error& error) {
    cf_future_t* const twice[] = {future, future};
    return cf_wait(twice, 2, CF_RETURN_WHEN_ALL_COMPLETED, -1, nullptr, nullptr, error.out());
}

// The first deadlock of Python's documentation: two calls wait for each other. One of them is told,
// and so both end.
void wait_for_each_other(cf_executor_t* first, cf_executor_t* second, const WaitFor& wait) {
    Gate both;
    Future a, b;
    std::atomic<int> refused = 0;
    const auto body = [&](Future& target) {
        return [&](cf_task_t*) {
            both.wait();
            Error error;
            const cf_status_t status = wait(target, error);
            if (status == CF_STATUS_OK) return 0;
            ++refused;
            expect_error(status, error, CF_STATUS_WOULD_DEADLOCK, {"alice", "bob", "waits for"});
            return 0;
        };
    };
    a = call(first, body(b), "alice");
    b = call(second, body(a), "bob");
    both.open();
    EXPECT_EQ(outcome_of(a), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(b), CF_STATUS_OK);
    EXPECT_EQ(refused, 1);
}

TEST(WaitingInTasks, S9TwoCallsThatWaitForEachOther) {
    for (const cf_help_t help : {CF_HELP_OWN_TARGET, CF_HELP_ANY, CF_HELP_NONE}) {
        for (const int workers : {1, 2}) {
            for (const WaitFor& wait :
                 {WaitFor(wait_for_result), WaitFor(wait_for_exception), WaitFor(wait_for_all)}) {
                const Pool pool = make({.workers = workers, .help = help});
                wait_for_each_other(pool, pool, wait);
            }
        }
    }
}

TEST(WaitingInTasks, S9ACycleOverTwoPools) {
    for (const WaitFor& wait : {WaitFor(wait_for_result), WaitFor(wait_for_all)}) {
        const Pool first = make({});
        const Pool second = make({});
        wait_for_each_other(first, second, wait);
    }
}

TEST(WaitingInTasks, S9ALongCycleIsToldInOrder) {
    constexpr int kCalls = 5;
    Gate all;
    Counter refused;
    const Pool pool = make({.workers = kCalls, .help = CF_HELP_NONE});
    const char* const names[kCalls] = {"one", "two", "three", "four", "five"};
    Future futures[kCalls];
    for (int i = 0; i < kCalls; ++i) {
        futures[i] = call(
            pool,
            [&, i](cf_task_t*) {
                all.wait();
                Error error;
                if (wait_for_result(futures[(i + 1) % kCalls], error) == CF_STATUS_OK) return 0;
                refused.add();
                std::string chain;
                for (int k = 0; k <= kCalls; ++k) {
                    chain +=
                        (k == 0 ? "" : (k == 1 ? " waits for " : ", which waits for ")) +
                        ("task " + std::to_string(cf_future_task_id(futures[(i + k) % kCalls])) +
                         " (" + names[(i + k) % kCalls] + ")");
                }
                EXPECT_NE(std::string(cf_error_message(error)).find(chain), std::string::npos)
                    << cf_error_message(error) << "\nis not\n"
                    << chain;
                return 0;
            },
            names[i]);
    }
    all.open();
    for (const Future& future : futures)
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(refused.value(), 1);
}

TEST(WaitingInTasks, ACallThatWaitsForItself) {
    Gate known;
    const Pool pool = make({});
    Future self;
    self = call(pool, [&](cf_task_t*) {
        known.wait();
        Error error;
        expect_error(wait_for_result(self, error), error, CF_STATUS_WOULD_DEADLOCK, {"itself"});
        return 0;
    });
    known.open();
    EXPECT_EQ(outcome_of(self), CF_STATUS_OK);
}

// One of a cycle may give up, and then the others go on.
TEST(WaitingInTasks, ACycleWithATimeoutIsNoDeadlock) {
    Gate both;
    const Pool pool = make({.workers = 2, .help = CF_HELP_NONE});
    Future a, b;
    a = call(pool, [&](cf_task_t*) {
        both.wait();
        return wait_for_ever(b);
    });
    b = call(pool, [&](cf_task_t*) {
        both.wait();
        return cf_future_wait(a, cf_test::time_unit().count()) == CF_STATUS_TIMEOUT ? 0 : 1;
    });
    both.open();
    EXPECT_EQ(outcome_of(a), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(b), CF_STATUS_OK);
}

// The first of several may come from outside of the cycle.
TEST(WaitingInTasks, AnAnyOfWaitMakesNoCycle) {
    Gate both;
    Counter waiting;
    const Pool pool = make({.workers = 2, .help = CF_HELP_NONE});
    Kept kept;
    Future a, b;
    a = call(pool, [&](cf_task_t*) {
        both.wait();
        waiting.add();
        cf_future_t* const any[] = {b, kept.future()};
        return cf_wait(any, 2, CF_RETURN_WHEN_FIRST_COMPLETED, -1, nullptr, nullptr, nullptr);
    });
    b = call(pool, [&](cf_task_t*) {
        both.wait();
        waiting.add();
        return wait_for_ever(a);
    });
    both.open();
    waiting.wait_for(2);
    kept.keep();
    EXPECT_EQ(outcome_of(a), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(b), CF_STATUS_OK);
}

// --- threads outside ------------------------------------------------------------------------------

TEST(WaitingOutside, RunsItsTargetWhereThatWasAskedFor) {
    for (const bool outside_help : {false, true}) {
        Gate go, parked;
        const Pool pool = make({.outside_help = outside_help});
        const Future occupies = call(pool, [&](cf_task_t*) {
            parked.open();
            go.wait();
            return 0;
        });
        parked.wait();
        std::thread::id where;
        const Future target = call(pool, [&](cf_task_t*) {
            where = std::this_thread::get_id();
            return 0;
        });
        EXPECT_EQ(cf_future_wait(target, 0), CF_STATUS_TIMEOUT);
        if (!outside_help) go.open();
        EXPECT_EQ(wait_for_ever(target), CF_STATUS_OK);
        EXPECT_EQ(where == std::this_thread::get_id(), outside_help);
        go.open();
        EXPECT_EQ(outcome_of(occupies), CF_STATUS_OK);
    }
}

// One call at a time, so that worker and waiter hand over to each other, awake or asleep.
TEST(WaitingOutside, MeetsTheWorkerWithAndWithoutSpinning) {
    for (const bool spin : {false, true}) {
        cf_test::Counter ran;
        const Pool pool = make({.spin = spin});
        for (int i = 1; i <= 1000; ++i) {
            const Future target = call(pool, [&](cf_task_t*) {
                ran.add();
                return 0;
            });
            ASSERT_EQ(wait_for_ever(target), CF_STATUS_OK);
            ASSERT_EQ(ran.value(), i);
        }
    }
}

// The call is the pool's all the same.
TEST(WaitingOutside, ACallThatIsRunOutsideIsInsideOfItsPool) {
    Gate go, parked;
    const Pool pool = make({.outside_help = true});
    const Future occupies = call(pool, [&](cf_task_t*) {
        parked.open();
        go.wait();
        return 0;
    });
    parked.wait();
    const Future target = call(pool, [&](cf_task_t*) {
        EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_WOULD_DEADLOCK);
        return 0;
    });
    EXPECT_EQ(wait_for_ever(target), CF_STATUS_OK);
    EXPECT_EQ(cf_future_outcome(target), CF_STATUS_OK);
    go.open();
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

}  // namespace
}  // namespace contract

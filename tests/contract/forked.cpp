// T-11: in a forked child the parent's handles answer FORKED, nothing hangs, and the child can make
// executors of its own.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>

#include "contract.h"
#include "support/eventually.h"
#include "support/sanitizer.h"
#include "support/watchdog.h"

namespace contract {
namespace {

// Ends a child that is not what it should be; its status tells the line.
#define CHILD_REQUIRE(condition) \
    if (!(condition)) _exit(__LINE__ % 200 + 20)

constexpr int kAsExpected = 7;

int status_of(pid_t child) {
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    return WEXITSTATUS(status);
}

// Runs body() in a child, which the kernel ends if it hangs.
pid_t in_child(const std::function<void()>& body) {
    const pid_t child = fork();
    if (child != 0) return child;
    alarm(static_cast<unsigned>(cf_test::test_limit() / std::chrono::seconds(3)));
    body();
    _exit(kAsExpected);
}

void expect_forked(cf_executor_t* pool, cf_future_t* pending) {
    Error error;
    Future future;
    CHILD_REQUIRE(cf_executor_submit_call(pool, nullptr, "echo", "[]", -1, future.out(),
                                          error.out()) == CF_STATUS_FORKED);
    CHILD_REQUIRE(cf_error_status(error) == CF_STATUS_FORKED);
    CHILD_REQUIRE(cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, nullptr) == CF_STATUS_FORKED);
    CHILD_REQUIRE(cf_future_wait(pending, -1) == CF_STATUS_FORKED);
    CHILD_REQUIRE(cf_future_result_json(pending, -1, nullptr, nullptr, nullptr) ==
                  CF_STATUS_FORKED);
    CHILD_REQUIRE(cf_future_exception(pending, -1, nullptr) == CF_STATUS_FORKED);
    CHILD_REQUIRE(cf_future_cancel(pending) == 0);
    CHILD_REQUIRE(cf_future_cancel_running(pending, nullptr) == CF_STATUS_FORKED);
    CHILD_REQUIRE(cf_future_done(pending) == 0);
    cf_future_t* const list[] = {pending};
    CHILD_REQUIRE(cf_wait(list, 1, CF_RETURN_WHEN_ALL_COMPLETED, -1, nullptr, nullptr, nullptr) ==
                  CF_STATUS_FORKED);
    CHILD_REQUIRE(cf_when_all(list, 1, future.out(), nullptr) == CF_STATUS_FORKED);
    CHILD_REQUIRE(cf_future_add_done_callback(
                      pending, [](cf_future_t*, void*) {}, nullptr, nullptr, nullptr) ==
                  CF_STATUS_FORKED);
    cf_future_release(cf_future_retain(pending));
    cf_executor_release(cf_executor_retain(pool));
}

class Forked : public ContractTest {};
CONTRACT_HOLDS_FOR(Forked, queueing_makers);

TEST_P(Forked, T11OldHandlesAnswerAndTheChildEnds) {
    const Pool pool = make();
    const Future done = submit(pool, "echo", "[1]");
    EXPECT_EQ(json_of(done), "[1]");
    const Parked parked(pool, GetParam().workers);
    const Future pending = submit(pool, "echo");
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    Queue queue;
    ASSERT_EQ(cf_completion_queue_create(queue.out(), nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_completion_queue_add(queue, pending, 0, nullptr), CF_STATUS_OK);
    EXPECT_EQ(
        status_of(in_child([&] {
            expect_forked(pool, pending);
            CHILD_REQUIRE(cf_promise_set_result_json(promise, "1", -1, nullptr) ==
                          CF_STATUS_FORKED);
            CHILD_REQUIRE(cf_completion_queue_next(queue, -1, nullptr, nullptr, nullptr) ==
                          CF_STATUS_FORKED);
            const char* json = nullptr;
            CHILD_REQUIRE(cf_future_result_json(done, -1, &json, nullptr, nullptr) == CF_STATUS_OK);
            CHILD_REQUIRE(std::string(json) == "[1]");
            queue.reset();
            promise.reset();
            cf_executor_release(pool);
        })),
        kAsExpected);
    // The parent's are as they were.
    EXPECT_EQ(cf_future_cancel(pending), 1);
}

TEST_P(Forked, T11ExitHandlersOfTheChildDoNotWait) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future pending = submit(pool, "echo");
    EXPECT_EQ(status_of(in_child([] { std::exit(kAsExpected); })), kAsExpected);
    EXPECT_EQ(cf_future_cancel(pending), 1);
}

TEST_P(Forked, T11TheChildMakesPoolsOfItsOwn) {
    const Pool pool = make();
    EXPECT_EQ(json_of(submit(pool, "echo", "[1]")), "[1]");
    EXPECT_EQ(status_of(in_child([&] {
                  cf_executor_t* own = nullptr;
                  CHILD_REQUIRE(GetParam().create(GetParam(), &own) == CF_STATUS_OK);
                  for (int i = 0; i < 20; ++i) {
                      Future future;
                      CHILD_REQUIRE(cf_executor_submit_call(own, nullptr, "echo", "[2]", -1,
                                                            future.out(), nullptr) == CF_STATUS_OK);
                      CHILD_REQUIRE(cf_future_wait(future, long_wait_ns()) == CF_STATUS_OK);
                      CHILD_REQUIRE(cf_future_outcome(future) == CF_STATUS_OK);
                  }
                  CHILD_REQUIRE(cf_executor_shutdown(own, CF_SHUTDOWN_WAIT, long_wait_ns(),
                                                     nullptr) == CF_STATUS_OK);
                  cf_executor_release(own);
              })),
              kAsExpected);
}

// --- Forks by workers and callbacks, and under load ---------------------------------------------------

class ThreadForked : public ContractTest {};
CONTRACT_HOLDS_FOR(ThreadForked, thread_makers);

// The C library exits on the last thread when that has ended, and by then the thread sanitizer has
// forgotten it: any program with it dies there, so ours leaves before.
struct LeavesWhenTheThreadEnds {
    ~LeavesWhenTheThreadEnds() { _exit(0); }
};

void survive_the_last_thread() {
    if (cf_test::kThreadSanitizer) static thread_local const LeavesWhenTheThreadEnds leaves;
}

struct Scene {
    cf_executor_t* pool;
    std::atomic<pid_t> child{0};
    bool child_returns;

    // As a task or callback: forks; the child looks around and ends, or just returns.
    void fork_here(cf_future_t* pending) {
        const pid_t pid = fork();
        if (pid != 0) {
            child.store(pid);
            return;
        }
        if (child_returns) return survive_the_last_thread();
        expect_forked(pool, pending);
        _exit(kAsExpected);
    }
};

TEST_P(ThreadForked, T11ByATask) {
    for (const bool child_returns : {false, true}) {
        const Pool pool = make();
        Scene scene{.pool = pool, .child_returns = child_returns};
        const Parked parked(pool, GetParam().workers - 1);
        const cf_task_fn task = [](cf_task_t*, void* data) -> int32_t {
            Promise pending;
            cf_promise_create(pending.out(), nullptr);
            static_cast<Scene*>(data)->fork_here(Future(cf_promise_future(pending)));
            return 0;
        };
        Future future;
        ASSERT_EQ(cf_executor_submit(pool, nullptr, task, &scene, nullptr, future.out(), nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
        // In a child that returns its only thread ends, and so it exits.
        EXPECT_EQ(status_of(scene.child.load()), child_returns ? 0 : kAsExpected);
    }
}

TEST_P(ThreadForked, T11ByACallback) {
    for (const bool child_returns : {false, true}) {
        const Pool pool = make();
        Scene scene{.pool = pool, .child_returns = child_returns};
        {
            Parked parked(pool, 1);
            const Future& future = parked.futures()[0];
            ASSERT_EQ(
                cf_future_add_done_callback(
                    future,
                    [](cf_future_t*, void* data) {
                        Promise pending;
                        cf_promise_create(pending.out(), nullptr);
                        static_cast<Scene*>(data)->fork_here(Future(cf_promise_future(pending)));
                    },
                    &scene, nullptr, nullptr),
                CF_STATUS_OK);
            parked.open();
            ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
        }
        EXPECT_EQ(status_of(scene.child.load()), child_returns ? 0 : kAsExpected);
    }
}

// The one that forks runs on top of one that waits for it, on the stack of the only worker.
TEST(HelpForked, T11ByACallThatIsRunInPlace) {
    const Pool pool = make_threads(1);
    Scene scene{.pool = pool, .child_returns = true};
    const cf_task_fn waits = [](cf_task_t*, void* opaque) -> int32_t {
        const cf_task_fn forks = [](cf_task_t*, void* data) -> int32_t {
            static_cast<Scene*>(data)->fork_here(nullptr);
            return 0;
        };
        Future inner;
        if (cf_executor_submit(static_cast<Scene*>(opaque)->pool, nullptr, forks, opaque, nullptr,
                               inner.out(), nullptr) != CF_STATUS_OK) {
            return 1;
        }
        return cf_future_wait(inner, -1) == CF_STATUS_OK ? 0 : 2;
    };
    Future future;
    ASSERT_EQ(cf_executor_submit(pool, nullptr, waits, &scene, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    const pid_t child = scene.child.load();
    ASSERT_GT(child, 0);
    // In the child its thread ends, or the wait says what it is; whichever, the child ends.
    int status = 0;
    ASSERT_TRUE(cf_test::eventually([&] { return waitpid(child, &status, WNOHANG) == child; }));
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
}

TEST_P(ThreadForked, T11UnderLoad) {
    if (cf_test::kAddressSanitizer) {
        GTEST_SKIP()
            << "the allocator of this sanitizer stays locked in a child when fork() meets another "
               "thread inside";
    }
    std::atomic<bool> stop{false};
    const Pool pool = make();
    std::vector<std::thread> submitters;
    for (int i = 0; i < 2; ++i) {
        submitters.emplace_back([&] {
            while (!stop.load()) {
                const Future future = submit(pool, "add", "[1, 2]");
                cf_future_wait(future, long_wait_ns());
            }
        });
    }
    for (int round = 0; round < 100; ++round) {
        Promise pending;
        ASSERT_EQ(cf_promise_create(pending.out(), nullptr), CF_STATUS_OK);
        const Future future(cf_promise_future(pending));
        ASSERT_EQ(status_of(in_child([&] {
                      expect_forked(pool, future);
                      // What allocates and locks for the whole process works.
                      for (int i = 0; i < 300; ++i) {
                          Promise own;
                          CHILD_REQUIRE(cf_promise_create(own.out(), nullptr) == CF_STATUS_OK);
                          CHILD_REQUIRE(cf_promise_set_result_json(own, "1", -1, nullptr) ==
                                        CF_STATUS_OK);
                      }
                      CHILD_REQUIRE(cf_function_registered("add") == 1);
                      cf_executor_t* own = nullptr;
                      CHILD_REQUIRE(cf_inline_executor_create(&own, nullptr) == CF_STATUS_OK);
                      cf_executor_release(own);
                  })),
                  kAsExpected);
    }
    stop.store(true);
    for (std::thread& submitter : submitters)
        submitter.join();
}

TEST(InlineForked, T11ByATaskThatReturnsInTheChild) {
    cf_executor_t* executor = nullptr;
    ASSERT_EQ(cf_inline_executor_create(&executor, nullptr), CF_STATUS_OK);
    const Pool pool(executor);
    pid_t child = -1;
    const cf_task_fn task = [](cf_task_t*, void* data) -> int32_t {
        *static_cast<pid_t*>(data) = fork();
        return 0;
    };
    Future future;
    const cf_status_t status =
        cf_executor_submit(pool, nullptr, task, &child, nullptr, future.out(), nullptr);
    if (child == 0) _exit(status == CF_STATUS_FORKED ? kAsExpected : 1);
    EXPECT_EQ(status, CF_STATUS_OK);
    EXPECT_EQ(status_of(child), kAsExpected);
}

}  // namespace
}  // namespace contract

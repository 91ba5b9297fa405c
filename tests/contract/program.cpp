// What a program does to itself: it exits in every way from everywhere (T-12), unloads code (T-13), is
// interrupted by signals all the time (T-15), overflows stacks and never ends (T-17).
#include <pthread.h>
#include <sys/time.h>

#include <atomic>
#include <csignal>
#include <set>

#include "contract.h"
#include "support/subprocess.h"

namespace contract {
namespace {

// --- The end of a program -----------------------------------------------------------------------------

struct Exit {
    std::string pool;
    std::string way;
};

void PrintTo(const Exit& exit, std::ostream* out) {
    *out << exit.pool << ' ' << exit.way;
}

class ExitMatrix : public testing::TestWithParam<Exit> {};

std::vector<Exit> exits() {
    std::vector<Exit> all;
    for (const char* const pool : {"threads", "processes"}) {
        for (const char* const way : {"return", "exit", "thread", "callback", "canceller",
                                      "quick_exit", "_exit", "abort"}) {
            all.push_back({pool, way});
        }
    }
    all.push_back({"threads", "task"});
    return all;
}

std::string exit_name(const testing::TestParamInfo<Exit>& info) {
    std::string name = info.param.pool + info.param.way;
    std::erase(name, '_');
    return info.param.way == "_exit" ? name + "AtOnce" : name;
}

INSTANTIATE_TEST_SUITE_P(Contract, ExitMatrix, testing::ValuesIn(exits()), exit_name);

// The program's output ends with its workers, so that it ends in time only if they do.
TEST_P(ExitMatrix, T12NeitherHangsNorCrashes) {
    for (const char* const state : {"unused", "idle", "busy", "shutting_down", "released"}) {
        SCOPED_TRACE(state);
        const cf_test::Outcome outcome = cf_test::run(
            {{CONTRACT_HOST},
             {"CONTRACT_SCENE=end", "CONTRACT_POOL=" + GetParam().pool,
              "CONTRACT_WAY=" + GetParam().way, std::string("CONTRACT_STATE=") + state}});
        EXPECT_FALSE(outcome.timed_out);
        if (GetParam().way == "abort") {
            EXPECT_EQ(outcome.signal, SIGABRT) << outcome.err;
        } else {
            EXPECT_EQ(outcome.signal, 0) << outcome.err;
            EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
        }
    }
}

TEST(UnloadedCode, T13RegisteredFunctionsAndTheLibraryStay) {
    const cf_test::Outcome outcome = cf_test::run({{CONTRACT_UNLOAD}, {}});
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
}

// --- Signals ------------------------------------------------------------------------------------------

class Signals : public ContractTest {};
CONTRACT_HOLDS_FOR(Signals, all_makers);

// Interrupts this thread, the only one that takes signals, about a thousand times a second.
class Storm {
  public:
    Storm() {
        struct sigaction action = {};
        action.sa_handler = [](int) { interruptions_.fetch_add(1); };
        sigaction(SIGALRM, &action, &before_);
        interruptions_ = 0;
        set_interval(1000);
    }
    ~Storm() {
        set_interval(0);
        sigaction(SIGALRM, &before_, nullptr);
    }
    Storm(const Storm&) = delete;
    Storm& operator=(const Storm&) = delete;
    static int interruptions() { return interruptions_.load(); }

  private:
    static void set_interval(suseconds_t microseconds) {
        const itimerval timer = {{0, microseconds}, {0, microseconds}};
        setitimer(ITIMER_REAL, &timer, nullptr);
    }
    static inline std::atomic<int> interruptions_{0};
    struct sigaction before_ = {};
};

TEST_P(Signals, T15AStormOfThemChangesNothing) {
    const Pool pool = make();
    const Storm storm;
    while (Storm::interruptions() < 20) {
        std::vector<Future> futures;
        for (int i = 0; i < 20; ++i)
            futures.push_back(submit(pool, "add", "[1, 2]"));
        std::vector<cf_future_t*> handles;
        for (const Future& future : futures)
            handles.push_back(future);
        EXPECT_EQ(cf_wait(handles.data(), handles.size(), CF_RETURN_WHEN_ALL_COMPLETED,
                          long_wait_ns(), nullptr, nullptr, nullptr),
                  CF_STATUS_OK);
        for (const Future& future : futures)
            EXPECT_EQ(json_of(future), "3");
    }
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future never(cf_promise_future(promise));
    const auto start = cf_test::Clock::now();
    EXPECT_EQ(cf_future_wait(never, cf_test::short_wait_ns()), CF_STATUS_TIMEOUT);
    EXPECT_GE(cf_test::Clock::now() - start, cf_test::short_wait());
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

// Those of the C library's own are not in it.
std::set<int> blocked_here() {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    std::set<int> blocked;
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        if (sigismember(&mask, signal) == 1) blocked.insert(signal);
    }
    return blocked;
}

class QueueingSignals : public ContractTest {};
CONTRACT_HOLDS_FOR(QueueingSignals, queueing_makers);

TEST_P(QueueingSignals, T15ThreadsOfTheLibraryTakeNone) {
    const Pool pool = make();
    struct Note {
        std::set<int> blocked;
        cf_test::Gate called;
    } note;
    Parked parked(pool, GetParam().workers);
    const Future future = submit(pool, "echo");
    ASSERT_EQ(cf_future_add_done_callback(
                  future,
                  [](cf_future_t*, void* opaque) {
                      auto& seen = *static_cast<Note*>(opaque);
                      seen.blocked = blocked_here();
                      seen.called.open();
                  },
                  &note, nullptr, nullptr),
              CF_STATUS_OK);
    parked.open();
    note.called.wait();
    for (const int signal : {SIGHUP, SIGINT, SIGALRM, SIGTERM, SIGCHLD, SIGPIPE, SIGUSR1, SIGPROF})
        EXPECT_EQ(note.blocked.count(signal), 1u) << signal;
}

TEST_P(Signals, T15DispositionsAreTheHosts) {
    const auto dispositions = [] {
        std::vector<void*> all;
        for (int signal = 1; signal < SIGRTMIN; ++signal) {
            struct sigaction action = {};
            sigaction(signal, nullptr, &action);
            all.push_back(reinterpret_cast<void*>(action.sa_handler));
        }
        return all;
    };
    const std::vector<void*> before = dispositions();
    const std::set<int> blocked = blocked_here();
    {
        const Pool pool = make();
        EXPECT_EQ(json_of(submit(pool, "add", "[1, 2]")), "3");
        EXPECT_EQ(dispositions(), before);
        EXPECT_EQ(blocked_here(), blocked);
    }
    EXPECT_EQ(dispositions(), before);
}

// --- Stacks, and tasks without an end -----------------------------------------------------------------

class ThreadStacks : public ContractTest {};
CONTRACT_HOLDS_FOR(ThreadStacks, thread_makers);

struct Stack {
    std::size_t size = 0;
    std::size_t guard = 0;
};

Stack stack_of_a_worker(const Pool& pool) {
    Stack stack;
    const cf_task_fn task = [](cf_task_t*, void* opaque) -> int32_t {
        auto& seen = *static_cast<Stack*>(opaque);
        pthread_attr_t attributes;
        pthread_getattr_np(pthread_self(), &attributes);
        pthread_attr_getstacksize(&attributes, &seen.size);
        pthread_attr_getguardsize(&attributes, &seen.guard);
        pthread_attr_destroy(&attributes);
        return 0;
    };
    Future future;
    EXPECT_EQ(cf_executor_submit(pool, nullptr, task, &stack, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    return stack;
}

TEST_P(ThreadStacks, T17HaveTheSizeThatTheProgramSetsAndAGuard) {
    pthread_attr_t before;
    ASSERT_EQ(pthread_getattr_default_np(&before), 0);
    pthread_attr_t larger;
    ASSERT_EQ(pthread_getattr_default_np(&larger), 0);
    constexpr std::size_t kLarger = std::size_t{64} << 20;
    ASSERT_EQ(pthread_attr_setstacksize(&larger, kLarger), 0);
    ASSERT_EQ(pthread_setattr_default_np(&larger), 0);
    {
        const Pool pool = make();
        const Stack stack = stack_of_a_worker(pool);
        EXPECT_GE(stack.size, kLarger);
        EXPECT_GT(stack.guard, 0u);
    }
    EXPECT_EQ(pthread_setattr_default_np(&before), 0);
    {
        const Pool pool = make();
        EXPECT_LT(stack_of_a_worker(pool).size, kLarger);
    }
    pthread_attr_destroy(&larger);
    pthread_attr_destroy(&before);
}

// It ends the program where it happens, and does not write into what lies below.
TEST(ThreadStack, T17ThatOverflowsMeetsItsGuard) {
    const cf_test::Outcome outcome = cf_test::run({{CONTRACT_HOST}, {"CONTRACT_SCENE=overflow"}});
    EXPECT_FALSE(outcome.timed_out);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    EXPECT_NE(outcome.exit_status, 0);
#else
    EXPECT_EQ(outcome.signal, SIGSEGV) << outcome.err;
#endif
}

// Threads are never killed: whoever waits has a timeout, and the task is asked.
TEST_P(ThreadStacks, T17ATaskWithoutAnEndIsAskedAndNotWaitedForLongerThanWanted) {
    const Pool pool = make();
    struct Spin {
        std::atomic<bool> asked{false};
        std::atomic<bool> end{false};
    } spin;
    const cf_task_fn task = [](cf_task_t* self, void* opaque) -> int32_t {
        auto& seen = *static_cast<Spin*>(opaque);
        while (!seen.end.load()) {
            if (cf_task_cancel_requested(self) != 0) seen.asked = true;
        }
        return 0;
    };
    Future future;
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, &spin, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    while (cf_future_running(future) == 0)
        std::this_thread::yield();
    EXPECT_EQ(cf_future_wait(future, 0), CF_STATUS_TIMEOUT);
    EXPECT_EQ(cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT | CF_SHUTDOWN_CANCEL_FUTURES,
                                   cf_test::time_unit().count(), nullptr),
              CF_STATUS_TIMEOUT);
    EXPECT_EQ(cf_future_cancel_running(future, nullptr), CF_STATUS_OK);
    while (!spin.asked.load())
        std::this_thread::yield();
    EXPECT_EQ(cf_future_running(future), 1);
    spin.end = true;
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
}

}  // namespace
}  // namespace contract

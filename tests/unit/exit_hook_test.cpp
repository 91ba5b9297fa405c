// The exit hook, seen from outside: this program runs itself as one of the programs below.
#include "executor/exit_hook.h"

#include <unistd.h>
#include <cstdio>
#include <functional>
#include <map>
#include <thread>

#include "helpers.h"
#include "support/early_main.h"
#include "support/subprocess.h"
#include "support/system_calls.h"

namespace cf_unit {
namespace {

using cf_test::Counter;
using cf_test::Gate;

// The programs' objects must outlive the exit handlers.
Counter& ran = *new Counter;
Gate& go = *new Gate;

[[noreturn]] void sleep_until_exit() {
    for (;;)
        pause();
}

void queue_behind(cf::Executor& executor, int number) {
    for (int i = 0; i < number; ++i)
        submit(executor, [] { ran.add(); });
}

/// A program that exits from a task or callback which is the first call of a pool, with others
/// queued behind it.
template <typename Prepare>
[[noreturn]] void exit_from_within(size_t workers, Prepare prepare) {
    const ExecutorRef pool = make_pool(workers);
    prepare(*pool);
    queue_behind(*pool, 5);
    go.open();
    sleep_until_exit();
}

/// Leaves a pool behind with a call that runs until `go` and five behind it, whose cancellations are
/// counted as 10 each.
void exit_with(cf::ExitOptions options, bool cancelling_opens) {
    ExecutorRef pool = made(new cf::ThreadPool({.max_workers = 1, .exit = options}));
    static Gate& started = *new Gate;
    submit(*pool, [] {
        started.open();
        go.wait();
    });
    started.wait();
    for (int i = 0; i < 5; ++i) {
        const cf::FutureRef call = submit(*pool, [] { ran.add(); });
        on_done(*call, [=] {
            ran.add(10);
            if (cancelling_opens) go.open();
        });
    }
    static_cast<void>(pool.detach());
}

const std::map<std::string, std::function<int()>>& programs() {
    static const auto& all = *new std::map<std::string, std::function<int()>>{
        {"returns with work queued",
         [] {
             ExecutorRef pool = make_pool(2);
             queue_behind(*pool, 100);
             static_cast<void>(pool.detach());
             return 3;
         }},
        {"returns after release",
         [] {
             queue_behind(*make_pool(2), 100);
             return 3;
         }},
        {"returns after shutdown without wait",
         [] {
             const ExecutorRef pool = make_pool(2);
             queue_behind(*pool, 100);
             static_cast<void>(pool->shutdown(0, cf::Deadline::never()));
             return 3;
         }},
        {"two pools",
         [] {
             static_cast<void>(make_inline().detach());
             ExecutorRef first = make_pool(1);
             ExecutorRef second = make_pool(1);
             queue_behind(*first, 50);
             queue_behind(*second, 50);
             static_cast<void>(first.detach());
             static_cast<void>(second.detach());
             return 3;
         }},
        {"task exits, one worker",
         []() -> int {
             exit_from_within(1, [](cf::Executor& pool) {
                 submit(pool, [] {
                     go.wait();
                     std::exit(3);
                 });
             });
         }},
        {"task exits, two workers",
         []() -> int {
             exit_from_within(2, [](cf::Executor& pool) {
                 submit(pool, [] {
                     go.wait();
                     std::exit(3);
                 });
             });
         }},
        {"callback exits",
         []() -> int {
             exit_from_within(1, [](cf::Executor& pool) {
                 on_done(*submit(pool, [] { go.wait(); }), [] { std::exit(3); });
             });
         }},
        {"cancelling callback exits",
         []() -> int {
             const ExecutorRef pool = make_pool(1);
             submit(*pool, [] { go.wait(); });
             const cf::FutureRef cancelled = submit(*pool, [] { ran.add(1000); });
             queue_behind(*pool, 5);
             on_done(*cancelled, [] {
                 go.open();
                 std::exit(3);
             });
             static_cast<void>(cancelled->cancel());
             sleep_until_exit();
         }},
        {"inline task exits",
         []() -> int {
             const ExecutorRef executor = make_inline();
             submit(*executor, [] {
                 ran.add();
                 std::exit(3);
             });
             return 0;
         }},
        {"initializer exits",
         []() -> int {
             const cf_initializer_fn exits = [](void*) -> int32_t {
                 go.wait();
                 std::exit(3);
             };
             const ExecutorRef pool = make_pool(
                 1, cf::Ref<cf::Initializer>::adopt(new cf::Initializer(exits, nullptr, nullptr)));
             queue_behind(*pool, 5);
             go.open();
             sleep_until_exit();
         }},
        {"atexit fails, then does not",
         [] {
             cf_executor_t* executor = nullptr;
             cf::SystemCalls calls = cf::real_system_calls();
             calls.atexit = [](void (*)()) { return 1; };
             {
                 const cf::ScopedSystemCalls failing(calls);
                 if (cf_inline_executor_create(&executor, nullptr) != CF_STATUS_NO_MEMORY) return 4;
                 if (executor != nullptr) return 5;
             }
             ExecutorRef pool = make_pool(1);
             queue_behind(*pool, 5);
             static_cast<void>(pool.detach());
             return 3;
         }},
        {"tasks make executors while it drains",
         [] {
             ExecutorRef pool = make_pool(1);
             submit(*pool, [] {
                 go.wait();
                 ExecutorRef other = make_pool(1);
                 queue_behind(*other, 5);
                 static_cast<void>(other.detach());
             });
             std::atexit([] { go.open(); });  // runs before the hook
             static_cast<void>(pool.detach());
             return 3;
         }},
        {"cancels what is pending",
         [] {
             exit_with({.policy = CF_EXIT_POLICY_CANCEL_PENDING}, true);
             return 3;
         }},
        {"abandons",
         [] {
             exit_with({.policy = CF_EXIT_POLICY_ABANDON}, false);
             return 3;
         }},
        {"drains for a while",
         [] {
             exit_with({.timeout = cf_test::time_unit().count()}, false);
             return 3;
         }},
        {"cancels and waits for a while",
         [] {
             exit_with(
                 {.policy = CF_EXIT_POLICY_CANCEL_PENDING, .timeout = cf_test::time_unit().count()},
                 false);
             return 3;
         }},
        {"main exits while another thread shuts down",
         []() -> int {
             ExecutorRef pool = make_pool(1);
             submit(*pool, [] { go.wait(); });
             queue_behind(*pool, 5);
             cf::Executor* executor = pool.detach();
             std::thread([=] { static_cast<void>(finish(*executor)); }).detach();
             go.open();
             return 3;
         }},
    };
    return all;
}

struct ExitCase {
    const char* program;
    int calls;  // that must have run
};

void PrintTo(const ExitCase& exit_case, std::ostream* out) {
    *out << exit_case.program;
}

// T-12
class ExitHook : public testing::TestWithParam<ExitCase> {};

TEST_P(ExitHook, T12FinishesAcceptedWork) {
    const cf_test::Outcome outcome =
        cf_test::run({.args = {"/proc/self/exe", "--exit-program", GetParam().program}});
    EXPECT_FALSE(outcome.timed_out) << outcome.err;
    EXPECT_EQ(outcome.signal, 0) << outcome.err;
    EXPECT_EQ(outcome.exit_status, 3) << outcome.err;
    if (GetParam().calls < 0) return;
    EXPECT_EQ(outcome.out, std::to_string(GetParam().calls) + " calls ran");
}

constexpr int kAny = -1;

INSTANTIATE_TEST_SUITE_P(
    Programs, ExitHook,
    testing::Values(ExitCase{"returns with work queued", 100},
                    ExitCase{"returns after release", 100},
                    ExitCase{"returns after shutdown without wait", 100},
                    ExitCase{"two pools", 100}, ExitCase{"task exits, one worker", 5},
                    ExitCase{"task exits, two workers", 5}, ExitCase{"callback exits", 5},
                    ExitCase{"cancelling callback exits", 5}, ExitCase{"inline task exits", 1},
                    ExitCase{"initializer exits", kAny}, ExitCase{"atexit fails, then does not", 5},
                    ExitCase{"tasks make executors while it drains", 5},
                    ExitCase{"cancels what is pending", 50}, ExitCase{"abandons", 0},
                    ExitCase{"drains for a while", 50},
                    ExitCase{"cancels and waits for a while", 50},
                    ExitCase{"main exits while another thread shuts down", 5}));

}  // namespace
}  // namespace cf_unit

extern "C" int cf_test_early_main(int argc, char** argv) {
    if (argc != 3 || std::string_view(argv[1]) != "--exit-program") return -1;
    // Registered before the first executor registers the hook, so it runs after it.
    std::atexit([] { dprintf(STDOUT_FILENO, "%d calls ran", cf_unit::ran.value()); });
    return cf_unit::programs().at(argv[2])();
}

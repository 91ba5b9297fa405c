// ProcessPool: functions of this program in worker processes, which are this program too.
#include <gtest/gtest.h>
#include <unistd.h>
#include <cfutures/cfutures.hpp>

#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "generated.h"
#include "support/early_main.h"
#include "support/process_gate.h"
#include "support/time.h"

extern "C" int cf_test_early_main(int, char**) {
    cfutures::worker_entry();
    return -1;
}

namespace {

using cf_test::ProcessGate;

struct Order {
    std::string item;
    std::int64_t price = 0;
    std::vector<std::string> notes;
    friend bool operator==(const Order&, const Order&) = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Order, item, price, notes)
};

struct MyError : std::runtime_error {
    using runtime_error::runtime_error;
};

bool is_prime(std::int64_t n) {
    if (n < 2) return false;
    if (n % 2 == 0) return n == 2;
    for (std::int64_t i = 3; i <= n / i; i += 2) {
        if (n % i == 0) return false;
    }
    return true;
}
int pid() {
    return getpid();
}
Order raise_price(const Order& order, std::int64_t by) {
    return {order.item, order.price + by, order.notes};
}
std::optional<std::map<std::string, std::tuple<int, double>>> nested(bool some) {
    if (!some) return std::nullopt;
    return std::map<std::string, std::tuple<int, double>>{{"a", {1, 0.5}}};
}
std::uint64_t same(std::uint64_t n) {
    return n;
}
double root(double n) {
    return std::sqrt(n);
}
std::string bad_text() {
    return "\xff";
}
void nothing() {}
int fail(const std::string& how) {
    if (how == "standard") throw std::out_of_range("far");
    if (how == "system") throw std::system_error(5, std::generic_category(), "disk");
    if (how == "mine") throw MyError("mine");
    throw std::logic_error("unexpected");
}
int die(int signal_number) {
    std::raise(signal_number);
    return 0;
}
std::string variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? value : "";
}
std::string directory() {
    return std::filesystem::current_path();
}
int say_and_die(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::raise(SIGKILL);
    return 0;
}
void ignore(int signal_number) {
    std::signal(signal_number, SIG_IGN);
}
int leave(int status) {
    std::_Exit(status);
}
int pass(const std::string& gate, int n) {
    ProcessGate::pass(gate);
    return n;
}
int fail_on_two(int n) {
    if (n == 2) throw std::domain_error("two");
    return n;
}

int prepared = 0;
void prepare(int n) {
    prepared = n;
}
int get_prepared() {
    return prepared;
}

CFUTURES_REGISTER("test.raise_price", raise_price);

class Processes : public testing::Test {
  protected:
    cfutures::ProcessPool pool_{{.max_workers = 2}};
};

TEST_F(Processes, CallsRunElsewhere) {
    EXPECT_NE(pool_.submit<pid>().result(), getpid());
    EXPECT_TRUE(pool_.submit<is_prime>(112272535095293).result());
    EXPECT_FALSE(pool_.submit<is_prime>(1099726899285419).result());
    pool_.submit<nothing>().result();
}

TEST_F(Processes, UserTypesAndContainers) {
    const Order order{"tea", 3, {"green"}};
    EXPECT_EQ(pool_.submit<raise_price>(order, 2).result(), (Order{"tea", 5, {"green"}}));
    EXPECT_EQ(pool_.call<Order>("test.raise_price", order, 2).result().price, 5);
    EXPECT_EQ(pool_.submit<nested>(false).result(), std::nullopt);
    EXPECT_EQ(pool_.submit<nested>(true).result()->at("a"), std::make_tuple(1, 0.5));
}

TEST_F(Processes, NumbersAreExactOrRefused) {
    constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(pool_.submit<same>(kMax).result(), kMax);
    EXPECT_THROW(pool_.submit<root>(std::nan("")), cfutures::EncodeError);
    EXPECT_THROW(pool_.submit<root>(-1).result(), cfutures::EncodeError);
    EXPECT_THROW(pool_.submit<bad_text>().result(), cfutures::EncodeError);
    EXPECT_THROW(pool_.call<Order>("test.raise_price", 1, 2).result(), cfutures::DecodeError);
    EXPECT_THROW(pool_.call<Order>("test.raise_price").result(), cfutures::DecodeError);
}

TEST_F(Processes, ExceptionsArriveAsTheSameStandardType) {
    EXPECT_THROW(pool_.submit<fail>("standard").result(), std::out_of_range);
    try {
        pool_.submit<fail>("system").result();
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::error_code(5, std::generic_category()));
    }
    try {
        pool_.submit<fail>("mine").result();
        FAIL();
    } catch (const cfutures::RemoteError& error) {
        EXPECT_NE(error.type_name().find("MyError"), std::string_view::npos);
        EXPECT_EQ(error.message(), "mine");
    }
}

TEST_F(Processes, UnknownName) {
    EXPECT_THROW(pool_.call<int>("no such function").result(), cfutures::UnknownFunctionError);
}

TEST_F(Processes, ALostWorkerFailsItsCallOnly) {
    std::vector<cfutures::Future<std::uint64_t>> others;
    for (std::uint64_t i = 0; i < 50; ++i)
        others.push_back(pool_.submit<same>(i));
    const auto killed = pool_.submit<die>(SIGKILL);
    const auto left = pool_.submit<leave>(3);
    for (std::uint64_t i = 50; i < 100; ++i)
        others.push_back(pool_.submit<same>(i));
    try {
        killed.result();
        FAIL();
    } catch (const cfutures::WorkerLostError& error) {
        EXPECT_EQ(error.signal(), SIGKILL);
        EXPECT_EQ(error.exit_status(), std::nullopt);
        EXPECT_GT(error.pid(), 0);
        EXPECT_EQ(error.task_id(), killed.task_id());
        EXPECT_NE(error.function().find("die"), std::string_view::npos);
    }
    try {
        left.result();
        FAIL();
    } catch (const cfutures::WorkerLostError& error) {
        EXPECT_EQ(error.signal(), std::nullopt);
        EXPECT_EQ(error.exit_status(), 3);
    }
    for (std::uint64_t i = 0; i < others.size(); ++i)
        EXPECT_EQ(others[i].result(), i);
}

TEST_F(Processes, MapInTheOrderOfTheInput) {
    const std::vector<std::int64_t> numbers{112272535095293, 112582705942171, 112272535095293,
                                            115280095190773, 115797848077099, 1099726899285419};
    std::vector<bool> primes;
    for (const bool prime : pool_.map<is_prime>(numbers))
        primes.push_back(prime);
    EXPECT_EQ(primes, (std::vector<bool>{true, true, true, true, true, false}));
}

TEST_F(Processes, MapOfSeveralRanges) {
    const std::vector<Order> orders{{"a", 1, {}}, {"b", 2, {}}, {"c", 3, {}}};
    std::vector<std::int64_t> prices;
    for (const Order& order : pool_.map<raise_price>(orders, std::vector<int>{10, 20})) {
        prices.push_back(order.price);
    }
    EXPECT_EQ(prices, (std::vector<std::int64_t>{11, 22}));
}

TEST_F(Processes, MapOutcomesByChunks) {
    auto map = pool_.map<fail_on_two>({.chunk_size = 2}, std::vector<int>{1, 2, 3});
    std::vector<bool> failed;
    for (auto& [index, future] : map.outcomes()) {
        EXPECT_EQ(index, failed.size());
        failed.push_back(future.exception() != nullptr);
    }
    EXPECT_EQ(failed, (std::vector<bool>{false, true, false}));
}

TEST_F(Processes, MapOfLazyInput) {
    int pulled = 0;
    const auto counting = [&](int n) {
        ++pulled;
        return n;
    };
    auto map = pool_.map<same>({.window = 2}, cf_test::Generated(counting, 1));
    EXPECT_LE(pulled, 2);
    auto it = map.begin();
    for (std::uint64_t taken = 1; taken <= 5; ++taken, ++it) {
        EXPECT_EQ(*it, taken);
        EXPECT_LE(pulled, static_cast<int>(taken) + 2);
    }
}

TEST_F(Processes, MapWithInputThatFails) {
    const std::vector<double> numbers{1.0, std::nan("")};
    EXPECT_THROW(pool_.map<root>(numbers), cfutures::EncodeError);
    auto map = pool_.map<root>({.window = 1}, numbers);
    auto it = map.begin();
    EXPECT_EQ(*it, 1.0);
    EXPECT_THROW(++it, cfutures::EncodeError);
}

TEST_F(Processes, OneLineChangesTheExecutor) {
    cfutures::ThreadPool threads;
    cfutures::InlineExecutor inline_executor;
    for (const cfutures::ExecutorRef executor :
         {cfutures::ExecutorRef(pool_), cfutures::ExecutorRef(threads),
          cfutures::ExecutorRef(inline_executor)}) {
        EXPECT_TRUE(executor.submit<is_prime>(7).result());
        EXPECT_THROW(executor.submit<fail>("standard").result(), std::out_of_range);
        EXPECT_EQ(*executor.map<same>(std::vector{4, 5}).begin(), 4U);
        EXPECT_EQ(executor.call<Order>("test.raise_price", Order{}, 2).result().price, 2);
    }
}

TEST_F(Processes, WaitAndCallbacksAcrossExecutors) {
    ProcessGate gate;
    cfutures::ThreadPool threads;
    const auto remote = pool_.submit<pass>(gate.path(), 5);
    const auto local = threads.submit([] { return std::string("text"); });
    gate.wait_arrived();
    EXPECT_TRUE(remote.running());
    const auto first = cfutures::wait({remote, local}, cfutures::ReturnWhen::kFirstCompleted);
    EXPECT_EQ(first.not_done.size(), 1U);
    cfutures::Promise<int> seen;
    remote.add_done_callback(
        [&](const cfutures::Future<int>& done) { seen.set_result(done.result()); });
    gate.open();
    EXPECT_EQ(seen.get_future().result(cf_test::long_wait()), 5);
}

TEST_F(Processes, Cancel) {
    ProcessGate gate;
    std::vector<cfutures::Future<int>> busy;
    for (int i = 0; i < 2; ++i)
        busy.push_back(pool_.submit<pass>(gate.path(), i));
    gate.wait_arrived(2);
    const auto next = pool_.submit<pid>();
    EXPECT_TRUE(next.cancel());
    EXPECT_THROW(next.result(), cfutures::CancelledError);
    EXPECT_THROW(busy[0].result(cf_test::short_wait()), cfutures::TimeoutError);
    gate.open();
    EXPECT_EQ(busy[1].result(), 1);
}

TEST_F(Processes, DecodedResultsAreShared) {
    const auto future = pool_.submit<raise_price>(Order{"tea", 1, {}}, 1);
    const auto copy = future;
    EXPECT_EQ(&future.result(), &copy.result());
    EXPECT_EQ(copy.take().item, "tea");
    EXPECT_THROW(future.result(), cfutures::InvalidStateError);
}

TEST_F(Processes, SubmitABatch) {
    cfutures::ProcessPool pool({.max_workers = 2});
    const std::vector<std::int64_t> numbers = {2, 9, 112272535095293};
    auto futures = pool.submit_batch<is_prime>(numbers);
    ASSERT_EQ(futures.size(), 3u);
    EXPECT_TRUE(futures[0].result());
    EXPECT_FALSE(futures[1].result());
    EXPECT_TRUE(futures[2].result());
    const cfutures::ExecutorRef any = pool;
    EXPECT_TRUE(any.submit_batch<is_prime>(numbers)[0].result());
}

TEST_F(Processes, AreListed) {
    ProcessGate gate;
    EXPECT_TRUE(pool_.workers().empty());
    const auto busy = pool_.submit<pass>(gate.path(), 1);
    const pid_t pid = gate.wait_arrived().front();
    const std::vector<cfutures::WorkerInfo> workers = pool_.workers();
    ASSERT_EQ(workers.size(), 1U);
    EXPECT_EQ(workers[0].pid, pid);
    EXPECT_EQ(workers[0].state, cfutures::WorkerState::kRunning);
    EXPECT_EQ(workers[0].task_id, busy.task_id());
    EXPECT_NE(workers[0].function.find("pass"), std::string::npos);
    EXPECT_EQ(workers[0].tasks_done, 0U);
    EXPECT_GT(workers[0].memory.value_or(0), 0);
    gate.open();
    busy.result();
    EXPECT_EQ(pool_.workers().at(0).tasks_done, 1U);
}

TEST_F(Processes, AreKilledByRequest) {
    ProcessGate gate;
    const auto busy = pool_.submit<pass>(gate.path(), 1);
    const pid_t worker = gate.wait_arrived().front();
    EXPECT_TRUE(pool_.kill_workers({.timeout = cf_test::long_wait()}));
    try {
        busy.result();
        FAIL();
    } catch (const cfutures::WorkerKilledError& error) {
        EXPECT_EQ(error.pid(), worker);
        EXPECT_EQ(error.signal(), SIGKILL);
    }
    EXPECT_THROW(pool_.submit<pid>(), cfutures::ShutDownError);
}

TEST_F(Processes, DeadlineAndCancelRunning) {
    ProcessGate gate;
    const auto late = pool_.submit<pass>({.deadline = cf_test::short_wait()}, gate.path(), 1);
    EXPECT_THROW(late.result(), cfutures::DeadlineExceededError);
    ProcessGate other_gate;
    const auto unwanted = pool_.submit<pass>(other_gate.path(), 1);
    other_gate.wait_arrived();
    unwanted.cancel_running();
    EXPECT_THROW(unwanted.result(), cfutures::WorkerKilledError);
    EXPECT_EQ(pool_.submit<same>(7U).result(), 7U);
}

TEST_F(Processes, Retries) {
    const auto poison = pool_.submit<die>({.retries = 2}, SIGKILL);
    try {
        poison.result();
        FAIL();
    } catch (const cfutures::WorkerLostError& error) {
        EXPECT_NE(std::string(error.what()).find("3 workers"), std::string::npos) << error.what();
    }
}

TEST(ProcessPoolOptions, Crashes) {
    cfutures::ProcessPool python({.max_workers = 1, .break_on_crash = true});
    EXPECT_THROW(python.submit<die>(SIGKILL).result(), cfutures::BrokenExecutorError);
    cfutures::ProcessPool limited(
        {.max_workers = 1, .crash_limit = cfutures::CrashLimit{1, cf_test::long_wait()}});
    EXPECT_THROW(limited.submit<die>(SIGKILL).result(), cfutures::WorkerLostError);
    EXPECT_EQ(limited.submit<same>(1U).result(), 1U);
    EXPECT_THROW(limited.submit<die>(SIGKILL).result(), cfutures::WorkerLostError);
    limited.shutdown();
    EXPECT_THROW(limited.submit<pid>(), cfutures::BrokenExecutorError);
}

TEST(ProcessPoolOptions, Settings) {
    // The thread sanitizer wants to set a limit of its own.
    std::optional<std::int64_t> memory_limit;
    if (!cf_test::kThreadSanitizer) memory_limit = std::int64_t{1} << 50;
    cfutures::ProcessPool pool({.max_workers = 1,
                                .settings = {.memory_limit = memory_limit,
                                             .cpu_time_limit = cf_test::long_wait(),
                                             .core_size_limit = 0,
                                             .niceness = 1,
                                             .umask = 077,
                                             .directory = "/",
                                             .no_new_privileges = true,
                                             .environment = std::vector<std::string>{"WHO=me"},
                                             .output = cfutures::WorkerOutput::kCapture},
                                .idle_timeout = cf_test::long_wait(),
                                .nesting_limit = 1});
    EXPECT_EQ(pool.submit<variable>("WHO").result(), "me");
    EXPECT_EQ(pool.submit<variable>("PATH").result(), "");
    EXPECT_EQ(pool.submit<directory>().result(), "/");
    try {
        pool.submit<say_and_die>("farewell").result();
        FAIL();
    } catch (const cfutures::WorkerLostError& error) {
        EXPECT_NE(error.detail().find("farewell"), std::string_view::npos) << error.detail();
    }
    EXPECT_THROW(cfutures::ProcessPool({.settings = {.niceness = 99}}), cfutures::InvalidArgument);
    EXPECT_THROW(cfutures::ProcessPool({.nesting_limit = 0}), cfutures::InvalidArgument);
}

TEST(ProcessPoolOptions, TerminationGrace) {
    ProcessGate gate;
    cfutures::ProcessPool pool(
        {.max_workers = 1, .termination_grace = cfutures::Timeout::forever()});
    pool.submit<ignore>(SIGTERM).result();
    const auto busy = pool.submit<pass>(gate.path(), 1);
    gate.wait_arrived();
    EXPECT_FALSE(pool.terminate_workers({.wait = false}));
    EXPECT_FALSE(pool.terminate_workers({.timeout = cf_test::short_wait()}));
    EXPECT_TRUE(pool.kill_workers());
    EXPECT_THROW(busy.result(), cfutures::WorkerKilledError);
}

TEST(ProcessPoolOptions, Initializer) {
    cfutures::ProcessPool pool(
        {.max_workers = 1, .initializer = cfutures::named_call<prepare>(17)});
    EXPECT_EQ(pool.submit<get_prepared>().result(), 17);
    cfutures::ProcessPool broken(
        {.max_workers = 1, .initializer = cfutures::named_call<fail>("standard")});
    EXPECT_THROW(broken.submit<pid>().result(), cfutures::BrokenExecutorError);
}

TEST(ProcessPoolOptions, MaxTasksPerChild) {
    cfutures::ProcessPool pool({.max_workers = 1, .max_tasks_per_child = 1});
    EXPECT_NE(pool.submit<pid>().result(), pool.submit<pid>().result());
}

TEST(ProcessPoolOptions, WrongUse) {
    EXPECT_THROW(cfutures::ProcessPool({.max_workers = 0}), cfutures::InvalidArgument);
    EXPECT_THROW(cfutures::ProcessPool({.worker_libraries = {"/a"}, .worker_command = {"/b"}}),
                 cfutures::InvalidArgument);
    EXPECT_THROW(cfutures::ProcessPool({.worker_command = {"/nonexistent/worker"}}),
                 cfutures::SystemError);
    cfutures::ProcessPool pool;
    pool.shutdown();
    EXPECT_THROW(pool.submit<pid>(), cfutures::ShutDownError);
}

}  // namespace

// Kills in numbers. Whatever dies when, every call ends once and in time, and nothing is left: neither
// process nor descriptor, which the leak check sees to.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <deque>
#include <random>

#include "contract.h"
#include "support/amount.h"
#include "support/subprocess.h"

namespace contract {
namespace {

// 2 s, the bar for the end of a call and of a killed host's workers.
cf_test::Duration in_time() {
    return 40 * cf_test::time_unit();
}

int64_t kills(int64_t native) {
    if (const char* text = std::getenv("CFUTURES_FAULT_KILLS")) return std::atoll(text);
    return cf_test::amount(native);
}

Pool make_two() {
    ProcessPoolOptions options;
    cf_process_pool_options_create(options.out(), nullptr);
    cf_process_pool_options_set_max_workers(options, 2, nullptr);
    cf_executor_t* executor = nullptr;
    EXPECT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    return Pool(executor);
}

struct Ticket {
    Future future;
    cf_test::Clock::time_point since;
};

// Kills one of the workers that have begun to work: one that dies before it is ready breaks the pool, and so
// do some in a row that die without having done anything.
bool kill_one(cf_executor_t* pool, std::mt19937& random) {
    WorkerList list;
    EXPECT_EQ(cf_executor_workers(pool, list.out(), nullptr), CF_STATUS_OK);
    std::vector<pid_t> victims;
    for (std::size_t i = 0; i < cf_worker_list_count(list); ++i) {
        if (cf_worker_list_tasks_done(list, i) == 0) continue;
        victims.push_back(static_cast<pid_t>(cf_worker_list_pid(list, i)));
    }
    return !victims.empty() && kill(victims[random() % victims.size()], SIGKILL) == 0;
}

TEST(Storm, W01KillsAtRandomPointsCostTheirCallsAndNothingElse) {
    const int64_t wanted = kills(2000);
    constexpr std::size_t kOut = 32;
    std::mt19937 random(20);
    Watcher watcher;
    int64_t accepted = 0;
    int64_t killed = 0;
    int64_t lost = 0;
    {
        const Pool pool = make_two();
        std::deque<Ticket> out;
        const auto finish_one = [&] {
            const Ticket ticket = std::move(out.front());
            out.pop_front();
            const cf_status_t status = outcome_of(ticket.future);
            EXPECT_LE(cf_test::Clock::now() - ticket.since, in_time());
            if (status == CF_STATUS_WORKER_LOST) {
                ++lost;
                EXPECT_EQ(cf_error_worker_signal(cf_future_error(ticket.future)), SIGKILL);
            } else {
                EXPECT_EQ(json_of(ticket.future), "[7]");
            }
        };
        while (killed < wanted && !HasFailure()) {
            for (std::size_t batch = random() % 16 + 1; batch > 0; --batch) {
                Ticket ticket{submit(pool, "echo", "[7]"), cf_test::Clock::now()};
                watcher.add_to(ticket.future);
                out.push_back(std::move(ticket));
                ++accepted;
            }
            while (out.size() > kOut)
                finish_one();
            if (kill_one(pool, random)) ++killed;
        }
        while (!out.empty())
            finish_one();
        EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    }
    EXPECT_LE(lost, 2 * killed) << "two messages at a worker, at most";
    EXPECT_EQ(watcher.called.value(), accepted);
    EXPECT_EQ(watcher.destroyed.value(), accepted);
    RecordProperty("lost", static_cast<int>(lost));
}

// Host and workers hold the pipe's other end, and nobody else does: its end is theirs.
TEST(Storm, W04KillsOfTheHostLeaveNoWorker) {
    std::mt19937 random(4);
    for (int64_t i = kills(50); i > 0; --i) {
        int ends[2];
        ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
        const pid_t host =
            cf_test::spawn({.args = {"/proc/self/exe", "keep_busy"}}, ends[1], STDERR_FILENO);
        close(ends[1]);
        char bytes[256];
        for (std::size_t left = random() % 200 + 1; left > 0;) {
            const ssize_t size = read(ends[0], bytes, std::min(left, sizeof bytes));
            ASSERT_GT(size, 0);
            left -= static_cast<std::size_t>(size);
        }
        ASSERT_EQ(kill(host, SIGKILL), 0);
        ASSERT_EQ(waitpid(host, nullptr, 0), host);
        const auto deadline = cf_test::Clock::now() + in_time();
        for (bool over = false; !over;) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(deadline - cf_test::Clock::now());
            pollfd pipe{ends[0], POLLIN, 0};
            ASSERT_EQ(poll(&pipe, 1, static_cast<int>(std::max<int64_t>(left.count(), 0))), 1)
                << "a worker lives on";
            over = read(ends[0], bytes, sizeof bytes) == 0;
        }
        close(ends[0]);
    }
}

}  // namespace
}  // namespace contract

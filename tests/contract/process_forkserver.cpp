// Workers that a fork server makes: what is different from workers that are spawned. That all else is the
// same, the rest of the suite shows for ForkedWorkers2.
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>

#include "contract.h"
#include "support/amount.h"
#include "support/eventually.h"
#include "support/proc.h"
#include "support/subprocess.h"
#include "support/temp_dir.h"

namespace contract {
namespace {

ProcessPoolOptions options_for(WorkerWay way, cf_start_method_t method, int workers) {
    ProcessPoolOptions options = process_options(way);
    cf_process_pool_options_set_max_workers(options, workers, nullptr);
    EXPECT_EQ(cf_process_pool_options_set_start_method(options, method, nullptr), CF_STATUS_OK);
    return options;
}

Pool make_with(const ProcessPoolOptions& options) {
    cf_executor_t* executor = nullptr;
    EXPECT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    return Pool(executor);
}

std::set<pid_t> workers_of(cf_executor_t* pool) {
    WorkerList list;
    cf_executor_workers(pool, list.out(), nullptr);
    std::set<pid_t> pids;
    for (std::size_t i = 0; i < cf_worker_list_count(list); ++i)
        pids.insert(static_cast<pid_t>(cf_worker_list_pid(list, i)));
    return pids;
}

std::size_t threads_of(pid_t pid) {
    return cf_test::list_directory("/proc/" + std::to_string(pid) + "/task").size();
}

// The child that is no worker; 0 while there is none. Workers have a second thread as soon as they serve.
pid_t fork_server_of(cf_executor_t* pool) {
    const std::set<pid_t> workers = workers_of(pool);
    for (const pid_t pid : cf_test::children_of(getpid())) {
        if (workers.count(pid) == 0 && threads_of(pid) == 1) return pid;
    }
    return 0;
}

// The same at a moment at which nobody starts or ends; also 0 when none was needed since one died.
pid_t resting_fork_server_of(cf_executor_t* pool) {
    pid_t server = 0;
    EXPECT_TRUE(cf_test::eventually([&] {
        std::set<pid_t> workers = workers_of(pool);
        server = 0;
        for (const pid_t pid : cf_test::children_of(getpid())) {
            if (workers.erase(pid) != 0 && threads_of(pid) > 1) continue;
            if (server != 0 || threads_of(pid) != 1) return false;
            server = pid;
        }
        return workers.empty();
    }));
    return server;
}

class ForkServer : public testing::TestWithParam<WorkerWay> {
  protected:
    Pool make(int workers) const {
        return make_with(options_for(GetParam(), CF_START_METHOD_FORKSERVER, workers));
    }
};
INSTANTIATE_TEST_SUITE_P(Contract, ForkServer,
                         testing::Values(WorkerWay::kSelf, WorkerWay::kLibrary),
                         [](const auto& each) { return std::string(way_name(each.param)); });

TEST_P(ForkServer, W17WorkersAreMadeByOneProcessThatHasLoadedAll) {
    const Pool pool = make(2);
    pid_t server = 0;
    std::set<pid_t> seen;
    for (int i = 0; i < 3; ++i) {
        const Parked parked(pool, 2);
        // Children of this process, all three, and no grandchildren.
        EXPECT_EQ(cf_test::descendants_of(getpid()).size(), 3u);
        ASSERT_NE(fork_server_of(pool), 0);
        if (server != 0) {
            EXPECT_EQ(fork_server_of(pool), server);
        }
        server = fork_server_of(pool);
        for (const pid_t pid : parked.pids()) {
            EXPECT_TRUE(seen.insert(pid).second) << "a worker that was killed";
            kill(pid, SIGKILL);
        }
        for (const Future& future : parked.futures())
            expect_failure(future, CF_STATUS_WORKER_LOST, {"SIGKILL"});
    }
}

TEST_P(ForkServer, W17ItsDeathIsNoWorkersAndTheNextWorkerBringsTheNextServer) {
    const Pool pool = make(2);
    pid_t server = 0;
    {
        Parked parked(pool, 2);
        server = fork_server_of(pool);
        ASSERT_NE(server, 0);
        kill(server, SIGKILL);
        EXPECT_TRUE(
            cf_test::eventually([] { return cf_test::descendants_of(getpid()).size() == 2u; }));
        parked.open();
        for (const Future& future : parked.futures())
            EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
        expect_failure(submit(pool, "die_by_signal", "[9]"), CF_STATUS_WORKER_LOST);
    }
    const Parked parked(pool, 2);
    EXPECT_NE(fork_server_of(pool), 0);
    EXPECT_NE(fork_server_of(pool), server);
}

TEST_P(ForkServer, W17MayDieAtAnyMoment) {
    const Pool pool = make(2);
    EXPECT_EQ(json_of(submit(pool, "add", "[1, 2]")), "3");
    for (int round = 0; round < cf_test::amount(20); ++round) {
        const pid_t server = resting_fork_server_of(pool);
        std::vector<Future> deaths;
        for (int i = 0; i < 2; ++i)
            deaths.push_back(submit(pool, "die_by_signal", "[9]"));
        const Future last = submit(pool, "add", "[1, 2]");
        // Some way into the making of a worker.
        for (int i = 0; i < round; ++i)
            sched_yield();
        if (server != 0) kill(server, SIGKILL);
        for (const Future& future : deaths)
            EXPECT_EQ(outcome_of(future), CF_STATUS_WORKER_LOST);
        EXPECT_EQ(json_of(last), "3") << "in round " << round;
    }
}

TEST_P(ForkServer, W17IsKilledWhenItHangsAndReplaced) {
    const ProcessPoolOptions options = options_for(GetParam(), CF_START_METHOD_FORKSERVER, 2);
    cf_process_pool_options_set_start_timeout(options, 10 * cf_test::short_wait_ns(), nullptr);
    const Pool pool = make_with(options);
    const Parked parked(pool, 1);
    const pid_t server = fork_server_of(pool);
    ASSERT_NE(server, 0);
    kill(server, SIGSTOP);
    EXPECT_EQ(json_of(submit(pool, "add", "[1, 2]")), "3");
    EXPECT_NE(fork_server_of(pool), server);
}

// All workers are killed while a server that hangs was asked for one: nobody waits for it.
TEST_P(ForkServer, W17ThatHangsDoesNotDelayTheEnd) {
    const Pool pool = make(2);
    const Parked parked(pool, 1);
    const pid_t server = fork_server_of(pool);
    ASSERT_NE(server, 0);
    kill(server, SIGSTOP);
    const Future unstarted = submit(pool, "echo");
    EXPECT_EQ(cf_executor_kill_workers(pool, CF_SHUTDOWN_WAIT, long_wait_ns(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(outcome_of(parked.futures().front()), CF_STATUS_WORKER_KILLED);
    EXPECT_NE(outcome_of(unstarted), CF_STATUS_OK);
}

// The order of READY, of calls and of the process's making does not matter: a call that was cancelled before
// there was a worker leaves a pool that works.
TEST_P(ForkServer, S1ACallIsCancelledBeforeAWorkerIsMade) {
    const Pool pool = make(1);
    const Future first = submit(pool, "echo");
    cf_future_cancel(first);
    EXPECT_EQ(json_of(submit(pool, "add", "[1, 2]")), "3");
}

// --- Where there cannot be one ----------------------------------------------------------------------------

void expect_no_server(const Pool& pool, const std::vector<std::string>& words, cf_status_t cause) {
    const Future future = submit(pool, "add", "[1, 2]");
    expect_failure(future, CF_STATUS_BROKEN_EXECUTOR, words);
    EXPECT_EQ(cf_error_status(cf_error_cause(cf_future_error(future))), cause);
}

TEST(NoForkServer, W17AProgramThatKnowsOnlyHowToBeAWorker) {
    expect_no_server(make_with(options_for(WorkerWay::kPython, CF_START_METHOD_FORKSERVER, 1)),
                     {"fork server", "CF_START_METHOD_SPAWN"}, CF_STATUS_UNSUPPORTED);
    const Pool pool = make_with(options_for(WorkerWay::kPython, CF_START_METHOD_AUTO, 2));
    const Parked parked(pool, 2);
    EXPECT_EQ(cf_test::children_of(getpid()).size(), 2u);
}

TEST(NoForkServer, W17AProgramThatEndsAtOnce) {
    for (const cf_start_method_t method : {CF_START_METHOD_FORKSERVER, CF_START_METHOD_AUTO}) {
        const ProcessPoolOptions options = options_for(WorkerWay::kSelf, method, 1);
        const char* const argv[] = {"/bin/false"};
        cf_process_pool_options_set_worker_command(options, argv, 1, nullptr);
        expect_no_server(make_with(options), {"/bin/false", "never got ready"},
                         CF_STATUS_WORKER_LOST);
    }
}

TEST(NoForkServer, W17ALibraryThatIsNone) {
    const ProcessPoolOptions options = options_for(WorkerWay::kSelf, CF_START_METHOD_FORKSERVER, 1);
    const char* const paths[] = {"/etc/passwd"};
    cf_process_pool_options_set_worker_libraries(options, paths, 1, nullptr);
    expect_no_server(make_with(options), {"/etc/passwd"}, CF_STATUS_SYSTEM);
}

TEST(NoForkServer, W17AMethodThatIsNone) {
    ProcessPoolOptions options;
    cf_process_pool_options_create(options.out(), nullptr);
    for (const cf_start_method_t method : {-1, 3}) {
        Error error;
        expect_error(cf_process_pool_options_set_start_method(options, method, error.out()), error,
                     CF_STATUS_INVALID_ARGUMENT, {"method"});
    }
}

// --- Programs of their own ----------------------------------------------------------------------------------

void expect_host(const std::string& program, const std::vector<std::string>& environment) {
    const cf_test::Outcome outcome = cf_test::run({{program}, environment});
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_EQ(outcome.exit_status, 0);
    EXPECT_EQ(outcome.out, "as expected\n") << outcome.err;
}

TEST(NoForkServer, W17AProgramThatHasSecondThreads) {
    expect_host(CONTRACT_HOST, {"CONTRACT_SCENE=threads_before_entry"});
}

TEST(ForkServerOutput, W17WhatTheProgramPrintsBeforeIsPrintedOnce) {
    const cf_test::Outcome outcome =
        cf_test::run({{CONTRACT_HOST}, {"CONTRACT_SCENE=prints_before_entry"}});
    EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
    // By the host and by the server, whatever the number of workers.
    EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '#'), 2) << outcome.out;
}

// The program is given another file's name, and then none, while its pool runs.
class Upgrade : public testing::TestWithParam<WorkerWay> {};
INSTANTIATE_TEST_SUITE_P(Contract, Upgrade, testing::Values(WorkerWay::kSelf, WorkerWay::kForked),
                         [](const auto& each) { return std::string(way_name(each.param)); });

TEST_P(Upgrade, W16WorkersRunTheProgramThatTheirHostRuns) {
    const cf_test::TempDir directory;
    const std::string program = directory.file("program");
    const std::string other = directory.file("other");
    std::filesystem::copy_file(CONTRACT_HOST, program);
    std::filesystem::copy_file("/bin/false", other);
    expect_host(program,
                {"CONTRACT_SCENE=replaced", "CONTRACT_FILE=" + program, "CONTRACT_OTHER=" + other,
                 std::string("CONTRACT_POOL=") + way_name(GetParam())});
}

}  // namespace
}  // namespace contract

// Workers that misbehave, one program for each kind: whatever they do costs the calls that they ran, each
// call ends once, and the leak check finds nothing left of them.
#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "contract.h"
#include "support/amount.h"
#include "support/eventually.h"

namespace contract {
namespace {

ProcessPoolOptions options_for(const std::string& program,
                               const std::vector<std::string>& arguments = {}, int workers = 1) {
    const std::string path = std::string(FAULT_WORKERS) + "/fault_" + program;
    std::vector<const char*> argv = {path.c_str()};
    for (const std::string& argument : arguments)
        argv.push_back(argument.c_str());
    ProcessPoolOptions options;
    cf_process_pool_options_create(options.out(), nullptr);
    EXPECT_EQ(
        cf_process_pool_options_set_worker_command(options, argv.data(), argv.size(), nullptr),
        CF_STATUS_OK);
    cf_process_pool_options_set_max_workers(options, workers, nullptr);
    return options;
}

Pool make_with(const ProcessPoolOptions& options) {
    cf_executor_t* executor = nullptr;
    EXPECT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    return Pool(executor);
}

Pool make_pool(const std::string& program, const std::vector<std::string>& arguments = {},
               int workers = 1) {
    return make_with(options_for(program, arguments, workers));
}

// --- killer ------------------------------------------------------------------------------------------

class Killer : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Faults, Killer, testing::Values("read", "write"),
                         [](const auto& each) { return each.param; });

// HELLO, READY, FUNCTION, two calls: at each byte of one full exchange. Until it is ready each successor
// dies in the same way, which breaks the pool; afterwards each costs a call.
TEST_P(Killer, W01AtEveryByteEachCallEndsOnceAndSaysWhy) {
    const int step = cf_test::kSanitized ? 7 : 1;
    int good = 0;
    int lost = 0;
    int broken = 0;
    for (int byte = 0; good < 2; byte += step) {
        SCOPED_TRACE(testing::Message() << GetParam() << ' ' << byte << " bytes");
        ASSERT_LT(byte, 1000) << "no exchange is as long";
        good = 0;
        Watcher watcher;
        const Pool pool = make_pool("killer", {GetParam(), std::to_string(byte)});
        std::vector<Future> calls;
        for (int i = 0; i < 2; ++i) {
            Future future;
            const cf_status_t status =
                cf_executor_submit_call(pool, nullptr, "echo", "[1]", -1, future.out(), nullptr);
            if (status == CF_STATUS_BROKEN_EXECUTOR) continue;
            ASSERT_EQ(status, CF_STATUS_OK);
            watcher.add_to(future);
            calls.push_back(std::move(future));
        }
        for (const Future& call : calls) {
            const cf_status_t status = outcome_of(call);
            good += status == CF_STATUS_OK;
            if (status == CF_STATUS_OK) continue;
            const bool is_lost = status == CF_STATUS_WORKER_LOST;
            (is_lost ? lost : broken) += 1;
            expect_failure(call, is_lost ? CF_STATUS_WORKER_LOST : CF_STATUS_BROKEN_EXECUTOR,
                           {"SIGKILL"});
        }
        ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
        ASSERT_EQ(watcher.called.value(), static_cast<int>(calls.size()));
        ASSERT_EQ(watcher.destroyed.value(), static_cast<int>(calls.size()));
    }
    EXPECT_GT(broken, 0);
    EXPECT_EQ(lost > 0, std::string(GetParam()) == "write") << "what was not read has not started";
}

// --- hostile -----------------------------------------------------------------------------------------

class Hostile : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Faults, Hostile,
                         testing::Values("half_a_frame", "largest_length", "frames_without_end",
                                         "answers_without_end", "one_descriptor",
                                         "many_descriptors", "descriptors_without_end"),
                         [](const auto& each) { return each.param; });

TEST_P(Hostile, D01D03CostsItsCallAndLeavesNothing) {
    const Pool pool = make_pool("hostile", {}, 2);
    std::vector<Future> good;
    for (int round = 0; round < 3; ++round) {
        const Future bad = submit(pool, GetParam());
        for (int i = 0; i < 10; ++i)
            good.push_back(submit(pool, "echo", '[' + std::to_string(i) + ']'));
        const cf_status_t status = outcome_of(bad);
        EXPECT_TRUE(status == CF_STATUS_PROTOCOL_ERROR || status == CF_STATUS_WORKER_LOST ||
                    status == CF_STATUS_OK)
            << cf_status_name(status);
    }
    for (std::size_t i = 0; i < good.size(); ++i)
        EXPECT_EQ(json_of(good[i]), '[' + std::to_string(i % 10) + ']');
}

// What it writes into the memory that it shares with the pool costs at most the call that it holds.
TEST(HostileMemory, S01ScribblingAllOverItCostsNobodyElse) {
    const Pool good_pool = make_pool("hostile");
    const Pool pool = make_pool("hostile", {"claims"});
    for (int round = 0; round < cf_test::amount(20); ++round) {
        const Future bad = submit(pool, "scribble");
        EXPECT_EQ(json_of(submit(good_pool, "echo", "[1]")), "[1]");
        outcome_of(bad);
    }
}

// --- slow --------------------------------------------------------------------------------------------

TEST(Slow, W02W03HoldsUpNobodyAndLosesNothing) {
    const Pool pool = make_pool("slow", {}, 2);
    const std::string large = '[' + quoted(std::string(20000, 'x')) + ']';
    std::vector<Future> futures;
    for (int i = 0; i < 4; ++i)
        futures.push_back(submit(pool, "echo", large));
    for (int i = 0; i < 50; ++i)
        futures.push_back(submit(pool, "echo", "[1]"));
    for (std::size_t i = 0; i < futures.size(); ++i)
        EXPECT_EQ(json_of(futures[i]), i < 4 ? large : "[1]");
}

TEST(Slow, W02KilledWhileItReadsIsReplaced) {
    const Pool pool = make_pool("slow");
    const std::string large = '[' + quoted(std::string(200000, 'x')) + ']';
    json_of(submit(pool, "echo"));
    WorkerList list;
    ASSERT_EQ(cf_executor_workers(pool, list.out(), nullptr), CF_STATUS_OK);
    const auto pid = static_cast<pid_t>(cf_worker_list_pid(list, 0));
    const Future future = submit(pool, "echo", large);
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    const cf_status_t status = outcome_of(future);
    EXPECT_TRUE(status == CF_STATUS_OK || status == CF_STATUS_WORKER_LOST);
    EXPECT_EQ(json_of(submit(pool, "echo", "[2]")), "[2]");
}

// --- stopper -----------------------------------------------------------------------------------------

TEST(Stopper, W06W08BeforeItIsReadyBreaksThePoolInTime) {
    const ProcessPoolOptions options = options_for("stopper", {"hello"});
    cf_process_pool_options_set_start_timeout(options, cf_test::short_wait_ns(), nullptr);
    const Pool pool = make_with(options);
    expect_failure(submit(pool, "echo"), CF_STATUS_BROKEN_EXECUTOR, {"not ready within"});
}

TEST(Stopper, W08WhereverItStopsTheDeadlineEndsItAndItsCallAlone) {
    const ProcessPoolOptions options = options_for("stopper");
    cf_process_pool_options_set_termination_grace(options, cf_test::short_wait_ns(), nullptr);
    const Pool pool = make_with(options);
    SubmitOptions deadline;
    cf_submit_options_create(deadline.out(), nullptr);
    cf_submit_options_set_deadline(deadline, cf_test::short_wait_ns(), nullptr);
    for (const char* where : {"stop_before_start", "stop_in_the_call", "stop_in_the_answer"}) {
        json_of(submit(pool, "echo"));
        Future stopped;
        ASSERT_EQ(cf_executor_submit_call(pool, deadline, where, "[]", -1, stopped.out(), nullptr),
                  CF_STATUS_OK);
        const Future behind = submit(pool, "echo", "[1]");
        EXPECT_EQ(outcome_of(stopped), CF_STATUS_DEADLINE_EXCEEDED) << where;
        EXPECT_EQ(json_of(behind), "[1]");
    }
}

TEST(Stopper, W08AStoppedWorkerDoesNotHoldUpAnEndByRequest) {
    for (const char* where : {"stop_before_start", "stop_in_the_call", "stop_in_the_answer"}) {
        const Pool pool = make_pool("stopper");
        const Future stopped = submit(pool, where);
        const Future behind = submit(pool, "echo");
        EXPECT_EQ(cf_executor_kill_workers(pool, CF_SHUTDOWN_WAIT, long_wait_ns(), nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_future_done(stopped), 1) << where;
        EXPECT_EQ(cf_future_done(behind), 1) << where;
    }
}

// --- flooder -----------------------------------------------------------------------------------------

class Flooder : public testing::TestWithParam<cf_worker_output_t> {};
INSTANTIATE_TEST_SUITE_P(Faults, Flooder,
                         testing::Values(CF_WORKER_OUTPUT_CAPTURE, CF_WORKER_OUTPUT_DISCARD),
                         [](const auto& each) {
                             return each.param == CF_WORKER_OUTPUT_CAPTURE ? "Capture" : "Discard";
                         });

// Frames on the wrong descriptor are text, however many there are.
TEST_P(Flooder, W12FramesOnItsOutputMeanNothing) {
    const ProcessPoolOptions options = options_for("flooder", {}, 2);
    ASSERT_EQ(cf_process_pool_options_set_output(options, GetParam(), nullptr), CF_STATUS_OK);
    const Pool pool = make_with(options);
    std::vector<Future> futures;
    for (int i = 0; i < cf_test::amount(40); ++i)
        futures.push_back(submit(pool, "echo", '[' + std::to_string(i) + ']'));
    for (std::size_t i = 0; i < futures.size(); ++i)
        EXPECT_EQ(json_of(futures[i]), '[' + std::to_string(i) + ']');
}

// --- forker ------------------------------------------------------------------------------------------

bool is_gone(pid_t pid) {
    return kill(pid, 0) != 0;
}

TEST(Forker, W15ItsDeathIsSeenAlthoughItsChildrenHoldTheSocket) {
    const Pool pool = make_pool("forker");
    const pid_t last = std::stoi(json_of(submit(pool, "leave")));
    const Future lost = submit(pool, "die");
    expect_failure(lost, CF_STATUS_WORKER_LOST, {"SIGKILL"});
    EXPECT_EQ(json_of(submit(pool, "echo", "[1]")), "[1]");
    EXPECT_FALSE(is_gone(last));
    // They are still in the group of their dead leader.
    ASSERT_EQ(kill(-static_cast<pid_t>(cf_error_worker_pid(cf_future_error(lost))), SIGKILL), 0);
}

TEST(Forker, W15WhatItLeftGoesWithItWhenItsEndIsAskedFor) {
    const Pool pool = make_pool("forker");
    const pid_t last = std::stoi(json_of(submit(pool, "leave")));
    EXPECT_EQ(cf_executor_kill_workers(pool, CF_SHUTDOWN_WAIT, long_wait_ns(), nullptr),
              CF_STATUS_OK);
    EXPECT_TRUE(cf_test::eventually([&] { return is_gone(last); }));
}

}  // namespace
}  // namespace contract

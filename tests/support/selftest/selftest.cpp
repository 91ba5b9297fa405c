// Proves that the ground of the tests can give way: each culprit fails and is named.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/events.h"
#include "support/eventually.h"
#include "support/leak_check.h"
#include "support/proc.h"
#include "support/process_gate.h"
#include "support/subprocess.h"
#include "support/temp_dir.h"
#include "worker.h"

namespace {

using cf_test::Outcome;

// In a hurry, 60 s become 0.3 s, 20 s become 0.1 s and 5 s become 25 ms, so that culprits are quick
// to fail. Those who shall pass have the time that all tests have.
const std::string kHurry = "CFUTURES_TEST_TIME_FACTOR=0.005";

Outcome run_program(const char* program, const std::string& argument,
                    std::vector<std::string> env) {
    // A culprit that dies leaves its temporary directory as evidence: here, where it is removed.
    const cf_test::TempDir evidence;
    env.push_back("TMPDIR=" + evidence.path());
    return cf_test::run(
        {.args = {program, argument}, .env = env, .limit = 2 * cf_test::long_wait()});
}

Outcome run_culprit(const std::string& test, const std::vector<std::string>& env = {kHurry}) {
    return run_program(CULPRITS, "--gtest_filter=" + test, env);
}

Outcome run_c_culprit(const std::string& name, const std::vector<std::string>& env = {kHurry}) {
    return run_program(C_CULPRITS, name, env);
}

testing::AssertionResult mentions(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "no '" << part << "' in:\n" << text;
}

TEST(LeakCheck, PassesATestThatCleansUp) {
    const Outcome outcome = run_culprit("Innocent.LeavesNothing", {});
    EXPECT_EQ(outcome.exit_status, 0) << outcome.out << outcome.err;
    EXPECT_TRUE(mentions(outcome.out, "[  PASSED  ] 1 test"));
}

struct Culprit {
    const char* test;
    const char* named;
};

void PrintTo(const Culprit& culprit, std::ostream* out) {
    *out << culprit.test;
}

class LeakCheckNames : public testing::TestWithParam<Culprit> {};

TEST_P(LeakCheckNames, WhatWasLeft) {
    const Outcome outcome = run_culprit(GetParam().test);
    EXPECT_EQ(outcome.exit_status, 1) << outcome.out << outcome.err;
    EXPECT_TRUE(mentions(outcome.out, GetParam().named));
    EXPECT_TRUE(mentions(outcome.out, std::string("[  FAILED  ] ") + GetParam().test));
}

INSTANTIATE_TEST_SUITE_P(
    Culprits, LeakCheckNames,
    testing::Values(Culprit{"Leaves.Descriptor", "-> /dev/null"},
                    Culprit{"Leaves.Memfd", "-> /memfd:lost-arena"},
                    Culprit{"Closes.Descriptor", "closed: fd 0 -> /dev/null"},
                    Culprit{"Leaves.Thread", "'lost-thread'"},
                    Culprit{"Leaves.Child", ": sleep 5\n"}, Culprit{"Leaves.Zombie", "(true) Z"},
                    Culprit{"Leaves.FileOfAChild", "/lost-file"},
                    Culprit{"Leaves.Handle", "counter: live handles is 1, was 0"}),
    [](const auto& culprit) {
        std::string name = culprit.param.test;
        name.erase(name.find('.'), 1);
        return name;
    });

TEST(LeakCheck, NamesSharedMemory) {
    const std::string name = "/cf_test-lost-" + std::to_string(getpid());
    const Outcome outcome = run_culprit("Leaves.SharedMemory");
    EXPECT_EQ(shm_unlink(name.c_str()), 0);
    EXPECT_EQ(outcome.exit_status, 1);
    EXPECT_TRUE(mentions(outcome.out, "left: file /dev/shm" + name));
}

TEST(LeakCheck, NamesTheSuiteWhoseSetUpLeaks) {
    const Outcome outcome = run_culprit("LeavesInSetUp.Descriptor");
    EXPECT_EQ(outcome.exit_status, 1);
    EXPECT_TRUE(mentions(outcome.out, "LeavesInSetUp left: fd "));
}

TEST(Watchdog, DumpsTheStacksOfAWedgedTestAndItsChildren) {
    const Outcome outcome = run_culprit("Wedges.WithAChild");
    EXPECT_EQ(outcome.signal, SIGABRT);
    EXPECT_TRUE(mentions(outcome.err, "WEDGED: Wedges.WithAChild: still running"));
    EXPECT_TRUE(mentions(outcome.err, "stuck_for_ever"));
    EXPECT_TRUE(mentions(outcome.err, "\"second-thread\""));
    EXPECT_TRUE(mentions(outcome.err, ": sleep 60\n"));
}

TEST(Watchdog, NamesTheTestWhereThereIsNoDebugger) {
    const Outcome outcome = run_culprit("Wedges.OnAGate", {kHurry, "PATH=/no/such/folder"});
    EXPECT_EQ(outcome.signal, SIGABRT);
    EXPECT_TRUE(mentions(outcome.err, "WEDGED: Wedges.OnAGate"));
    EXPECT_TRUE(mentions(outcome.err, "comm: cf-watchdog"));
}

TEST(Watchdog, WatchesTheExitHandlers) {
    const Outcome outcome = run_culprit("Wedges.AtExit");
    EXPECT_EQ(outcome.signal, SIGABRT);
    EXPECT_TRUE(mentions(outcome.err, "WEDGED: exit handlers"));
    EXPECT_TRUE(mentions(outcome.err, "stuck_for_ever"));
}

TEST(Gate, DiesWithStacksWhenItIsNeverOpened) {
    const Outcome outcome = run_culprit("Wedges.OnAGate");
    EXPECT_EQ(outcome.signal, SIGABRT);
    EXPECT_TRUE(mentions(outcome.err, "WEDGED: Wedges.OnAGate: "));
    EXPECT_TRUE(mentions(outcome.err, "culprits.cpp"));
    EXPECT_TRUE(mentions(outcome.err, "waited in vain, 0 of 1 happened"));
}

TEST(CRunner, CountsAndNamesCases) {
    const Outcome good = run_c_culprit("passes", {});
    EXPECT_EQ(good.exit_status, 0);
    EXPECT_EQ(good.out, "ok   passes\n1 passed, 0 failed\n");

    const Outcome bad = run_c_culprit("fails_in_a_phase");
    EXPECT_EQ(bad.exit_status, 1);
    EXPECT_TRUE(mentions(bad.out, "in phase adding up: 2 + 2 == 5 (4, not 5)"));
    EXPECT_TRUE(mentions(bad.out, "is:     this\n    wanted: that"));
    EXPECT_TRUE(mentions(bad.out, "is:     NULL\n    wanted: that"));
    EXPECT_TRUE(mentions(bad.out, "cf_test_eventually(never"));
    EXPECT_TRUE(mentions(bad.out, "FAIL fails_in_a_phase\n0 passed, 1 failed\n"));

    const Outcome stopped = run_c_culprit("stops_at_require");
    EXPECT_EQ(stopped.exit_status, 1);
    EXPECT_TRUE(mentions(stopped.out, "1 > 2"));
    EXPECT_FALSE(mentions(stopped.out, "reached after"));

    const Outcome none = run_c_culprit("no_such_case");
    EXPECT_EQ(none.exit_status, 1);
    EXPECT_EQ(none.out, "0 passed, 0 failed\n");
}

TEST(CRunner, ChecksForLeaks) {
    const Outcome outcome = run_c_culprit("leaves_a_descriptor");
    EXPECT_EQ(outcome.exit_status, 1);
    EXPECT_TRUE(mentions(outcome.out, "-> /dev/null\nFAIL leaves_a_descriptor\n"));
}

TEST(CRunner, NamesTheWedgedCaseAndPhase) {
    const Outcome outcome = run_c_culprit("wedges_on_a_gate");
    EXPECT_EQ(outcome.signal, SIGABRT);
    EXPECT_TRUE(mentions(outcome.err, "WEDGED: wedges_on_a_gate (waiting): "));
}

TEST(Subprocess, CapturesOutputsAndStatus) {
    const Outcome outcome =
        cf_test::run({.args = {"sh", "-c", "cat; echo \"$WORD\"; echo oops >&2; exit 3"},
                      .env = {"WORD=hello"}});
    EXPECT_EQ(outcome.exit_status, 3);
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_EQ(outcome.out, "hello\n");
    EXPECT_EQ(outcome.err, "oops\n");
}

TEST(Subprocess, TakesMoreOutputThanAPipeHolds) {
    const Outcome outcome = cf_test::run({.args = {"head", "-c", "1000000", "/dev/zero"}});
    EXPECT_EQ(outcome.exit_status, 0);
    EXPECT_EQ(outcome.out.size(), 1000000u);
}

TEST(Subprocess, ReportsTheSignal) {
    EXPECT_EQ(cf_test::run({.args = {"sh", "-c", "kill -USR1 $$"}}).signal, SIGUSR1);
}

TEST(Subprocess, KillsTheGroupAtTheDeadline) {
    const Outcome outcome = cf_test::run(
        {.args = {"sh", "-c", "sleep 60 & echo $!; wait"}, .limit = 10 * cf_test::short_wait()});
    EXPECT_TRUE(outcome.timed_out);
    EXPECT_EQ(outcome.signal, SIGKILL);
    // The grandchild is init's to reap, and a dead process has no command line even before that.
    const std::string grandchild = "/proc/" + std::to_string(std::stoi(outcome.out)) + "/cmdline";
    EXPECT_TRUE(cf_test::eventually([&] { return cf_test::read_text(grandchild).empty(); }));
}

TEST(Subprocess, SaysThatAProgramDoesNotExist) {
    EXPECT_THROW(cf_test::run({.args = {"/no/such/program"}}), std::system_error);
}

TEST(Events, LetThreadsGoInTheOrderOfTheTest) {
    cf_test::Gate gate;
    cf_test::Counter passed;
    cf_test::Latch both(2);
    std::thread waiter([&] {
        gate.wait();
        passed.add();
        both.arrive_and_wait();
    });
    EXPECT_FALSE(gate.is_open());
    EXPECT_EQ(passed.value(), 0);
    gate.open();
    passed.wait_for(1);
    both.arrive_and_wait();
    waiter.join();
}

TEST(Eventually, SeesAStateThatComesAndOneThatDoesNot) {
    int asked = 0;
    EXPECT_TRUE(cf_test::eventually([&] { return ++asked == 3; }));
    EXPECT_EQ(asked, 3);
    EXPECT_FALSE(cf_test::eventually([] { return false; }, cf_test::short_wait()));
}

// Also shows that main() calls cf_test_early_main first: the workers are this very program.
TEST(ProcessGate, HoldsWorkersUntilTheTestOpensIt) {
    const auto self = "/proc/" + std::to_string(getpid()) + "/exe";
    cf_test::ProcessGate gate;
    const auto start_worker = [&] {
        return cf_test::spawn({.args = {self, kWorkerArgument, gate.path()}}, STDERR_FILENO,
                              STDERR_FILENO);
    };
    std::vector<pid_t> started{start_worker(), start_worker()};
    std::vector<pid_t> arrived = gate.wait_arrived(2);
    EXPECT_TRUE(std::is_permutation(started.begin(), started.end(), arrived.begin()));
    for (const pid_t pid : started)
        EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), 0);

    gate.open();
    started.push_back(start_worker());
    EXPECT_EQ(gate.wait_arrived(), std::vector<pid_t>{started.back()});
    for (const pid_t pid : started) {
        int status = 0;
        EXPECT_EQ(waitpid(pid, &status, 0), pid);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == kWorkerStatus) << status;
    }
}

// A death test re-runs this program; its child must not claim a temporary directory of its own.
TEST(Main, SupportsDeathTests) {
    EXPECT_EXIT(std::exit(3), testing::ExitedWithCode(3), "");
}

}  // namespace

// Workers that break the protocol or die at every byte of it (hand_worker.cpp).
#include <csignal>

#include "pool.h"

namespace cf_unit {
namespace {

using cf::FutureRef;

class Violation : public testing::TestWithParam<const char*> {};

TEST_P(Violation, FailsTheRunningCallAndNoOther) {
    Pool pool(by_hand());
    const FutureRef before = pool.submit("echo", "[1]");
    const FutureRef call = pool.submit(GetParam());
    const FutureRef after = pool.submit("echo", "[2]");
    EXPECT_EQ(text_of(before), "[1]");
    EXPECT_EQ(status_of(call), CF_STATUS_PROTOCOL_ERROR) << text_of(call);
    EXPECT_EQ(text_of(after), "[2]");
    EXPECT_GT(call->error()->fields().worker_pid, 0);
    EXPECT_EQ(call->error()->fields().function, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Each, Violation,
                         testing::Values("unknown-kind", "pools-kind", "too-large", "garbage",
                                         "foreign-answer", "answer-of-none", "start-twice",
                                         "ready-twice", "failed-late", "close-socket"),
                         [](const auto& parameter) {
                             std::string name = parameter.param;
                             std::erase(name, '-');
                             return name;
                         });

TEST(HostileWorker, AnAnswerThatCannotBeReadIsNoReasonToKillIt) {
    Pool pool(by_hand());
    const std::string pid = text_of(pool.submit("pid"));
    EXPECT_EQ(status_of(pool.submit("bad-json")), CF_STATUS_DECODE_ERROR);
    EXPECT_EQ(status_of(pool.submit("bad-error")), CF_STATUS_PROTOCOL_ERROR);
    EXPECT_EQ(status_of(pool.submit("bad-result-kind")), CF_STATUS_PROTOCOL_ERROR);
    EXPECT_EQ(text_of(pool.submit("pid")), pid);
}

TEST(HostileWorker, TheFirstOfTwoAnswersCounts) {
    Pool pool(by_hand());
    const std::string pid = text_of(pool.submit("pid"));
    const FutureRef call = pool.submit("duplicate-answer");
    const FutureRef after = pool.submit("pid");
    EXPECT_EQ(text_of(call), "1");
    EXPECT_NE(text_of(after), pid) << "it is not believed any more";
}

// The pool goes on meanwhile, and neither side waits for the other for ever.
TEST(HostileWorker, W02OneThatReadsSlowlyGetsItsArgumentsAndHoldsUpNobody) {
    Pool pool(by_hand({"slow"}, 2));
    const std::string argument = "[\"" + std::string(size_t{100} << 10, 'x') + "\"]";
    const FutureRef large = pool.submit("echo", argument);
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(text_of(pool.submit("echo", cf::text("[", i, "]"))), cf::text("[", i, "]"));
    EXPECT_EQ(text_of(large), argument);
}

TEST(HostileWorker, W02OneThatDiesInTheMiddleOfAnArgumentIsReplaced) {
    Pool pool(by_hand({"slow"}));
    const std::string argument = "[\"" + std::string(size_t{1} << 20, 'x') + "\"]";
    const std::string pid = text_of(pool.submit("pid"));
    const FutureRef large = pool.submit("pid", argument);
    while (!large->state().dispatched())
        sched_yield();
    ASSERT_EQ(kill(static_cast<pid_t>(std::stol(pid)), SIGKILL), 0);
    EXPECT_NE(text_of(large), pid) << "it had not started, and runs elsewhere";
}

TEST(HostileWorker, OneThatStopsReadingIsReplaced) {
    Pool pool(by_hand());
    EXPECT_EQ(status_of(pool.submit("stop-reading")), CF_STATUS_OK);
    EXPECT_EQ(text_of(pool.submit("echo", "[1]")), "[1]");
}

TEST(HostileWorker, W06OneThatIsNeverReadyBreaksThePoolInTime) {
    cf::ProcessPoolOptions options = by_hand({"never-ready"});
    options.start_timeout = cf_test::short_wait_ns();
    Pool pool(options);
    const FutureRef call = pool.submit("echo");
    EXPECT_EQ(status_of(call), CF_STATUS_BROKEN_EXECUTOR);
    EXPECT_NE(text_of(call).find("it was not ready within"), std::string::npos) << text_of(call);
}

TEST(HostileWorker, OneThatCannotServeBreaksThePoolAndSaysWhy) {
    const struct {
        const char* mode;
        const char* reason;
    } modes[] = {{"not-ready", "its READY is not JSON"},
                 {"refuses", "no licence"},
                 {"leaves", "exited with status 5"},
                 {"deaf-and-dumb", "it closed its socket"}};
    for (const auto& [mode, reason] : modes) {
        Pool pool(by_hand({mode}));
        const auto calls = pool.submit_all({{"echo", "[1]"}, {"echo", "[2]"}});
        for (const FutureRef& call : calls) {
            EXPECT_EQ(status_of(call), CF_STATUS_BROKEN_EXECUTOR) << mode;
            EXPECT_NE(text_of(call).find(reason), std::string::npos) << text_of(call);
        }
    }
}

TEST(HostileWorker, S8ACrashCostsTheCallThatRanAndNoOther) {
    Pool pool(by_hand({}, 2));
    std::vector<FutureRef> good;
    std::vector<FutureRef> bad;
    for (int i = 0; i < 100; ++i) {
        good.push_back(pool.submit("echo", cf::text("[", i, "]")));
        if (i % 10 == 5) bad.push_back(pool.submit(i % 20 == 5 ? "die" : "exit"));
    }
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(text_of(good[static_cast<size_t>(i)]), cf::text("[", i, "]"));
    for (const FutureRef& call : bad) {
        EXPECT_EQ(status_of(call), CF_STATUS_WORKER_LOST);
        const bool died = call->function_name() == "die";
        EXPECT_EQ(call->error()->fields().worker_signal, died ? SIGKILL : 0);
        EXPECT_EQ(call->error()->fields().worker_exit_status, died ? -1 : 3);
    }
}

TEST(HostileWorker, W07ACrashLoopBreaksThePool) {
    Pool pool(by_hand());
    const FutureRef poison = pool.submit("die-before-start");
    EXPECT_EQ(status_of(poison), CF_STATUS_BROKEN_EXECUTOR);
    EXPECT_NE(text_of(poison).find("keeps dying"), std::string::npos) << text_of(poison);
}

TEST(HostileWorker, W01WhereverItDiesEveryCallEndsOnce) {
    // READY, START and RESULT of two calls, and some bytes more.
    constexpr int kExchange = 24 + 29 + 2 * (24 + 24 + 3) + 2;
    int lost = 0;
    int broken = 0;
    int good = 0;
    for (int byte = 0; byte <= kExchange; ++byte) {
        SCOPED_TRACE(testing::Message() << "dies when it has written " << byte << " bytes");
        cf_test::Counter ended;
        Pool pool(by_hand({"die", std::to_string(byte)}));
        std::vector<FutureRef> calls;
        for (int i = 0; i < 2; ++i) {
            FutureRef call = pool.make("echo", "[1]");
            on_done(*call, [&ended] { ended.add(); });
            // The worker may be dead, and the pool broken by that, before the second call.
            if (const cf::ErrorRef refusal = pool->accept(call)) {
                ASSERT_EQ(refusal->status(), CF_STATUS_BROKEN_EXECUTOR);
                continue;
            }
            calls.push_back(std::move(call));
        }
        for (const FutureRef& call : calls) {
            const cf_status_t status = status_of(call);
            ASSERT_TRUE(status == CF_STATUS_OK || status == CF_STATUS_WORKER_LOST ||
                        status == CF_STATUS_BROKEN_EXECUTOR)
                << status << ": " << text_of(call);
            good += status == CF_STATUS_OK;
            lost += status == CF_STATUS_WORKER_LOST;
            broken += status == CF_STATUS_BROKEN_EXECUTOR;
        }
        ASSERT_EQ(pool.shutdown(), CF_STATUS_OK);
        ASSERT_EQ(ended.value(), static_cast<int>(calls.size()));
    }
    EXPECT_GT(lost, 0);
    EXPECT_GT(broken, 0);
    EXPECT_GT(good, 0);
}

}  // namespace
}  // namespace cf_unit

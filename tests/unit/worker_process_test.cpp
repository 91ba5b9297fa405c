// Real worker processes, without a pool: the program that serves as its own worker, and
// cfutures-worker with a library.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include "support/error.h"
#include "support/eventually.h"
#include "support/seals.h"
#include "support/subprocess.h"
#include "worker_under_test.h"

namespace {

using cf::ClaimState;
using cf::FrameKind;
using cf_unit::WorkerUnderTest;

const std::string kProgram = CFUTURES_TEST_WORKER_PROGRAM;
const std::string kInstalled = CFUTURES_TEST_INSTALLED_WORKER;
const std::string kPlugin = CFUTURES_TEST_WORKER_PLUGIN;

/// The body of a chunk.
std::string items(const std::vector<std::string>& texts) {
    std::string body;
    for (const std::string& text : texts)
        cf::append_item(body, text);
    return body;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

bool started(WorkerUnderTest& worker, uint32_t call) {
    return cf_test::eventually([&] {
        return worker.page().read(WorkerUnderTest::slot_of(call)).state == ClaimState::kClaimed;
    });
}

// --- the conversation ---

TEST(WorkerProcess, ServesUntilItMayLeave) {
    WorkerUnderTest worker({kProgram});
    const std::string pid = cf::text(R"("pid":)", worker.pid(), ",");
    const std::string ready = worker.shake_hands();
    EXPECT_TRUE(contains(ready, pid) && contains(ready, R"("claims":true)")) << ready;
    const auto answer = worker.ask("echo", R"([1,{"a":"b"}])");
    EXPECT_EQ(answer.kind, FrameKind::kResult);
    EXPECT_EQ(answer.flags, cf::kResultIsJson);
    EXPECT_EQ(answer.body, R"([1,{"a":"b"}])");
    worker.send({.kind = FrameKind::kLeave});
    EXPECT_FALSE(worker.receive()) << "end of file";
    EXPECT_EQ(worker.wait(), 0);
    EXPECT_EQ(worker.errors(), "exit handlers ran\n");
}

TEST(WorkerProcess, TakesBytesOneByOne) {
    WorkerUnderTest worker({kProgram});
    std::string bytes;
    cf::append_frame(bytes, {.kind = FrameKind::kHello}, WorkerUnderTest::kHello);
    cf::append_frame(bytes, {.kind = FrameKind::kFunction, .function = 1}, R"("echo")");
    cf::append_frame(bytes, {.kind = FrameKind::kCall, .call = 1, .function = 1}, "[1]");
    for (const char& byte : bytes)
        worker.send({&byte, 1});
    EXPECT_EQ(worker.receive()->kind, FrameKind::kReady);
    EXPECT_EQ(worker.receive()->kind, FrameKind::kStart);
    EXPECT_EQ(worker.receive()->body, "[1]");
}

/// As /proc tells it: 'S' for one that sleeps.
char state_of(pid_t pid) {
    std::ifstream file(cf::text("/proc/", pid, "/stat"));
    const std::string line((std::istreambuf_iterator<char>(file)), {});
    const size_t name_end = line.rfind(')');
    return name_end == std::string::npos ? '?' : line.at(name_end + 2);
}

TEST(WorkerProcess, MaySpinForInputAndSleepsWhenNoneComes) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands(R"({"protocol":1,"library":"0.1.0","max_message":1000000,"spin":true})");
    const uint32_t echo = worker.define("echo");
    for (uint32_t call = 1; call <= 50; ++call) {
        worker.call(call, echo, "[7]");
        const auto answer = worker.receive();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->body, "[7]");
    }
    EXPECT_TRUE(cf_test::eventually([&] { return state_of(worker.pid()) == 'S'; }));
}

TEST(WorkerProcess, WhatWasTakenBackDoesNotRun) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    const uint32_t echo = worker.define("echo");
    const uint32_t stuck = worker.define("never_return");
    // Taken back before it is sent: the same for the worker as taken back in the socket.
    worker.page().queue(WorkerUnderTest::slot_of(1), 1);
    worker.page().recall(WorkerUnderTest::slot_of(1), 1);
    worker.send({.kind = FrameKind::kCall,
                 .slot = WorkerUnderTest::slot_of(1),
                 .call = 1,
                 .function = stuck},
                "[]");
    worker.call(2, echo, "[2]");
    const auto answer = worker.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->call, 2U);
}

TEST(WorkerProcess, AnAnswerDoesNotWaitForTheNextCall) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    const uint32_t echo = worker.define("echo");
    const uint32_t stuck = worker.define("never_return");
    std::string both;
    for (const uint32_t number : {1U, 2U}) {
        worker.page().queue(WorkerUnderTest::slot_of(number), number);
        cf::append_frame(both,
                         {.kind = FrameKind::kCall,
                          .slot = WorkerUnderTest::slot_of(number),
                          .call = number,
                          .function = number == 1 ? echo : stuck},
                         "[]");
    }
    worker.send(both);
    ASSERT_TRUE(started(worker, 2));
    const auto answer = worker.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->call, 1U);
}

TEST(WorkerProcess, AnAnswerDoesNotWaitForTheNextItemOfItsChunk) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    worker.call(1, worker.define("echo_or_never_return"), items({"[1]", "[2]", "[]"}),
                cf::kCallIsChunk);
    for (const uint32_t number : {1U, 2U}) {
        const auto answer = worker.receive();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->call, number);
    }
    EXPECT_EQ(worker.page().read(WorkerUnderTest::slot_of(1)).index, 2U);
}

// What it was about to say stands in the shared memory, and continues what it has said.
TEST(WorkerProcess, AnAnswerThatWasNotSentBeforeADeathIsInTheAnswerSpace) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    worker.call(1, worker.define("echo_or_die"), items({"[1]", "[2]", "[]"}), cf::kCallIsChunk);
    std::string said;
    for (std::optional<WorkerUnderTest::Answer> answer; (answer = worker.receive());)
        said += answer->body;
    EXPECT_EQ(worker.wait(), -SIGKILL);
    cf::FrameReader reader(SIZE_MAX);
    const std::string_view unsent = worker.page().unsent_answers(worker.received());
    std::copy(unsent.begin(), unsent.end(), reader.room(unsent.size()).begin());
    reader.filled(unsent.size());
    reader.end();
    cf::Frame frame;
    while (reader.next_answer(frame) == cf::FrameReader::Status::kFrame)
        said += frame.body;
    EXPECT_EQ(said, "[1][2]");
}

TEST(WorkerProcess, AnswersEveryItemOfAChunk) {
    constexpr uint32_t kItems = 2000;
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    std::vector<std::string> chunk;
    for (uint32_t i = 0; i < kItems; ++i)
        chunk.push_back(cf::text("[", i, "]"));
    worker.call(1, worker.define("echo"), items(chunk), cf::kCallIsChunk);
    for (uint32_t i = 0; i < kItems; ++i) {
        const auto answer = worker.receive();
        ASSERT_TRUE(answer);
        ASSERT_EQ(answer->call, 1 + i);
        ASSERT_EQ(answer->body, cf::text("[", i, "]"));
    }
}

// W-03
TEST(WorkerProcess, BothSidesMayWriteAtOnce) {
    constexpr uint32_t kCalls = 20'000;
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    const uint32_t echo = worker.define("echo");
    // A slot is used again while its call may still wait, so all calls are sent in rounds.
    std::thread sender([&] {
        for (uint32_t call = 1; call <= kCalls; ++call) {
            const auto slot = WorkerUnderTest::slot_of(call);
            if (call > cf::kClaimSlots) {
                EXPECT_TRUE(cf_test::eventually(
                    [&] { return worker.page().read(slot).state == ClaimState::kDone; }));
            }
            worker.call(call, echo, "[1,2,3,4,5,6,7]");
        }
    });
    uint32_t answered = 0;
    while (answered < kCalls) {
        const auto answer = worker.receive();
        if (!answer || answer->call != answered + 1) break;
        ++answered;
    }
    sender.join();
    EXPECT_EQ(answered, kCalls);
}

TEST(WorkerProcess, LargeTextsTravelBothWays) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    const std::string large = "[\"" + std::string(999'000, 'x') + "\"]";
    std::thread sender([&, echo = worker.define("echo")] {
        for (uint32_t call = 1; call <= 5; ++call)
            worker.call(call, echo, large);
    });
    bool same = true;
    for (uint32_t call = 1; call <= 5; ++call) {
        const auto answer = worker.receive();
        same = same && answer && answer->body == large;
    }
    sender.join();
    EXPECT_TRUE(same);
}

// --- how calls fail ---

TEST(WorkerProcess, T01AnExceptionArrivesWithTypeAndMessage) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    const auto answer = worker.ask("throw_out_of_range");
    EXPECT_EQ(answer.kind, FrameKind::kError);
    EXPECT_EQ(answer.body,
              R"({"status":"TASK_FAILED","type":"std::out_of_range","message":"too far"})");
    EXPECT_EQ(worker.ask("echo", "[1]").body, "[1]");
}

TEST(WorkerProcess, APointerCannotBeReturned) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    EXPECT_TRUE(contains(worker.ask("return_pointer").body, "ENCODE_ERROR"));
}

TEST(WorkerProcess, ATaskThatEndsItsThreadIsAnsweredAndEndsTheWorker) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    const auto answer = worker.ask("end_the_thread");
    EXPECT_EQ(answer.kind, FrameKind::kError);
    EXPECT_TRUE(contains(answer.body, "TASK_EXITED"));
    EXPECT_EQ(worker.wait(), 0);
}

// --- the start ---

TEST(WorkerProcess, TheInitializerRunsBeforeReady) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands(
        R"({"protocol":1,"max_message":1000,"initializer":{"name":"set_up","arguments":[1,"x"]}})");
    EXPECT_EQ(worker.ask("how_set_up").body, R"([1,"x"])");
}

TEST(WorkerProcess, WithoutItsInitializerItCannotServe) {
    const std::vector<std::pair<const char*, const char*>> cases = {
        {"set_up_badly", "there is no database"},
        {"end_the_thread", "TASK_EXITED"},
        {"nobody knows it", "UNKNOWN_FUNCTION"},
    };
    for (const auto& [name, reason] : cases) {
        WorkerUnderTest worker({kProgram});
        worker.send({.kind = FrameKind::kHello},
                    cf::text(R"({"protocol":1,"max_message":9,"initializer":{"name":")", name,
                             R"(","arguments":[]}})"));
        const auto answer = worker.receive();
        ASSERT_TRUE(answer) << name;
        EXPECT_EQ(answer->kind, FrameKind::kFailed);
        EXPECT_TRUE(contains(answer->body, reason)) << answer->body;
        EXPECT_EQ(worker.wait(), 1);
    }
}

// D-03, D-04
TEST(WorkerProcess, AClaimPageThatIsNoneIsRefused) {
    constexpr unsigned kSeals = F_SEAL_SHRINK | F_SEAL_GROW;
    constexpr uint32_t kMagic = cf::kClaimPageMagic;
    constexpr uint32_t kVersion = cf::kClaimPageVersion;
    const auto page = WorkerUnderTest::make_page;
    const std::vector<std::pair<int, const char*>> cases = {
        {page(cf::kSharedSize, F_SEAL_GROW, kMagic, kVersion), "sealed"},
        {page(cf::kSharedSize, F_SEAL_SHRINK, kMagic, kVersion), "sealed"},
        {page(cf::kSharedSize - 1, kSeals, kMagic, kVersion), "69632 bytes"},
        {page(cf::kClaimPageSize, kSeals, kMagic, kVersion), "69632 bytes"},
        {page(cf::kSharedSize, kSeals, kMagic + 1, kVersion), "layout"},
        {page(cf::kSharedSize, kSeals, kMagic, kVersion + 1), "layout"},
        {open("/dev/null", O_RDWR | O_CLOEXEC), "sealed"},
    };
    const bool seals_exist = !cf::size_is_sealed(-1);
    for (const auto& [descriptor, reason] : cases) {
        if (!seals_exist && std::string(reason) == "sealed") {
            close(descriptor);
            continue;
        }
        WorkerUnderTest worker({kProgram});
        std::string hello;
        cf::append_frame(hello, {.kind = FrameKind::kHello, .flags = 1}, WorkerUnderTest::kHello);
        worker.send(hello, {descriptor});
        close(descriptor);
        const auto answer = worker.receive();
        ASSERT_TRUE(answer) << reason;
        EXPECT_EQ(answer->kind, FrameKind::kFailed);
        EXPECT_TRUE(contains(answer->body, reason)) << answer->body;
        EXPECT_EQ(worker.wait(), 1);
    }
}

TEST(WorkerProcess, AMarkerThatMakesNoSenseEndsItWithAMessage) {
    for (const char* marker : {"", "three", "3x", "-1", "99999999999", "0", "1000"}) {
        const auto outcome =
            cf_test::run({.args = {kProgram}, .env = {std::string("CFUTURES_WORKER=") + marker}});
        EXPECT_EQ(outcome.exit_status, 1) << marker;
        EXPECT_TRUE(contains(outcome.err, "CFUTURES_WORKER is '")) << outcome.err;
    }
}

TEST(WorkerProcess, WithoutAMarkerTheEntryReturns) {
    EXPECT_EQ(cf_test::run({.args = {kProgram}}).exit_status, 42);
}

// --- the end ---

// W-04
TEST(WorkerProcess, EndsWithItsPoolInTheMiddleOfATask) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    worker.call(1, worker.define("never_return"));
    ASSERT_TRUE(started(worker, 1));
    worker.close_socket();
    EXPECT_EQ(worker.wait(), 1);
    EXPECT_EQ(worker.errors(), "") << "no exit handlers";
}

TEST(WorkerProcess, EndsWithItsPoolInTheInitializer) {
    WorkerUnderTest worker({kProgram});
    worker.send({.kind = FrameKind::kHello},
                R"({"protocol":1,"max_message":9,
                    "initializer":{"name":"announce_and_never_return","arguments":[]}})");
    ASSERT_TRUE(cf_test::eventually([&] { return worker.errors() == "announced\n"; }));
    worker.close_socket();
    EXPECT_EQ(worker.wait(), 1);
}

TEST(WorkerProcess, EndsWithItsPoolWhileItWaits) {
    WorkerUnderTest before_hello({kProgram});
    before_hello.close_socket();
    EXPECT_EQ(before_hello.wait(), 1);
    WorkerUnderTest idle({kProgram});
    idle.shake_hands();
    idle.close_socket();
    EXPECT_EQ(idle.wait(), 1);
}

// D-01
TEST(WorkerProcess, AViolationEndsItWithAMessage) {
    std::string huge;
    cf::append_frame(huge, {.kind = FrameKind::kCall}, "");
    huge.replace(0, 4, "\xff\xff\xff\xff");
    std::string unknown;
    cf::append_frame(unknown, {.kind = static_cast<FrameKind>(99)}, "");
    const std::vector<std::pair<std::string, const char*>> cases = {
        {huge, "larger than the limit"},
        {unknown, "unknown kind 99"},
        {std::string(24, '\0'), "kind 0"}};
    for (const auto& [bytes, reason] : cases) {
        WorkerUnderTest worker({kProgram});
        worker.shake_hands();
        worker.send(bytes);
        EXPECT_FALSE(worker.receive());
        EXPECT_EQ(worker.wait(), 1);
        EXPECT_TRUE(contains(worker.errors(), reason)) << worker.errors();
    }
}

TEST(WorkerProcess, UnexpectedDescriptorsEndItWithAMessage) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    worker.send(std::string(1, '\0'), std::vector<int>(8, STDERR_FILENO));
    EXPECT_EQ(worker.wait(), 1);
    EXPECT_TRUE(contains(worker.errors(), "unexpected descriptors")) << worker.errors();
}

// --- its surroundings ---

TEST(WorkerProcess, HasTheNameOfItsProgram) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    // The system keeps 15 bytes.
    EXPECT_EQ(worker.ask("own_name").body,
              kProgram.substr(kProgram.find_last_of('/') + 1).substr(0, 15));
}

TEST(WorkerProcess, GrandchildrenInheritNeitherMarkerNorSocket) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    const std::string seen = worker.ask("ask_grandchild").body;
    EXPECT_TRUE(seen.starts_with("unset\n")) << seen;
    EXPECT_FALSE(contains(seen, cf::text("socket:[", worker.socket_inode(), "]"))) << seen;
}

TEST(WorkerProcess, TasksMayUseExecutors) {
    WorkerUnderTest worker({kProgram});
    worker.shake_hands();
    EXPECT_EQ(worker.ask("use_executor").body, "[7]");
}

// --- cfutures-worker ---

TEST(InstalledWorker, RunsTheFunctionsOfALibrary) {
    WorkerUnderTest worker({kInstalled, kPlugin});
    worker.shake_hands();
    EXPECT_EQ(worker.ask("answer").body, "42");
    worker.send({.kind = FrameKind::kLeave});
    EXPECT_EQ(worker.wait(), 0);
}

TEST(InstalledWorker, ReportsALibraryThatCannotBeLoaded) {
    WorkerUnderTest worker({kInstalled, kPlugin, "/nowhere/libnothing.so"});
    worker.send({.kind = FrameKind::kHello}, WorkerUnderTest::kHello);
    const auto answer = worker.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->kind, FrameKind::kFailed);
    EXPECT_TRUE(contains(answer->body, R"("status":"SYSTEM")")) << answer->body;
    EXPECT_TRUE(contains(answer->body, "/nowhere/libnothing.so")) << answer->body;
    EXPECT_EQ(worker.wait(), 1);
}

TEST(InstalledWorker, TellsPeopleWhatItIs) {
    const auto by_hand = cf_test::run({.args = {kInstalled, kPlugin}});
    EXPECT_EQ(by_hand.exit_status, 2);
    EXPECT_TRUE(by_hand.err.starts_with("usage: ")) << by_hand.err;
    const auto version = cf_test::run({.args = {kInstalled, "--version"}});
    EXPECT_EQ(version.exit_status, 0);
    EXPECT_EQ(version.out, "cfutures-worker 0.1.0\n");
}

}  // namespace

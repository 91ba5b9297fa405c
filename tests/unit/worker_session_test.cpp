// The worker's side of a conversation, byte by byte and without a socket: worker/worker_session.h.
#include "worker/worker_session.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "process_pool/error_object.h"
#include "support/amount.h"

namespace {

using cf::Claim;
using cf::ClaimState;
using cf::FrameHeader;
using cf::FrameKind;
using cf::Outcome;
using cf::ResultKind;
using cf::WorkerSession;
using Step = WorkerSession::Step;

constexpr const char* kHello = R"({"protocol":1,"library":"0.1.0","max_message":2000})";
constexpr uint16_t kSlot = 3;

struct Answer {
    FrameKind kind;
    uint8_t flags;
    uint32_t call;
    std::string body;
    bool operator==(const Answer&) const = default;
};

void PrintTo(const Answer& answer, std::ostream* out) {
    *out << static_cast<int>(answer.kind) << '/' << int{answer.flags} << " call " << answer.call
         << ' ' << answer.body;
}

std::string frame(FrameHeader header, std::string_view body = {}) {
    std::string bytes;
    cf::append_frame(bytes, header, body);
    return bytes;
}

/// The body of a chunk.
std::string items(const std::vector<std::string>& texts) {
    std::string body;
    for (const std::string& text : texts)
        cf::append_item(body, text);
    return body;
}

std::string define(uint32_t number, std::string_view json_name) {
    return frame({.kind = FrameKind::kFunction, .function = number}, json_name);
}

std::string call_frame(uint32_t call, std::string_view arguments, uint32_t function = 1,
                       uint8_t flags = 0) {
    return frame({.kind = FrameKind::kCall,
                  .flags = flags,
                  .slot = kSlot,
                  .call = call,
                  .function = function,
                  .task = 100},
                 arguments);
}

/// A session and what its loop would do, with the calls run by the test.
class WorkerSessionTest : public testing::Test {
  protected:
    WorkerSessionTest() {
        const auto never_called = [](cf_task_t*, void*) { return int32_t{1}; };
        EXPECT_FALSE(cf::register_function("session_test", never_called, nullptr));
    }

    void send(std::string_view bytes, size_t descriptors = 0) {
        std::memcpy(session_.room(bytes.size()).data(), bytes.data(), bytes.size());
        session_.received(bytes.size(), descriptors);
    }
    void start_over() {
        std::destroy_at(&session_);
        std::construct_at(&session_);
    }
    /// The answers that wait to be sent; sends them.
    std::vector<Answer> answers() {
        cf::FrameReader reader(SIZE_MAX);
        const std::string& output = session_.output();
        std::memcpy(reader.room(output.size()).data(), output.data(), output.size());
        reader.filled(output.size());
        session_.sent();
        std::vector<Answer> found;
        cf::Frame frame;
        while (reader.next_answer(frame) == cf::FrameReader::Status::kFrame) {
            const FrameHeader& header = frame.header;
            found.push_back({header.kind, header.flags, header.call, std::string(frame.body)});
        }
        return found;
    }
    cf_status_t error_status(const Answer& answer) {
        const cf::ErrorRef error = cf::decode_error(answer.body, {}, 0, 0);
        return error ? error->status() : cf_status_t{CF_STATUS_OK};
    }
    /// The handshake, and function 1; nothing is left to be sent.
    void serve(bool with_page) {
        send(frame({.kind = FrameKind::kHello, .flags = with_page ? uint8_t{1} : uint8_t{0}},
                   kHello),
             with_page ? 1 : 0);
        ASSERT_EQ(session_.next(), Step::kPrepare);
        session_.ready(4711, with_page ? page_.get() : nullptr);
        send(define(1, R"("session_test")"));
        ASSERT_EQ(session_.next(), Step::kRead);
        answers();
    }
    void queue_and_send(uint32_t call, std::string_view arguments, uint8_t flags = 0) {
        page_->queue(kSlot, call);
        send(call_frame(call, arguments, 1, flags));
    }
    void answer_with_arguments() {
        session_.answer(Outcome::copy(ResultKind::kJson, session_.call().arguments));
    }
    void expect_word(ClaimState state, uint32_t index) const {
        const Claim claim = page_->read(kSlot);
        EXPECT_EQ(claim.state, state);
        EXPECT_EQ(claim.index, index);
    }
    void expect_broken(std::string_view reason) {
        EXPECT_EQ(session_.next(), Step::kBroken);
        EXPECT_NE(session_.problem().find(reason), std::string::npos) << session_.problem();
    }
    void expect_refused(std::string_view reason) {
        ASSERT_EQ(session_.next(), Step::kRefused);
        const std::vector<Answer> sent = answers();
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].kind, FrameKind::kFailed);
        EXPECT_EQ(error_status(sent[0]), CF_STATUS_PROTOCOL_ERROR);
        EXPECT_NE(sent[0].body.find(reason), std::string::npos) << sent[0].body;
    }

    std::unique_ptr<cf::ClaimPage> page_ = std::make_unique<cf::ClaimPage>();
    WorkerSession session_;
};

// --- the handshake ---

TEST_F(WorkerSessionTest, HelloIsAnsweredWithReady) {
    EXPECT_EQ(session_.next(), Step::kRead);
    send(frame({.kind = FrameKind::kHello, .flags = 1}, kHello), 1);
    ASSERT_EQ(session_.next(), Step::kPrepare);
    EXPECT_TRUE(session_.expects_claim_page());
    session_.ready(4711, page_.get());
    EXPECT_EQ(
        answers(),
        (std::vector<Answer>{{FrameKind::kReady, 0, 0,
                              R"({"protocol":1,"library":"0.1.0","pid":4711,"claims":true})"}}));
    EXPECT_EQ(session_.next(), Step::kRead);
}

TEST_F(WorkerSessionTest, HelloBringsTheInitializer) {
    send(frame({.kind = FrameKind::kHello},
               R"({"protocol":1,"max_message":9,"news":0,"initializer":
                   {"name":"open","arguments":[18446744073709551615,-1,0.1]}})"));
    ASSERT_EQ(session_.next(), Step::kPrepare);
    EXPECT_FALSE(session_.expects_claim_page());
    EXPECT_EQ(session_.hello().initializer, "open");
    EXPECT_EQ(session_.hello().initializer_arguments, "[18446744073709551615,-1,0.1]");
}

TEST_F(WorkerSessionTest, AnotherVersionIsRefusedNamingBoth) {
    send(frame({.kind = FrameKind::kHello}, R"({"protocol":7,"max_message":9})"));
    expect_refused("version 7 of the protocol and this worker version 1");
}

TEST_F(WorkerSessionTest, AHelloThatMakesNoSenseIsRefused) {
    const std::string deep = std::string(200, '[') + std::string(200, ']');
    const std::vector<std::pair<std::string, const char*>> cases = {
        {"", "cannot be used as JSON"},
        {"{", "cannot be used as JSON"},
        {"[1]", "not a JSON object"},
        {"{}", "names no protocol version"},
        {R"({"protocol":"1"})", "names no protocol version"},
        {R"({"protocol":1})", "max_message"},
        {R"({"protocol":1,"max_message":-1})", "max_message"},
        {R"({"protocol":1,"max_message":2147483648})", "max_message"},
        {R"({"protocol":1,"max_message":"9"})", "max_message"},
        {R"({"protocol":1,"max_message":9,"initializer":3})", "initializer"},
        {R"({"protocol":1,"max_message":9,"initializer":{"name":"f"}})", "initializer"},
        {R"({"protocol":1,"max_message":9,"initializer":{"name":"f","arguments":1}})",
         "initializer"},
        {R"({"protocol":1,"max_message":9,"initializer":{"name":"","arguments":[]}})",
         "initializer"},
        {R"({"protocol":1,"max_message":9,"initializer":)" + deep + "}", "levels deep"},
    };
    for (const auto& [body, reason] : cases) {
        SCOPED_TRACE(body);
        start_over();
        send(frame({.kind = FrameKind::kHello}, body));
        expect_refused(reason);
    }
}

TEST_F(WorkerSessionTest, TheClaimPageMustComeAsHelloSays) {
    send(frame({.kind = FrameKind::kHello, .flags = 1}, kHello), 0);
    expect_refused("differ");
}

TEST_F(WorkerSessionTest, ADescriptorWithoutItsFlagIsRefused) {
    send(frame({.kind = FrameKind::kHello}, kHello), 1);
    expect_refused("differ");
}

TEST_F(WorkerSessionTest, TwoDescriptorsAreAViolation) {
    send(frame({.kind = FrameKind::kHello, .flags = 1}, kHello), 2);
    expect_broken("unexpected descriptors");
}

TEST_F(WorkerSessionTest, ADescriptorBehindTheFirstByteIsAViolation) {
    const std::string hello = frame({.kind = FrameKind::kHello, .flags = 1}, kHello);
    send(hello.substr(0, 1));
    send(hello.substr(1), 1);
    expect_broken("unexpected descriptors");
}

TEST_F(WorkerSessionTest, ARefusalTellsTheReason) {
    send(frame({.kind = FrameKind::kHello}, kHello));
    ASSERT_EQ(session_.next(), Step::kPrepare);
    session_.refuse(*cf::Error::create(CF_STATUS_SYSTEM, "no such library"));
    EXPECT_EQ(session_.next(), Step::kRefused);
    EXPECT_EQ(answers(),
              (std::vector<Answer>{{FrameKind::kFailed, 0, 0,
                                    R"({"status":"SYSTEM","message":"no such library"})"}}));
}

// --- calls ---

TEST_F(WorkerSessionTest, ACallRunsWithItsNameArgumentsAndTask) {
    serve(true);
    queue_and_send(1, "[1, 2]");
    ASSERT_EQ(session_.next(), Step::kRun);
    EXPECT_EQ(session_.call().name, "session_test");
    EXPECT_STREQ(session_.call().arguments.data(), "[1, 2]");
    EXPECT_EQ(session_.call().task, 100U);
    EXPECT_FALSE(session_.call().within_chunk);
    expect_word(ClaimState::kClaimed, 0);
    answer_with_arguments();
    expect_word(ClaimState::kDone, 0);
    EXPECT_EQ(answers(), (std::vector<Answer>{{FrameKind::kResult, 1, 1, "[1, 2]"}}));
    EXPECT_EQ(session_.next(), Step::kRead);
}

TEST_F(WorkerSessionTest, EveryKindOfResultHasItsFlag) {
    serve(true);
    uint32_t call = 0;
    const auto flags_of = [&](Outcome outcome) {
        queue_and_send(++call, "[]");
        EXPECT_EQ(session_.next(), Step::kRun);
        session_.answer(std::move(outcome));
        return int{answers().at(0).flags};
    };
    EXPECT_EQ(flags_of(Outcome()), 0);
    EXPECT_EQ(flags_of(Outcome::copy(ResultKind::kJson, "7")), 1);
    EXPECT_EQ(flags_of(Outcome::copy(ResultKind::kBytes, std::string_view("\0\xff", 2))), 2);
}

TEST_F(WorkerSessionTest, ARecalledCallIsDroppedSilently) {
    serve(true);
    queue_and_send(1, "[]");
    page_->recall(kSlot, 1);
    queue_and_send(2, "[2]");
    ASSERT_EQ(session_.next(), Step::kRun) << "call 2, whose frame stands behind that of call 1";
    answer_with_arguments();
    EXPECT_EQ(answers(), (std::vector<Answer>{{FrameKind::kResult, 1, 2, "[2]"}}));
}

TEST_F(WorkerSessionTest, WithoutAPageEachCallIsAnnounced) {
    serve(false);
    send(call_frame(9, "[]"));
    ASSERT_EQ(session_.next(), Step::kRun);
    EXPECT_EQ(answers(), (std::vector<Answer>{{FrameKind::kStart, 0, 9, ""}}));
    answer_with_arguments();
    EXPECT_EQ(answers(), (std::vector<Answer>{{FrameKind::kResult, 1, 9, "[]"}}));
}

TEST_F(WorkerSessionTest, AChunkIsAnsweredItemByItem) {
    serve(true);
    queue_and_send(0xFFFFFFFE, items({"[1]", R"({"a":2})", "[3]"}), cf::kCallIsChunk);
    for (uint32_t item = 0; item < 3; ++item) {
        ASSERT_EQ(session_.next(), Step::kRun);
        EXPECT_EQ(session_.call().task, 100 + item);
        EXPECT_EQ(session_.call().within_chunk, item > 0);
        expect_word(ClaimState::kClaimed, item);
        answer_with_arguments();
    }
    expect_word(ClaimState::kDone, 2);
    EXPECT_EQ(session_.next(), Step::kRead);
    EXPECT_EQ(answers(), (std::vector<Answer>{{FrameKind::kResult, 1, 0xFFFFFFFE, "[1]"},
                                              {FrameKind::kResult, 1, 0xFFFFFFFF, R"({"a":2})"},
                                              {FrameKind::kResult, 1, 1, "[3]"}}));
}

TEST_F(WorkerSessionTest, AChunkStopsWhereItIsRecalled) {
    serve(true);
    queue_and_send(1, items({"[1]", "[2]", "[3]"}), cf::kCallIsChunk);
    ASSERT_EQ(session_.next(), Step::kRun);
    answer_with_arguments();
    ASSERT_EQ(session_.next(), Step::kRun);
    EXPECT_EQ(page_->recall(kSlot, 1).index, 1U);
    answer_with_arguments();
    EXPECT_EQ(session_.next(), Step::kRead);
    EXPECT_EQ(answers().size(), 2U);
    expect_word(ClaimState::kRecalled, 1);
}

TEST_F(WorkerSessionTest, AnUnknownFunctionFailsItsCallsOnly) {
    serve(true);
    send(define(2, R"("nobody knows it")"));
    page_->queue(kSlot, 1);
    send(call_frame(1, items({"[]", "[]"}), 2, cf::kCallIsChunk));
    ASSERT_EQ(session_.next(), Step::kRead);
    expect_word(ClaimState::kDone, 1);
    const std::vector<Answer> sent = answers();
    ASSERT_EQ(sent.size(), 2U);
    for (const Answer& answer : sent)
        EXPECT_EQ(error_status(answer), CF_STATUS_UNKNOWN_FUNCTION);
    EXPECT_EQ(sent[1].call, 2U);
    queue_and_send(3, "[]");
    EXPECT_EQ(session_.next(), Step::kRun);
}

TEST_F(WorkerSessionTest, AFunctionMayBeRegisteredAfterItsFirstCall) {
    serve(true);
    send(define(2, R"("registered late")"));
    page_->queue(kSlot, 1);
    send(call_frame(1, "[]", 2));
    ASSERT_EQ(session_.next(), Step::kRead);
    ASSERT_FALSE(cf::register_function(
        "registered late", [](cf_task_t*, void*) { return int32_t{0}; }, nullptr));
    page_->queue(kSlot, 2);
    send(call_frame(2, "[]", 2));
    EXPECT_EQ(session_.next(), Step::kRun);
}

// --- what cannot travel ---

TEST_F(WorkerSessionTest, AResultBeyondTheLimitIsAnEncodeErrorNamingBothSizes) {
    serve(true);
    queue_and_send(1, "[]");
    ASSERT_EQ(session_.next(), Step::kRun);
    session_.answer(Outcome::copy(ResultKind::kBytes, std::string(2001, 'x')));
    const std::vector<Answer> sent = answers();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(error_status(sent[0]), CF_STATUS_ENCODE_ERROR);
    EXPECT_NE(sent[0].body.find("2001"), std::string::npos);
    EXPECT_NE(sent[0].body.find("2000"), std::string::npos);
}

TEST_F(WorkerSessionTest, AnErrorThatSaysTooMuchArrivesWithoutItsTexts) {
    serve(true);
    queue_and_send(1, "[]");
    ASSERT_EQ(session_.next(), Step::kRun);
    const std::string huge(2000 + cf::kControlBodyLimit, 'm');
    session_.answer(Outcome::failure(cf::Error::create(CF_STATUS_TASK_FAILED, huge)));
    const std::vector<Answer> sent = answers();
    EXPECT_LT(sent.at(0).body.size(), 500U);
    EXPECT_EQ(error_status(sent[0]), CF_STATUS_TASK_FAILED);
    EXPECT_NE(sent[0].body.find("left out"), std::string::npos);
}

TEST_F(WorkerSessionTest, ADetailTooDeepForAnObjectIsLeftOut) {
    serve(true);
    for (const size_t depth : {size_t{127}, size_t{128}}) {
        const std::string detail = std::string(depth, '[') + std::string(depth, ']');
        queue_and_send(static_cast<uint32_t>(depth), "[]");
        ASSERT_EQ(session_.next(), Step::kRun);
        session_.answer(Outcome::failure(cf::Error::create(
            cf::ErrorFields{.status = CF_STATUS_TASK_FAILED, .message = "m", .detail = detail})));
        const cf::ErrorRef error = cf::decode_error(answers().at(0).body, {}, 0, 0);
        ASSERT_TRUE(error) << "the pool can read it";
        EXPECT_EQ(error->fields().message, "m");
        EXPECT_EQ(error->fields().detail, depth == 127 ? detail : "");
    }
}

// --- the end ---

TEST_F(WorkerSessionTest, LeaveEndsItWhenEverythingIsAnswered) {
    serve(true);
    queue_and_send(1, "[1]");
    send(frame({.kind = FrameKind::kLeave}) + "what comes behind it is not looked at");
    ASSERT_EQ(session_.next(), Step::kRun);
    answer_with_arguments();
    EXPECT_EQ(session_.next(), Step::kLeave);
    EXPECT_EQ(session_.next(), Step::kLeave);
    EXPECT_EQ(answers().size(), 1U);
}

TEST_F(WorkerSessionTest, NothingButHelloMayComeFirst) {
    for (int kind = 0; kind < 256; ++kind) {
        if (kind == static_cast<int>(FrameKind::kHello)) continue;
        start_over();
        send(frame({.kind = static_cast<FrameKind>(kind)}));
        expect_broken("not HELLO");
    }
}

// D-01
TEST_F(WorkerSessionTest, WhatIsNotLegalAtThisPointBreaksIt) {
    const std::vector<std::pair<std::string, const char*>> cases = {
        {frame({.kind = FrameKind::kHello}, kHello), "second HELLO"},
        {frame({.kind = FrameKind::kReady}), "unknown kind 16"},
        {frame({.kind = FrameKind::kResult}), "unknown kind 19"},
        {frame({.kind = static_cast<FrameKind>(255)}), "unknown kind 255"},
        {define(1, R"("again")"), "function number 1"},
        {define(3, R"("too far")"), "function number 3"},
        {define(2, "7"), "not a JSON string"},
        {define(2, "\"\xff\""), "not a JSON string"},
        {call_frame(0, "[]"), "no number"},
        {call_frame(1, "[]", 0), "function number 0"},
        {call_frame(1, "[]", 2), "function number 2"},
        {frame({.kind = FrameKind::kCall, .slot = 256, .call = 1, .function = 1}, "[]"),
         "slot 256"},
        {call_frame(1, "", 1, cf::kCallIsChunk), "items with their lengths"},
        {call_frame(1, items({"[]"}) + "[]", 1, cf::kCallIsChunk), "items with their lengths"},
        {call_frame(1, std::string(2001 + cf::kControlBodyLimit, ' ')), "larger than the limit"},
    };
    for (const auto& [bytes, reason] : cases) {
        SCOPED_TRACE(reason);
        start_over();
        serve(true);
        send(bytes);
        expect_broken(reason);
        EXPECT_TRUE(session_.output().empty());
    }
}

TEST_F(WorkerSessionTest, AChunkWithoutAPageBreaksIt) {
    serve(false);
    send(call_frame(1, items({"[]"}), 1, cf::kCallIsChunk));
    expect_broken("without a claim page");
}

// D-02
TEST_F(WorkerSessionTest, BytesMayComeOneByOne) {
    page_->queue(kSlot, 1);
    const std::string stream = frame({.kind = FrameKind::kHello, .flags = 1}, kHello) +
                               define(1, R"("session_test")") +
                               call_frame(1, items({"[1]", "[2]"}), 1, cf::kCallIsChunk) +
                               frame({.kind = FrameKind::kLeave});
    size_t runs = 0;
    Step step = Step::kRead;
    for (size_t i = 0; i < stream.size(); ++i) {
        ASSERT_EQ(step, Step::kRead) << "at byte " << i;
        send(stream.substr(i, 1), i == 0 ? 1 : 0);
        while ((step = session_.next()) == Step::kPrepare || step == Step::kRun) {
            if (step == Step::kPrepare) {
                session_.ready(1, page_.get());
            } else {
                ++runs;
                answer_with_arguments();
            }
        }
    }
    EXPECT_EQ(step, Step::kLeave);
    EXPECT_EQ(runs, 2U);
    EXPECT_EQ(answers().size(), 3U);
}

// Whatever arrives, it comes to an end that the loop knows. Sanitizers do the rest.
TEST_F(WorkerSessionTest, DamagedStreamsNeverGetAroundTheRules) {
    const std::string stream = frame({.kind = FrameKind::kHello, .flags = 1}, kHello) +
                               define(1, R"("session_test")") +
                               call_frame(1, items({"[1]", "[\"2\"]"}), 1, 1) +
                               call_frame(3, "{}") + frame({.kind = FrameKind::kLeave});
    std::mt19937 random(20);
    for (int round = 0; round < cf_test::amount(5000); ++round) {
        std::string damaged = stream;
        for (auto hits = random() % 3 + 1; hits > 0; --hits) {
            damaged[random() % damaged.size()] = static_cast<char>(random());
        }
        start_over();
        page_->queue(kSlot, 1);
        send(damaged, 1);
        size_t steps = 0;
        Step step = session_.next();
        for (; step == Step::kPrepare || step == Step::kRun; step = session_.next()) {
            if (step == Step::kPrepare) {
                session_.ready(1, page_.get());
            } else {
                ASSERT_NE(session_.call().function, nullptr);
                answer_with_arguments();
            }
            ASSERT_LT(++steps, 100U);
        }
        EXPECT_EQ(step == Step::kBroken, !session_.problem().empty());
    }
}

}  // namespace

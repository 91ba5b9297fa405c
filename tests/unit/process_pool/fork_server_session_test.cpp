// The conversation with a fork server, as its pool sees it: process_pool/fork_server_session.h. Every byte of
// the server is hostile.
#include "process_pool/fork_server_session.h"

#include <gtest/gtest.h>

#include <string>

#include "process_pool/error_object.h"

namespace {

using cf::ForkServerSession;
using cf::Frame;
using cf::FrameKind;
using Event = ForkServerSession::Event;
using Kind = Event::Kind;

constexpr const char* kReady = R"({"protocol":1,"library":"0.1.0","pid":4711,"forks":true})";

class ForkServerSessionTest : public testing::Test {
  protected:
    Event receive(FrameKind kind, uint32_t call, std::string_view body, size_t descriptors = 0) {
        return session_.receive({.header = {.kind = kind, .call = call}, .body = body},
                                descriptors);
    }
    void get_ready() { ASSERT_EQ(receive(FrameKind::kReady, 0, kReady).kind, Kind::kReady); }
    void expect_violation(const Event& event) {
        EXPECT_EQ(event.kind, Kind::kViolation);
        EXPECT_FALSE(event.violation.empty());
        EXPECT_EQ(session_.state(), ForkServerSession::State::kOver);
        EXPECT_EQ(receive(FrameKind::kReady, 0, kReady).kind, Kind::kNone);
    }
    void start_over() { session_ = ForkServerSession(); }

    ForkServerSession session_;
};

TEST_F(ForkServerSessionTest, RequestsMayBeSentBeforeItIsReady) {
    EXPECT_FALSE(session_.request(7, false).empty());
    EXPECT_FALSE(session_.request(8, true).empty());
    get_ready();
    Event event = receive(FrameKind::kForked, 1, R"({"pid":4712})", 1);
    EXPECT_EQ(event.kind, Kind::kForked);
    EXPECT_EQ(event.worker, 7u);
    EXPECT_EQ(event.pid, 4712);
    const std::string error =
        cf::encode_error(*cf::Error::create(CF_STATUS_SYSTEM, "no more processes"));
    event = receive(FrameKind::kError, 2, error);
    EXPECT_EQ(event.kind, Kind::kNotForked);
    EXPECT_EQ(event.worker, 8u);
    EXPECT_EQ(event.error->status(), CF_STATUS_SYSTEM);
    EXPECT_EQ(session_.pending(), 0u);
}

TEST_F(ForkServerSessionTest, W17AWorkerThatKnowsNoForkServersIsUnsupported) {
    const Event event = receive(FrameKind::kReady, 0, R"({"protocol":1,"pid":4711,"claims":true})");
    ASSERT_EQ(event.kind, Kind::kFailed);
    EXPECT_EQ(event.error->status(), CF_STATUS_UNSUPPORTED);
    EXPECT_FALSE(session_.was_ready());
}

TEST_F(ForkServerSessionTest, D01W17WhatWasNotAskedIsAViolation) {
    get_ready();
    expect_violation(receive(FrameKind::kForked, 1, R"({"pid":4712})", 1));
    start_over();
    session_.request(7, false);
    expect_violation(receive(FrameKind::kForked, 1, R"({"pid":4712})", 1));  // not ready
    start_over();
    session_.request(7, false);
    get_ready();
    expect_violation(receive(FrameKind::kForked, 2, R"({"pid":4712})", 1));
    start_over();
    get_ready();
    expect_violation(receive(FrameKind::kReady, 0, kReady));
    start_over();
    get_ready();
    expect_violation(receive(FrameKind::kResult, 1, "1"));
}

TEST_F(ForkServerSessionTest, D01W17AnswersThatMakeNoSense) {
    const struct {
        FrameKind kind;
        const char* body;
        size_t descriptors;
    } answers[] = {{FrameKind::kForked, "{}", 1},
                   {FrameKind::kForked, "no JSON", 1},
                   {FrameKind::kForked, R"({"pid":1})", 1},
                   {FrameKind::kForked, R"({"pid":-1})", 1},
                   {FrameKind::kForked, R"({"pid":4294967296})", 1},
                   {FrameKind::kForked, R"({"pid":4712})", 0},
                   {FrameKind::kError, "no JSON", 0}};
    for (const auto& answer : answers) {
        start_over();
        session_.request(7, false);
        get_ready();
        expect_violation(receive(answer.kind, 1, answer.body, answer.descriptors));
    }
    start_over();
    expect_violation(receive(FrameKind::kReady, 0, R"({"protocol":2,"forks":true})"));
    start_over();
    expect_violation(receive(FrameKind::kFailed, 0, "no JSON"));
}

}  // namespace

// The conversation of a pool with its fork server, as the server sees it: worker/fork_session.h.
#include "worker/fork_session.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "process_pool/error_object.h"

namespace {

using cf::ForkSession;
using cf::FrameHeader;
using cf::FrameKind;
using Step = ForkSession::Step;

constexpr const char* kHello = R"({"protocol":1,"library":"0.1.0","max_message":2000})";

std::string frame(FrameHeader header, std::string_view body = {}) {
    std::string bytes;
    cf::append_frame(bytes, header, body);
    return bytes;
}

class ForkSessionTest : public testing::Test {
  protected:
    void send(std::string_view bytes, size_t descriptors = 0) {
        std::memcpy(session_.room(bytes.size()).data(), bytes.data(), bytes.size());
        session_.received(bytes.size(), descriptors);
    }
    void serve() {
        send(frame({.kind = FrameKind::kHello, .flags = cf::kHelloBringsClaimPage}, kHello), 1);
        ASSERT_EQ(session_.next(), Step::kPrepare);
        EXPECT_TRUE(session_.has_page());
        session_.ready(4711);
        ASSERT_EQ(session_.next(), Step::kRead);
        expect_answer(FrameKind::kReady, 0, "\"forks\":true");
    }
    void fork(uint32_t number, bool with_output, size_t descriptors) {
        send(frame({.kind = FrameKind::kFork,
                    .flags = with_output ? cf::kForkBringsOutput : uint8_t{0},
                    .call = number}),
             descriptors);
    }
    /// The one frame that waits to be sent.
    void expect_answer(FrameKind kind, uint32_t call, std::string_view word) {
        cf::FrameReader reader(SIZE_MAX);
        const std::string& output = session_.output();
        std::memcpy(reader.room(output.size()).data(), output.data(), output.size());
        reader.filled(output.size());
        cf::Frame answer;
        ASSERT_EQ(reader.next(answer), cf::FrameReader::Status::kFrame);
        EXPECT_EQ(answer.header.kind, kind);
        EXPECT_EQ(answer.header.call, call);
        EXPECT_NE(answer.body.find(word), std::string_view::npos) << answer.body;
        EXPECT_EQ(reader.next(answer), cf::FrameReader::Status::kNeedMore);
        session_.sent();
    }
    void expect_broken(std::string_view word) {
        EXPECT_EQ(session_.next(), Step::kBroken);
        EXPECT_NE(session_.problem().find(word), std::string::npos) << session_.problem();
    }

    ForkSession session_;
};

TEST_F(ForkSessionTest, RequestsAreAnsweredInTheirOrder) {
    serve();
    fork(1, false, 1);
    fork(2, true, 2);
    ASSERT_EQ(session_.next(), Step::kFork);
    EXPECT_EQ(session_.request().descriptors(), 1u);
    session_.forked(4712);
    expect_answer(FrameKind::kForked, 1, "4712");
    ASSERT_EQ(session_.next(), Step::kFork);
    EXPECT_EQ(session_.request().descriptors(), 2u);
    session_.not_forked(*cf::Error::system(EAGAIN, "no process"));
    expect_answer(FrameKind::kError, 2, "no process");
    EXPECT_EQ(session_.next(), Step::kRead);
}

TEST_F(ForkSessionTest, PiecesOfAnySizeAreTheSame) {
    const std::string bytes = frame({.kind = FrameKind::kHello}, kHello);
    for (const char byte : bytes) {
        ASSERT_EQ(session_.next(), Step::kRead);
        send({&byte, 1});
    }
    ASSERT_EQ(session_.next(), Step::kPrepare);
    EXPECT_FALSE(session_.has_page());
}

TEST_F(ForkSessionTest, RefusesAVersionThatItDoesNotSpeak) {
    send(frame({.kind = FrameKind::kHello}, R"({"protocol":2,"max_message":2000})"));
    EXPECT_EQ(session_.next(), Step::kRefused);
    expect_answer(FrameKind::kFailed, 0, "version");
}

TEST_F(ForkSessionTest, W17ADescriptorThatDidNotArriveIsAViolation) {
    serve();
    fork(1, true, 1);
    expect_broken("descriptor");
}

TEST_F(ForkSessionTest, W17APageThatDidNotArriveIsAViolation) {
    send(frame({.kind = FrameKind::kHello, .flags = cf::kHelloBringsClaimPage}, kHello));
    expect_broken("descriptor");
}

TEST_F(ForkSessionTest, W17FramesOfWorkersAreViolations) {
    for (const FrameKind kind : {FrameKind::kCall, FrameKind::kFunction, FrameKind::kLeave,
                                 FrameKind::kHello, FrameKind{99}}) {
        std::destroy_at(&session_);
        std::construct_at(&session_);
        serve();
        send(frame({.kind = kind}, kHello));
        expect_broken("kind");
    }
}

TEST_F(ForkSessionTest, W17ARequestBeforeHelloIsAViolation) {
    fork(1, false, 1);
    expect_broken("HELLO");
}

TEST_F(ForkSessionTest, D01AFrameThatIsTooLargeIsAViolation) {
    std::string bytes = frame({.kind = FrameKind::kHello});
    bytes[3] = 0x7f;
    send(bytes);
    expect_broken("larger");
}

}  // namespace

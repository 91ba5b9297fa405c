// Frames and chunks: process_pool/protocol.h.
#include "process_pool/protocol.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace {

using cf::Frame;
using cf::FrameHeader;
using cf::FrameKind;
using cf::FrameReader;
using Status = FrameReader::Status;

struct Copy {
    FrameKind kind;
    uint32_t call;
    std::string body;
    bool operator==(const Copy&) const = default;
};

void feed(FrameReader& reader, std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(reader.room(bytes.size()).data(), bytes.data(), bytes.size());
    reader.filled(bytes.size());
}

void take_all(FrameReader& reader, std::vector<Copy>& frames) {
    Frame frame;
    while (reader.next(frame) == Status::kFrame) {
        frames.push_back({frame.header.kind, frame.header.call, std::string(frame.body)});
    }
}

using Texts = std::vector<std::string>;

TEST(Protocol, WritesTheBytesThatTheDocumentShows) {
    std::string bytes;
    cf::append_frame(bytes, {.kind = FrameKind::kCall, .call = 5, .function = 1, .task = 42},
                     "[7]");
    const std::string expected("\x03\0\0\0\x03\0\0\0\x05\0\0\0\x01\0\0\0\x2a\0\0\0\0\0\0\0[7]", 27);
    EXPECT_EQ(bytes, expected);
}

TEST(Protocol, ReadsEveryFieldAsItWasWritten) {
    const FrameHeader sent{.kind = FrameKind::kResult,
                           .flags = 0xA1,
                           .slot = 0xB1B2,
                           .call = 0xC1C2C3C4,
                           .function = 0xD1D2D3D4,
                           .task = 0xE1E2E3E4E5E6E7E8};
    std::string bytes;
    cf::append_frame(bytes, sent, "xyz");
    FrameReader reader(3);
    feed(reader, bytes);
    Frame frame;
    ASSERT_EQ(reader.next(frame), Status::kFrame);
    EXPECT_EQ(frame.header.length, 3U);
    EXPECT_EQ(frame.header.kind, sent.kind);
    EXPECT_EQ(frame.header.flags, sent.flags);
    EXPECT_EQ(frame.header.slot, sent.slot);
    EXPECT_EQ(frame.header.call, sent.call);
    EXPECT_EQ(frame.header.function, sent.function);
    EXPECT_EQ(frame.header.task, sent.task);
    EXPECT_EQ(frame.body, "xyz");
    EXPECT_EQ(reader.next(frame), Status::kNeedMore);
}

// D-02
TEST(Protocol, EverySplitOfAStreamGivesTheSameFrames) {
    std::string stream;
    cf::append_frame(stream, {.kind = FrameKind::kCall, .call = 1}, "[1,2]");
    cf::append_frame(stream, {.kind = FrameKind::kLeave}, "");
    cf::append_frame(stream, {.kind = FrameKind::kResult, .call = 3}, std::string(40, 'r'));
    const std::vector<Copy> expected = {{FrameKind::kCall, 1, "[1,2]"},
                                        {FrameKind::kLeave, 0, ""},
                                        {FrameKind::kResult, 3, std::string(40, 'r')}};
    for (size_t first = 0; first <= stream.size(); ++first) {
        for (size_t second = first; second <= stream.size(); ++second) {
            FrameReader reader(64);
            std::vector<Copy> frames;
            const std::string_view all = stream;
            for (const auto piece :
                 {all.substr(0, first), all.substr(first, second - first), all.substr(second)}) {
                feed(reader, piece);
                take_all(reader, frames);
            }
            ASSERT_EQ(frames, expected) << "split at " << first << " and " << second;
        }
    }
    FrameReader reader(64);
    std::vector<Copy> frames;
    for (const char& byte : stream) {
        feed(reader, {&byte, 1});
        take_all(reader, frames);
    }
    EXPECT_EQ(frames, expected) << "byte by byte";
}

// D-01
TEST(Protocol, ALengthBeyondTheLimitIsRefusedByTheHeaderAlone) {
    for (const uint32_t length : {17U, 0x80000000U, 0xFFFFFFFFU}) {
        std::string bytes;
        cf::append_frame(bytes, {.kind = FrameKind::kCall}, "");
        for (size_t i = 0; i < 4; ++i)
            bytes[i] = static_cast<char>(length >> (8 * i));
        FrameReader reader(16);
        feed(reader, bytes);
        Frame frame;
        EXPECT_EQ(reader.next(frame), Status::kTooLarge) << length;
        EXPECT_EQ(reader.next(frame), Status::kTooLarge) << "it is final";
    }
}

TEST(Protocol, TheLimitItselfIsAllowedAndMayChange) {
    std::string bytes;
    cf::append_frame(bytes, {.kind = FrameKind::kCall}, std::string(16, 'x'));
    cf::append_frame(bytes, {.kind = FrameKind::kCall}, std::string(16, 'x'));
    FrameReader reader(16);
    feed(reader, bytes);
    Frame frame;
    EXPECT_EQ(reader.next(frame), Status::kFrame);
    reader.set_max_body(15);
    EXPECT_EQ(reader.next(frame), Status::kTooLarge);
}

// --- items ---

TEST(Items, AnyTextsComeOutAsTheyWentInAndEndWithANul) {
    const Texts texts = {"[1]", "", std::string("a\0b", 3), std::string(70000, 'x')};
    std::string body;
    for (const std::string& text : texts)
        cf::append_item(body, text);
    Texts taken;
    std::string_view rest = body;
    std::string_view item;
    while (cf::take_item(rest, item)) {
        taken.emplace_back(item);
        EXPECT_EQ(item.data()[item.size()], '\0');
    }
    EXPECT_EQ(taken, texts);
    EXPECT_TRUE(rest.empty());
}

// D-01
TEST(Items, WhatIsNoWholeItemIsNotTaken) {
    std::string whole;
    cf::append_item(whole, "[1]");
    std::string without_nul = whole;
    without_nul.back() = '1';
    std::string too_long = whole;
    too_long[3] = '\xff';
    Texts broken = {without_nul, too_long};
    for (size_t size = 0; size < whole.size(); ++size)
        broken.push_back(whole.substr(0, size));
    for (const std::string& bytes : broken) {
        // A copy of exact size, so that a sanitizer sees a step outside.
        const std::vector<char> exact(bytes.begin(), bytes.end());
        std::string_view rest(exact.data(), exact.size());
        std::string_view item;
        EXPECT_FALSE(cf::take_item(rest, item)) << bytes.size();
        EXPECT_EQ(rest.size(), bytes.size());
    }
}

std::string results_frame(uint32_t first, const Texts& results) {
    std::string body;
    for (const std::string& result : results)
        cf::append_item(body, result);
    std::string bytes;
    cf::append_frame(
        bytes, {.kind = FrameKind::kResults, .flags = cf::kResultIsJson, .call = first}, body);
    return bytes;
}

std::vector<Copy> answers_in(FrameReader& reader) {
    std::vector<Copy> found;
    Frame frame;
    while (reader.next_answer(frame) == Status::kFrame)
        found.push_back({frame.header.kind, frame.header.call, std::string(frame.body)});
    return found;
}

TEST(Results, AreReadOneByOneWithTheirNumbersWhereverTheStreamIsCut) {
    std::string bytes = results_frame(0xFFFFFFFE, {"1", "", "[3]"});
    cf::append_frame(bytes, {.kind = FrameKind::kError, .call = 7}, "{}");
    const std::vector<Copy> expected = {{FrameKind::kResult, 0xFFFFFFFE, "1"},
                                        {FrameKind::kResult, 0xFFFFFFFF, ""},
                                        {FrameKind::kResult, 1, "[3]"},
                                        {FrameKind::kError, 7, "{}"}};
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
        FrameReader reader(1000);
        feed(reader, bytes.substr(0, cut));
        std::vector<Copy> found = answers_in(reader);
        feed(reader, bytes.substr(cut));
        for (Copy& answer : answers_in(reader))
            found.push_back(std::move(answer));
        EXPECT_EQ(found, expected) << cut;
    }
}

TEST(Results, ThatMakeNoSenseComeAsTheyAre) {
    std::string bytes = results_frame(5, {"1", "2"});
    bytes.back() = 'x';
    std::string empty = results_frame(9, {});
    FrameReader reader(1000);
    feed(reader, bytes + empty);
    const std::vector<Copy> found = answers_in(reader);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0], (Copy{FrameKind::kResult, 5, "1"}));
    EXPECT_EQ(found[1].kind, FrameKind::kResults);
    EXPECT_EQ(found[2].kind, FrameKind::kResults);
}

TEST(Results, AFrameThatIsOpenEndsWithTheStream) {
    std::string bytes = results_frame(5, {"1", "2"});
    cf::set_frame_length(bytes.data(), cf::kOpenLength);
    FrameReader live(1000);
    feed(live, bytes);
    Frame frame;
    EXPECT_EQ(live.next_answer(frame), Status::kTooLarge) << "while more may come";
    FrameReader reader(1000);
    feed(reader, bytes);
    reader.end();
    EXPECT_EQ(answers_in(reader),
              (std::vector<Copy>{{FrameKind::kResult, 5, "1"}, {FrameKind::kResult, 6, "2"}}));
}

}  // namespace

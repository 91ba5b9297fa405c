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

std::vector<std::string> elements(std::string_view array) {
    std::vector<std::string> found;
    EXPECT_TRUE(
        cf::for_each_element(array, [&](std::string_view text) { found.emplace_back(text); }));
    return found;
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

TEST(ForEachElement, GivesThePiecesOfAnArray) {
    EXPECT_EQ(elements("[1,2,3]"), (Texts{"1", "2", "3"}));
    EXPECT_EQ(elements(R"([[1,[2]],{"a":[3,4]},"x",null])"),
              (Texts{"[1,[2]]", R"({"a":[3,4]})", R"("x")", "null"}));
    EXPECT_EQ(elements("[[]]"), (Texts{"[]"}));
}

TEST(ForEachElement, BracketsAndCommasInStringsAreText) {
    EXPECT_EQ(elements(R"(["],[",{"}":"{"},"a\"],b","\\",7])"),
              (Texts{R"("],[")", R"({"}":"{"})", R"("a\"],b")", R"("\\")", "7"}));
}

TEST(ForEachElement, BlanksAroundElementsAreNotPartOfThem) {
    EXPECT_EQ(elements(" \t[ 1 ,\n[ 2 ] \r,\t\" 3 \" ] "), (Texts{"1", "[ 2 ]", "\" 3 \""}));
}

TEST(ForEachElement, AnEmptyArrayHasNone) {
    EXPECT_EQ(elements("[]"), Texts{});
    EXPECT_EQ(elements(" [ \n ] "), Texts{});
}

TEST(ForEachElement, WhatIsNoArrayIsRefused) {
    const auto ignore = [](std::string_view) { FAIL() << "there are no elements"; };
    for (const char* json : {"", " ", "{}", "1", "\"[1]\""}) {
        EXPECT_FALSE(cf::for_each_element(json, ignore)) << json;
    }
}

TEST(ForEachElement, StaysInsideOfATextThatIsNoJson) {
    const Texts texts = {"[",   "[1",   "[\"a", "[\"\\",    "[1,",
                         "[]]", "[,,]", "[}",   "[\"a\\\"", "[[[["};
    for (const std::string& json : texts) {
        // A copy of exact size, so that a sanitizer sees a step outside.
        const std::vector<char> exact(json.begin(), json.end());
        size_t total = 0;
        cf::for_each_element({exact.data(), exact.size()},
                             [&](std::string_view text) { total += text.size(); });
        EXPECT_LE(total, json.size()) << json;
    }
}

}  // namespace

#include "process_pool/protocol.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace cf {
namespace {

template <typename Integer>
void put(char* to, Integer value) {
    for (size_t i = 0; i < sizeof value; ++i) {
        to[i] = static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
    }
}

template <typename Integer>
Integer get(const char* from) {
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(Integer); ++i) {
        value |= static_cast<uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
    }
    return static_cast<Integer>(value);
}

FrameHeader decode_header(const char* from) {
    FrameHeader header;
    header.length = get<uint32_t>(from);
    header.kind = static_cast<FrameKind>(get<uint8_t>(from + 4));
    header.flags = get<uint8_t>(from + 5);
    header.slot = get<uint16_t>(from + 6);
    header.call = get<uint32_t>(from + 8);
    header.function = get<uint32_t>(from + 12);
    header.task = get<uint64_t>(from + 16);
    return header;
}

}  // namespace

void append_frame(std::string& buffer, FrameHeader header, std::string_view body) {
    const size_t frame = begin_frame(buffer, header);
    buffer.append(body);
    end_frame(buffer, frame);
}

size_t begin_frame(std::string& buffer, FrameHeader header) {
    const size_t at = buffer.size();
    char bytes[kFrameHeaderSize];
    put(bytes, uint32_t{0});
    put(bytes + 4, static_cast<uint8_t>(header.kind));
    put(bytes + 5, header.flags);
    put(bytes + 6, header.slot);
    put(bytes + 8, header.call);
    put(bytes + 12, header.function);
    put(bytes + 16, header.task);
    buffer.append(bytes, sizeof bytes);
    return at;
}

void end_frame(std::string& buffer, size_t frame) {
    const size_t size = buffer.size() - frame - kFrameHeaderSize;
    assert(size <= UINT32_MAX);
    put(buffer.data() + frame, static_cast<uint32_t>(size));
}

void append_deadline(std::string& buffer, int64_t at) {
    char bytes[kDeadlineSize];
    put(bytes, static_cast<uint64_t>(at));
    buffer.append(bytes, sizeof bytes);
}

bool take_deadline(std::string_view& body, int64_t& at) {
    if (body.size() < kDeadlineSize) return false;
    at = static_cast<int64_t>(get<uint64_t>(body.data()));
    body.remove_prefix(kDeadlineSize);
    return true;
}

void append_item(std::string& body, std::string_view item) {
    assert(item.size() <= UINT32_MAX);
    char size[sizeof(uint32_t)];
    put(size, static_cast<uint32_t>(item.size()));
    body.append(size, sizeof size);
    body.append(item);
    body += '\0';
}

bool take_item(std::string_view& body, std::string_view& item) {
    if (body.size() <= sizeof(uint32_t)) return false;
    const size_t size = get<uint32_t>(body.data());
    const size_t left = body.size() - sizeof(uint32_t);
    if (size >= left || body[sizeof(uint32_t) + size] != '\0') return false;
    item = body.substr(sizeof(uint32_t), size);
    body.remove_prefix(sizeof(uint32_t) + size + 1);
    return true;
}

FrameHeader frame_header_at(const char* frame) {
    return decode_header(frame);
}

void set_frame_length(char* frame, uint32_t length) {
    put(frame, length);
}

std::span<char> FrameReader::room(size_t size) {
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (begin_ > 0 && end_ + size > buffer_.size()) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ + size > buffer_.size()) buffer_.resize(std::max(end_ + size, 2 * buffer_.size()));
    return {buffer_.data() + end_, size};
}

FrameReader::Status FrameReader::look(Frame& frame) {
    if (end_ - begin_ < kFrameHeaderSize) return Status::kNeedMore;
    frame.header = decode_header(buffer_.data() + begin_);
    const size_t there = end_ - begin_ - kFrameHeaderSize;
    size_t length = frame.header.length;
    if (ended_ && length == kOpenLength && frame.header.kind == FrameKind::kResults) length = there;
    // The limit is checked before anything of that size is allocated (D-01).
    if (length > max_body_) return Status::kTooLarge;
    if (there < length) return Status::kNeedMore;
    frame.body = {buffer_.data() + begin_ + kFrameHeaderSize, length};
    return Status::kFrame;
}

FrameReader::Status FrameReader::next(Frame& frame) {
    const Status status = look(frame);
    if (status == Status::kFrame) pass(frame);
    return status;
}

FrameReader::Status FrameReader::next_answer(Frame& frame) {
    const Status status = look(frame);
    if (status != Status::kFrame) return status;
    const Frame whole = frame;
    std::string_view rest = whole.body.substr(taken_);
    std::string_view result;
    const bool is_result = whole.header.kind == FrameKind::kResults && take_item(rest, result);
    if (is_result) {
        frame.header.kind = FrameKind::kResult;
        frame.header.call = number_after(whole.header.call, results_);
        frame.body = result;
        taken_ = whole.body.size() - rest.size();
        ++results_;
        if (!rest.empty()) return status;
    }
    taken_ = 0;
    results_ = 0;
    pass(whole);
    return status;
}

}  // namespace cf

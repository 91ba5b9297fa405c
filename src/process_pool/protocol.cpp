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

FrameReader::Status FrameReader::next(Frame& frame) {
    if (end_ - begin_ < kFrameHeaderSize) return Status::kNeedMore;
    const FrameHeader header = decode_header(buffer_.data() + begin_);
    // The limit is checked before anything of that size is allocated (D-01).
    if (header.length > max_body_) return Status::kTooLarge;
    if (end_ - begin_ - kFrameHeaderSize < header.length) return Status::kNeedMore;
    frame.header = header;
    frame.body = {buffer_.data() + begin_ + kFrameHeaderSize, header.length};
    begin_ += kFrameHeaderSize + header.length;
    return Status::kFrame;
}

namespace detail {

size_t skip_blanks(std::string_view json, size_t at) {
    while (at < json.size() &&
           (json[at] == ' ' || json[at] == '\t' || json[at] == '\n' || json[at] == '\r')) {
        ++at;
    }
    return at;
}

size_t value_end(std::string_view json, size_t at) {
    size_t depth = 0;
    bool in_string = false;
    for (; at < json.size(); ++at) {
        const char c = json[at];
        if (in_string) {
            if (c == '\\') {
                ++at;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (c == ']' || c == '}') {
            if (depth == 0) return at;
            --depth;
        } else if (c == ',' && depth == 0) {
            return at;
        }
    }
    return std::min(at, json.size());  // a text that ends in a backslash is no JSON
}

}  // namespace detail
}  // namespace cf

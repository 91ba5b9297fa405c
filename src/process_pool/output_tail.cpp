#include "process_pool/output_tail.h"

#include <algorithm>
#include <cerrno>

#include "support/json_text.h"
#include "support/system_calls.h"

namespace cf {
namespace {

constexpr size_t kPipeSize = size_t{64} << 10;

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// How many bytes the character at the front has; 0 when it is none.
size_t character_size(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    const size_t size = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
    if (size == 0 || text.size() < size) return 0;
    if (size == 1) return 1;
    if (!std::all_of(text.begin() + 1, text.begin() + static_cast<ptrdiff_t>(size),
                     is_continuation))
        return 0;
    const auto second = static_cast<unsigned char>(text[1]);
    // Overlong forms, surrogates, and what is beyond Unicode.
    const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                       (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    return wrong ? 0 : size;
}

}  // namespace

bool OutputTail::read(const Descriptor& pipe) {
    char bytes[4096];
    for (size_t taken = 0; taken < kPipeSize;) {
        const ssize_t size = system_calls().read(pipe.get(), bytes, sizeof bytes);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        if (size == 0) return false;
        add({bytes, static_cast<size_t>(size)});
        taken += static_cast<size_t>(size);
    }
    return true;
}

void OutputTail::add(std::string_view bytes) {
    if (bytes.size() > kSize) {
        total_ += bytes.size() - kSize;
        bytes.remove_prefix(bytes.size() - kSize);
    }
    for (const char byte : bytes)
        ring_[total_++ % kSize] = byte;
}

std::string OutputTail::text() const {
    const size_t size = std::min(total_, kSize);
    std::string raw(size, '\0');
    for (size_t i = 0; i < size; ++i)
        raw[i] = ring_[(total_ - size + i) % kSize];
    std::string_view rest = raw;
    // The first character may be cut.
    while (total_ > kSize && !rest.empty() && is_continuation(rest.front()))
        rest.remove_prefix(1);
    std::string result;
    while (!rest.empty()) {
        const size_t character = character_size(rest);
        if (character == 0) {
            result += '?';
        } else {
            result += rest.substr(0, character);
        }
        rest.remove_prefix(std::max<size_t>(character, 1));
    }
    return result;
}

}  // namespace cf

#include "support/json_scan.h"

#include <bit>
#include <bitset>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "support/json_text.h"

namespace cf {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// How many of the eight bytes before the first that ends a run of plain text: a quote, a backslash, a
/// control character, or the begin of a character of several bytes.
int plain_bytes(const char* eight) {
    uint64_t word = 0;
    std::memcpy(&word, eight, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    constexpr uint64_t kOnes = 0x0101010101010101U;
    constexpr uint64_t kHighs = 0x8080808080808080U;
    const auto has_zero = [](uint64_t bytes) { return (bytes - kOnes) & ~bytes & kHighs; };
    const uint64_t below_blank = (word - kOnes * 0x20U) & ~word & kHighs;
    const uint64_t special = (word & kHighs) | below_blank | has_zero(word ^ (kOnes * '"')) |
                             has_zero(word ^ (kOnes * '\\'));
    return std::countr_zero(special) / 8;  // the borrows go upwards, so the lowest is right
}

class Scanner {
  public:
    explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    bool document() {
        skip_blanks();
        for (;;) {
            // A value begins here.
            if (at_ == end_) return false;
            switch (*at_) {
                case '{':
                    if (!open(true)) return false;
                    if (next_is('}')) break;
                    if (!key()) return false;
                    continue;
                case '[':
                    if (!open(false)) return false;
                    if (next_is(']')) break;
                    continue;
                case '"':
                    if (!string()) return false;
                    break;
                case 't':
                    if (!word("true")) return false;
                    break;
                case 'f':
                    if (!word("false")) return false;
                    break;
                case 'n':
                    if (!word("null")) return false;
                    break;
                default:
                    if (!number()) return false;
            }
            // A value ends here, and perhaps what is around it.
            for (;;) {
                skip_blanks();
                if (depth_ == 0) return at_ == end_;
                if (at_ == end_) return false;
                const char c = *at_++;
                const bool in_object = is_object_[depth_ - 1];
                if (c == ',') {
                    skip_blanks();
                    if (in_object && !key()) return false;
                    break;
                }
                if (c != (in_object ? '}' : ']')) return false;
                --depth_;
            }
        }
    }

  private:
    void skip_blanks() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r'))
            ++at_;
    }

    bool open(bool object) {
        if (depth_ == kMostDepth) return false;
        is_object_[depth_++] = object;
        ++at_;
        skip_blanks();
        return true;
    }

    /// Passes over the bracket of an empty array or object.
    bool next_is(char bracket) {
        if (at_ == end_ || *at_ != bracket) return false;
        ++at_;
        --depth_;
        return true;
    }

    bool key() {
        if (at_ == end_ || *at_ != '"' || !string()) return false;
        skip_blanks();
        if (at_ == end_ || *at_ != ':') return false;
        ++at_;
        skip_blanks();
        return true;
    }

    bool word(std::string_view expected) {
        if (std::string_view(at_, static_cast<size_t>(end_ - at_)).substr(0, expected.size()) !=
            expected) {
            return false;
        }
        at_ += expected.size();
        return true;
    }

    bool string() {
        ++at_;
        for (;;) {
            while (end_ - at_ >= 8) {
                const int plain = plain_bytes(at_);
                at_ += plain;
                if (plain < 8) break;
            }
            if (at_ == end_) return false;
            const char c = *at_;
            if (c == '"') {
                ++at_;
                return true;
            }
            if (c == '\\') {
                if (!escape()) return false;
            } else if (static_cast<unsigned char>(c) >= 0x80) {
                if (!character()) return false;
            } else if (static_cast<unsigned char>(c) < 0x20) {
                return false;
            } else {
                ++at_;
            }
        }
    }

    bool escape() {
        if (end_ - at_ < 2) return false;
        const char c = at_[1];
        at_ += 2;
        if (c != 'u') return std::strchr("\"\\/bfnrt", c) != nullptr && c != '\0';
        unsigned unit = 0;
        if (!code_unit(unit) || (unit >= 0xDC00 && unit <= 0xDFFF)) return false;
        if (unit < 0xD800 || unit > 0xDFFF) return true;
        // The second half of a pair.
        if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return false;
        at_ += 2;
        return code_unit(unit) && unit >= 0xDC00 && unit <= 0xDFFF;
    }

    bool code_unit(unsigned& unit) {
        if (end_ - at_ < 4) return false;
        for (int i = 0; i < 4; ++i) {
            if (!is_hex(at_[i])) return false;
        }
        std::from_chars(at_, at_ + 4, unit, 16);
        at_ += 4;
        return true;
    }

    /// A character of several bytes, in UTF-8 (RFC 3629).
    bool character() {
        const auto first = static_cast<unsigned char>(at_[0]);
        const auto left = end_ - at_;
        if (first >= 0xC2 && first <= 0xDF) {
            if (left < 2 || !is_continuation(at_[1])) return false;
            at_ += 2;
            return true;
        }
        if (left < 3 || !is_continuation(at_[1]) || !is_continuation(at_[2])) return false;
        const auto second = static_cast<unsigned char>(at_[1]);
        if ((first & 0xF0U) == 0xE0U) {
            const bool overlong = first == 0xE0 && second < 0xA0;
            const bool surrogate = first == 0xED && second >= 0xA0;
            at_ += 3;
            return !overlong && !surrogate;
        }
        const bool in_range = first >= 0xF0 && first <= 0xF4 && (first != 0xF0 || second >= 0x90) &&
                              (first != 0xF4 || second < 0x90);
        if (left < 4 || !in_range || !is_continuation(at_[3])) return false;
        at_ += 4;
        return true;
    }

    bool number() {
        const char* const begin = at_;
        if (*at_ == '-') ++at_;
        const char* const digits = at_;
        skip_digits();
        const auto count = at_ - digits;
        if (count == 0 || (count > 1 && *digits == '0')) return false;
        bool is_integer = true;
        if (at_ != end_ && *at_ == '.') {
            is_integer = false;
            const char* const fraction = ++at_;
            skip_digits();
            if (at_ == fraction) return false;
        }
        if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
            is_integer = false;
            ++at_;
            if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
            const char* const exponent = at_;
            skip_digits();
            if (at_ == exponent || at_ - exponent > kSureExponentDigits) return false;
        }
        if (!is_integer) return count <= kSureDigits;
        if (count <= kSureIntegerDigits) return true;
        return fits_64_bits(begin);
    }

    void skip_digits() {
        while (at_ != end_ && is_digit(*at_))
            ++at_;
    }

    bool fits_64_bits(const char* begin) const {
        if (*begin == '-') {
            int64_t value = 0;
            return std::from_chars(begin, at_, value).ec == std::errc();
        }
        uint64_t value = 0;
        return std::from_chars(begin, at_, value).ec == std::errc();
    }

    // 100 digits and an exponent of two are far below the largest double.
    static constexpr std::ptrdiff_t kSureDigits = 100;
    static constexpr std::ptrdiff_t kSureExponentDigits = 2;
    static constexpr std::ptrdiff_t kSureIntegerDigits = 18;

    static constexpr size_t kMostDepth = kMaxJsonDepth;

    const char* at_;
    const char* const end_;
    std::bitset<kMostDepth> is_object_;
    size_t depth_ = 0;
};

}  // namespace

bool is_certainly_json(std::string_view text) {
    return Scanner(text).document();
}

}  // namespace cf

// Accounts for every call of a stress test: how often it ran, and how often its input was freed.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "support/amount.h"

namespace stress {

// How many calls a test makes: `native` of them, a tenth under a sanitizer, or what
// CFUTURES_STRESS_CALLS says.
inline std::int64_t amount(std::int64_t native) {
    if (const char* text = std::getenv("CFUTURES_STRESS_CALLS")) return std::atoll(text);
    return cf_test::amount(native);
}

// One call's account. The entry is the call's user_data.
struct Entry {
    std::atomic<std::uint8_t> ran{0};
    std::atomic<std::uint8_t> freed{0};
    std::atomic<bool> cancelled{false};

    bool balanced() const { return freed == 1 && ran == (cancelled ? 0 : 1); }
};

class Ledger {
  public:
    explicit Ledger(std::int64_t size)
        : size_(size), entries_(new Entry[static_cast<size_t>(size)]) {}

    std::int64_t size() const { return size_; }
    Entry& operator[](std::int64_t index) { return entries_[static_cast<size_t>(index)]; }

    // The first entries that are not as they must be when all is over; empty when there are none.
    std::string faults() const {
        std::string text;
        int found = 0;
        for (std::int64_t i = 0; i < size_ && found < 5; ++i) {
            const Entry& entry = entries_[static_cast<size_t>(i)];
            if (entry.balanced()) continue;
            ++found;
            text += "call " + std::to_string(i) + " ran " + std::to_string(entry.ran) +
                    " times, was freed " + std::to_string(entry.freed) + " times" +
                    (entry.cancelled ? ", was cancelled\n" : "\n");
        }
        return text;
    }

  private:
    const std::int64_t size_;
    const std::unique_ptr<Entry[]> entries_;
};

}  // namespace stress

// A mutex that is one word, and two instructions while nobody competes for it; the C library's costs thirty
// times that, which is a good part of what a submission costs.
//
//     free --lock--> held --lock by another--> awaited --unlock--> free, and one sleeper is woken
//
// A thread that finds it held looks again for a moment, since most are held for a few instructions, and then
// says that it waits and sleeps. Whoever has slept takes it as awaited, because others may sleep still.
// What is woken need not get it: there is no order among those that wait.
//
// The word may be gone as soon as it is free, so waking uses nothing but its address.
//
// Part of support/sync.h, below the primitives that it is made of; tests/model puts simulated ones there.
#pragma once

#include <cstdint>

#include "support/clock.h"

namespace cf::sync {

template <int kLooks>
class BasicWordMutex {
  public:
    constexpr BasicWordMutex() = default;
    BasicWordMutex(const BasicWordMutex&) = delete;
    BasicWordMutex& operator=(const BasicWordMutex&) = delete;

    bool try_lock() {
        uint32_t word = kFree;
        return word_.compare_exchange_strong(word, kHeld, std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }
    void lock() {
        if (!try_lock()) [[unlikely]]
            lock_slowly();
    }
    void unlock() {
        if (word_.exchange(kFree, std::memory_order_release) == kAwaited) [[unlikely]]
            unpark_one(word_);
    }

  private:
    static constexpr uint32_t kFree = 0;
    static constexpr uint32_t kHeld = 1;
    static constexpr uint32_t kAwaited = 2;

    __attribute__((noinline)) void lock_slowly() {
        for (int look = 0; look < kLooks; ++look) {
            pause();
            if (word_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
        }
        while (word_.exchange(kAwaited, std::memory_order_acquire) != kFree)
            park(word_, kAwaited, Deadline::never());
    }

    Atomic<uint32_t> word_{kFree};
};

}  // namespace cf::sync

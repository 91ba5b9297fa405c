// A worker's own calls: a ring into which its owner pushes and from which everybody takes.
//
//          take (anyone, oldest first)            push, pop (the owner, newest)
//     top ------------------------------------------------------- bottom
//
// Chase and Lev's deque with a fixed ring. `bottom` is written by the owner alone; `top` rises by
// compare-and-swap, which is what decides who gets an item. A slot is reused only when top has passed
// it, so a taker that read an old item fails to raise top. All operations that must not pass each
// other are sequentially consistent ones on top and bottom; there are no fences.
//
// Named race, **pop against take** of the last item: both try to raise top, and one succeeds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "support/sync.h"

namespace cf {

template <typename Item, size_t kCapacity>
class RunQueue {
  public:
    static_assert((kCapacity & (kCapacity - 1)) == 0);

    // --- the owner ---

    /// How many more fit at least; takers can only make room.
    size_t room() const {
        return kCapacity - static_cast<size_t>(bottom_.load(std::memory_order_relaxed) -
                                               top_.load(std::memory_order_acquire));
    }
    /// False when it is full. What the owner does after it sees this push made.
    [[nodiscard]] bool push(Item* item) {
        const uint64_t bottom = bottom_.load(std::memory_order_relaxed);
        if (bottom - top_.load(std::memory_order_acquire) >= kCapacity) return false;
        slot(bottom).store(item, std::memory_order_relaxed);
        bottom_.store(bottom + 1, std::memory_order_seq_cst);
        return true;
    }
    /// Pushes several at once; there must be room.
    void push_all(Item* const* items, size_t count) {
        const uint64_t bottom = bottom_.load(std::memory_order_relaxed);
        for (size_t i = 0; i < count; ++i)
            slot(bottom + i).store(items[i], std::memory_order_relaxed);
        bottom_.store(bottom + count, std::memory_order_seq_cst);
    }
    /// The newest item, if it is this one; otherwise false and nothing has changed.
    [[nodiscard]] bool pop_if(const Item* item) {
        const uint64_t bottom = bottom_.load(std::memory_order_relaxed);
        if (bottom == top_.load(std::memory_order_relaxed)) return false;
        if (slot(bottom - 1).load(std::memory_order_relaxed) != item) return false;
        return pop() != nullptr;
    }
    /// The newest item, whatever it is; null when there is none.
    Item* pop() {
        const uint64_t bottom = bottom_.load(std::memory_order_relaxed) - 1;
        bottom_.store(bottom, std::memory_order_seq_cst);
        uint64_t top = top_.load(std::memory_order_seq_cst);
        if (static_cast<int64_t>(bottom - top) < 0) {
            bottom_.store(bottom + 1, std::memory_order_relaxed);
            return nullptr;
        }
        Item* item = slot(bottom).load(std::memory_order_relaxed);
        if (top != bottom) return item;
        if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                          std::memory_order_relaxed)) {
            item = nullptr;  // a taker was faster
        }
        bottom_.store(bottom + 1, std::memory_order_relaxed);
        return item;
    }

    // --- anyone ---

    bool empty() const {
        const uint64_t top = top_.load(std::memory_order_seq_cst);
        return static_cast<int64_t>(bottom_.load(std::memory_order_seq_cst) - top) <= 0;
    }
    /// About how many there are.
    size_t size() const {
        const auto size = static_cast<int64_t>(bottom_.load(std::memory_order_relaxed) -
                                               top_.load(std::memory_order_relaxed));
        return size > 0 ? static_cast<size_t>(size) : 0;
    }
    /// The oldest item; null when there is none.
    Item* take() {
        uint64_t top = top_.load(std::memory_order_seq_cst);
        while (static_cast<int64_t>(bottom_.load(std::memory_order_seq_cst) - top) > 0) {
            Item* item = slot(top).load(std::memory_order_relaxed);
            if (top_.compare_exchange_weak(top, top + 1, std::memory_order_seq_cst,
                                           std::memory_order_seq_cst)) {
                return item;
            }
        }
        return nullptr;
    }
    /// An item that is `ahead` of the oldest; a hint for prefetching, which may be stale.
    const Item* peek(size_t ahead) const {
        return slots_[(top_.load(std::memory_order_relaxed) + ahead) & (kCapacity - 1)].load(
            std::memory_order_relaxed);
    }

  private:
    sync::Atomic<Item*>& slot(uint64_t at) { return slots_[at & (kCapacity - 1)]; }

    alignas(64) sync::Atomic<uint64_t> top_{0};
    alignas(64) sync::Atomic<uint64_t> bottom_{0};
    std::array<sync::Atomic<Item*>, kCapacity> slots_{};
};

}  // namespace cf

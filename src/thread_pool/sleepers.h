// Which workers of a pool look for work, and which sleep: how a push and a worker that goes to sleep
// never miss each other, and how many workers a push wakes.
//
// One word holds how many workers are *searching* (awake, looking for work) and how many are
// *sleeping*, and flags. A worker that is neither is busy. Whoever pushes work calls wake_one()
// afterwards. It does nothing while a worker is searching, because that one either finds the work or,
// as the last searcher, looks once more after it has said that it searches no longer; otherwise it
// turns one sleeper into a searcher and posts a token for it, which is a step of one futex word.
//
//              begin_search            announce_sleep           wake_one (a token)
//     busy ------------------> searching ------------> sleeping ------------------> searching
//          <------------------
//           end_search: the last one looks again
//
// Invariants:
//   W1  sleeping + tokens >= workers that sleep or are about to: every token has its sleeper.
//   W2  A worker looks into all queues after announce_sleep() and before sleep().
//   W3  A worker that ends its search as the last one looks into all queues after that, and when it
//       sees work, calls wake_one().
//
// Named races:
//   **push against sleep**: the pusher pushes, then reads the word; the sleeper writes the word, then
//   looks. The queues promise that one of both sees the other (I2 of an inlet; bottom of a run queue
//   is sequentially consistent as the word is).
//   **push against end of search**: the same with W3.
//   **wake against change of mind**: a worker that found work after announce_sleep() may have been
//   turned into a searcher by then; cancel_sleep() waits for the token that is on its way.
#pragma once

#include <cstdint>

#include "support/sync.h"

namespace cf {

class Sleepers {
  public:
    enum Flag : uint64_t {
        kClosed = uint64_t{1} << 32,   // no new calls
        kDiscard = uint64_t{1} << 33,  // and what is queued is taken out, too
        kMayGrow = uint64_t{1} << 34,  // fewer threads run than may
    };

    // --- workers ---

    void begin_search() { word_.fetch_add(kSearching, std::memory_order_seq_cst); }
    /// True when it was the last one searching (W3).
    [[nodiscard]] bool end_search() {
        return searching(word_.fetch_sub(kSearching, std::memory_order_seq_cst)) == 1;
    }
    void announce_sleep() { word_.fetch_add(kSleeping - kSearching, std::memory_order_seq_cst); }
    /// Back to searching, because there is work after all.
    void cancel_sleep() {
        if (!withdraw()) consume_token();
    }
    /// Until it is woken; then it is searching.
    void sleep() { consume_token(); }

    // --- everybody ---

    /// Whether a push has to do anything: call help_wanted() after it and, if true, see to it.
    bool help_wanted() const {
        const uint64_t word = word_.load(std::memory_order_seq_cst);
        return (word & (kDiscard | kMayGrow)) != 0 || can_wake(word);
    }
    /// Wakes one sleeper, unless a worker is searching. False when nobody was woken.
    bool wake_one() {
        uint64_t word = word_.load(std::memory_order_seq_cst);
        while (can_wake(word)) {
            if (word_.compare_exchange_weak(word, word + kSearching - kSleeping,
                                            std::memory_order_seq_cst)) {
                post_tokens(1);
                return true;
            }
        }
        return false;
    }
    void wake_all() {
        uint64_t word = word_.load(std::memory_order_seq_cst);
        for (;;) {
            const uint64_t count = sleeping(word);
            if (count == 0) return;
            if (word_.compare_exchange_weak(word, word + count * (kSearching - kSleeping),
                                            std::memory_order_seq_cst)) {
                return post_tokens(static_cast<uint32_t>(count));
            }
        }
    }

    void set(Flag flag) { word_.fetch_or(flag, std::memory_order_seq_cst); }
    void clear(Flag flag) { word_.fetch_and(~uint64_t{flag}, std::memory_order_seq_cst); }
    bool has(Flag flag) const { return (word_.load(std::memory_order_seq_cst) & flag) != 0; }

    size_t searching() const { return searching(word_.load(std::memory_order_relaxed)); }
    size_t sleeping() const { return sleeping(word_.load(std::memory_order_relaxed)); }

  private:
    static constexpr uint64_t kSleeping = 1;
    static constexpr uint64_t kSearching = uint64_t{1} << 16;
    static constexpr uint64_t kCountMask = 0xFFFF;

    static constexpr uint64_t sleeping(uint64_t word) { return word & kCountMask; }
    static constexpr uint64_t searching(uint64_t word) { return (word >> 16) & kCountMask; }
    static constexpr bool can_wake(uint64_t word) {
        return sleeping(word) != 0 && searching(word) == 0;
    }

    /// Sleeping to searching; false when another thread did that to us.
    bool withdraw() {
        uint64_t word = word_.load(std::memory_order_seq_cst);
        while (sleeping(word) != 0) {
            if (word_.compare_exchange_weak(word, word + kSearching - kSleeping,
                                            std::memory_order_seq_cst)) {
                return true;
            }
        }
        return false;
    }
    void post_tokens(uint32_t count) {
        tokens_.fetch_add(count, std::memory_order_release);
        if (count == 1) {
            sync::unpark_one(tokens_);
        } else {
            sync::unpark_all(tokens_);
        }
    }
    void consume_token() {
        uint32_t tokens = tokens_.load(std::memory_order_acquire);
        for (;;) {
            if (tokens != 0) {
                if (tokens_.compare_exchange_weak(tokens, tokens - 1, std::memory_order_acquire))
                    return;
            } else {
                sync::park(tokens_, 0, Deadline::never());
                tokens = tokens_.load(std::memory_order_acquire);
            }
        }
    }

    alignas(64) sync::Atomic<uint64_t> word_{0};
    alignas(64) sync::Atomic<uint32_t> tokens_{0};
};

}  // namespace cf

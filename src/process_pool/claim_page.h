// The claim page: one page of memory that a pool shares with one worker, so that both know without a
// message which calls have started (docs/protocol.md, "The claim page").
//
// It holds one 64-bit word for each slot. A CALL frame names the slot of its word:
//
//     bits 63..32  number of the (first) call: what the word is about
//     bits 31..3   index, in a chunk, of the item that runs or ran last
//     bits  2..0   state
//
//        pool                        worker                             pool
//   FREE ----> QUEUED ------------------------------> RECALLED  (taken back: drop the frame)
//                 |
//                 `--> CLAIMED(0) -> CLAIMED(1) ... -> DONE
//                         |             |
//                         `-------------'------------> RECALLED  (stop before the next item)
//
// The worker takes a call by compare-and-swap QUEUED -> CLAIMED(0) before any user code, moves on to
// the next item of a chunk by compare-and-swap, and stores DONE after the last one. The pool takes
// back what has not started by compare-and-swap to RECALLED. Whoever loses a swap knows why: the word
// names its call, so a frame that is still in the socket when its slot is used again is dropped.
//
// Behind the page is the answer space: what the worker has to say and has not sent yet stands there
// (worker/outbox.h), so that finished calls are not lost when it dies in the next one.
//
// Invariants: CP1 one pool and one worker, never two workers. CP2 the pool keeps its own record of
// what it sent; a word decides only whether a call had started, and garbage counts as started (S-01).
// CP3 only the pool writes FREE and QUEUED. CP4 what stands in the answer space is copied before it is
// looked at, and is believed no more than what comes through the socket.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cf {

constexpr uint32_t kClaimPageMagic = 0x50434643;  // "CFCP" in memory
constexpr uint32_t kClaimPageVersion = 2;
constexpr size_t kClaimPageSize = 4096;
/// Behind the page: answers that the worker has not sent yet.
constexpr size_t kAnswerSpace = size_t{64} << 10;
constexpr size_t kSharedSize = kClaimPageSize + kAnswerSpace;
constexpr uint16_t kClaimSlots = 256;

enum class ClaimState : uint64_t { kFree = 0, kQueued = 1, kClaimed = 2, kDone = 3, kRecalled = 4 };

struct Claim {
    uint32_t call = 0;
    uint32_t index = 0;
    ClaimState state = ClaimState::kFree;

    static constexpr uint32_t kMaxIndex = (uint32_t{1} << 29) - 1;
    static Claim decode(uint64_t word) {
        return {static_cast<uint32_t>(word >> 32), static_cast<uint32_t>(word >> 3) & kMaxIndex,
                static_cast<ClaimState>(word & 7)};
    }
    uint64_t encode() const {
        return uint64_t{call} << 32 | uint64_t{index} << 3 | static_cast<uint64_t>(state);
    }
};

/// The page as both sides map it. Memory order: a swap publishes what was written before it.
struct ClaimPage {
    uint32_t magic;
    uint32_t version;
    uint32_t slots;
    uint32_t answer_space;
    // Which bytes of the worker's stream stand in the answer space; equal when none do.
    std::atomic<uint64_t> answers_begin;
    std::atomic<uint64_t> answers_end;
    /// Of a fork server: the process that it made last, written by the kernel before that one runs.
    int32_t last_forked;
    uint32_t reserved[7];
    std::atomic<uint64_t> words[kClaimSlots];

    /// The answer space. Only of a page that was mapped with it.
    char* answers() { return reinterpret_cast<char*>(this) + kClaimPageSize; }

    // --- the pool ---
    /// What a dead worker had not sent of its stream, of which `received` bytes have arrived. It is a
    /// view into the shared memory, and nothing when the words make no sense.
    std::string_view unsent_answers(uint64_t received) {
        const uint64_t begin = answers_begin.load(std::memory_order_acquire);
        const uint64_t end = answers_end.load(std::memory_order_acquire);
        if (received < begin || received >= end || end - begin > kAnswerSpace) return {};
        return {answers() + (received - begin), end - received};
    }
    void queue(uint16_t slot, uint32_t call) {
        words[slot].store(Claim{call, 0, ClaimState::kQueued}.encode(), std::memory_order_release);
    }
    Claim read(uint16_t slot) const {
        return Claim::decode(words[slot].load(std::memory_order_acquire));
    }
    /// Takes back what has not started of a call or chunk. Gives the claim as it was before: QUEUED
    /// (all came back), CLAIMED (what is behind its index came back), or anything else (nothing did).
    Claim recall(uint16_t slot, uint32_t call) {
        uint64_t word = words[slot].load(std::memory_order_acquire);
        for (;;) {
            const Claim claim = Claim::decode(word);
            const bool can_recall = claim.call == call && (claim.state == ClaimState::kQueued ||
                                                           claim.state == ClaimState::kClaimed);
            if (!can_recall) return claim;
            Claim recalled = claim;
            recalled.state = ClaimState::kRecalled;
            if (words[slot].compare_exchange_weak(word, recalled.encode(),
                                                  std::memory_order_acq_rel,
                                                  std::memory_order_acquire)) {
                return claim;
            }
        }
    }

    // --- the worker ---
    /// Before the first item; false: the call was taken back, drop the frame.
    [[nodiscard]] bool claim(uint16_t slot, uint32_t call) {
        return swap(slot, {call, 0, ClaimState::kQueued}, {call, 0, ClaimState::kClaimed});
    }
    /// Before item `index` of a chunk, from 1 on; false: it and those behind it were taken back.
    [[nodiscard]] bool advance(uint16_t slot, uint32_t call, uint32_t index) {
        return swap(slot, {call, index - 1, ClaimState::kClaimed},
                    {call, index, ClaimState::kClaimed});
    }
    /// After the last item, whose index is given.
    void finish(uint16_t slot, uint32_t call, uint32_t index) {
        static_cast<void>(
            swap(slot, {call, index, ClaimState::kClaimed}, {call, index, ClaimState::kDone}));
    }

  private:
    bool swap(uint16_t slot, const Claim& from, const Claim& to) {
        uint64_t expected = from.encode();
        return words[slot].compare_exchange_strong(expected, to.encode(), std::memory_order_acq_rel,
                                                   std::memory_order_acquire);
    }
};

static_assert(sizeof(ClaimPage) <= kClaimPageSize && offsetof(ClaimPage, words) == 64);
static_assert(std::atomic<uint64_t>::is_always_lock_free, "shared between processes");

}  // namespace cf

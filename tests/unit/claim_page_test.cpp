// Who may run a call: process_pool/claim_page.h.
#include "process_pool/claim_page.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "support/amount.h"
#include "support/events.h"

namespace {

using cf::Claim;
using cf::ClaimState;

constexpr uint16_t kSlot = 7;
constexpr uint32_t kCall = 0xFFFFFFF0;

class ClaimPageTest : public testing::Test {
  protected:
    void expect(ClaimState state, uint32_t index) const {
        const Claim claim = page_->read(kSlot);
        EXPECT_EQ(claim.call, kCall);
        EXPECT_EQ(claim.state, state);
        EXPECT_EQ(claim.index, index);
    }
    std::unique_ptr<cf::ClaimPage> page_ = std::make_unique<cf::ClaimPage>();
};

TEST(Claim, PacksItsPartsWithoutOverlap) {
    const Claim most{0xFFFFFFFF, Claim::kMaxIndex, ClaimState::kRecalled};
    EXPECT_EQ(most.encode(), 0xFFFFFFFFFFFFFFFC);
    const Claim claim = Claim::decode(Claim{1, 2, ClaimState::kDone}.encode());
    EXPECT_EQ(claim.call, 1U);
    EXPECT_EQ(claim.index, 2U);
    EXPECT_EQ(claim.state, ClaimState::kDone);
    EXPECT_EQ((Claim{1, 2, ClaimState::kDone}.encode()), uint64_t{1} << 32 | 2U << 3 | 3U);
}

TEST_F(ClaimPageTest, WordsStandWhereTheDocumentSays) {
    EXPECT_EQ(offsetof(cf::ClaimPage, words), 64U);
    page_->queue(kSlot, kCall);
    expect(ClaimState::kQueued, 0);
}

TEST_F(ClaimPageTest, ACallIsQueuedClaimedAndDone) {
    page_->queue(kSlot, kCall);
    EXPECT_TRUE(page_->claim(kSlot, kCall));
    expect(ClaimState::kClaimed, 0);
    page_->finish(kSlot, kCall, 0);
    expect(ClaimState::kDone, 0);
}

TEST_F(ClaimPageTest, AChunkAdvancesItemByItem) {
    page_->queue(kSlot, kCall);
    ASSERT_TRUE(page_->claim(kSlot, kCall));
    EXPECT_TRUE(page_->advance(kSlot, kCall, 1));
    EXPECT_TRUE(page_->advance(kSlot, kCall, 2));
    expect(ClaimState::kClaimed, 2);
    EXPECT_FALSE(page_->advance(kSlot, kCall, 2)) << "an item runs once";
    EXPECT_FALSE(page_->advance(kSlot, kCall, 4)) << "and none is skipped";
    page_->finish(kSlot, kCall, 2);
    expect(ClaimState::kDone, 2);
}

TEST_F(ClaimPageTest, ACallIsClaimedOnce) {
    page_->queue(kSlot, kCall);
    EXPECT_TRUE(page_->claim(kSlot, kCall));
    EXPECT_FALSE(page_->claim(kSlot, kCall));
}

TEST_F(ClaimPageTest, NothingIsClaimedThatWasNotQueued) {
    EXPECT_FALSE(page_->claim(kSlot, kCall));
    EXPECT_FALSE(page_->claim(kSlot, 0)) << "the word of a free slot names call 0";
}

TEST_F(ClaimPageTest, AQueuedCallComesBackWhole) {
    page_->queue(kSlot, kCall);
    EXPECT_EQ(page_->recall(kSlot, kCall).state, ClaimState::kQueued);
    expect(ClaimState::kRecalled, 0);
    EXPECT_FALSE(page_->claim(kSlot, kCall));
}

TEST_F(ClaimPageTest, AChunkComesBackBehindTheItemThatRuns) {
    page_->queue(kSlot, kCall);
    ASSERT_TRUE(page_->claim(kSlot, kCall));
    ASSERT_TRUE(page_->advance(kSlot, kCall, 1));
    const Claim before = page_->recall(kSlot, kCall);
    EXPECT_EQ(before.state, ClaimState::kClaimed);
    EXPECT_EQ(before.index, 1U);
    EXPECT_FALSE(page_->advance(kSlot, kCall, 2));
    page_->finish(kSlot, kCall, 1);
    expect(ClaimState::kRecalled, 1);
}

TEST_F(ClaimPageTest, WhatIsDoneOrBackAlreadyDoesNotComeBack) {
    page_->queue(kSlot, kCall);
    ASSERT_TRUE(page_->claim(kSlot, kCall));
    page_->finish(kSlot, kCall, 0);
    EXPECT_EQ(page_->recall(kSlot, kCall).state, ClaimState::kDone);
    expect(ClaimState::kDone, 0);

    page_->queue(kSlot, kCall);
    page_->recall(kSlot, kCall);
    EXPECT_EQ(page_->recall(kSlot, kCall).state, ClaimState::kRecalled);
}

TEST_F(ClaimPageTest, ASlotThatIsUsedAgainIsAboutItsNewCallAlone) {
    page_->queue(kSlot, kCall);
    page_->recall(kSlot, kCall);
    page_->queue(kSlot, kCall + 1);
    EXPECT_FALSE(page_->claim(kSlot, kCall)) << "the old frame is still in the socket";
    EXPECT_EQ(page_->recall(kSlot, kCall).call, kCall + 1);
    EXPECT_TRUE(page_->claim(kSlot, kCall + 1)) << "and recalling the old call changes nothing";
}

// Each round offers every slot of the page once: the worker goes through them from the first to the last
// and the pool from the last to the first, so that they meet whenever both are awake.
TEST_F(ClaimPageTest, OfClaimAndRecallExactlyOneWins) {
    constexpr auto kRounds = static_cast<uint32_t>(cf_test::amount(2'000));
    constexpr uint16_t kSlots = cf::kClaimSlots;
    std::vector<char> claimed(kSlots);
    cf_test::Counter offered, taken;
    std::thread worker([&] {
        for (uint32_t call = 1; call <= kRounds; ++call) {
            offered.wait_for(static_cast<int>(call));
            for (uint16_t slot = 0; slot < kSlots; ++slot)
                claimed[slot] = page_->claim(slot, call) ? 1 : 0;
            taken.add();
        }
    });
    uint64_t recalls = 0;
    uint64_t undecided = 0;
    std::vector<char> recalled(kSlots);
    for (uint32_t call = 1; call <= kRounds; ++call) {
        for (uint16_t slot = 0; slot < kSlots; ++slot)
            page_->queue(slot, call);
        offered.add();
        // The first round is all the worker's.
        if (call == 1) taken.wait_for(1);
        for (uint16_t slot = kSlots; slot-- > 0;)
            recalled[slot] = page_->recall(slot, call).state == ClaimState::kQueued ? 1 : 0;
        taken.wait_for(static_cast<int>(call));
        for (uint16_t slot = 0; slot < kSlots; ++slot) {
            undecided += recalled[slot] == claimed[slot] ? 1 : 0;
            recalls += recalled[slot] ? 1 : 0;
        }
    }
    worker.join();
    EXPECT_EQ(undecided, 0U);
    EXPECT_GT(recalls, 0U);
    EXPECT_LT(recalls, uint64_t{kRounds} * kSlots);
}

}  // namespace

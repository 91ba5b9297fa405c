// Ten million calls on a thread pool, submitted, cancelled, watched and dropped in every way at the
// same time: none is lost, none runs twice, each input is freed once. (S3, T-03, T-04)
#include <cfutures/cfutures.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>
#include <vector>

#include "ledger.h"

namespace stress {
namespace {

constexpr std::int64_t kBlock = 1000;
constexpr int kProducers = 3;
constexpr int kWorkers = 3;

int32_t run(cf_task_t* task, void* entry) {
    ++static_cast<Entry*>(entry)->ran;
    return cf_task_return_pointer(task, entry, nullptr);
}
void free_input(void* entry) {
    ++static_cast<Entry*>(entry)->freed;
}

// Some consecutive calls of the ledger, which go the same way.
struct Block {
    cf_executor_t* pool;
    Ledger* ledger;
    std::int64_t begin;
    std::int64_t end;

    cf_future_t* submit(std::int64_t index) const {
        cf_future_t* future = nullptr;
        const cf_status_t status =
            cf_executor_submit(pool, nullptr, run, &(*ledger)[index], free_input, &future, nullptr);
        if (status != CF_STATUS_OK) ADD_FAILURE() << cf_status_name(status);
        return future;
    }
    std::vector<cf_future_t*> submit_all() const {
        std::vector<cf_future_t*> futures;
        futures.reserve(static_cast<size_t>(end - begin));
        for (std::int64_t i = begin; i < end; ++i)
            futures.push_back(submit(i));
        return futures;
    }
};

void expect_own_result(cf_future_t* future, Entry& entry) {
    void* result = nullptr;
    const cf_status_t status = cf_future_result_pointer(future, -1, &result, nullptr);
    if (status != CF_STATUS_OK || result != &entry) ADD_FAILURE() << cf_status_name(status);
}

void get_in_order(const Block& block) {
    std::int64_t index = block.begin;
    for (cf_future_t* future : block.submit_all()) {
        expect_own_result(future, (*block.ledger)[index++]);
        cf_future_release(future);
    }
}

void drop_all_but_the_last(const Block& block) {
    for (std::int64_t i = block.begin; i + 1 < block.end; ++i)
        cf_future_release(block.submit(i));
    cf_future_t* last = block.submit(block.end - 1);
    expect_own_result(last, (*block.ledger)[block.end - 1]);
    cf_future_release(last);
}

void cancel_as_many_as_possible(const Block& block) {
    const std::vector<cf_future_t*> futures = block.submit_all();
    // From the end, where the workers are not yet.
    for (std::int64_t i = block.end; i-- > block.begin;) {
        cf_future_t* future = futures[static_cast<size_t>(i - block.begin)];
        if (cf_future_cancel(future) != 0) (*block.ledger)[i].cancelled = true;
    }
    for (cf_future_t* future : futures) {
        cf_future_wait(future, -1);
        cf_future_release(future);
    }
}

void as_completed(const Block& block) {
    const std::vector<cf_future_t*> futures = block.submit_all();
    cf_completion_queue_t* queue = nullptr;
    EXPECT_EQ(cf_as_completed(futures.data(), futures.size(), -1, &queue, nullptr), CF_STATUS_OK);
    size_t taken = 0;
    std::array<cf_future_t*, 64> batch{};
    size_t count = 0;
    while (cf_completion_queue_next_batch(queue, -1, batch.data(), nullptr, batch.size(), &count,
                                          nullptr) == CF_STATUS_OK) {
        std::for_each_n(batch.begin(), count, cf_future_release);
        taken += count;
    }
    if (taken != futures.size()) ADD_FAILURE() << taken << " of " << futures.size();
    cf_completion_queue_release(queue);
    std::for_each(futures.begin(), futures.end(), cf_future_release);
}

void with_callbacks(const Block& block) {
    std::atomic<std::int64_t> called{0};
    const auto note = [](cf_future_t*, void* count) {
        ++*static_cast<std::atomic<std::int64_t>*>(count);
    };
    const std::vector<cf_future_t*> futures = block.submit_all();
    for (cf_future_t* future : futures)
        cf_future_add_done_callback(future, note, &called, nullptr, nullptr);
    for (cf_future_t* future : futures) {
        cf_future_wait(future, -1);
        cf_future_release(future);
    }
    // Callbacks run after the waiters.
    while (called != block.end - block.begin)
        std::this_thread::yield();
}

void from_inside(const Block& block) {
    const auto submit_in_a_task = [](cf_task_t*, void* opaque) -> int32_t {
        const auto& inner = *static_cast<const Block*>(opaque);
        for (std::int64_t i = inner.begin; i < inner.end; ++i)
            cf_future_release(inner.submit(i));
        return 0;
    };
    Block copy = block;
    cf_future_t* outer = nullptr;
    EXPECT_EQ(
        cf_executor_submit(block.pool, nullptr, submit_in_a_task, &copy, nullptr, &outer, nullptr),
        CF_STATUS_OK);
    cf_future_wait(outer, -1);
    cf_future_release(outer);
}

void in_a_batch(const Block& block) {
    std::vector<void*> entries;
    for (std::int64_t i = block.begin; i < block.end; ++i)
        entries.push_back(&(*block.ledger)[i]);
    std::vector<cf_future_t*> futures(entries.size());
    EXPECT_EQ(cf_executor_submit_batch(block.pool, nullptr, run, entries.data(), entries.size(),
                                       free_input, futures.data(), nullptr),
              CF_STATUS_OK);
    std::int64_t index = block.begin;
    for (cf_future_t* future : futures) {
        expect_own_result(future, (*block.ledger)[index++]);
        cf_future_release(future);
    }
}

void posted(const Block& block) {
    for (std::int64_t i = block.begin; i < block.end; ++i) {
        EXPECT_EQ(
            cf_executor_post(block.pool, nullptr, run, &(*block.ledger)[i], free_input, nullptr),
            CF_STATUS_OK);
    }
    for (std::int64_t i = block.begin; i < block.end; ++i) {
        while ((*block.ledger)[i].freed == 0)
            std::this_thread::yield();
    }
}

constexpr std::array kWays = {get_in_order,
                              drop_all_but_the_last,
                              cancel_as_many_as_possible,
                              as_completed,
                              with_callbacks,
                              from_inside,
                              in_a_batch,
                              posted};

// Takes blocks until there are none left; each block goes another way than the one before.
void produce(cf_executor_t* pool, Ledger& ledger, std::atomic<std::int64_t>& next_block) {
    for (;;) {
        const std::int64_t number = next_block++;
        const std::int64_t begin = number * kBlock;
        if (begin >= ledger.size()) return;
        const Block block{pool, &ledger, begin, std::min(begin + kBlock, ledger.size())};
        kWays[static_cast<size_t>(number) % kWays.size()](block);
    }
}

cf_executor_t* make_pool() {
    cf_thread_pool_options_t* options = nullptr;
    cf_executor_t* pool = nullptr;
    EXPECT_EQ(cf_thread_pool_options_create(&options, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_thread_pool_options_set_max_workers(options, kWorkers, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_thread_pool_create(options, &pool, nullptr), CF_STATUS_OK);
    cf_thread_pool_options_release(options);
    return pool;
}

TEST(StressCalls, T04NothingIsLostAndNothingRunsTwice) {
    Ledger ledger(amount(10'000'000));
    cf_executor_t* pool = make_pool();
    std::atomic<std::int64_t> next_block{0};
    std::vector<std::thread> producers;
    for (int i = 0; i < kProducers; ++i)
        producers.emplace_back([&] { produce(pool, ledger, next_block); });
    for (std::thread& producer : producers)
        producer.join();
    EXPECT_EQ(cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, nullptr), CF_STATUS_OK);
    cf_executor_release(pool);
    EXPECT_EQ(ledger.faults(), "");
}

// The same against a shutdown that cancels: what was refused is accounted for, too.
TEST(StressCalls, T03AShutdownInBetweenLosesNothing) {
    constexpr std::int64_t kCallsOfARound = 5'000;
    const std::int64_t rounds = amount(1'000'000) / kCallsOfARound;
    for (std::int64_t round = 0; round < rounds; ++round) {
        Ledger ledger(kCallsOfARound);
        cf_executor_t* pool = make_pool();
        const auto submit_until_refused = [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                cf_future_t* future = nullptr;
                const cf_status_t status = cf_executor_submit(pool, nullptr, run, &ledger[i],
                                                              free_input, &future, nullptr);
                if (status != CF_STATUS_OK) {
                    if (status != CF_STATUS_SHUT_DOWN) ADD_FAILURE() << cf_status_name(status);
                    ledger[i].cancelled = true;  // and freed by the submit
                    continue;
                }
                // With the future kept there is an answer to whether it ran.
                const auto settle = [](cf_future_t* done, void* entry) {
                    static_cast<Entry*>(entry)->cancelled = cf_future_cancelled(done) != 0;
                };
                cf_future_add_done_callback(future, settle, &ledger[i], nullptr, nullptr);
                cf_future_release(future);
            }
        };
        std::thread first([&] { submit_until_refused(0, kCallsOfARound / 2); });
        std::thread second([&] { submit_until_refused(kCallsOfARound / 2, kCallsOfARound); });
        // Each round a little later.
        const Entry& signal = ledger[round * (kCallsOfARound / 2) / rounds];
        while (signal.freed == 0)
            std::this_thread::yield();
        EXPECT_EQ(
            cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT | CF_SHUTDOWN_CANCEL_FUTURES, -1, nullptr),
            CF_STATUS_OK);
        first.join();
        second.join();
        cf_executor_release(pool);
        ASSERT_EQ(ledger.faults(), "") << "in round " << round;
    }
}

}  // namespace
}  // namespace stress

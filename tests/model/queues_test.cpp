// The parts of the thread pool by themselves: run queue, inlet, sleepers, and the depot of the slab.
#include <array>

#include "scenario.h"
#include "support/slab.h"
#include "thread_pool/inlet.h"
#include "thread_pool/run_queue.h"
#include "thread_pool/sleepers.h"

namespace cf_model {
namespace {

/// What is queued: its content is plain, so a queue that does not publish it shows as a race.
struct Item {
    int content = 0;
    bool got = false;

    void get() {
        check(content == 7, "the content is published");
        check(!got, "nobody else got it");
        got = true;
    }
};

using SmallQueue = cf::RunQueue<Item, 2>;

void fill(SmallQueue& queue, Item& item) {
    item.content = 7;
    check(queue.push(&item), "there is room");
}

TEST(ModelRunQueue, TwoTakersAndTheOwner) {
    prove([] {
        SmallQueue queue;
        std::array<Item, 2> items;
        const auto take = [&] {
            if (Item* item = queue.take()) item->get();
        };
        together(
            [&] {
                fill(queue, items[0]);
                fill(queue, items[1]);
                take();
            },
            take, take);
        while (Item* item = queue.take())
            item->get();
        check(items[0].got && items[1].got, "none is lost");
    });
}

TEST(ModelRunQueue, ASlotThatIsUsedAgain) {
    prove([] {
        SmallQueue queue;
        std::array<Item, 3> items;
        fill(queue, items[0]);
        fill(queue, items[1]);
        const auto take = [&] {
            if (Item* item = queue.take()) item->get();
        };
        bool pushed = false;
        together(
            [&] {
                take();
                items[2].content = 7;
                pushed = queue.push(&items[2]);
            },
            take);
        check(pushed, "who took one has made room");
        while (Item* item = queue.take())
            item->get();
        for (const Item& item : items)
            check(item.got, "none is lost");
    });
}

using ItemInlet = cf::Inlet<Item>;

void push(ItemInlet& inlet, Item& item) {
    item.content = 7;
    ItemInlet::Reserve reserve;
    reserve.add();
    const cf::MutexLock lock(inlet.mutex());
    inlet.push(&item, reserve);
}

TEST(ModelInlet, TwoWhoPushAndOneWhoTakes) {
    prove([] {
        ItemInlet inlet;
        std::array<Item, 2> items;
        const auto take = [&] {
            Item* out[2];
            const size_t count = inlet.take(out, 2);
            for (size_t i = 0; i < count; ++i)
                out[i]->get();
        };
        together([&] { push(inlet, items[0]); }, [&] { push(inlet, items[1]); }, take);
        take();
        check(items[0].got && items[1].got, "none is lost");
    });
}

/// A worker's life as worker.cpp has it, over one queue.
template <typename Take, typename Any>
void serve(cf::Sleepers& sleepers, const Take& take, const Any& any) {
    sleepers.begin_search();
    for (;;) {
        if (Item* item = take()) {
            if (sleepers.end_search() && any()) sleepers.wake_one();  // W3
            item->get();
            sleepers.begin_search();
        } else if (sleepers.has(cf::Sleepers::kClosed)) {
            if (any()) continue;
            static_cast<void>(sleepers.end_search());
            return;
        } else {
            sleepers.announce_sleep();
            if (any() || sleepers.has(cf::Sleepers::kClosed)) {  // W2
                sleepers.cancel_sleep();
            } else {
                sleepers.sleep();
            }
        }
    }
}

void close(cf::Sleepers& sleepers) {
    sleepers.set(cf::Sleepers::kClosed);
    sleepers.wake_all();
}

/// One worker; another one pushes into its own queue and goes on with something else.
void push_against_sleep() {
    SmallQueue queue;
    cf::Sleepers sleepers;
    Item item;
    cf::sync::Atomic<uint32_t> got{0};
    together(
        [&] {
            serve(
                sleepers,
                [&] {
                    Item* taken = queue.take();
                    if (taken != nullptr) {
                        got.store(1, std::memory_order_release);
                        cf::sync::unpark_all(got);
                    }
                    return taken;
                },
                [&] { return !queue.empty(); });
        },
        [&] {
            fill(queue, item);
            if (sleepers.help_wanted()) sleepers.wake_one();
            while (got.load(std::memory_order_acquire) == 0)
                cf::sync::park(got, 0, Deadline::never());
            close(sleepers);
        });
    check(item.got, "it was taken");
}

TEST(ModelInlet, ABatchBehindAnEmptySegmentAgainstOneWhoTakes) {
    prove([] {
        ItemInlet inlet;
        std::array<Item, 3> items;
        const auto take = [&] {
            Item* taken[2];
            const size_t count = inlet.take(taken, 2);
            for (size_t i = 0; i < count; ++i)
                taken[i]->get();
        };
        push(inlet, items[0]);
        together(
            [&] {
                ItemInlet::Batch batch;
                items[1].content = 7;
                batch.add(&items[1]);
                {
                    const cf::MutexLock lock(inlet.mutex());
                    inlet.push(batch);
                }
                push(inlet, items[2]);
            },
            [&] {
                take();
                take();
            });
        while (inlet.size() != 0)
            take();
        for (const Item& item : items)
            check(item.got, "none is lost");
    });
}

TEST(ModelSleepers, T20PushAgainstSleep) {
    prove(push_against_sleep);
}

TEST(ModelSleepers, PushAgainstTwoWhoGoToSleep) {
    Options options;
    options.budget.stale_loads = 0;
    prove(
        [] {
            ItemInlet inlet;
            cf::Sleepers sleepers;
            std::array<Item, 2> items;
            const auto worker = [&] {
                serve(
                    sleepers,
                    [&]() -> Item* {
                        Item* out = nullptr;
                        return inlet.take(&out, 1) == 1 ? out : nullptr;
                    },
                    [&] { return !inlet.empty(); });
            };
            together(worker, worker, [&] {
                for (Item& item : items) {
                    push(inlet, item);
                    if (sleepers.help_wanted()) sleepers.wake_one();
                }
                close(sleepers);
            });
            check(items[0].got && items[1].got, "both were taken");
        },
        options);
}

TEST(ModelSleepers, AWakeThatMeetsAChangeOfMind) {
    prove([] {
        cf::Sleepers sleepers;
        together(
            [&] {
                sleepers.begin_search();
                sleepers.announce_sleep();
                sleepers.cancel_sleep();
                static_cast<void>(sleepers.end_search());
            },
            [&] { sleepers.wake_one(); }, [&] { sleepers.wake_all(); });
        check(sleepers.sleeping() == 0 && sleepers.searching() == 0, "the counts come out even");
    });
}

// Dekker's protocol between a push and a worker that goes to sleep: without the single order of
// sequentially consistent operations each may miss the other, and only a stale load shows it.
TEST(Planted, APushAndASleepWithoutASingleOrder) {
    Options options;
    options.bug = Bug::kNoSequence;
    options.budget.stale_loads = 2;
    const Report report = expect_finding(Finding::kDeadlock, push_against_sleep, options);
    EXPECT_NE(report.what.find("a wake-up was lost"), std::string::npos) << report.what;
    EXPECT_NE(report.trace.find("loads the old value"), std::string::npos) << report.trace;
}

TEST(ModelSlab, GiveAgainstTake) {
    prove([] {
        cf::SlabDepot depot;
        struct alignas(64) Block {
            std::array<char, 64> bytes{};
        };
        std::array<Block, 2> blocks;
        const auto give = [&](Block& block) {
            cf::Magazine one;
            one.push(&block);
            depot.give(0, 0, one);
        };
        std::array<void*, 2> got{};
        const auto take = [&](size_t shard) {
            cf::Magazine magazine = depot.take(shard, 0);
            return magazine.empty() ? nullptr : magazine.pop();
        };
        together([&] { give(blocks[0]); }, [&] { give(blocks[1]); }, [&] { got[0] = take(1); });
        got[1] = take(0);
        check(got[1] != nullptr && got[1] != got[0], "each block is given once");
        void* last = take(0);
        check((last != nullptr) == (got[0] == nullptr), "and none is lost");
    });
}

}  // namespace
}  // namespace cf_model

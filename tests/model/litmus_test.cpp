// The checker itself: the classic small programs of memory models, and one of each finding.
#include "model.h"
#include "support/sync.h"

#include <array>
#include <memory>
#include <set>

namespace {

using cf::sync::Atomic;
using cf_model::check;
using cf_model::expect_finding;
using cf_model::explore;
using cf_model::Finding;
using cf_model::Options;
using cf_model::prove;
using cf_model::together;
using cf_model::unwatched;

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kSequential = std::memory_order_seq_cst;

/// Every pair of values that a program of two threads can end with.
using Outcomes = std::set<std::array<int, 2>>;

template <typename Program>
Outcomes outcomes_of(const Program& program) {
    Outcomes seen;
    const auto report = explore(
        [&] {
            Atomic<int> x = 0;
            Atomic<int> y = 0;
            std::array<int, 2> out{};
            program(x, y, out);
            unwatched([&] { seen.insert(out); });
        },
        Options{.budget = {.stale_loads = 2}});
    EXPECT_EQ(report.finding, Finding::kNone) << report.what << '\n' << report.trace;
    EXPECT_TRUE(report.complete);
    return seen;
}

void store_buffering(Atomic<int>& x, Atomic<int>& y, std::array<int, 2>& out,
                     std::memory_order store, std::memory_order load) {
    together(
        [&] {
            x.store(1, store);
            out[0] = y.load(load);
        },
        [&] {
            y.store(1, store);
            out[1] = x.load(load);
        });
}

TEST(Litmus, StoresMayBeLateUnlessAllIsSequential) {
    const Outcomes weak = outcomes_of(
        [](auto& x, auto& y, auto& out) { store_buffering(x, y, out, kRelease, kAcquire); });
    EXPECT_EQ(weak, (Outcomes{{0, 0}, {0, 1}, {1, 0}, {1, 1}}));
    const Outcomes strong = outcomes_of(
        [](auto& x, auto& y, auto& out) { store_buffering(x, y, out, kSequential, kSequential); });
    EXPECT_EQ(strong, (Outcomes{{0, 1}, {1, 0}, {1, 1}}));
}

void message(Atomic<int>& x, Atomic<int>& y, std::array<int, 2>& out, std::memory_order store,
             std::memory_order load) {
    together(
        [&] {
            x.store(1, kRelaxed);
            y.store(1, store);
        },
        [&] {
            out[0] = y.load(load);
            out[1] = x.load(kRelaxed);
        });
}

TEST(Litmus, AMessageArrivesWithReleaseAndAcquireOnly) {
    const auto with = [](std::memory_order store, std::memory_order load) {
        return outcomes_of([&](auto& x, auto& y, auto& out) { message(x, y, out, store, load); });
    };
    const std::array<int, 2> stale{1, 0};
    EXPECT_EQ(with(kRelease, kAcquire).count(stale), 0U);
    EXPECT_EQ(with(kRelaxed, kAcquire).count(stale), 1U);
    EXPECT_EQ(with(kRelease, kRelaxed).count(stale), 1U);
}

TEST(Litmus, AThreadNeverReadsBackwards) {
    const Outcomes seen = outcomes_of([](auto& x, auto&, auto& out) {
        together([&] { x.store(1, kRelaxed); },
                 [&] {
                     out[0] = x.load(kRelaxed);
                     out[1] = x.load(kRelaxed);
                 });
    });
    EXPECT_EQ(seen, (Outcomes{{0, 0}, {0, 1}, {1, 1}}));
}

TEST(Litmus, AChangeGoesOnWithTheReleaseSequence) {
    prove([] {
        Atomic<int> x = 0;
        int data = 0;
        together(
            [&] {
                data = 7;
                x.store(1, kRelease);
            },
            [&] { x.fetch_add(1, kRelaxed); },
            [&] {
                if (x.load(kAcquire) == 2)
                    check(data == 7, "the release is seen through the change");
            });
    });
}

TEST(Litmus, ChangesAreNotLost) {
    prove([] {
        Atomic<int> x = 0;
        together([&] { x.fetch_add(1, kRelaxed); }, [&] { x.fetch_add(1, kRelaxed); },
                 [&] { x.fetch_add(1, kRelaxed); });
        check(x.load(kRelaxed) == 3, "three were added");
    });
}

TEST(Found, ARaceOnPlainMemory) {
    expect_finding(Finding::kRace,
                   [] {
                       Atomic<int> ready = 0;
                       int data = 0;
                       together(
                           [&] {
                               data = 1;
                               ready.store(1, kRelaxed);
                           },
                           [&] {
                               if (ready.load(kAcquire) != 0) check(data == 1, "data");
                           });
                   },
                   {});
}

TEST(Found, AMutexThatIsTakenInTwoOrders) {
    expect_finding(Finding::kDeadlock,
                   [] {
                       cf::Mutex a;
                       cf::Mutex b;
                       const auto both = [](cf::Mutex& first, cf::Mutex& second) {
                           const cf::MutexLock outer(first);
                           const cf::MutexLock inner(second);
                       };
                       together([&] { both(a, b); }, [&] { both(b, a); });
                   },
                   {});
}

TEST(Found, ASleepThatNobodyEnds) {
    const auto report =
        expect_finding(Finding::kDeadlock,
                       [] {
                           Atomic<uint32_t> word = 0;
                           together([&] { cf::sync::park(word, 0, cf::Deadline::never()); },
                                    [&] {
                                        cf::sync::unpark_all(word);
                                        word.store(1, kRelease);
                                    });
                       },
                       {});
    EXPECT_NE(report.what.find("a wake-up was lost"), std::string::npos) << report.what;
}

TEST(Found, MemoryThatIsNotFreed) {
    expect_finding(Finding::kLeak, [] { static_cast<void>(new Atomic<int>(1)); }, {});
}

TEST(Found, MemoryThatIsUsedAfterwards) {
    expect_finding(Finding::kUseAfterFree,
                   [] {
                       auto shared = std::make_unique<Atomic<int>>(1);
                       Atomic<int>* borrowed = shared.get();
                       shared.reset();
                       borrowed->fetch_add(1);
                   },
                   {});
}

TEST(Found, AnEndThatIsWaitedForByAllWhoSpin) {
    expect_finding(Finding::kLivelock,
                   [] {
                       Atomic<int> x = 0;
                       const auto spin = [&] {
                           while (x.load(kAcquire) == 0)
                               cf::sync::relax();
                       };
                       together(spin, spin);
                   },
                   {});
}

TEST(Found, TheSameAgainWhenItIsReplayed) {
    const cf_model::Scenario scenario = [] {
        Atomic<int> x = 0;
        together([&] { x.store(x.load() + 1); }, [&] { x.store(x.load() + 1); });
        check(x.load() == 2, "two were added");
    };
    const auto found = expect_finding(Finding::kCheck, scenario, {});
    const auto again = cf_model::replay(scenario, found.choices);
    EXPECT_EQ(again.finding, Finding::kCheck);
    EXPECT_EQ(again.trace, found.trace);
    EXPECT_EQ(cf_model::replay(scenario, "2/2/0:").finding, Finding::kNone);
    EXPECT_EQ(cf_model::replay(scenario, "nonsense").finding, Finding::kModel);
}

}  // namespace

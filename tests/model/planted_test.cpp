// Bugs planted below the real code, and what the checker says of each.
#include "future/completion_queue.h"
#include "scenario.h"

namespace cf_model {
namespace {

Options with(Bug bug) {
    Options options;
    options.bug = bug;
    return options;
}

void settle_and_wait() {
    PromiseRef promise = make_promise();
    FutureRef future = promise->future();
    together(
        [&] {
            promise->settle(number(7));
            promise = nullptr;
        },
        [&] {
            check(future->wait(Deadline::never()), "done");
            check(number_of(*future) == 7, "the outcome is there");
            future = nullptr;
        });
}

// The weakened memory orders: nothing but stale values and missing order can show them.

TEST(Planted, AnOutcomeThatIsPublishedWithoutRelease) {
    expect_finding(Finding::kRace, settle_and_wait, with(Bug::kNoReleaseInExchange));
}

TEST(Planted, AReferenceThatIsDroppedWithoutRelease) {
    expect_finding(Finding::kRace, settle_and_wait, with(Bug::kNoReleaseInDrop));
}

// Broken protocols.

TEST(Planted, ASleepWithoutASecondLook) {
    const Report report =
        expect_finding(Finding::kDeadlock, settle_and_wait, with(Bug::kSleepWithoutCompare));
    EXPECT_NE(report.what.find("a wake-up was lost"), std::string::npos) << report.what;
}

TEST(Planted, AWakeThatReachesOneOfTwo) {
    expect_finding(
        Finding::kDeadlock,
        [] {
            const PromiseRef promise = make_promise();
            const auto wait = [&] { promise->future()->wait(Deadline::never()); };
            together([&] { promise->settle(number(7)); }, wait, wait);
        },
        with(Bug::kLostWake));
}

TEST(Planted, AnExchangeInTwoSteps) {
    expect_finding(
        Finding::kCheck,
        [] {
            const PromiseRef promise = make_promise();
            bool started = false;
            bool cancelled = false;
            together([&] { started = promise->start() == CF_STATUS_OK; },
                     [&] { cancelled = promise->future()->cancel(); });
            check(started != cancelled, "exactly one of both has won");
        },
        with(Bug::kTornExchange));
}

TEST(Planted, AReferenceThatIsDroppedInTwoSteps) {
    expect_finding(
        Finding::kLeak,
        [] {
            FutureRef one = Future::for_promise();
            FutureRef other = one;
            together([&] { one = nullptr; }, [&] { other = nullptr; });
        },
        with(Bug::kTornSubtraction));
}

TEST(Planted, AMutexThatLetsTwoIn) {
    expect_finding(
        Finding::kRace,
        [] {
            const auto queue =
                cf::Ref<cf::CompletionQueue>::adopt(new cf::CompletionQueue(Deadline::never()));
            const FutureRef futures[2] = {Future::for_promise(), Future::for_promise()};
            together([&] { queue->add(futures[0], 0); }, [&] { queue->add(futures[1], 1); });
        },
        with(Bug::kOpenMutex));
}

}  // namespace
}  // namespace cf_model

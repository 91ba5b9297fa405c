// The mutex that the library has in place of the simulated one (support/word_mutex.h).
#include "scenario.h"
#include "support/sync.h"
#include "support/word_mutex.h"

namespace cf_model {
namespace {

/// It looks once before it sleeps, so that schedules in which it sleeps are within the budget.
using WordMutex = cf::sync::BasicWordMutex<1>;

/// Plain, so that two threads inside at once show as a race.
struct Guarded {
    WordMutex mutex;
    int entered = 0;

    void enter() {
        mutex.lock();
        ++entered;
        mutex.unlock();
    }
};

TEST(ModelWordMutex, OneAtATime) {
    prove([] {
        Guarded guarded;
        const auto enter = [&] { guarded.enter(); };
        together(enter, enter);
        check(guarded.entered == 2, "both were inside");
    });
}

// A deadlock would show that a wake-up was lost: one wakes a sleeper, who has to wake the next.
TEST(ModelWordMutex, ThreeOfWhomTwoSleep) {
    prove([] {
        Guarded guarded;
        const auto enter = [&] { guarded.enter(); };
        together(enter, enter, enter);
        check(guarded.entered == 3, "all were inside");
    });
}

TEST(ModelWordMutex, AnAttemptAgainstAnOwner) {
    prove([] {
        Guarded guarded;
        bool got = false;
        together([&] { guarded.enter(); },
                 [&] {
                     got = guarded.mutex.try_lock();
                     if (!got) return;
                     ++guarded.entered;
                     guarded.mutex.unlock();
                 });
        check(guarded.entered == (got ? 2 : 1), "whoever was inside was alone");
    });
}

}  // namespace
}  // namespace cf_model

// The writing side: two who set, and one who drops.
#include "scenario.h"

namespace cf_model {
namespace {

TEST(ModelPromise, TwoWhoSettle) {
    prove([] {
        const PromiseRef promise = make_promise();
        bool won[2] = {};
        together([&] { won[0] = !promise->settle(number(0)); },
                 [&] { won[1] = !promise->settle(number(1)); },
                 [&] { check(promise->future()->wait(Deadline::never()), "done"); });
        check(won[0] != won[1], "the first one stays");
        check(number_of(*promise->future()) == (won[0] ? 0 : 1), "and is what is read");
    });
}

TEST(ModelPromise, SetAgainstDrop) {
    prove([] {
        PromiseRef one = make_promise();
        PromiseRef other = one;
        const FutureRef future = one->future();
        together(
            [&] {
                one->settle(number(7));
                one = nullptr;
            },
            [&] { other = nullptr; });
        check(number_of(*future) == 7, "who still holds it may settle");
    });
}

TEST(ModelPromise, DropAgainstCancelAgainstWait) {
    prove([] {
        PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        bool cancelled = false;
        together([&] { promise = nullptr; }, [&] { cancelled = future->cancel(); },
                 [&] { check(future->wait(Deadline::never()), "never left pending"); });
        check(future->outcome_status() ==
                  (cancelled ? CF_STATUS_CANCELLED : CF_STATUS_BROKEN_PROMISE),
              "the outcome says why");
    });
}

TEST(ModelPromise, StartAgainstCancelAgainstSettle) {
    prove([] {
        const PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        cf_status_t started = CF_STATUS_INTERNAL;
        bool settled = false;
        bool cancelled = false;
        together([&] { started = promise->start(); },
                 [&] { settled = !promise->settle(number(7)); },
                 [&] { cancelled = future->cancel(); });
        check(settled != cancelled, "one end");
        check(!cancelled || started == CF_STATUS_CANCELLED, "a cancelled one does not start");
    });
}

}  // namespace
}  // namespace cf_model

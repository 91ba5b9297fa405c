// Waiting for several futures: the nodes live on the waiter's stack and must not be touched later.
#include "future/wait.h"

#include "scenario.h"

namespace cf_model {
namespace {

struct Pair {
    PromiseRef promises[2] = {make_promise(), make_promise()};
    Future* futures[2] = {promises[0]->future().get(), promises[1]->future().get()};

    bool wait(cf_return_when_t when, Deadline deadline) const {
        return cf::wait_for_many(futures, when, deadline) == CF_STATUS_OK;
    }
};

TEST(ModelWait, AllOfTwoAgainstTheirCompletion) {
    prove([] {
        const Pair pair;
        together([&] { pair.promises[0]->settle(number(0)); },
                 [&] { pair.promises[1]->settle(number(1)); },
                 [&] {
                     check(pair.wait(CF_RETURN_WHEN_ALL_COMPLETED, Deadline::never()), "in time");
                     check(number_of(*pair.futures[0]) == 0 && number_of(*pair.futures[1]) == 1,
                           "all are there");
                 });
    });
}

TEST(ModelWait, AnyOfTwoAgainstTheirCompletion) {
    prove([] {
        const Pair pair;
        together([&] { pair.promises[0]->settle(number(0)); },
                 [&] { pair.promises[1]->settle(number(1)); },
                 [&] {
                     check(pair.wait(CF_RETURN_WHEN_FIRST_COMPLETED, Deadline::never()), "in time");
                     check(pair.futures[0]->done() || pair.futures[1]->done(), "one is there");
                 });
    });
}

TEST(ModelWait, FirstExceptionAgainstCompletionAndCancel) {
    prove([] {
        const Pair pair;
        together([&] { pair.promises[0]->settle(failure()); }, [&] { pair.futures[1]->cancel(); },
                 [&] {
                     check(pair.wait(CF_RETURN_WHEN_FIRST_EXCEPTION, Deadline::never()), "in time");
                     check(pair.futures[0]->outcome_status() == CF_STATUS_TASK_FAILED,
                           "nothing but the failure ends it");
                 });
    });
}

TEST(ModelWait, DeadlineAgainstCompletion) {
    prove([] {
        const Pair pair;
        together([&] { pair.promises[0]->settle(number(0)); },
                 [&] {
                     const bool in_time = pair.wait(CF_RETURN_WHEN_FIRST_COMPLETED, soon());
                     if (in_time) check(number_of(*pair.futures[0]) == 0, "it is there");
                 });
    });
}

TEST(ModelWait, TwoWaitersOfOneFuture) {
    prove([] {
        const PromiseRef promise = make_promise();
        Future* const future = promise->future().get();
        const auto wait = [&] {
            check(cf::wait_for_many({&future, 1}, CF_RETURN_WHEN_ALL_COMPLETED,
                                    Deadline::never()) == CF_STATUS_OK,
                  "in time");
        };
        together([&] { promise->settle(number(0)); }, wait, wait);
    });
}

}  // namespace
}  // namespace cf_model

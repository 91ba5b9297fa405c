// A completion queue: adding, taking and closing against completion.
#include "future/completion_queue.h"

#include "scenario.h"

namespace cf_model {
namespace {

using cf::CompletionQueue;
using QueueRef = cf::Ref<CompletionQueue>;

QueueRef make_queue() {
    return QueueRef::adopt(new CompletionQueue(Deadline::never()));
}

TEST(ModelCompletionQueue, AddAgainstCompletionAgainstTake) {
    prove([] {
        const QueueRef queue = make_queue();
        const PromiseRef promises[2] = {make_promise(), make_promise()};
        queue->add(promises[0]->future(), 0);
        together([&] { promises[0]->settle(number(0)); },
                 [&] {
                     promises[1]->settle(number(1));
                     queue->add(promises[1]->future(), 1);
                 },
                 [&] {
                     CompletionQueue::Taken taken;
                     check(queue->next(Deadline::never(), taken) == CF_STATUS_OK, "one is taken");
                     check(number_of(*taken.future) == static_cast<int>(taken.tag), "its own");
                 });
        CompletionQueue::Taken taken;
        check(queue->next(Deadline::never(), taken) == CF_STATUS_OK, "the other one, too");
        check(queue->next(Deadline::never(), taken) == CF_STATUS_END, "and there is no third");
    });
}

TEST(ModelCompletionQueue, TwoTakersOfOne) {
    prove([] {
        const QueueRef queue = make_queue();
        const PromiseRef promise = make_promise();
        queue->add(promise->future(), 0);
        int got[2] = {};
        const auto take = [&](int& mine) {
            CompletionQueue::Taken taken;
            while (queue->next(Deadline::never(), taken) == CF_STATUS_OK)
                ++mine;
        };
        together([&] { promise->settle(number(0)); }, [&] { take(got[0]); }, [&] { take(got[1]); });
        check(got[0] + got[1] == 1, "one of both got it, and both saw the end");
    });
}

TEST(ModelCompletionQueue, TimedTakeAgainstCompletion) {
    prove([] {
        const QueueRef queue = make_queue();
        const PromiseRef promise = make_promise();
        queue->add(promise->future(), 0);
        together([&] { promise->settle(number(7)); },
                 [&] {
                     CompletionQueue::Taken taken;
                     const cf_status_t status = queue->next(soon(), taken);
                     check(status == CF_STATUS_TIMEOUT || number_of(*taken.future) == 7, "its own");
                 });
    });
}

TEST(ModelCompletionQueue, CloseAgainstCompletion) {
    prove([] {
        QueueRef queue = make_queue();
        PromiseRef promises[2] = {make_promise(), make_promise()};
        queue->add(promises[0]->future(), 0);
        queue->add(promises[1]->future(), 1);
        together([&] { queue = nullptr; },
                 [&] {
                     promises[0]->settle(number(0));
                     promises[0] = nullptr;
                 },
                 [&] {
                     promises[1]->future()->cancel();
                     promises[1] = nullptr;
                 });
    });
}

TEST(ModelCompletionQueue, LastHandleAgainstAddAgainstCompletion) {
    prove([] {
        QueueRef mine = make_queue();
        QueueRef theirs = mine;
        PromiseRef promise = make_promise();
        const FutureRef future = promise->future();
        together([&] { mine = nullptr; },
                 [&] {
                     theirs->add(future, 0);
                     theirs = nullptr;
                 },
                 [&] { promise->settle(number(0)); });
    });
}

}  // namespace
}  // namespace cf_model

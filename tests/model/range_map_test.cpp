// Map over a range of indexes: claims, helpers that come late, the caller's sleep, failures, shutdown.
#include "executor/range_map.h"
#include "thread_pool/thread_pool.h"

#include "scenario.h"

namespace cf_model {
namespace {

ExecutorRef make_pool(size_t workers) {
    return ExecutorRef::adopt(
        new cf::ThreadPool({.max_workers = workers, .max_compensating_workers = 0, .spin = false}));
}

Options one_preemption() {
    Options options;
    options.budget.preemptions = 1;
    options.budget.stale_loads = 0;
    return options;
}

/// Not synchronised on purpose: the claims and the end of the map have to do that.
struct Visits {
    static constexpr int kCount = 3;
    int times[kCount] = {};
    int failing = -1;  // the index that fails

    static int32_t run(cf_task_t*, int64_t begin, int64_t end, void* self) {
        auto& visits = *static_cast<Visits*>(self);
        for (int64_t i = begin; i < end; ++i)
            ++visits.times[i];
        return visits.failing >= begin && visits.failing < end ? 1 : 0;
    }
    cf_status_t map(cf::Executor& executor) {
        const cf::ErrorRef error = cf::RangeMap::run(executor, 0, kCount, 1, {run, this});
        return error ? error->status() : cf_status_t{CF_STATUS_OK};
    }
    void expect_once_each() const {
        for (const int time : times)
            check(time == 1, "every index is in one part");
    }
};

TEST(ModelRangeMap, TheCallerAndAHelper) {
    prove(
        [] {
            const ExecutorRef pool = make_pool(2);
            Visits visits;
            check(visits.map(*pool) == CF_STATUS_OK, "it succeeds");
            visits.expect_once_each();
            shut_down(*pool);
        },
        one_preemption());
}

TEST(ModelRangeMap, AFailureEndsIt) {
    prove(
        [] {
            const ExecutorRef pool = make_pool(2);
            Visits visits;
            visits.failing = 0;
            check(visits.map(*pool) == CF_STATUS_TASK_FAILED, "it fails");
            for (const int time : visits.times)
                check(time <= 1, "no index is in two parts");
            shut_down(*pool);
        },
        one_preemption());
}

TEST(ModelRangeMap, AgainstAShutdownThatCancels) {
    prove(
        [] {
            const ExecutorRef pool = make_pool(2);
            Visits visits;
            cf_status_t status = CF_STATUS_INTERNAL;
            together([&] { status = visits.map(*pool); },
                     [&] {
                         static_cast<void>(
                             pool->shutdown(CF_SHUTDOWN_CANCEL_FUTURES, Deadline::never()));
                     });
            check(status == CF_STATUS_OK || status == CF_STATUS_SHUT_DOWN, "all or nothing");
            if (status == CF_STATUS_OK) visits.expect_once_each();
            shut_down(*pool);
        },
        one_preemption());
}

TEST(ModelRangeMap, InsideOfATaskOfThePool) {
    prove(
        [] {
            const ExecutorRef pool = make_pool(2);
            Visits visits;
            const FutureRef call =
                submit(*pool, [&] { check(visits.map(*pool) == CF_STATUS_OK, "it succeeds"); });
            check(call->wait(Deadline::never()), "it ends");
            visits.expect_once_each();
            shut_down(*pool);
        },
        one_preemption());
}

}  // namespace
}  // namespace cf_model

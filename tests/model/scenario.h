// What the scenarios share: promises, calls, results on the heap, and counters.
#pragma once

#include <utility>

#include "executor/inline_executor.h"
#include "future/done_callback.h"
#include "future/owner.h"
#include "future/promise.h"
#include "model.h"

namespace cf_model {

using cf::Deadline;
using cf::Future;
using cf::FutureRef;
using cf::Outcome;
using PromiseRef = cf::Ref<cf::Promise>;
using ExecutorRef = cf::Ref<cf::Executor>;

inline PromiseRef make_promise() {
    return PromiseRef::adopt(new cf::Promise);
}

/// A result that has to be published, and freed once.
inline Outcome number(int value) {
    return Outcome::pointer(new int(value), [](void* at) { delete static_cast<int*>(at); });
}
inline int number_of(const Future& future) {
    check(future.outcome_status() == CF_STATUS_OK, "the future has a result");
    return *static_cast<const int*>(future.result_data());
}
inline Outcome failure() {
    return Outcome::failure(cf::Error::create(CF_STATUS_TASK_FAILED, "on purpose"));
}

/// A deadline that comes when nobody has anything else to do, or earlier: a choice of the model.
inline Deadline soon() {
    return Deadline::after(cf::kMillisecond);
}

/// Counts without synchronising anybody: for what must happen a certain number of times, whoever does
/// it. Read it when all threads have ended.
class Count {
  public:
    void add() { count_.fetch_add(1, std::memory_order_relaxed); }
    int get() const { return count_.load(std::memory_order_relaxed); }

  private:
    cf::sync::Atomic<int> count_{0};
};

/// A body on the heap, as the user_data of a call or of a callback.
template <typename Body>
struct OnHeap {
    static int32_t run(cf_task_t*, void* self) {
        static_cast<OnHeap*>(self)->body();
        return 0;
    }
    static void done(cf_future_t*, void* self) { static_cast<OnHeap*>(self)->body(); }
    static void destroy(void* self) { delete static_cast<OnHeap*>(self); }
    Body body;
};

template <typename Body>
void on_done(Future& future, Body body) {
    auto* data = new OnHeap<Body>{std::move(body)};
    cf::add_done_callback(future, OnHeap<Body>::done, data, OnHeap<Body>::destroy);
}

/// A future whose call runs body(); not accepted yet.
template <typename Body>
FutureRef make_call(cf::Executor& executor, Body body) {
    FutureRef future;
    auto* data = new OnHeap<Body>{std::move(body)};
    const cf::FunctionCall call{OnHeap<Body>::run, data, OnHeap<Body>::destroy};
    check(!executor.make_function({}, call, future), "a call is made");
    return future;
}

/// Null when the executor has shut down.
template <typename Body>
FutureRef submit(cf::Executor& executor, Body body) {
    FutureRef future = make_call(executor, std::move(body));
    return executor.accept(future) ? nullptr : future;
}

inline void shut_down(cf::Executor& executor, cf_shutdown_flags_t flags = 0) {
    check(!executor.shutdown(CF_SHUTDOWN_WAIT | flags, Deadline::never()), "the shutdown ends");
}

}  // namespace cf_model

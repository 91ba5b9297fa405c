// What the unit tests share: calls made from lambdas, and executors that end with their scope.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "executor/inline_executor.h"
#include "future/done_callback.h"
#include "support/events.h"
#include "thread_pool/thread_pool.h"

namespace cf_unit {

using ExecutorRef = cf::Ref<cf::Executor>;

inline cf::Deadline soon() {
    return cf::Deadline::after(cf_test::long_wait_ns());
}

/// A destroy function whose user_data is a Counter.
inline void count(void* counter) {
    static_cast<cf_test::Counter*>(counter)->add();
}

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

/// A future whose call runs body(); not accepted yet.
template <typename Body>
cf::FutureRef make(cf::Executor& executor, Body body) {
    cf::FutureRef future;
    auto* data = new OnHeap<Body>{std::move(body)};
    const cf::FunctionCall call{OnHeap<Body>::run, data, OnHeap<Body>::destroy};
    EXPECT_FALSE(executor.make_function({}, call, future));
    return future;
}

template <typename Body>
cf::FutureRef submit(cf::Executor& executor, Body body) {
    cf::FutureRef future = make(executor, std::move(body));
    EXPECT_FALSE(executor.accept(future));
    return future;
}

template <typename Body>
void on_done(cf::Future& future, Body body) {
    auto* data = new OnHeap<Body>{std::move(body)};
    cf::add_done_callback(future, OnHeap<Body>::done, data, OnHeap<Body>::destroy);
}

/// Takes over a new executor, as cf_..._create() does.
inline ExecutorRef made(cf::Executor* executor) {
    EXPECT_FALSE(cf::add_live_executor(*executor));
    return ExecutorRef::adopt(executor);
}

inline ExecutorRef make_pool(size_t workers, cf::Ref<cf::Initializer> initializer = nullptr) {
    return made(new cf::ThreadPool(
        {.max_workers = workers, .name_prefix = "unit", .initializer = std::move(initializer)}));
}

inline ExecutorRef make_inline() {
    return made(new cf::InlineExecutor);
}

/// Shuts down and waits; the status, which is OK when everything is over.
inline cf_status_t finish(cf::Executor& executor, cf_shutdown_flags_t flags = 0) {
    const cf::ErrorRef error = executor.shutdown(CF_SHUTDOWN_WAIT | flags, soon());
    return error ? error->status() : cf_status_t{CF_STATUS_OK};
}

}  // namespace cf_unit

// Pools for tests, and calls made to them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "future/done_callback.h"
#include "process_pool/process_pool.h"
#include "support/events.h"

namespace cf_unit {

inline cf::Deadline soon() {
    return cf::Deadline::after(cf_test::long_wait_ns());
}

/// Workers that speak the protocol by hand (hand_worker.cpp), without a claim page.
inline cf::ProcessPoolOptions by_hand(std::vector<std::string> arguments = {},
                                      size_t max_workers = 1) {
    cf::ProcessPoolOptions options{.max_workers = max_workers};
    options.worker = {.way = cf::WorkerCommand::Way::kCommand,
                      .words = {CFUTURES_TEST_HAND_WORKER}};
    for (std::string& argument : arguments)
        options.worker.words.push_back(std::move(argument));
    return options;
}

/// This program as its own workers (own_worker.cpp), with a claim page.
inline cf::ProcessPoolOptions by_itself(size_t max_workers = 1) {
    return cf::ProcessPoolOptions{.max_workers = max_workers};
}

/// As cf_process_pool_create() does: ready, then listed for the exit hook.
inline cf::ErrorRef create_listed(const cf::ProcessPoolOptions& options, cf::Executor*& pool_out) {
    if (cf::ErrorRef error = cf::ProcessPool::create(options, pool_out)) return error;
    return cf::add_live_executor(*pool_out);
}

/// A pool that is shut down with its scope, if it was not before.
class Pool {
  public:
    explicit Pool(const cf::ProcessPoolOptions& options) {
        const cf::ErrorRef error = create_listed(options, pool_);
        if (error) ADD_FAILURE() << error->fields().message;
    }
    ~Pool() {
        EXPECT_EQ(shutdown(), CF_STATUS_OK);
        pool_->release();
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    cf::Executor* operator->() const { return pool_; }

    cf::FutureRef make(std::string_view function, std::string_view arguments = "[]") {
        cf::FutureRef future;
        const cf::ErrorRef error = pool_->make_call({}, function, arguments, future);
        if (error) ADD_FAILURE() << error->fields().message;
        return future;
    }
    cf::FutureRef submit(std::string_view function, std::string_view arguments = "[]") {
        cf::FutureRef future = make(function, arguments);
        const cf::ErrorRef error = pool_->accept(future);
        if (error) ADD_FAILURE() << error->fields().message;
        return future;
    }
    /// In one list, so that they travel together where they may.
    std::vector<cf::FutureRef> submit_all(
        const std::vector<std::pair<std::string, std::string>>& calls) {
        std::vector<cf::FutureRef> futures;
        cf::FutureList list;
        for (const auto& [function, arguments] : calls) {
            futures.push_back(make(function, arguments));
            list.push_back(futures.back());
        }
        EXPECT_FALSE(pool_->accept(list));
        return futures;
    }
    cf_status_t shutdown(cf_shutdown_flags_t flags = 0) {
        const cf::ErrorRef error = pool_->shutdown(CF_SHUTDOWN_WAIT | flags, soon());
        return error ? error->status() : cf_status_t{CF_STATUS_OK};
    }

    /// Short calls, so that a worker is sent more than one at a time from then on.
    void warm_up();
    static constexpr int kWarmUp = 20;

  private:
    cf::Executor* pool_ = nullptr;
};

/// How a call ended.
inline cf_status_t status_of(const cf::FutureRef& call) {
    return call->wait(soon()) ? call->outcome_status() : cf_status_t{CF_STATUS_TIMEOUT};
}
/// Its result as text, or the message of its error.
inline std::string text_of(const cf::FutureRef& call) {
    if (!call->wait(soon())) return "it did not end";
    if (const cf::Error* error = call->error()) return std::string(error->fields().message);
    return {static_cast<const char*>(call->result_data()), call->result_size()};
}

inline void Pool::warm_up() {
    for (int i = 0; i < kWarmUp; ++i)
        EXPECT_EQ(status_of(submit("echo")), CF_STATUS_OK);
}

/// A callback on the heap.
template <typename Body>
void on_done(cf::Future& future, Body body) {
    struct OnHeap {
        static void done(cf_future_t*, void* self) { static_cast<OnHeap*>(self)->body(); }
        static void destroy(void* self) { delete static_cast<OnHeap*>(self); }
        Body body;
    };
    cf::add_done_callback(future, OnHeap::done, new OnHeap{std::move(body)}, OnHeap::destroy);
}

}  // namespace cf_unit

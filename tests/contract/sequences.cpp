// Calls in any order with any handles: of the right kind, of another, or none. Nothing crashes or hangs,
// a wrong handle is an invalid argument, and what the library was given is destroyed once. (T-06)
#include <random>
#include <stdexcept>

#include "contract.h"
#include "support/amount.h"

namespace contract {
namespace {

enum Kind { kExecutor, kFuture, kPromise, kQueue, kMap, kError, kSubmitOptions, kKinds };

class Sequence {
  public:
    explicit Sequence(unsigned seed) : random_(seed) {}

    void play(int steps) {
        for (int i = 0; i < steps; ++i)
            step(below(kSteps));
    }

    // Lets go of everything; executors end on their own.
    void end() {
        for (int kind = 0; kind < kKinds; ++kind) {
            if (kind == kExecutor) continue;
            while (!handles_[kind].empty())
                release(static_cast<Kind>(kind), 0);
        }
        while (!handles_[kExecutor].empty()) {
            auto* executor = static_cast<cf_executor_t*>(handles_[kExecutor].back());
            EXPECT_EQ(shutdown_and_wait(executor), CF_STATUS_OK);
            release(kExecutor, handles_[kExecutor].size() - 1);
        }
        destroyed_.wait_for(given_);
        EXPECT_EQ(destroyed_.value(), given_);
    }

  private:
    static constexpr int kSteps = 31;

    int below(int limit) { return std::uniform_int_distribution<>(0, limit - 1)(random_); }
    bool often() { return below(10) != 0; }

    void keep(Kind kind, void* handle) {
        if (handle != nullptr) handles_[kind].push_back(handle);
    }
    // A handle of this kind if `right`, or NULL, or of any other kind.
    template <typename Handle>
    Handle* pick(Kind kind, bool& right) {
        const auto& same = handles_[kind];
        right = often() && !same.empty();
        if (right)
            return static_cast<Handle*>(
                same[static_cast<size_t>(below(static_cast<int>(same.size())))]);
        const int other = below(kKinds);
        if (other == kind || handles_[other].empty()) return nullptr;
        return static_cast<Handle*>(handles_[other].front());
    }
    void expect_refused(bool right, cf_status_t status) {
        if (!right) {
            EXPECT_EQ(status, CF_STATUS_INVALID_ARGUMENT);
        }
    }
    void* give() {
        ++given_;
        return &destroyed_;
    }
    static void destroy(void* counter) { static_cast<cf_test::Counter*>(counter)->add(); }
    static int32_t succeed(cf_task_t* task, void*) { return cf_task_return_json(task, "[1]", -1); }
    static int32_t fail(cf_task_t* task, void*) { return cf_task_fail(task, "E", "m", "{}"); }
    static int32_t throws(cf_task_t*, void*) { throw std::runtime_error("thrown"); }
    static int32_t point(cf_task_t* task, void*) {
        return cf_task_return_pointer(task, task, nullptr);
    }
    static int32_t follow(cf_task_t* task, cf_future_t* before, void*) {
        return cf_future_done(before) != 0 ? succeed(task, nullptr) : fail(task, nullptr);
    }
    static int32_t two_items(void* opaque, void** item) {
        *item = opaque;
        static thread_local int left = 2;
        if (left-- > 0) return 1;
        left = 2;
        return 0;
    }
    cf_task_fn some_task() {
        constexpr cf_task_fn all[] = {succeed, succeed, fail, throws, point};
        return all[below(5)];
    }

    void release(Kind kind, size_t at) {
        void* const handle = handles_[kind][at];
        handles_[kind].erase(handles_[kind].begin() + static_cast<std::ptrdiff_t>(at));
        switch (kind) {
            case kExecutor:
                return cf_executor_release(static_cast<cf_executor_t*>(handle));
            case kFuture:
                // A prepared call that is neither submitted nor cancelled never ends what waits for it.
                if (cf_future_payload(static_cast<cf_future_t*>(handle)) != nullptr)
                    cf_future_cancel(static_cast<cf_future_t*>(handle));
                return cf_future_release(static_cast<cf_future_t*>(handle));
            case kPromise:
                return cf_promise_release(static_cast<cf_promise_t*>(handle));
            case kQueue:
                return cf_completion_queue_release(static_cast<cf_completion_queue_t*>(handle));
            case kMap:
                return cf_map_release(static_cast<cf_map_t*>(handle));
            case kError:
                return cf_error_release(static_cast<cf_error_t*>(handle));
            default:
                return cf_submit_options_release(static_cast<cf_submit_options_t*>(handle));
        }
    }

    // Some futures, and whether all of them are.
    std::vector<cf_future_t*> some_futures(bool& right) {
        std::vector<cf_future_t*> futures;
        right = true;
        for (int i = below(4); i >= 0; --i) {
            bool this_one = false;
            futures.push_back(pick<cf_future_t>(kFuture, this_one));
            right = right && this_one;
        }
        return futures;
    }

    void step(int what) {
        SCOPED_TRACE("step " + std::to_string(what));
        bool right = false;
        bool also = false;
        Error error;
        cf_future_t* made = nullptr;
        switch (what) {
            case 0:
            case 1: {
                cf_promise_t* promise = nullptr;
                EXPECT_EQ(cf_promise_create(&promise, nullptr), CF_STATUS_OK);
                keep(kPromise, promise);
                keep(kFuture, cf_promise_future(promise));
                return;
            }
            case 2: {
                auto* const promise = pick<cf_promise_t>(kPromise, right);
                return expect_refused(right, cf_promise_set_running_or_notify_cancel(promise));
            }
            case 3: {
                auto* const promise = pick<cf_promise_t>(kPromise, right);
                return expect_refused(right,
                                      cf_promise_set_result_json(promise, "1", -1, error.out()));
            }
            case 4: {
                auto* const promise = pick<cf_promise_t>(kPromise, right);
                auto* const why = pick<cf_error_t>(kError, also);
                return expect_refused(right && also,
                                      cf_promise_set_error(promise, why, error.out()));
            }
            case 5: {
                auto* const promise = pick<cf_promise_t>(kPromise, right);
                return expect_refused(
                    right, cf_promise_set_result_pointer(promise, give(), destroy, error.out()));
            }
            case 6:
            case 7:
            case 8: {
                auto* const executor = pick<cf_executor_t>(kExecutor, right);
                auto* const options =
                    below(2) == 0 ? nullptr : pick<cf_submit_options_t>(kSubmitOptions, also);
                if (options == nullptr) also = true;
                const cf_status_t status = cf_executor_submit(executor, options, some_task(),
                                                              give(), destroy, &made, error.out());
                expect_refused(right && also, status);
                return keep(kFuture, made);
            }
            case 9: {
                auto* const executor = pick<cf_executor_t>(kExecutor, right);
                return expect_refused(right, cf_executor_post(executor, nullptr, succeed, give(),
                                                              destroy, error.out()));
            }
            case 10: {
                auto* const executor = pick<cf_executor_t>(kExecutor, right);
                void* payload = nullptr;
                const cf_status_t status =
                    cf_executor_prepare(executor, nullptr, 16, 16, succeed, nullptr, nullptr,
                                        &payload, &made, error.out());
                expect_refused(right, status);
                EXPECT_EQ(payload != nullptr, status == CF_STATUS_OK);
                return keep(kFuture, made);
            }
            case 11: {
                auto* const executor = pick<cf_executor_t>(kExecutor, right);
                auto* const call = pick<cf_future_t>(kFuture, also);
                return expect_refused(right && also,
                                      cf_executor_submit_prepared(executor, call, error.out()));
            }
            case 12: {
                auto* const executor = pick<cf_executor_t>(kExecutor, right);
                auto* const before = pick<cf_future_t>(kFuture, also);
                const cf_status_t status =
                    cf_future_then(before, executor, nullptr, below(2), follow, give(), destroy,
                                   &made, error.out());
                expect_refused(right && also, status);
                return keep(kFuture, made);
            }
            case 13:
            case 14: {
                const std::vector<cf_future_t*> futures = some_futures(right);
                const auto when = what == 13 ? cf_when_all : cf_when_any;
                expect_refused(right, when(futures.data(), futures.size(), &made, error.out()));
                return keep(kFuture, made);
            }
            case 15: {
                auto* const target = pick<cf_future_t>(kFuture, right);
                const auto callback = [](cf_future_t* done, void*) {
                    EXPECT_EQ(cf_future_done(done), 1);
                };
                return expect_refused(right, cf_future_add_done_callback(target, callback, give(),
                                                                         destroy, error.out()));
            }
            case 16: {
                auto* const target = pick<cf_future_t>(kFuture, right);
                const int32_t cancelled = cf_future_cancel(target);
                EXPECT_EQ(cancelled, cf_future_cancelled(target));
                return;
            }
            case 17: {
                auto* const target = pick<cf_future_t>(kFuture, right);
                return expect_refused(right, cf_future_cancel_running(target, error.out()));
            }
            case 18: {
                auto* const target = pick<cf_future_t>(kFuture, right);
                const char* json = nullptr;
                const cf_status_t status =
                    cf_future_result_json(target, 0, &json, nullptr, error.out());
                EXPECT_EQ(json != nullptr, status == CF_STATUS_OK);
                return expect_refused(right, status);
            }
            case 19: {
                auto* const target = pick<cf_future_t>(kFuture, right);
                cf_error_t* why = nullptr;
                expect_refused(right, cf_future_exception(target, 0, &why));
                return keep(kError, why);
            }
            case 20: {
                const std::vector<cf_future_t*> futures = some_futures(right);
                std::vector<uint8_t> done(futures.size());
                size_t count = 0;
                return expect_refused(right, cf_wait(futures.data(), futures.size(), below(3), 0,
                                                     done.data(), &count, error.out()));
            }
            case 21: {
                const std::vector<cf_future_t*> futures = some_futures(right);
                cf_completion_queue_t* queue = nullptr;
                expect_refused(
                    right, cf_as_completed(futures.data(), futures.size(), 0, &queue, error.out()));
                return keep(kQueue, queue);
            }
            case 22: {
                auto* const queue = pick<cf_completion_queue_t>(kQueue, right);
                auto* const target = pick<cf_future_t>(kFuture, also);
                return expect_refused(right && also,
                                      cf_completion_queue_add(queue, target, 7, error.out()));
            }
            case 23: {
                auto* const queue = pick<cf_completion_queue_t>(kQueue, right);
                expect_refused(right,
                               cf_completion_queue_next(queue, 0, &made, nullptr, error.out()));
                return keep(kFuture, made);
            }
            case 24: {
                auto* const queue = pick<cf_completion_queue_t>(kQueue, right);
                int32_t descriptor = 0;
                return expect_refused(
                    right, cf_completion_queue_descriptor(queue, &descriptor, error.out()));
            }
            case 25: {
                auto* const executor = pick<cf_executor_t>(kExecutor, right);
                cf_map_t* map = nullptr;
                expect_refused(
                    right, cf_executor_map(executor, nullptr, succeed, nullptr, two_items, give(),
                                           destroy, &map, error.out()));
                return keep(kMap, map);
            }
            case 26: {
                auto* const map = pick<cf_map_t>(kMap, right);
                expect_refused(right, cf_map_next(map, 0, &made, nullptr, error.out()));
                return keep(kFuture, made);
            }
            case 27: {
                cf_error_t* why = nullptr;
                EXPECT_EQ(cf_error_create(CF_STATUS_TASK_FAILED, "E", "m", nullptr, &why),
                          CF_STATUS_OK);
                keep(kError, why);
                cf_submit_options_t* options = nullptr;
                EXPECT_EQ(cf_submit_options_create(&options, nullptr), CF_STATUS_OK);
                EXPECT_EQ(cf_submit_options_set_deadline(options, below(2) == 0 ? 0 : -1, nullptr),
                          CF_STATUS_OK);
                return keep(kSubmitOptions, options);
            }
            case 28: {
                if (handles_[kExecutor].size() >= 4) return;
                return keep(kExecutor, executor());
            }
            case 29: {
                if (below(20) != 0) return;
                auto* const executor = pick<cf_executor_t>(kExecutor, right);
                const cf_status_t status = cf_executor_shutdown(
                    executor, below(4), below(2) == 0 ? 0 : cf_test::long_wait_ns(), error.out());
                return expect_refused(right, status);
            }
            default: {
                const auto kind = static_cast<Kind>(below(kKinds));
                if (kind == kExecutor || handles_[kind].empty()) return;
                release(kind, static_cast<size_t>(below(static_cast<int>(handles_[kind].size()))));
            }
        }
    }

    cf_executor_t* executor() {
        cf_executor_t* pool = nullptr;
        const cf_status_t status = below(3) == 0 ? cf_inline_executor_create(&pool, nullptr)
                                                 : cf_thread_pool_create(nullptr, &pool, nullptr);
        EXPECT_EQ(status, CF_STATUS_OK);
        return pool;
    }

    std::mt19937 random_;
    std::vector<void*> handles_[kKinds];
    int given_ = 0;
    cf_test::Counter destroyed_;
};

class Sequences : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Sequences, testing::Range(1U, 9U));

TEST_P(Sequences, T06AnyCallsWithAnyHandles) {
    Sequence sequence(GetParam());
    sequence.play(static_cast<int>(cf_test::amount(5000)));
    sequence.end();
}

}  // namespace
}  // namespace contract

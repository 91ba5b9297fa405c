// Bounded queues (S11): block, fail, run in the caller.
#include <algorithm>
#include <functional>
#include <memory>

#include "contract.h"

namespace contract {
namespace {

// An executor of one worker with a bound; of threads or of processes.
struct Kind {
    const char* name;
    bool processes;
};
std::ostream& operator<<(std::ostream& stream, const Kind& kind) {
    return stream << kind.name;
}

Pool make_bounded(bool processes, int64_t max_queue, cf_queue_policy_t policy, int workers = 1) {
    cf_executor_t* executor = nullptr;
    if (processes) {
        ProcessPoolOptions options;
        cf_process_pool_options_create(options.out(), nullptr);
        cf_process_pool_options_set_max_workers(options, workers, nullptr);
        EXPECT_EQ(cf_process_pool_options_set_max_queue(options, max_queue, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_options_set_queue_policy(options, policy, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    } else {
        ThreadPoolOptions options;
        cf_thread_pool_options_create(options.out(), nullptr);
        cf_thread_pool_options_set_max_workers(options, workers, nullptr);
        EXPECT_EQ(cf_thread_pool_options_set_max_queue(options, max_queue, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_thread_pool_options_set_queue_policy(options, policy, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_thread_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    }
    return Pool(executor);
}

SubmitOptions queue_timeout(int64_t timeout_ns) {
    SubmitOptions options;
    EXPECT_EQ(cf_submit_options_create(options.out(), nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_submit_options_set_queue_timeout(options, timeout_ns, nullptr), CF_STATUS_OK);
    return options;
}

cf_status_t try_submit(cf_executor_t* executor, cf_submit_options_t* options, Future& future,
                       Error& error) {
    return cf_executor_submit_call(executor, options, "add", "[1,2]", -1, future.out(),
                                   error.out());
}

// Fills the queue: submits until there is no place for a moment, and tells how that was refused. A
// worker process takes some of what is queued, so only that tells.
std::vector<Future> fill(cf_executor_t* executor, bool processes, Error& error) {
    std::vector<Future> queued;
    const SubmitOptions options = queue_timeout(processes ? cf_test::short_wait_ns() : 0);
    for (;;) {
        Future future;
        const cf_status_t status = try_submit(executor, options, future, error);
        EXPECT_TRUE(status == CF_STATUS_OK || status == CF_STATUS_QUEUE_FULL) << status;
        EXPECT_EQ(future.get() == nullptr, status != CF_STATUS_OK);
        if (status != CF_STATUS_OK) return queued;
        queued.push_back(std::move(future));
    }
}

std::vector<Future> fill(cf_executor_t* executor, bool processes) {
    Error error;
    return fill(executor, processes, error);
}

// Something that blocks, on a thread of its own.
class Blocked {
  public:
    explicit Blocked(std::function<void()> body)
        : thread_([this, body = std::move(body)] {
              begun_.open();
              body();
              ended_.open();
          }) {
        begun_.wait();
    }
    ~Blocked() { thread_.join(); }
    Blocked(const Blocked&) = delete;
    Blocked& operator=(const Blocked&) = delete;
    bool ended() const { return ended_.is_open(); }
    void wait() const { ended_.wait(); }

  private:
    cf_test::Gate begun_;
    cf_test::Gate ended_;
    std::thread thread_;
};

class Bounded : public testing::TestWithParam<Kind> {
  protected:
    Pool make(int64_t max_queue, cf_queue_policy_t policy) const {
        return make_bounded(GetParam().processes, max_queue, policy);
    }
};
INSTANTIATE_TEST_SUITE_P(Contract, Bounded,
                         testing::Values(Kind{"Threads", false}, Kind{"Processes", true}),
                         testing::PrintToStringParamName());

TEST_P(Bounded, S11HoldsWhatTheBoundAllows) {
    const Pool pool = make(3, CF_QUEUE_POLICY_BLOCK);
    Parked parked(pool, 1);
    const std::vector<Future> queued = fill(pool, GetParam().processes);
    if (!GetParam().processes) {
        EXPECT_EQ(queued.size(), 3u);
    }
    EXPECT_GE(queued.size(), 3u);
    parked.open();
    for (const Future& future : queued)
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
}

TEST_P(Bounded, S11FailsAtOnceAndSaysWhy) {
    const Pool pool = make(2, CF_QUEUE_POLICY_FAIL);
    Parked parked(pool, 1);
    Error error;
    const std::vector<Future> queued = fill(pool, false, error);
    expect_error(CF_STATUS_QUEUE_FULL, error, CF_STATUS_QUEUE_FULL, {"full"});
    parked.open();
    for (const Future& each : queued)
        EXPECT_EQ(outcome_of(each), CF_STATUS_OK);
    // There is room again.
    EXPECT_EQ(json_of(submit(pool, "add", "[1,2]")), "3");
}

TEST_P(Bounded, S11BlocksUntilACallHasStarted) {
    const Pool pool = make(1, CF_QUEUE_POLICY_BLOCK);
    Parked parked(pool, 1);
    const std::vector<Future> queued = fill(pool, GetParam().processes);
    Future future;
    Error error;
    cf_status_t status = CF_STATUS_INTERNAL;
    {
        const Blocked blocked([&] { status = try_submit(pool, nullptr, future, error); });
        EXPECT_FALSE(blocked.ended());
        parked.open();
    }
    EXPECT_EQ(status, CF_STATUS_OK);
    EXPECT_EQ(json_of(future), "3");
}

TEST_P(Bounded, ACancellationMakesRoom) {
    const Pool pool = make(2, CF_QUEUE_POLICY_BLOCK);
    const Parked parked(pool, 1);
    const std::vector<Future> queued = fill(pool, GetParam().processes);
    Future future;
    Error error;
    cf_status_t status = CF_STATUS_INTERNAL;
    {
        const Blocked blocked([&] { status = try_submit(pool, nullptr, future, error); });
        ASSERT_EQ(cf_future_cancel(queued.back()), 1);
        blocked.wait();
    }
    EXPECT_EQ(status, CF_STATUS_OK);
    // A queue of cancelled calls is as good as an empty one.
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(cf_future_cancel(future), 1);
        ASSERT_EQ(try_submit(pool, nullptr, future, error), CF_STATUS_OK);
    }
}

TEST_P(Bounded, ACallbackOfTheCancelledCallFindsTheRoom) {
    const Pool pool = make(1, CF_QUEUE_POLICY_BLOCK);
    const Parked parked(pool, 1);
    const std::vector<Future> queued = fill(pool, GetParam().processes);
    struct Scene {
        cf_executor_t* executor;
        cf_status_t status;
    } scene = {pool, CF_STATUS_INTERNAL};
    const auto submit_again = [](cf_future_t*, void* data) {
        auto* self = static_cast<Scene*>(data);
        self->status =
            cf_executor_submit_call(self->executor, nullptr, "add", "[1,2]", -1, nullptr, nullptr);
    };
    ASSERT_EQ(cf_future_add_done_callback(queued.back(), submit_again, &scene, nullptr, nullptr),
              CF_STATUS_OK);
    ASSERT_EQ(cf_future_cancel(queued.back()), 1);
    EXPECT_EQ(scene.status, CF_STATUS_OK);
}

TEST_P(Bounded, S11ATimeoutIsAFullQueue) {
    const Pool pool = make(1, CF_QUEUE_POLICY_BLOCK);
    Parked parked(pool, 1);
    const std::vector<Future> queued = fill(pool, GetParam().processes);
    for (const int64_t timeout : {int64_t{0}, cf_test::short_wait_ns()}) {
        Future future;
        Error error;
        expect_error(try_submit(pool, queue_timeout(timeout), future, error), error,
                     CF_STATUS_QUEUE_FULL);
    }
    parked.open();
    // A timeout that does not come is none.
    Future future;
    Error error;
    EXPECT_EQ(try_submit(pool, queue_timeout(long_wait_ns()), future, error), CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
}

TEST_P(Bounded, ShutdownWakesBlockedSubmitters) {
    const Pool pool = make(1, CF_QUEUE_POLICY_BLOCK);
    Parked parked(pool, 1);
    const std::vector<Future> queued = fill(pool, GetParam().processes);
    cf_status_t statuses[3] = {};
    {
        std::vector<std::unique_ptr<Blocked>> blocked;
        for (cf_status_t& status : statuses) {
            blocked.push_back(std::make_unique<Blocked>([&pool, &status] {
                status =
                    cf_executor_submit_call(pool, nullptr, "add", "[1,2]", -1, nullptr, nullptr);
            }));
        }
        EXPECT_EQ(cf_executor_shutdown(pool, 0, 0, nullptr), CF_STATUS_OK);
    }
    for (const cf_status_t status : statuses)
        EXPECT_EQ(status, CF_STATUS_SHUT_DOWN);
    Future future;
    Error error;
    expect_error(try_submit(pool, nullptr, future, error), error, CF_STATUS_SHUT_DOWN);
    parked.open();
    for (const Future& each : queued)
        EXPECT_EQ(outcome_of(each), CF_STATUS_OK);
}

TEST_P(Bounded, ABatchTakesAllItsPlacesOrNone) {
    const std::vector<const char*> arguments(4, "[1,2]");
    const auto submit_batch = [&](cf_executor_t* pool, std::size_t count, Error& error) {
        return cf_executor_submit_call_batch(pool, nullptr, "add", arguments.data(), nullptr, count,
                                             nullptr, error.out());
    };
    const Pool failing = make(3, CF_QUEUE_POLICY_FAIL);
    const Pool blocking = make(3, CF_QUEUE_POLICY_BLOCK);
    Parked failing_parked(failing, 1);
    Error error;
    expect_error(submit_batch(failing, 4, error), error, CF_STATUS_QUEUE_FULL, {"batch", "4"});
    expect_error(submit_batch(blocking, 4, error), error, CF_STATUS_QUEUE_FULL, {"batch", "4"});
    EXPECT_EQ(submit_batch(failing, 3, error), CF_STATUS_OK);
    Parked parked(blocking, 1);
    const std::vector<Future> queued = fill(blocking, GetParam().processes);
    {
        cf_status_t status = CF_STATUS_INTERNAL;
        const Blocked blocked([&] { status = submit_batch(blocking, 3, error); });
        ASSERT_EQ(cf_future_cancel(queued.back()), 1);
        EXPECT_FALSE(blocked.ended()) << "one place is not enough";
        parked.open();
        blocked.wait();
        EXPECT_EQ(status, CF_STATUS_OK);
    }
}

TEST_P(Bounded, AMapWaitsForRoom) {
    const Pool pool = make(2, CF_QUEUE_POLICY_BLOCK);
    const std::vector<const char*> arguments(40, "[1,2]");
    Map map;
    MapOptions options;
    cf_map_options_create(options.out(), nullptr);
    cf_map_options_set_chunk_size(options, 1, nullptr);
    ASSERT_EQ(cf_executor_map_call(pool, options, "add", arguments.data(), nullptr,
                                   arguments.size(), map.out(), nullptr),
              CF_STATUS_OK);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        Future future;
        ASSERT_EQ(cf_map_next(map, long_wait_ns(), future.out(), nullptr, nullptr), CF_STATUS_OK);
        EXPECT_EQ(json_of(future), "3");
    }
}

TEST_P(Bounded, OptionsAreChecked) {
    Error error;
    ThreadPoolOptions threads;
    cf_thread_pool_options_create(threads.out(), nullptr);
    ProcessPoolOptions processes;
    cf_process_pool_options_create(processes.out(), nullptr);
    expect_error(cf_thread_pool_options_set_max_queue(threads, -1, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"max_queue"});
    expect_error(cf_process_pool_options_set_max_queue(processes, -1, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"max_queue"});
    for (const cf_queue_policy_t policy : {-1, 3}) {
        expect_error(cf_thread_pool_options_set_queue_policy(threads, policy, error.out()), error,
                     CF_STATUS_INVALID_ARGUMENT, {"policy"});
    }
    expect_error(cf_process_pool_options_set_queue_policy(processes, CF_QUEUE_POLICY_RUN_IN_CALLER,
                                                          error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"policy"});
}

// --- thread pools ---------------------------------------------------------------------------------

// A task that notes where it runs.
struct Where {
    std::thread::id thread;
    static int32_t note(cf_task_t*, void* self) {
        static_cast<Where*>(self)->thread = std::this_thread::get_id();
        return 0;
    }
};

TEST(BoundedThreads, S11RunsInTheCallerWhenFull) {
    const Pool pool = make_bounded(false, 1, CF_QUEUE_POLICY_RUN_IN_CALLER);
    Parked parked(pool, 1);
    Where queued, here;
    Future first, second;
    ASSERT_EQ(
        cf_executor_submit(pool, nullptr, Where::note, &queued, nullptr, first.out(), nullptr),
        CF_STATUS_OK);
    ASSERT_EQ(cf_executor_submit(pool, nullptr, Where::note, &here, nullptr, second.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(cf_future_outcome(second), CF_STATUS_OK);
    EXPECT_EQ(here.thread, std::this_thread::get_id());
    EXPECT_EQ(cf_future_done(first), 0);
    parked.open();
    EXPECT_EQ(outcome_of(first), CF_STATUS_OK);
    EXPECT_NE(queued.thread, std::this_thread::get_id());
}

TEST(BoundedThreads, S11ABatchRunsInTheCallerWhatFindsNoPlace) {
    const Pool pool = make_bounded(false, 2, CF_QUEUE_POLICY_RUN_IN_CALLER);
    Parked parked(pool, 1);
    Where where[5];
    void* pointers[5];
    cf_future_t* futures[5];
    for (int i = 0; i < 5; ++i)
        pointers[i] = &where[i];
    ASSERT_EQ(cf_executor_submit_batch(pool, nullptr, Where::note, pointers, 5, nullptr, futures,
                                       nullptr),
              CF_STATUS_OK);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(cf_future_done(futures[i]), i < 2 ? 0 : 1);
    parked.open();
    for (cf_future_t* future : futures) {
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
        cf_future_release(future);
    }
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(where[i].thread == std::this_thread::get_id(), i >= 2);
}

// S9: a blocking submit to a full queue from its own worker runs the call in place.
TEST(BoundedThreads, S9S11AWorkerRunsInPlaceWhatFindsNoPlace) {
    struct Scene {
        cf_executor_t* executor;
        std::thread::id submitter;
        Where queued, in_place;
        cf_status_t statuses[2];
    } scene{};
    const Pool pool = make_bounded(false, 1, CF_QUEUE_POLICY_BLOCK);
    scene.executor = pool;
    const auto task = [](cf_task_t*, void* data) -> int32_t {
        auto* self = static_cast<Scene*>(data);
        self->submitter = std::this_thread::get_id();
        self->statuses[0] =
            cf_executor_post(self->executor, nullptr, Where::note, &self->queued, nullptr, nullptr);
        self->statuses[1] = cf_executor_post(self->executor, nullptr, Where::note, &self->in_place,
                                             nullptr, nullptr);
        EXPECT_EQ(self->in_place.thread, std::this_thread::get_id());
        return 0;
    };
    Future future;
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, &scene, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    ASSERT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(scene.statuses[0], CF_STATUS_OK);
    EXPECT_EQ(scene.statuses[1], CF_STATUS_OK);
    EXPECT_EQ(scene.queued.thread, scene.submitter);  // by the only worker, later
}

// Calls that run in the caller and submit one more lie on one stack, which must not overflow.
TEST(BoundedThreads, S11RunningInPlaceHasADepthLimit) {
    struct Chain {
        cf_executor_t* executor = nullptr;
        int left = 1000;
        int depth = 0;
        int deepest = 0;
        cf_test::Gate finished;
        static int32_t link(cf_task_t*, void* data) {
            auto* self = static_cast<Chain*>(data);
            self->deepest = std::max(self->deepest, ++self->depth);
            if (self->left-- == 0) {
                self->finished.open();
            } else {
                EXPECT_EQ(cf_executor_post(self->executor, nullptr, link, data, nullptr, nullptr),
                          CF_STATUS_OK);
            }
            --self->depth;
            return 0;
        }
    } chain;
    const Pool pool = make_bounded(false, 1, CF_QUEUE_POLICY_RUN_IN_CALLER);
    chain.executor = pool;
    {
        const Parked parked(pool, 1);
        const Future queued = submit(pool, "add", "[1,2]");
        ASSERT_EQ(Chain::link(nullptr, &chain), 0);
        EXPECT_GT(chain.deepest, 100);
        EXPECT_LT(chain.deepest, 500);
        EXPECT_GT(chain.left, 0) << "the rest is queued";
    }
    chain.finished.wait();
}

TEST(BoundedThreads, ContinuationsAreAcceptedBeyondTheBound) {
    const Pool pool = make_bounded(false, 1, CF_QUEUE_POLICY_FAIL);
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future before(cf_promise_future(promise));
    std::vector<Future> after(3);
    const auto follow = [](cf_task_t*, cf_future_t*, void*) -> int32_t { return 0; };
    for (Future& future : after) {
        ASSERT_EQ(cf_future_then(before, pool, nullptr, 0, follow, nullptr, nullptr, future.out(),
                                 nullptr),
                  CF_STATUS_OK);
    }
    {
        const Parked parked(pool, 1);
        const std::vector<Future> queued = fill(pool, false);
        ASSERT_EQ(cf_promise_set_result_bytes(promise, "", 0, nullptr), CF_STATUS_OK);
    }
    for (const Future& future : after)
        EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    // The bound is what it was.
    const Parked parked(pool, 1);
    EXPECT_EQ(fill(pool, false).size(), 1u);
}

TEST(BoundedThreads, ABreakingPoolWakesBlockedSubmitters) {
    struct Scene {
        cf_test::Gate fail;
        static int32_t initialize(void* self) {
            static_cast<Scene*>(self)->fail.wait();
            return 1;
        }
    } scene;
    ThreadPoolOptions options;
    cf_thread_pool_options_create(options.out(), nullptr);
    cf_thread_pool_options_set_max_workers(options, 1, nullptr);
    cf_thread_pool_options_set_max_queue(options, 1, nullptr);
    cf_thread_pool_options_set_initializer(options, Scene::initialize, &scene, nullptr, nullptr);
    cf_executor_t* executor = nullptr;
    ASSERT_EQ(cf_thread_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    const Pool pool(executor);
    const Future queued = submit(pool, "add", "[1,2]");
    cf_status_t status = CF_STATUS_OK;
    {
        Error error;
        Future future;
        const Blocked blocked([&] { status = try_submit(pool, nullptr, future, error); });
        scene.fail.open();
    }
    EXPECT_EQ(status, CF_STATUS_BROKEN_EXECUTOR);
    EXPECT_EQ(outcome_of(queued), CF_STATUS_BROKEN_EXECUTOR);
}

TEST(BoundedThreads, PreparedCallsAreBoundedToo) {
    const Pool pool = make_bounded(false, 1, CF_QUEUE_POLICY_FAIL);
    const Parked parked(pool, 1);
    const std::vector<Future> queued = fill(pool, false);
    const auto task = [](cf_task_t*, void*) -> int32_t { return 0; };
    void* payload = nullptr;
    Future prepared;
    ASSERT_EQ(cf_executor_prepare(pool, nullptr, 1, 1, task, nullptr, nullptr, &payload,
                                  prepared.out(), nullptr),
              CF_STATUS_OK);
    Error error;
    expect_error(cf_executor_submit_prepared(pool, prepared, error.out()), error,
                 CF_STATUS_QUEUE_FULL);
    EXPECT_EQ(cf_future_outcome(prepared), CF_STATUS_QUEUE_FULL);
}

TEST(BoundedThreads, ManySubmittersAndCancellersLoseNoPlace) {
    constexpr int kThreads = 3;
    constexpr int kRounds = 2000;
    cf_test::Counter ran;
    cf_test::Counter cancelled;
    const Pool pool = make_bounded(false, 4, CF_QUEUE_POLICY_BLOCK, 2);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            const auto task = [](cf_task_t*, void* counter) -> int32_t {
                static_cast<cf_test::Counter*>(counter)->add();
                return 0;
            };
            for (int round = 0; round < kRounds; ++round) {
                Future future;
                EXPECT_EQ(
                    cf_executor_submit(pool, nullptr, task, &ran, nullptr, future.out(), nullptr),
                    CF_STATUS_OK);
                if (round % 3 == 0) cancelled.add(cf_future_cancel(future));
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    // Calls of different threads have no order, so that the parked ones might overtake the last of these.
    ran.wait_for(kThreads * kRounds - cancelled.value());
    const Parked parked(pool, 2);
    EXPECT_EQ(fill(pool, false).size(), 4u);
    EXPECT_EQ(ran.value() + cancelled.value(), kThreads * kRounds);
}

}  // namespace
}  // namespace contract

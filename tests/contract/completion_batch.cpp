// The completion queue for many: batches, the descriptor, a hundred thousand futures.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <set>

#include "contract.h"

namespace contract {
namespace {

struct Batch {
    cf_status_t status = CF_STATUS_INTERNAL;
    std::vector<Future> futures{};
    std::vector<uint64_t> tags{};
};

Batch take(cf_completion_queue_t* queue, size_t capacity, int64_t timeout = long_wait_ns()) {
    Batch batch;
    std::vector<cf_future_t*> handles(capacity);
    std::vector<uint64_t> tags(capacity);
    size_t count = 99;
    batch.status = cf_completion_queue_next_batch(queue, timeout, handles.data(), tags.data(),
                                                  capacity, &count, nullptr);
    EXPECT_EQ(count > 0, batch.status == CF_STATUS_OK);
    EXPECT_LE(count, capacity);
    for (size_t i = 0; i < capacity; ++i) {
        EXPECT_EQ(handles[i] != nullptr, i < count);
        if (i >= count) continue;
        EXPECT_EQ(cf_future_done(handles[i]), 1);
        batch.futures.emplace_back(handles[i]);
        batch.tags.push_back(tags[i]);
    }
    return batch;
}

Queue make_queue() {
    Queue queue;
    EXPECT_EQ(cf_completion_queue_create(queue.out(), nullptr), CF_STATUS_OK);
    return queue;
}

int descriptor_of(cf_completion_queue_t* queue) {
    int32_t descriptor = -2;
    EXPECT_EQ(cf_completion_queue_descriptor(queue, &descriptor, nullptr), CF_STATUS_OK);
    EXPECT_GT(descriptor, STDERR_FILENO);
    return descriptor;
}

bool readable(int descriptor, cf_test::Duration timeout = {}) {
    pollfd polled{descriptor, POLLIN, 0};
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
    return poll(&polled, 1, static_cast<int>(ms)) == 1 && (polled.revents & POLLIN) != 0;
}

class BatchOfCalls : public ContractTest {};
CONTRACT_HOLDS_FOR(BatchOfCalls, all_makers);

TEST_P(BatchOfCalls, GivesEveryFutureOnce) {
    const Pool pool = make();
    const Queue queue = make_queue();
    for (uint64_t i = 0; i < 100; ++i) {
        const Future future = submit(pool, "echo", '[' + std::to_string(i) + ']');
        ASSERT_EQ(cf_completion_queue_add(queue, future, i, nullptr), CF_STATUS_OK);
    }
    std::set<uint64_t> seen;
    while (seen.size() < 100) {
        const Batch batch = take(queue, 7);
        ASSERT_EQ(batch.status, CF_STATUS_OK);
        for (size_t i = 0; i < batch.futures.size(); ++i) {
            EXPECT_EQ(json_of(batch.futures[i]), '[' + std::to_string(batch.tags[i]) + ']');
            EXPECT_TRUE(seen.insert(batch.tags[i]).second);
        }
    }
    EXPECT_EQ(take(queue, 7).status, CF_STATUS_END);
}

TEST_P(BatchOfCalls, CanBePolledFor) {
    const Pool pool = make();
    const Queue queue = make_queue();
    const int descriptor = descriptor_of(queue);
    for (uint64_t i = 0; i < 20; ++i) {
        const Future future = submit(pool, "echo");
        ASSERT_EQ(cf_completion_queue_add(queue, future, i, nullptr), CF_STATUS_OK);
    }
    size_t taken = 0;
    while (taken < 20) {
        ASSERT_TRUE(readable(descriptor, cf_test::long_wait()));
        const Batch batch = take(queue, 3, 0);
        ASSERT_EQ(batch.status, CF_STATUS_OK);  // exact: readable means that one is there
        taken += batch.futures.size();
    }
    EXPECT_FALSE(readable(descriptor));
}

// --- independent of executors ---------------------------------------------------------------------

class Queued : public testing::Test {
  protected:
    // A future in the queue, which its promise completes.
    Promise add(uint64_t tag) {
        Promise promise;
        EXPECT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
        const Future future(cf_promise_future(promise));
        EXPECT_EQ(cf_completion_queue_add(queue_, future, tag, nullptr), CF_STATUS_OK);
        return promise;
    }
    void add_done(uint64_t tag) { keep(add(tag)); }
    static void keep(cf_promise_t* promise) {
        EXPECT_EQ(cf_promise_set_result_json(promise, "1", -1, nullptr), CF_STATUS_OK);
    }

    Queue queue_ = make_queue();
};

TEST_F(Queued, ABatchIsWhatIsThereInTheOrderOfCompletion) {
    const Promise first = add(1);
    const Promise second = add(2);
    const Promise pending = add(3);
    keep(second);
    keep(first);
    EXPECT_EQ(take(queue_, 10).tags, (std::vector<uint64_t>{2, 1}));
    EXPECT_EQ(take(queue_, 10, 0).status, CF_STATUS_TIMEOUT);
    EXPECT_EQ(take(queue_, 10, cf_test::short_wait_ns()).status, CF_STATUS_TIMEOUT);
    keep(pending);
    EXPECT_EQ(take(queue_, 10).tags, std::vector<uint64_t>{3});
    EXPECT_EQ(take(queue_, 10, -1).status, CF_STATUS_END);
}

TEST_F(Queued, ABatchIsNoLargerThanItsRoom) {
    for (uint64_t i = 0; i < 5; ++i)
        add_done(i);
    EXPECT_EQ(take(queue_, 2).tags, (std::vector<uint64_t>{0, 1}));
    EXPECT_EQ(take(queue_, 2).tags, (std::vector<uint64_t>{2, 3}));
    EXPECT_EQ(take(queue_, 2).tags, std::vector<uint64_t>{4});
    EXPECT_EQ(take(queue_, 2).status, CF_STATUS_END);
}

TEST_F(Queued, TagsMayBeUnwanted) {
    add_done(1);
    cf_future_t* future = nullptr;
    size_t count = 0;
    ASSERT_EQ(cf_completion_queue_next_batch(queue_, 0, &future, nullptr, 1, &count, nullptr),
              CF_STATUS_OK);
    cf_future_release(future);
}

TEST_F(Queued, WrongArgumentsOfABatchAreNamed) {
    cf_future_t* future = nullptr;
    size_t count = 0;
    Error error;
    expect_error(
        cf_completion_queue_next_batch(queue_, 0, &future, nullptr, 0, &count, error.out()), error,
        CF_STATUS_INVALID_ARGUMENT, {"capacity"});
    expect_error(
        cf_completion_queue_next_batch(queue_, 0, nullptr, nullptr, 1, &count, error.out()), error,
        CF_STATUS_INVALID_ARGUMENT, {"futures_out"});
    expect_error(
        cf_completion_queue_next_batch(queue_, 0, &future, nullptr, 1, nullptr, error.out()), error,
        CF_STATUS_INVALID_ARGUMENT, {"count_out"});
    expect_error(cf_completion_queue_descriptor(queue_, nullptr, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"descriptor_out"});
}

TEST_F(Queued, TheDescriptorIsReadableExactlyWhileOneIsReady) {
    const int descriptor = descriptor_of(queue_);
    EXPECT_EQ(descriptor_of(queue_), descriptor);
    EXPECT_FALSE(readable(descriptor));
    const Promise one = add(1);
    const Promise two = add(2);
    EXPECT_FALSE(readable(descriptor));
    keep(one);
    EXPECT_TRUE(readable(descriptor));
    keep(two);
    EXPECT_TRUE(readable(descriptor));
    EXPECT_EQ(take(queue_, 1).tags, std::vector<uint64_t>{1});
    EXPECT_TRUE(readable(descriptor));
    EXPECT_EQ(take(queue_, 1).tags, std::vector<uint64_t>{2});
    EXPECT_FALSE(readable(descriptor));
    EXPECT_EQ(take(queue_, 1).status, CF_STATUS_END);
    EXPECT_FALSE(readable(descriptor));
    add_done(3);
    EXPECT_TRUE(readable(descriptor));
}

TEST_F(Queued, TheDescriptorMayBeAskedForLate) {
    add_done(1);
    const int descriptor = descriptor_of(queue_);
    EXPECT_TRUE(readable(descriptor));
    take(queue_, 5);
    EXPECT_FALSE(readable(descriptor));
}

TEST_F(Queued, AnEdgeComesWithTheFirstOfThem) {
    const int loop = epoll_create1(EPOLL_CLOEXEC);
    epoll_event wanted{};
    wanted.events = EPOLLIN | EPOLLET;
    ASSERT_EQ(epoll_ctl(loop, EPOLL_CTL_ADD, descriptor_of(queue_), &wanted), 0);
    epoll_event event{};
    EXPECT_EQ(epoll_wait(loop, &event, 1, 0), 0);
    for (int round = 0; round < 3; ++round) {
        add_done(1);
        EXPECT_EQ(epoll_wait(loop, &event, 1, 0), 1);
        add_done(2);
        EXPECT_EQ(epoll_wait(loop, &event, 1, 0), 0);  // the same edge
        EXPECT_EQ(take(queue_, 5, 0).tags.size(), 2u);
        EXPECT_EQ(take(queue_, 5, 0).status, CF_STATUS_END);
    }
    close(loop);
}

TEST_F(Queued, TheDescriptorGoesWithTheQueue) {
    const int descriptor = descriptor_of(queue_);
    const Promise pending = add(1);
    const int copy = dup(descriptor);
    queue_.reset();
    EXPECT_EQ(fcntl(descriptor, F_GETFD), -1);
    keep(pending);
    EXPECT_FALSE(readable(copy));
    close(copy);
}

TEST_F(Queued, TheDescriptorIsNotInherited) {
    EXPECT_EQ(fcntl(descriptor_of(queue_), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

// Each of these is a hundred thousand steps, or ten thousand million if it were not linear: then the
// test would not end in time.
TEST(HundredThousand, T21FuturesAreWaitedForAndTakenInLinearTime) {
    constexpr size_t kCount = 100000;
    std::vector<Promise> promises(kCount);
    std::vector<Future> futures;
    std::vector<cf_future_t*> list;
    for (Promise& promise : promises) {
        ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
        futures.emplace_back(cf_promise_future(promise));
        list.push_back(futures.back());
    }
    size_t done = 1;
    for (const cf_return_when_t when :
         {CF_RETURN_WHEN_FIRST_COMPLETED, CF_RETURN_WHEN_FIRST_EXCEPTION,
          CF_RETURN_WHEN_ALL_COMPLETED}) {
        EXPECT_EQ(cf_wait(list.data(), kCount, when, 0, nullptr, &done, nullptr),
                  CF_STATUS_TIMEOUT);
        EXPECT_EQ(done, 0u);
    }
    Queue queue;
    ASSERT_EQ(cf_as_completed(list.data(), kCount, -1, queue.out(), nullptr), CF_STATUS_OK);
    Queue forgotten;
    ASSERT_EQ(cf_as_completed(list.data(), kCount, -1, forgotten.out(), nullptr), CF_STATUS_OK);
    forgotten.reset();
    Future all;
    ASSERT_EQ(cf_when_all(list.data(), kCount, all.out(), nullptr), CF_STATUS_OK);
    Future any;
    ASSERT_EQ(cf_when_any(list.data(), kCount, any.out(), nullptr), CF_STATUS_OK);
    // From the back, so that no list is taken apart from its handy end.
    for (size_t i = kCount; i-- > 0;)
        ASSERT_EQ(cf_promise_set_result_pointer(promises[i], nullptr, nullptr, nullptr),
                  CF_STATUS_OK);
    EXPECT_EQ(
        cf_wait(list.data(), kCount, CF_RETURN_WHEN_ALL_COMPLETED, 0, nullptr, &done, nullptr),
        CF_STATUS_OK);
    EXPECT_EQ(done, kCount);
    size_t taken = 0;
    Batch batch;
    while ((batch = take(queue, 1000)).status == CF_STATUS_OK)
        taken += batch.futures.size();
    EXPECT_EQ(taken, kCount);
    EXPECT_EQ(cf_future_outcome(all), CF_STATUS_OK);
    EXPECT_EQ(json_of(any), std::to_string(kCount - 1));
}

}  // namespace
}  // namespace contract

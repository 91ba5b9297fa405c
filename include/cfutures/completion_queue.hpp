/// CompletionQueue: done futures in completion order, with futures added at any time.
#ifndef CFUTURES_COMPLETION_QUEUE_HPP
#define CFUTURES_COMPLETION_QUEUE_HPP

#include <cfutures/cfutures.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/handle.hpp"
#include "cfutures/future.hpp"
#include "cfutures/timeout.hpp"

namespace cfutures {

/// What comes out of a CompletionQueue. Since 0.1.
template <class F>
struct Completed {
    F future;               ///< done
    std::uint64_t tag = 0;  ///< as it was added
};

/// A queue of futures, of one type or of any (AnyFuture), from which they are taken when they are done:
///
///     cfutures::CompletionQueue<Future<Page>> queue;
///     queue.add(pool.submit(fetch, url), 7);
///     while (auto done = queue.next()) use(done->future.result(), done->tag);
///
/// Dropping the queue forgets the futures and cancels none. Neither copied nor moved. Thread: any.
/// Since 0.1.
template <class F = AnyFuture>
class CompletionQueue {
  public:
    CompletionQueue() { detail::call(cf_completion_queue_create, queue_.out()); }
    CompletionQueue(const CompletionQueue&) = delete;
    CompletionQueue& operator=(const CompletionQueue&) = delete;
    ~CompletionQueue() = default;

    /// Adds a future; the tag comes back with it. Throws InvalidArgument for an empty one.
    void add(F future, std::uint64_t tag = 0) {
        // The lock is held until the future is known here: another thread may take it at once.
        const std::lock_guard lock(mutex_);
        cf_future_t* const native = future.native_handle();
        const auto entry = futures_.emplace(next_key_, Completed<F>{std::move(future), tag}).first;
        try {
            detail::call(cf_completion_queue_add, queue_.get(), native, next_key_);
        } catch (...) {
            futures_.erase(entry);
            throw;
        }
        ++next_key_;
    }

    /// Waits for the next done future; nothing when the queue holds none. Throws TimeoutError.
    std::optional<Completed<F>> next(Timeout timeout = {}) {
        std::vector<Completed<F>> taken = next_batch(1, timeout);
        if (taken.empty()) return std::nullopt;
        return std::move(taken.front());
    }

    /// Waits until one is done, and takes what is there, but at most `capacity`; nothing when the queue
    /// holds no future. Throws TimeoutError, and InvalidArgument for a capacity of 0.
    std::vector<Completed<F>> next_batch(std::size_t capacity, Timeout timeout = {}) {
        std::vector<cf_future_t*> handles(capacity);
        std::vector<std::uint64_t> keys(capacity);
        std::vector<Completed<F>> taken;
        taken.reserve(capacity);
        std::size_t count = 0;
        detail::call(cf_completion_queue_next_batch, queue_.get(), timeout.nanoseconds(),
                     handles.data(), keys.data(), capacity, &count);
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < count; ++i) {
            cf_future_release(handles[i]);
            taken.push_back(std::move(futures_.extract(keys[i]).mapped()));
        }
        return taken;
    }

    /// A file descriptor that polls readable exactly while next() would give a future at once, for event
    /// loops. It is the queue's and goes with it; see cf_completion_queue_descriptor().
    int descriptor() const {
        std::int32_t number = -1;
        detail::call(cf_completion_queue_descriptor, queue_.get(), &number);
        return number;
    }

    /// The C ABI's queue; borrowed.
    cf_completion_queue_t* native_handle() const noexcept { return queue_.get(); }

  private:
    detail::QueueHandle queue_;
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, Completed<F>> futures_;  // that are in the queue
    std::uint64_t next_key_ = 0;
};

}  // namespace cfutures

#endif

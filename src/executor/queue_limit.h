// The bound of an executor's queue (S11): how many accepted calls may wait for their start.
//
// Whoever submits a call takes a place for it, and whoever takes the call out of PENDING while it is
// queued gives the place back: a worker that starts it, a canceller. Submitters that wait for a place
// are served in order, each with all the places that it wants at once.
//
// Named race, **give back against wait**: places are counted and waiters are listed under one mutex, and
// the giver itself hands places to the first waiters. A waiter lives on the stack of its thread, which
// needs the mutex to leave.
#pragma once

#include <cfutures/cfutures.h>

#include "support/error.h"
#include "support/sync.h"

namespace cf {

class QueueLimit {
  public:
    QueueLimit(size_t places, cf_queue_policy_t policy)
        : places_(places), policy_(policy), free_(places) {}

    cf_queue_policy_t policy() const { return policy_; }

    /// All of them or none. Not when others wait.
    [[nodiscard]] bool take(size_t count);
    /// As many as there are; how many.
    [[nodiscard]] size_t take_some(size_t most);
    enum class Wait { kTaken, kTimeout, kClosed };
    /// All of them, when it is their turn. There are that many places.
    [[nodiscard]] Wait wait(size_t count, Deadline deadline);
    void give_back(size_t count);
    /// Nobody will get a place by waiting any more.
    void close();

    /// Whether so many fit at all.
    bool fits(size_t count) const { return count <= places_; }
    /// QUEUE_FULL, for `count` calls that did not get their places.
    ErrorRef full_error(size_t count) const;

  private:
    struct Waiter {
        size_t wanted;
        bool served = false;
        Waiter* next = nullptr;
        Condition changed{};
    };
    void serve() CF_REQUIRES(mutex_);
    void remove(Waiter& waiter) CF_REQUIRES(mutex_);

    const size_t places_;
    const cf_queue_policy_t policy_;
    Mutex mutex_;
    size_t free_ CF_GUARDED_BY(mutex_);
    Waiter* first_ CF_GUARDED_BY(mutex_) = nullptr;
    bool closed_ CF_GUARDED_BY(mutex_) = false;
};

/// Places that go back unless they are kept.
class QueuePlaces {
  public:
    QueuePlaces(QueueLimit* limit, size_t count) : limit_(limit), count_(count) {}
    ~QueuePlaces() {
        if (limit_ != nullptr && count_ != 0) limit_->give_back(count_);
    }
    QueuePlaces(const QueuePlaces&) = delete;
    QueuePlaces& operator=(const QueuePlaces&) = delete;
    void keep(size_t count) { count_ -= count; }

  private:
    QueueLimit* limit_;
    size_t count_;
};

}  // namespace cf

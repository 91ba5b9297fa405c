// Fails the calls of one executor that have not started at their deadlines.
//
// Two threads start with the first deadline and end with the executor. The timer sleeps until the
// earliest deadline and makes that call done: sleepers wake up, waiters are told. It runs no user code,
// so that no callback can delay a deadline. What user code is left, the call's destroy function and its
// callbacks, is for the callback thread.
//
//     accepted --> in the heap --(start, cancel: remove)-->
//                       |
//                       `--(its time comes)--> done --> on the expired list --> callbacks, retired
//
// Invariants:
//   D1  The heap holds a reference for each call in it, and each call in it was accepted.
//   D2  Who takes a call out of PENDING removes it afterwards, and a call is inserted only while it is
//       PENDING, both under the mutex: nothing stays behind that has started.
//   D3  This mutex is taken after all others of an executor; no user code runs under it.
#pragma once

#include <vector>

#include "future/owner.h"
#include "support/thread.h"

namespace cf {

class DeadlineTimer {
  public:
    explicit DeadlineTimer(FutureOwner& owner) : owner_(owner) {}
    /// Its threads have ended or, on one of them, are about to.
    ~DeadlineTimer();
    DeadlineTimer(const DeadlineTimer&) = delete;
    DeadlineTimer& operator=(const DeadlineTimer&) = delete;

    /// Room for calls that are about to be accepted, after which nothing may fail.
    class Room {
      public:
        explicit Room(DeadlineTimer& timer) : timer_(timer) {}
        ~Room();
        Room(const Room&) = delete;
        Room& operator=(const Room&) = delete;

        /// Starts the threads, too. Throws std::bad_alloc.
        [[nodiscard]] ErrorRef reserve(size_t count);
        /// A call that was accepted, unless it has no deadline.
        void insert(Future& call);

      private:
        DeadlineTimer& timer_;
        size_t left_ = 0;
    };

    /// Forgets a call that is not PENDING any more.
    void remove(Future& call);

    /// When this is the callback thread and it will not come back from its callback, which ended the
    /// thread or called exit(): has another one take its place.
    void hand_over();

    /// Ends the threads. Nothing is inserted afterwards, and nothing is left.
    void stop();
    /// Waits for their end; false when the deadline passed first.
    [[nodiscard]] bool join(Deadline deadline);

  private:
    struct Entry {
        Deadline at;
        Future* call;
    };

    ErrorRef start_timer() CF_REQUIRES(mutex_);
    ErrorRef start_callbacks() CF_REQUIRES(mutex_);
    /// Whether there is a callback thread, started here if need be.
    bool callbacks_run() CF_REQUIRES(mutex_);
    template <void (DeadlineTimer::*kWork)()>
    static void thread_main(void* self);
    void keep_time();
    void expire(FutureRef call);
    void run_user_code();
    FutureRef next_expired() CF_REQUIRES(mutex_);

    void put(size_t place, const Entry& entry) CF_REQUIRES(mutex_);
    void sift_up(size_t place, const Entry& entry) CF_REQUIRES(mutex_);
    void sift_down(size_t place, const Entry& entry) CF_REQUIRES(mutex_);
    FutureRef take_out(size_t place) CF_REQUIRES(mutex_);

    FutureOwner& owner_;
    Mutex mutex_;
    Condition timer_wanted_;
    Condition callbacks_wanted_;
    Condition joined_;
    std::vector<Entry> heap_ CF_GUARDED_BY(mutex_);  // binary, the earliest first
    size_t reserved_ CF_GUARDED_BY(mutex_) = 0;
    // Expired calls whose user code is to run; each with the reference that the heap had.
    Future* first_expired_ CF_GUARDED_BY(mutex_) = nullptr;
    Future* last_expired_ CF_GUARDED_BY(mutex_) = nullptr;
    bool stopping_ CF_GUARDED_BY(mutex_) = false;
    Thread timer_ CF_GUARDED_BY(mutex_);
    Thread callbacks_ CF_GUARDED_BY(mutex_);
    size_t being_joined_ CF_GUARDED_BY(mutex_) = 0;
};

}  // namespace cf

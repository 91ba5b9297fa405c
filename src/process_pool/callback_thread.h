// The one thread of a process pool that runs done callbacks, so that a callback that blocks delays
// other callbacks of its pool and nothing else (S4). Started with the first callback.
#pragma once

#include "future/owner.h"
#include "support/thread.h"

namespace cf {

class CallbackThread {
  public:
    explicit CallbackThread(FutureOwner& owner) : owner_(owner) {}

    /// Runs the future's callbacks on the thread, then retires it; takes a reference of its own. When
    /// the thread cannot be started both happen here: late and in the wrong place beats never.
    void run(Future& future);

    /// When this is the thread and it will not come back from its callback, which ended the thread or
    /// called exit(): has another one take its place.
    void hand_over();

    /// Ends the thread. Nothing is left to run.
    void stop();

  private:
    ErrorRef start() CF_REQUIRES(mutex_);
    void work();

    FutureOwner& owner_;
    Mutex mutex_;
    Condition changed_;
    FutureList futures_ CF_GUARDED_BY(mutex_);
    bool stopping_ CF_GUARDED_BY(mutex_) = false;
    Thread thread_ CF_GUARDED_BY(mutex_);
};

}  // namespace cf

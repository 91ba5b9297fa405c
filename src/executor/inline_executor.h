// Runs each call in the thread that submits it, before accept() returns.
#pragma once

#include "executor/executor.h"

namespace cf {

class InlineExecutor final : public Executor {
  public:
    ErrorRef accept(FutureList& calls) override;
    size_t worker_count() const override { return 1; }
    void retire(Future& future) override;
    void read_stats(Stats& stats) override;

  private:
    ErrorRef check_open() override;
    void begin_shutdown(bool cancel) override;
    bool await_termination(Deadline deadline, size_t exempt) override;

    Mutex mutex_;
    Condition changed_;
    size_t outstanding_ CF_GUARDED_BY(mutex_) = 0;
    uint64_t accepted_ CF_GUARDED_BY(mutex_) = 0;
    Endings<uint64_t> endings_ CF_GUARDED_BY(mutex_);
    bool shut_down_ CF_GUARDED_BY(mutex_) = false;
};

}  // namespace cf

// A pool of threads over one queue.
//
// Threads start when a call finds no idle one, up to the limit. One mutex protects everything; no user
// code runs under it. A worker owns one reference to the pool's memory, and so do all outstanding
// calls together. When a worker ends it leaves its Thread object in `ended_`, where shutdown, the
// destructor, or nobody but itself joins it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "executor/executor.h"
#include "support/thread.h"

namespace cf {

/// What a worker runs before its first call, shared by the options and all pools made with them.
class Initializer {
  public:
    Initializer(cf_initializer_fn function, void* user_data, cf_destroy_fn destroy)
        : function_(function), user_data_(user_data), input_(destroy, user_data) {}
    void retain() { references_.add(); }
    void release() {
        if (references_.drop()) delete this;
    }
    /// Runs the function, and ended(error) when it is over: null on success, otherwise
    /// BROKEN_EXECUTOR. Also when it ends its thread, which then goes on unwinding.
    template <typename Ended>
    void run(Ended&& ended) const {
        ErrorRef error;
        call_user_code([&] { error = returned(function_(user_data_)); }, [&] { error = threw(); },
                       [&] { ended(ended_its_thread()); });
        ended(error);
    }

  private:
    static ErrorRef returned(int32_t code);
    static ErrorRef threw();
    static ErrorRef ended_its_thread();

    ReferenceCount references_;
    cf_initializer_fn function_;
    void* user_data_;
    DestroyGuard input_;
};

struct ThreadPoolOptions {
    size_t max_workers = 1;
    std::string name_prefix = "cf-pool";
    Ref<Initializer> initializer{};
};

class ThreadPool final : public Executor {
  public:
    explicit ThreadPool(ThreadPoolOptions options);

    ErrorRef accept(FutureList& calls) override;
    size_t worker_count() const override { return options_.max_workers; }
    void retire(Future& future) override;

  private:
    class Worker;

    ~ThreadPool() override;
    void begin_shutdown(bool cancel) override;
    bool await_termination(Deadline deadline, size_t exempt) override;

    void work(Worker& worker);
    /// The next call, already started; null when the worker should end.
    FutureRef next_call();
    void break_pool(const ErrorRef& error);
    void worker_ends(Worker& worker);
    /// Starts threads for the queued calls, and `more`, that idle ones cannot take; an error only
    /// when there is no thread at all.
    ErrorRef start_workers(size_t more) CF_REQUIRES(mutex_);
    ErrorRef start_worker() CF_REQUIRES(mutex_);
    bool is_open() const CF_REQUIRES(mutex_) { return !shut_down_ && !broken_; }

    const ThreadPoolOptions options_;

    Mutex mutex_;
    Condition work_arrived_;
    Condition progress_;  // something retired, ended or joined
    FutureList queue_ CF_GUARDED_BY(mutex_);
    size_t outstanding_ CF_GUARDED_BY(mutex_) = 0;
    size_t running_workers_ CF_GUARDED_BY(mutex_) = 0;
    size_t unjoined_workers_ CF_GUARDED_BY(mutex_) = 0;
    size_t idle_workers_ CF_GUARDED_BY(mutex_) = 0;      // asleep, or on their way out of it
    size_t starting_workers_ CF_GUARDED_BY(mutex_) = 0;  // started, and not at the queue yet
    size_t exiting_workers_ CF_GUARDED_BY(mutex_) = 0;   // their tasks called exit()
    uint64_t started_workers_ CF_GUARDED_BY(mutex_) = 0;
    std::vector<std::unique_ptr<Worker>> ended_ CF_GUARDED_BY(mutex_);
    bool shut_down_ CF_GUARDED_BY(mutex_) = false;
    ErrorRef broken_ CF_GUARDED_BY(mutex_);
};

}  // namespace cf

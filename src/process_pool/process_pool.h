// A pool of worker processes.
//
//     submit ---> queue_ ---> manager thread ---> session ---> socket ---> worker process
//                   ^             |                                            |
//                   |             `<--- answers, deaths (pidfd) <--------------'
//                   `--- calls that had not started when their worker died, or were taken back
//
// One manager thread does all system calls on sockets and processes. It starts with the first call
// and ends when the pool is shut down (or broken), nothing is outstanding and every worker has ended.
// Callbacks run on the callback thread. Users' threads only touch the queue, and the claim pages
// through their sessions, under the mutex.
//
// A worker's death costs the call that it ran: that future fails, what had not started goes back to
// the front of the queue, and a new worker starts when there is work for it. A worker that dies or
// fails before it is ready breaks the pool, since its successors would fare no better; so do several
// in a row that die before they have done anything.
//
// Lock order: the mutex is taken before a future's list of observers and before the callback thread's
// mutex; no user code runs under it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "executor/executor.h"
#include "executor/queue_limit.h"
#include "process_pool/call_queue.h"
#include "process_pool/callback_thread.h"
#include "process_pool/crash_rate.h"
#include "process_pool/deadline_queue.h"
#include "process_pool/pool_worker.h"
#include "support/thread.h"

namespace cf {

struct ProcessPoolOptions {
    size_t max_workers = 1;
    WorkerCommand worker{};
    WorkerSettings settings{};
    std::string initializer{};            // empty for none
    std::string initializer_arguments{};  // JSON
    uint64_t max_tasks_per_child = 0;     // 0: no limit
    Nanoseconds start_timeout = 30 * kSecond;
    size_t max_message_size = size_t{256} << 20;
    ExitOptions exit{};
    /// Between SIGTERM and SIGKILL for a worker that is ended by request; negative: for ever.
    Nanoseconds termination_grace = 3 * kSecond;
    /// How long a worker may have nothing to do; negative: for ever.
    Nanoseconds idle_timeout = -1;
    /// How many pools may be one inside the other, this one included.
    int nesting_limit = 2;
    /// Whether a worker that dies breaks the pool, as in Python.
    bool break_on_crash = false;
    /// More deaths than this within the period break the pool; 0: no limit.
    uint32_t max_crashes = 0;
    Nanoseconds crash_period = 0;
    size_t max_queue = 0;  // how many calls may wait for a worker; 0 for any number
    cf_queue_policy_t queue_policy = CF_QUEUE_POLICY_BLOCK;
};

class ProcessPool final : public Executor {
  public:
    /// Checks what can be checked before anything runs.
    static ErrorRef create(const ProcessPoolOptions& options, Executor*& executor_out);

    ErrorRef accept(FutureList& calls) override { return accept_all(calls, true, limit_.get()); }
    ErrorRef accept_new(FutureRef call) override { return Executor::accept_new(std::move(call)); }
    /// Calls of a batch are each for any worker, while those of a chunk travel in one message.
    ErrorRef accept_new(FutureList& calls) override {
        return accept_all(calls, false, limit_.get());
    }
    size_t chunk_size(size_t count) const override;
    size_t worker_count() const override { return options_.max_workers; }

    ErrorRef list_workers(WorkerList& list) override;

    void finish(Future& future) override;
    void retire(Future& future) override;
    void left_queue() override { limit_->give_back(1); }
    bool claimed(Future& future) override;
    bool recall(Future& future) override;
    ErrorRef cancel_running(Future& future) override;

  private:
    using Workers = std::vector<std::unique_ptr<PoolWorker>>;

    ProcessPool(const ProcessPoolOptions& options, ResolvedCommand command);
    ~ProcessPool() override;

    bool takes_pointers() const override { return false; }
    bool uses_own_functions() const override { return options_.worker.uses_own_functions(); }
    size_t max_message_size() const override { return options_.max_message_size; }
    void begin_shutdown(bool cancel) override;
    bool begin_ending_workers(WorkersEnd how) override;
    void begin_end(bool cancel, WorkersEnd how);
    bool await_termination(Deadline deadline, size_t exempt) override;

    ErrorRef accept_one(FutureRef call) override;
    ErrorRef accept_beyond_limit(FutureRef call) override;
    /// Why no calls are accepted; null when they are.
    ErrorRef refusal() CF_REQUIRES(mutex_);
    ErrorRef take_places(QueueLimit& limit, const FutureList& calls);
    /// `joined` calls travel in one message.
    ErrorRef accept_all(FutureList& calls, bool joined, QueueLimit* limit);
    ErrorRef start_manager() CF_REQUIRES(mutex_);
    void wake_manager();

    // --- on the manager thread ---
    void manage();
    void manage_until_done();
    bool finished() CF_EXCLUDES(mutex_);
    void dispatch() CF_EXCLUDES(mutex_);
    PoolWorker* next_to_serve() CF_REQUIRES(mutex_);
    /// Calls whose deadline has passed end in `unsent`.
    FutureList next_message(size_t limit, FutureList& unsent) CF_REQUIRES(mutex_);
    /// When there is no memory for it the calls end in `unsent`.
    void send_next(PoolWorker& worker, FutureList& unsent) CF_REQUIRES(mutex_);
    bool move_work_to_idle_worker() CF_REQUIRES(mutex_);
    void let_workers_leave() CF_REQUIRES(mutex_);
    bool spent(const PoolWorker& worker) const;
    bool has_idled_too_long(PoolWorker& worker);
    bool can_serve(const PoolWorker& worker) const;
    void start_workers() CF_EXCLUDES(mutex_);
    size_t workers_to_start() CF_EXCLUDES(mutex_);
    ErrorRef start_worker() CF_EXCLUDES(mutex_);
    ErrorRef watch(PoolWorker& worker);
    void flush_workers();
    void await_events() CF_EXCLUDES(mutex_);
    int milliseconds_to_wait();
    Deadline next_deadline() CF_EXCLUDES(mutex_);
    void kill_impatient_workers();
    void heed_end_of_workers() CF_EXCLUDES(mutex_);
    void heed_deadlines() CF_EXCLUDES(mutex_);
    void heed_stop_requests() CF_EXCLUDES(mutex_);
    /// Ends a call: takes it back and fails it, or ends the worker that runs it.
    void stop_call(Future& call, const ErrorRef& error, const char* verdict) CF_EXCLUDES(mutex_);
    /// Asks it to end, and kills it when the grace is over.
    void terminate_worker(PoolWorker& worker, cf_status_t status, std::string verdict);
    void kill_worker(PoolWorker& worker, cf_status_t status, std::string verdict);
    PoolWorker* find_worker(uint64_t number);
    PoolWorker::Received receive_from(PoolWorker& worker) CF_EXCLUDES(mutex_);
    /// False when the stream cannot be followed any more.
    bool take_frames(PoolWorker& worker) CF_EXCLUDES(mutex_);
    void take_frame(PoolWorker& worker, const Frame& frame) CF_EXCLUDES(mutex_);
    void end_of_socket(PoolWorker& worker);
    void read_output(PoolWorker& worker);
    void bury(PoolWorker& worker) CF_EXCLUDES(mutex_);
    struct Death;
    void fail_lost(const Death& death, Session::Lost& one);
    void judge(const Death& death) CF_EXCLUDES(mutex_);
    void break_pool(const ErrorRef& error) CF_EXCLUDES(mutex_);
    bool open() const CF_REQUIRES(mutex_) { return !shut_down_ && !broken_; }

    /// The eventfd's mark among epoll events; workers' numbers start at 1.
    static constexpr uint64_t kWakeEvent = 0;

    const ProcessPoolOptions options_;
    const ResolvedCommand command_;
    const std::string hello_;
    CallbackThread callbacks_{*this};

    // The manager's.
    Descriptor epoll_;
    Descriptor wake_;  // an eventfd; written by everybody
    uint64_t last_worker_number_ = 0;
    CrashRate crashes_;
    int fruitless_deaths_ = 0;  // in a row, of workers that neither answered nor lost a call

    Mutex mutex_;
    Condition progress_;  // something retired, or the manager ended
    CallQueue queue_ CF_GUARDED_BY(mutex_);
    DeadlineQueue deadlines_ CF_GUARDED_BY(mutex_);
    std::vector<FutureRef> stop_requests_ CF_GUARDED_BY(mutex_);  // calls that may run
    const std::unique_ptr<QueueLimit> limit_;                     // of the queue; null: none
    size_t outstanding_ CF_GUARDED_BY(mutex_) = 0;
    Workers workers_;  // changed by the manager under the mutex; it may read without
    bool shut_down_ CF_GUARDED_BY(mutex_) = false;
    ErrorRef broken_ CF_GUARDED_BY(mutex_);
    WorkersEnd workers_end_ CF_GUARDED_BY(mutex_) = WorkersEnd::kNone;
    bool manager_runs_ CF_GUARDED_BY(mutex_) = false;
    Thread manager_ CF_GUARDED_BY(mutex_);
    bool manager_is_joined_by_another_ CF_GUARDED_BY(mutex_) = false;
    /// Whether the manager will look at the queue before it sleeps again.
    sync::Atomic<bool> manager_is_awake_{true};
};

}  // namespace cf

// A pool of threads: see README.md for the vocabulary, the protocol and the named races.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "executor/deadline_timer.h"
#include "executor/executor.h"
#include "executor/queue_limit.h"
#include "support/thread.h"
#include "thread_pool/initializer.h"
#include "thread_pool/queues.h"
#include "thread_pool/sleepers.h"

namespace cf {

/// What a worker may run in place while a call of it waits (S9).
enum class Help {
    kOwnTarget,  // what it waits for
    kAny,        // and then whatever is queued
    kNone,
};

struct ThreadPoolOptions {
    size_t max_workers = 1;
    /// Workers beyond that, while others are blocked.
    size_t max_compensating_workers = 256;
    Help help = Help::kOwnTarget;
    /// Whether other threads may run what they wait for.
    bool outside_help = false;
    std::string name_prefix = "cf-pool";
    Ref<Initializer> initializer{};
    size_t max_queue = 0;  // how many calls may wait for their start; 0 for any number
    cf_queue_policy_t queue_policy = CF_QUEUE_POLICY_BLOCK;
    bool timed = false;  // whether it measures how long calls wait and run
    /// Whether idle workers and waiting threads spin for a moment before they sleep.
    bool spin = true;
    ExitOptions exit{};
};

class ThreadPool final : public Executor {
  public:
    /// Throws std::bad_alloc.
    explicit ThreadPool(ThreadPoolOptions options);

    ErrorRef accept(FutureList& calls) override;
    ErrorRef accept_new(FutureRef call) override;
    ErrorRef accept_new(FutureList& calls) override;
    bool submit_simply(const FunctionCall& call, Future** future_out) override;
    size_t worker_count() const override { return options_.max_workers; }
    void retire(Future& future) override;
    void read_stats(Stats& stats) override;
    void forget_deadline(Future& call) override { deadlines_.remove(call); }
    void run_started(Future& future) override;
    void left_queue() override { limit_->give_back(1); }

  private:
    class Worker;

    ~ThreadPool() override;
    ErrorRef accept_one(FutureRef call) override;
    ErrorRef accept_beyond_limit(FutureRef call) override;
    ErrorRef check_open() override;
    void begin_shutdown(bool cancel) override;
    bool await_termination(Deadline deadline, size_t exempt) override;

    // --- accepting ---

    /// The seat of this thread, if it is a worker of this pool and inside of a call.
    Seat* own_seat() const;
    /// Pushes calls into this thread's inlet: push(inlet, reserve) marks and pushes them, and gives how
    /// many were accepted. It may count on room for `wanted` of them. `count` is how many threads they
    /// are work for. push runs under the inlet's lock; the lambdas that are passed stay outside of the
    /// lock analysis, which cannot follow a lock into a call operator.
    template <typename Push>
    ErrorRef enter(size_t count, size_t wanted, const Push& push);
    /// The same for calls with priorities, or in a pool with a bounded queue: those that find no place
    /// there run on this thread, where the policy says so.
    ErrorRef accept_with_terms(FutureList& calls, QueueLimit* limit);
    /// Takes places for `count` calls, or for less: then as many as `here` run on this thread. When the
    /// stack is full of such calls, it makes `limit` null, and these enter beyond the bound.
    ErrorRef take_places(QueueLimit*& limit, size_t count, Nanoseconds timeout, size_t& here);
    /// Marks calls as accepted and pushes the first `queued` of them, each according to its priority; those
    /// behind are left. Gives how many were accepted.
    size_t push_by_priority(FutureList& calls, size_t queued, bool placed, CallInlet& inlet,
                            CallInlet::Reserve& reserve,
                            DeadlineTimer::Room& room) CF_NO_THREAD_SAFETY_ANALYSIS;
    /// For push_by_priority(), when the levels are locked and made, or not needed.
    size_t push_marked(FutureList& calls, size_t queued, bool placed, CallInlet& inlet,
                       CallInlet::Reserve& reserve, DeadlineTimer::Room& room,
                       Levels* levels) CF_NO_THREAD_SAFETY_ANALYSIS;
    /// Push a call that was just made, if nothing stands in the way.
    bool push_inside(Seat& seat, Future& call) {
        if (sleepers_.has(Sleepers::kClosed) || seat.queue.room() == 0) return false;
        Seat::count(seat.accepted);  // P7
        return seat.queue.push(&call);
    }
    bool push_outside(Future& call);
    /// This thread's seat, if it may push `count` calls there.
    Seat* own_seat_with_room(size_t count) const;
    /// After every push: wakes or starts a worker if one is wanted.
    void after_push() {
        if (sleepers_.help_wanted()) get_help();
    }
    void get_help();
    ErrorRef refusal();

    // --- workers ---

    /// Starts threads for the queued calls, and `more`, that awake and idle ones cannot take; an error
    /// only when there is no thread at all.
    ErrorRef start_workers(size_t more) CF_REQUIRES(mutex_);
    ErrorRef start_worker() CF_REQUIRES(mutex_);
    /// Whether another thread may start: below the limit, or to compensate when all are blocked.
    bool may_start() const CF_REQUIRES(mutex_);
    /// Whether more workers than max_workers are not blocked.
    bool has_surplus() const CF_REQUIRES(mutex_);
    void thread_count_changed() CF_REQUIRES(mutex_);
    void work(Worker& worker);
    /// Runs the initializer; true when it succeeded, and then this worker is searching.
    [[nodiscard]] bool initialize();
    void serve(Worker& worker);
    void run_batch(Seat& seat, FutureRef call);
    /// Runs a started call on this thread, whose seat that is; null when it is no worker's.
    void run(Future& call, Seat* seat) {
        if (timed()) [[unlikely]]
            return run_timed(call, seat);
        if (seat == nullptr) [[unlikely]]
            return run_call(call);
        run_on(*seat, call);
    }
    static void run_on(Seat& seat, Future& call);
    void run_timed(Future& call, Seat* seat);
    /// Waits for work; false when there will be none.
    bool rest(Seat& seat);
    /// For a worker that searches: true when it was one too many, and is not available any more.
    [[nodiscard]] bool leave(Worker& worker);
    /// So that those that have left do not pile up while the pool lives.
    void join_ended();
    /// Takes it out of the available workers, once.
    void withdraw(Worker& worker) CF_REQUIRES(mutex_);
    void worker_ends(Worker& worker);

    // --- waits inside of calls ---

    /// Runs the target, which this worker waits for, when it is still pending.
    bool run_target(Seat& seat, Future& target);
    bool run_any(Seat& seat);
    /// Drops what is not pending from the newest end of the queue; true when the target came out.
    bool pop_through(Seat& seat, const Future& target);
    void begin_blocking();
    void end_blocking();

    // --- ending ---

    void close(bool discard);
    void discard_queued();
    void break_pool(const ErrorRef& error);
    /// Lets go of the reference for outstanding calls when there are none and will be none.
    void check_drained();

    const ThreadPoolOptions options_;
    const bool spins_;
    Queues queues_;
    const std::unique_ptr<QueueLimit> limit_;  // null: none
    Sleepers sleepers_;
    Mutex times_mutex_;          // for who records in
    CallTimes times_of_others_;  // who are no workers
    DeadlineTimer deadlines_{*this};
    /// Threads that take calls, now or after a wait: neither ended nor in exit(). Changes under the
    /// mutex.
    sync::Atomic<size_t> available_workers_{0};
    /// What has_surplus() says; changes under the mutex.
    sync::Atomic<bool> surplus_{false};

    // Lock order: this mutex, then an inlet's, then the timer's.
    Mutex mutex_;
    Condition progress_;  // something retired, ended or joined
    size_t unjoined_workers_ CF_GUARDED_BY(mutex_) = 0;
    size_t starting_workers_ CF_GUARDED_BY(mutex_) = 0;  // started, and not at the queues yet
    size_t blocked_workers_ CF_GUARDED_BY(mutex_) = 0;   // in a wait inside of a call
    uint64_t started_workers_ CF_GUARDED_BY(mutex_) = 0;
    std::vector<std::unique_ptr<Worker>> ended_ CF_GUARDED_BY(mutex_);
    bool closed_ CF_GUARDED_BY(mutex_) = false;   // all inlets are
    bool drained_ CF_GUARDED_BY(mutex_) = false;  // and nothing is outstanding
    ErrorRef broken_ CF_GUARDED_BY(mutex_);
};

}  // namespace cf

// A pool of worker processes.
//
//     submit ---> queue_ ---> manager thread ---> session ---> socket ---> worker process
//                   ^             |                                            |
//                   |             `<--- answers, deaths (pidfd) <--------------'
//                   `--- calls that had not started when their worker died, or were taken back
//
// Whose thread does what:
//
//   any      hands out calls and writes to sockets, which never blocks: the submitter when a worker is
//            idle, whoever has read answers when there is more to do
//   reader   reads sockets and settles futures: one thread at a time, the one that holds the *reading*.
//            It is a thread that waits for a future, if there is one, or else the manager
//   manager  starts and buries workers, kills those who take too long, and reads when nobody waits. It
//            starts with the first call and ends when the pool is shut down (or broken), nothing is
//            outstanding and every worker has ended
//
// Callbacks run on the callback thread.
//
// A worker's death costs the call that it ran: that future fails, what had not started goes back to
// the front of the queue, and a new worker starts when there is work for it. A worker that dies or
// fails before it is ready breaks the pool, since its successors would fare no better; so do several
// in a row that die before they have done anything.
//
// Lock order: the mutex is taken before the inlet's, before a future's list of observers and before the
// callback thread's mutex; no user code runs under it, and no bytes move.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "executor/executor.h"
#include "executor/queue_limit.h"
#include "process_pool/call_queue.h"
#include "process_pool/callback_thread.h"
#include "process_pool/crash_rate.h"
#include "process_pool/deadline_queue.h"
#include "process_pool/fork_server.h"
#include "process_pool/pool_worker.h"
#include "support/thread.h"

namespace cf {

struct ProcessPoolOptions {
    size_t max_workers = 1;
    WorkerCommand worker{};
    WorkerSettings settings{};
    cf_start_method_t start_method = CF_START_METHOD_SPAWN;
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
    /// Whether threads that wait, and workers that have no calls, may spin for a moment before they sleep.
    bool spin = false;
    /// More deaths than this within the period break the pool; 0: no limit.
    uint32_t max_crashes = 0;
    Nanoseconds crash_period = 0;
    size_t max_queue = 0;  // how many calls may wait for a worker; 0 for any number
    cf_queue_policy_t queue_policy = CF_QUEUE_POLICY_BLOCK;
    bool timed = false;  // whether it measures how long calls wait and run
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
    void read_stats(Stats& stats) override;
    void left_queue() override { limit_->give_back(1); }
    bool claimed(Future& future) override;
    bool recall(Future& future) override;
    ErrorRef cancel_running(Future& future) override;
    bool await(Future& future, Deadline deadline) override;

  private:
    class Waiter;
    /// Who reads the sockets.
    enum class Reader { kNobody, kManager, kWaiter };

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
    /// Why no calls are accepted; null when they are, or would be if the manager ran.
    ErrorRef refusal() CF_EXCLUDES(inlet_mutex_);
    void record_times(const Future& future) CF_EXCLUDES(times_mutex_);
    ErrorRef take_places(QueueLimit& limit, const FutureList& calls);
    /// `joined` calls travel in one message.
    ErrorRef accept_all(FutureList& calls, bool joined, QueueLimit* limit);
    struct Arrival;
    /// False when they are refused, or when the manager has to be started first.
    bool let_in(Arrival& arrival) CF_EXCLUDES(inlet_mutex_);
    bool let_in_with_terms(Arrival& arrival) CF_EXCLUDES(mutex_, inlet_mutex_);
    void mark(Arrival& arrival) CF_REQUIRES(inlet_mutex_);
    void put_into_inlet(FutureList& calls) CF_REQUIRES(inlet_mutex_);
    bool make_descriptors();
    ErrorRef start_manager() CF_EXCLUDES(mutex_);
    /// Accepts nothing more, and says why.
    void refuse(const ErrorRef& reason) CF_REQUIRES(mutex_);
    void wake_manager();
    /// Sees to it that the manager does not sleep longer than that.
    void have_manager_awake_by(Deadline when) CF_REQUIRES(mutex_);

    // --- handing out calls (dispatch.cpp): any thread ---
    /// Hands out what is queued, sends it, and sees to it that somebody reads the answers.
    void pump() CF_EXCLUDES(mutex_);
    void pump(MutexLock& lock) CF_REQUIRES(mutex_);
    void fail_unrun(MutexLock& lock, FutureList& unsent, FutureList& stranded,
                    const ErrorRef& broken) CF_REQUIRES(mutex_);
    void take_in() CF_REQUIRES(mutex_);
    void dispatch(FutureList& unsent) CF_REQUIRES(mutex_);
    void hand_out(FutureList& unsent) CF_REQUIRES(mutex_);
    PoolWorker* next_to_serve() CF_REQUIRES(mutex_);
    /// Calls whose deadline has passed end in `unsent`.
    FutureList next_message(size_t limit, FutureList& unsent) CF_REQUIRES(mutex_);
    /// False when the queue had nothing to send. Without memory the calls end in `unsent`.
    bool send_next(PoolWorker& worker, FutureList& unsent) CF_REQUIRES(mutex_);
    bool move_work_to_idle_worker() CF_REQUIRES(mutex_);
    void take_back(PoolWorker& worker, FutureList calls) CF_REQUIRES(mutex_);
    void take_back_behind_long_calls() CF_EXCLUDES(mutex_);
    void let_workers_leave() CF_REQUIRES(mutex_);
    bool has_idled_too_long(PoolWorker& worker) CF_REQUIRES(mutex_);
    bool spent(const PoolWorker& worker) const;
    bool can_serve(const PoolWorker& worker) const;
    bool is_idle(PoolWorker& worker) const;
    void note_what_is_wanted() CF_REQUIRES(mutex_);

    // --- moving bytes (wire.cpp): any thread, or the reader ---
    bool flush_workers(MutexLock& lock) CF_REQUIRES(mutex_);
    bool take_reading_as_manager() CF_EXCLUDES(mutex_);
    bool take_reading_to_wait(const Future& future, Deadline deadline) CF_EXCLUDES(mutex_);
    void insist_on_reading() CF_EXCLUDES(mutex_);
    /// The same where it may be there already.
    void take_reading(bool& reads) CF_EXCLUDES(mutex_);
    void give_up_reading() CF_EXCLUDES(mutex_);
    void read_until_done(Future& future, Deadline deadline) CF_EXCLUDES(mutex_);
    void see_to_reading() CF_REQUIRES(mutex_);
    void see_whether_waiters_come() CF_EXCLUDES(mutex_);
    bool answers_are_expected() CF_REQUIRES(mutex_);
    void have_manager_read(bool wanted) CF_REQUIRES(mutex_);
    void poll_for_writing(PoolWorker& worker, bool wanted) CF_REQUIRES(mutex_);
    void kick_reader();
    /// Waits for sockets, and takes in what they have.
    void read_once(int timeout_ms) CF_EXCLUDES(mutex_);
    /// Takes in what the workers that have calls have sent by now. False when that is nothing.
    bool read_now() CF_EXCLUDES(mutex_);
    /// Reads once, or until nothing more is there.
    PoolWorker::Received receive_from(PoolWorker& worker, bool all) CF_EXCLUDES(mutex_);
    /// False when the stream cannot be followed any more.
    bool take_frames(PoolWorker& worker) CF_EXCLUDES(mutex_);
    void note_progress(Session::Event& event, const Frame& frame) CF_REQUIRES(mutex_);
    void take_event(PoolWorker& worker, Session::Event& event) CF_EXCLUDES(mutex_);
    struct Answer {
        FutureRef call;
        Frame frame;
    };
    void settle(PoolWorker& worker, std::span<Answer> answers) CF_EXCLUDES(mutex_);
    void end_of_socket(PoolWorker& worker) CF_EXCLUDES(mutex_);
    PoolWorker* find_worker(uint64_t number) CF_REQUIRES(mutex_);
    void kill_worker(PoolWorker& worker, cf_status_t status, std::string verdict)
        CF_REQUIRES(mutex_);

    // --- life and death of workers (manager.cpp, burial.cpp): on the manager thread ---
    void manage();
    void manage_until_done();
    bool finished() CF_EXCLUDES(mutex_);
    void start_workers() CF_EXCLUDES(mutex_);
    size_t workers_to_start() CF_REQUIRES(mutex_);
    ErrorRef start_worker() CF_EXCLUDES(mutex_);
    /// A worker could not be started.
    void fail_start(const ErrorRef& error) CF_EXCLUDES(mutex_);
    bool any_workers() CF_EXCLUDES(mutex_);
    ErrorRef watch(PoolWorker& worker);
    bool watch_death(const PoolWorker& worker);
    bool watch(const WorkerProcess& process, uint64_t pidfd_event, uint64_t output_event);
    void await_events() CF_EXCLUDES(mutex_);
    int milliseconds_to_wait() CF_EXCLUDES(mutex_);
    void kill_impatient_workers() CF_EXCLUDES(mutex_);
    void read_output(PoolWorker& worker);
    void bury(PoolWorker& worker) CF_EXCLUDES(mutex_);
    void remove(PoolWorker& worker) CF_EXCLUDES(mutex_);
    struct Death;
    void fail_lost(const Death& death, Session::Lost& one);
    void judge(const Death& death) CF_EXCLUDES(mutex_);

    // --- workers that a fork server makes (forking.cpp): on the manager thread ---
    bool forks_workers() const {
        return options_.start_method != CF_START_METHOD_SPAWN && !spawns_instead_;
    }
    /// Sees to it that there is one, and asks it for a worker.
    ErrorRef fork_worker(PoolWorker& worker) CF_EXCLUDES(mutex_);
    ErrorRef start_fork_server();
    /// Takes in an event of one of the server's descriptors. `reads`: whether the manager has the reading.
    void heed_fork_server(uint64_t event, bool& reads) CF_EXCLUDES(mutex_);
    void hear_fork_server(bool& reads) CF_EXCLUDES(mutex_);
    void adopt_worker(ForkServer::Answer& answer, bool& reads) CF_EXCLUDES(mutex_);
    void give_up_worker(uint64_t number, const ErrorRef& error, bool& reads) CF_EXCLUDES(mutex_);
    void bury_fork_server(bool& reads) CF_EXCLUDES(mutex_);
    void bury_unmade(PoolWorker& worker) CF_EXCLUDES(mutex_);
    void judge_fork_server(const ForkServer& server, const std::string& reason) CF_EXCLUDES(mutex_);
    void end_fork_server() CF_EXCLUDES(mutex_);

    // --- ends by request (control.cpp): on the manager thread ---
    void heed_end_of_workers() CF_EXCLUDES(mutex_);
    void heed_deadlines() CF_EXCLUDES(mutex_);
    void heed_stop_requests() CF_EXCLUDES(mutex_);
    /// Ends a call: takes it back and fails it, or ends the worker that runs it.
    void stop_call(Future& call, const ErrorRef& error, const char* verdict) CF_EXCLUDES(mutex_);
    /// Asks it to end, and kills it when the grace is over.
    void terminate_worker(PoolWorker& worker, cf_status_t status, std::string verdict)
        CF_REQUIRES(mutex_);

    void break_pool(const ErrorRef& error) CF_EXCLUDES(mutex_);
    bool open() const CF_REQUIRES(mutex_) { return !shut_down_ && !broken_; }

    /// How long a worker may take to leave when it was asked to, or has said that it cannot serve.
    static constexpr Nanoseconds kLeavePatience = 5 * kSecond;

    /// How often the manager looks at what happens without it.
    static constexpr Nanoseconds kTick = kMillisecond;

    // Marks among epoll events; workers' numbers start at 1.
    static constexpr uint64_t kWakeEvent = 0;
    static constexpr uint64_t kSocketsEvent = UINT64_MAX;
    static constexpr uint64_t kForkServerSocketEvent = UINT64_MAX - 1;
    static constexpr uint64_t kForkServerPidfdEvent = UINT64_MAX - 2;
    static constexpr uint64_t kForkServerOutputEvent = UINT64_MAX - 3;

    const ProcessPoolOptions options_;
    const ResolvedCommand command_;
    const std::string hello_;
    const std::string fork_server_hello_;
    CallbackThread callbacks_{*this};

    Descriptor epoll_;    // the manager's: wake_, pidfds, outputs, and sockets_ when it is to read
    Descriptor wake_;     // an eventfd; written by everybody
    Descriptor sockets_;  // an epoll of the sockets and kick_: the reader's
    Descriptor kick_;     // an eventfd that wakes the reader

    // The manager's.
    uint64_t last_worker_number_ = 0;
    CrashRate crashes_;
    std::unique_ptr<ForkServer> fork_server_;  // null while there is none
    ErrorRef fork_server_refusal_;             // why it cannot serve
    bool fork_servers_work_ = false;           // one has been ready
    int fork_server_deaths_ = 0;               // in a row, without a worker in between
    bool spawns_instead_ = false;              // there cannot be a fork server, and need not

    Mutex mutex_;
    Condition progress_;  // something retired, or the manager ended
    Condition turn_;      // the reading is free, or a flush is over
    CallQueue queue_ CF_GUARDED_BY(mutex_);
    DeadlineQueue deadlines_ CF_GUARDED_BY(mutex_);
    std::vector<FutureRef> stop_requests_ CF_GUARDED_BY(mutex_);  // calls that may run
    const std::unique_ptr<QueueLimit> limit_;                     // of the queue; null: none
    Workers workers_ CF_GUARDED_BY(mutex_);                       // changed by the manager
    uint64_t workers_version_ CF_GUARDED_BY(mutex_) = 0;          // counts their changes
    bool shut_down_ CF_GUARDED_BY(mutex_) = false;
    ErrorRef broken_ CF_GUARDED_BY(mutex_);
    WorkersEnd workers_end_ CF_GUARDED_BY(mutex_) = WorkersEnd::kNone;
    bool manager_runs_ CF_GUARDED_BY(mutex_) = false;
    Thread manager_ CF_GUARDED_BY(mutex_);
    bool manager_is_joined_by_another_ CF_GUARDED_BY(mutex_) = false;
    Reader reader_ CF_GUARDED_BY(mutex_) = Reader::kNobody;
    bool manager_reads_ CF_GUARDED_BY(mutex_) = false;  // when nobody does: sockets_ is in epoll_
    /// Whether threads wait so often that the manager does not watch for answers in between, but
    /// looks every now and then.
    bool waiters_come_ CF_GUARDED_BY(mutex_) = false;
    uint32_t waits_ CF_GUARDED_BY(mutex_) = 0;  // since it has looked
    Nanoseconds next_look_at_waiters_ CF_GUARDED_BY(mutex_) = 0;
    /// Whether a worker has calls behind another one.
    bool calls_wait_behind_others_ CF_GUARDED_BY(mutex_) = false;
    /// When the manager wakes by itself.
    Deadline manager_sleeps_until_ CF_GUARDED_BY(mutex_) = Deadline::never();
    /// In a row, of workers that neither answered nor lost a call.
    int fruitless_deaths_ CF_GUARDED_BY(mutex_) = 0;

    /// Whether the manager waits for the reading.
    sync::Atomic<bool> reading_is_wanted_{false};
    /// What a submitter should do: see note_what_is_wanted().
    sync::Atomic<bool> worker_is_idle_{false};
    sync::Atomic<bool> worker_may_start_{true};
    sync::Atomic<size_t> outstanding_{0};
    /// Threads that wait for outstanding_ to become less, but not to become 0.
    sync::Atomic<uint32_t> watchers_{0};
    /// Whether the manager will look at the queue before it sleeps again.
    sync::Atomic<bool> manager_is_awake_{true};

    // New calls, so that submitters do not meet those who hand out.
    Mutex inlet_mutex_;
    FutureList inlet_ CF_GUARDED_BY(inlet_mutex_);
    ErrorRef refusal_ CF_GUARDED_BY(inlet_mutex_);       // why nothing is accepted
    bool accepts_ CF_GUARDED_BY(inlet_mutex_) = false;   // the manager runs
    uint64_t accepted_ CF_GUARDED_BY(inlet_mutex_) = 0;  // calls, since it was made
    sync::Atomic<size_t> inlet_size_{0};

    // For cf_executor_stats().
    Endings<sync::Atomic<uint64_t>> endings_;
    Mutex times_mutex_;
    CallTimes times_ CF_GUARDED_BY(times_mutex_);
};

}  // namespace cf

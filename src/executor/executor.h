// The contract that all executors share: cf_executor_t.
//
// An executor accepts calls, runs each at most once, and brings every accepted future to a terminal
// state on every path (S3). Users hold it by handles; the memory is held by the handles together, by
// each of its threads, and by the futures of executors that dispatch to processes. When the last
// handle goes the executor takes no new calls, finishes accepted ones in the background, and frees
// itself (C10).
//
// Life: OPEN, then (begin_shutdown) SHUTTING DOWN, then, when nothing is outstanding and all threads
// and workers have ended, TERMINATED. Or, at any point, BROKEN: nothing new is accepted, and the
// error says why.
//
// A call is outstanding from accept() to retire(). That covers its destroy function and its
// callbacks, which is what shutdown(wait) promises (C11).
#pragma once

#include <cfutures/cfutures.h>

#include <span>
#include <string_view>

#include "executor/exit_hook.h"
#include "executor/stats.h"
#include "executor/worker_list.h"
#include "future/owner.h"
#include "support/error.h"
#include "support/handle.h"

namespace cf {

/// What becomes of an executor's work when the process exits.
struct ExitOptions {
    cf_exit_policy_t policy = CF_EXIT_POLICY_DRAIN;
    Nanoseconds timeout = -1;
};

/// How the workers of a process pool are ended by request; the later ones are stronger.
enum class WorkersEnd : uint8_t { kNone, kTerminate, kKill };

/// The next one of the last block of ids that this thread took; a new block is due at its end.
inline CF_THREAD_LOCAL uint64_t last_call_id = 0;
constexpr uint64_t kCallIdBlock = 1024;
/// The id before the first one of a new block.
uint64_t take_call_ids();
/// Ids are unique in the process. Each thread takes a block of them, so that threads that submit do not
/// meet at a counter.
inline uint64_t next_call_id() {
    if (last_call_id % kCallIdBlock == 0) [[unlikely]]
        last_call_id = take_call_ids();
    return ++last_call_id;
}

/// UNSUPPORTED, where function pointers mean nothing.
ErrorRef function_pointer_error();

class Executor : public HandleBase, public FutureOwner {
  public:
    static constexpr HandleKind kHandleKind = HandleKind::kExecutor;

    // Handles.
    void retain() { handles_.add(); }
    void release();

    // --- making calls; each gives a future that accept() takes ---

    ErrorRef make_function(const CallOptions& options, const FunctionCall& call,
                           FutureRef& future_out);
    ErrorRef make_function(const FunctionCall& call, FutureRef& future_out) {
        if (!takes_pointers()) [[unlikely]]
            return function_pointer_error();
        if (timed_) [[unlikely]]
            return make_function(CallOptions{}, call, future_out);
        future_out = make_simply(call);
        return nullptr;
    }
    ErrorRef make_payload(const CallOptions& options, size_t size, size_t alignment,
                          cf_task_fn task_fn, cf_destroy_fn abandon, cf_destroy_fn destroy,
                          FutureRef& future_out);
    /// Checks the name and the arguments.
    ErrorRef make_call(const CallOptions& options, std::string_view function_name,
                       std::string_view arguments, FutureRef& future_out);

    // --- running them ---

    /// Accepts all calls of the list, or none (then the list is as it was). A process pool sends the
    /// calls of one list in one message. May run user code when the executor is inline.
    virtual ErrorRef accept(FutureList& calls) = 0;
    ErrorRef accept(FutureRef call) { return accept_one(std::move(call)); }
    /// The same for a call whose place in the queue was promised before, a continuation: it does not wait
    /// for a place in a bounded queue.
    virtual ErrorRef accept_beyond_limit(FutureRef call) { return accept_one(std::move(call)); }
    /// The same for calls that make_function() or make_call() has just made, and that no other thread
    /// knows of yet. Who wants the future has added its own reference before, unshared.
    virtual ErrorRef accept_new(FutureRef call) { return accept_one(std::move(call)); }
    /// Unlike those of accept(), the calls of the list do not belong together.
    virtual ErrorRef accept_new(FutureList& calls) { return accept(calls); }

    /// Accepts a call that make_payload() has made. INVALID_STATE when it was submitted or cancelled
    /// before, and then nothing has changed. When it is refused its future fails with the same status.
    ErrorRef submit_prepared(Future& call);
    /// The same for all of them or none.
    ErrorRef submit_prepared(std::span<Future* const> calls);

    /// The short way of a function call without options, which most are: makes it and accepts it, with a
    /// reference for the caller who wants its future. False when anything stands in the way, and then
    /// nothing has happened; make_function() and accept_new() know more.
    virtual bool submit_simply(const FunctionCall&, Future** /*future_out*/) { return false; }

    /// Why it takes no function pointers now: UNSUPPORTED, SHUT_DOWN, BROKEN_EXECUTOR; null when it does.
    ErrorRef check_takes_functions();
    /// Whether threads that wait for its calls may spin first.
    bool waiters_spin() const { return (terms_ & kWaitersSpin) != 0; }
    /// How many calls of it help range maps (range_map.h).
    sync::Atomic<uint32_t>& range_helpers() { return range_helpers_; }

    /// As cf_executor_stats().
    virtual void read_stats(Stats& stats) = 0;

    /// A good number of calls to accept at once when `count` more are to come (0: unknown).
    virtual size_t chunk_size(size_t count) const;
    /// How many calls can run at the same time.
    virtual size_t worker_count() const = 0;

    // --- ending ---

    /// As cf_executor_shutdown().
    ErrorRef shutdown(cf_shutdown_flags_t flags, Deadline deadline);
    /// As cf_executor_terminate_workers() and cf_executor_kill_workers().
    ErrorRef end_workers(WorkersEnd how, cf_shutdown_flags_t flags, Deadline deadline);
    /// As cf_executor_workers().
    virtual ErrorRef list_workers(WorkerList& list);
    /// When the process exits: ends accepted work as the options say, but for calls that this thread is
    /// inside of.
    void end_at_exit();

    void retain_owner() override { memory_.add(); }
    void release_owner() override {
        if (memory_.drop() && !forked()) delete this;
    }

    // For the list of live executors.

    /// False when the executor is being freed.
    [[nodiscard]] bool try_retain_owner() { return memory_.try_add(); }
    ExitRecord& exit_record() { return exit_record_; }

  protected:
    /// Whether it measures how long calls wait and run.
    bool timed() const { return timed_; }

    explicit Executor(ExitOptions exit = {}, OwnerTerms terms = kNoTerms, bool timed = false);
    /// make_function() where function pointers make sense and nothing is measured.
    FutureRef make_simply(const FunctionCall& call) {
        return Future::for_function(next_call_id(), call, *this, terms_);
    }
    virtual ~Executor();

    /// Whether function pointers make sense here.
    virtual bool takes_pointers() const { return true; }
    /// Whether a function must be registered in this process to be called.
    virtual bool uses_own_functions() const { return true; }
    /// Whether calls may have deadlines.
    virtual bool takes_deadlines() const { return true; }
    /// The largest arguments that may travel.
    virtual size_t max_message_size() const { return SIZE_MAX; }

    /// Why it takes no new function pointers, where it takes any; null while it does.
    virtual ErrorRef check_open() { return nullptr; }
    /// Takes no new calls from now on; with `cancel`, cancels all that have not started.
    virtual void begin_shutdown(bool cancel) = 0;
    /// The same with `cancel`, and ends the workers; false where there are no worker processes, and
    /// then nothing was begun.
    virtual bool begin_ending_workers(WorkersEnd) { return false; }
    /// Waits until at most `exempt` calls are outstanding, and then until all threads and worker
    /// processes have ended, the calling thread excepted. False when the deadline passed first.
    virtual bool await_termination(Deadline deadline, size_t exempt) = 0;

    virtual ErrorRef accept_one(FutureRef call);
    /// Marks the calls of a list as accepted and gives their number; those that were cancelled before
    /// leave the list. Their deadlines start. For accept(), when the executor has decided to take them.
    static size_t mark_accepted(FutureList& calls);

    /// end(call) for every call that leaves a list, also when a callback of one ends this thread.
    template <typename End>
    static void for_each_call(FutureList& calls, const End& end) {
        while (const FutureRef call = calls.pop_front()) {
            call_user_code([&] { end(*call); }, [] {}, [&] { for_each_call(calls, end); });
        }
    }

  private:
    /// The options of a call, and what this executor adds.
    CallOptions completed(const CallOptions& options) const {
        CallOptions all = options;
        all.timed = timed_;
        return all;
    }
    ReferenceCount handles_;
    ReferenceCount memory_;  // one for all handles together
    ExitRecord exit_record_;
    const ExitOptions exit_;
    sync::Atomic<uint32_t> range_helpers_{0};
    const OwnerTerms terms_;  // for all of its futures
    const bool timed_;
};

/// Runs a started function-pointer, payload or (known) named call on this thread and settles it.
/// `worker_id` is the worker's number in its executor, 0 when it has none.
void run_call(Future& future, uint64_t worker_id = 0);
/// The same, and a clock measures it.
void run_call(Future& future, uint64_t worker_id, CallClock& clock);

/// After a thread that waits for a call has started it: false when its deadline has passed, and then it
/// has failed and does not run.
[[nodiscard]] bool begin_awaited_call(Future& future);

/// Starts a call with a deadline unless that has passed: then it fails. False when it does not run.
[[nodiscard]] bool start_in_time(Future& future);
/// The same for any call.
[[nodiscard]] inline bool start_call(Future& future) {
    if (future.has_deadline()) [[unlikely]]
        return start_in_time(future);
    if (!future.start()) return false;
    if (future.placed()) [[unlikely]]
        future.leave_queue();
    return true;
}

/// SHUT_DOWN, as every executor says it.
ErrorRef shut_down_error();
/// INVALID_STATE, of a prepared call.
ErrorRef submitted_before();

}  // namespace cf

// The future: one block of memory that holds the call's state, its input, its outcome and, behind it,
// the payload or the text of its arguments. cf_future_t is a pointer to this.
//
//     [ Future | PayloadRecord, gap, payload ]      a prepared call (Work::kPayload), a promise with
//                                                   a payload
//     [ Future | CallRecord, argument text   ]      a named call (Work::kCall)
//     [ Future ]                                    a function pointer (Work::kFunction), a promise
//     [ Future | NameRecord ]                       a function pointer that the submitter named
//     ... and, last in the block, the call's own name when the submitter gave it one.
//     A call with a deadline has a DeadlineRecord right behind the Future, before all of these, and one
//     with a priority or a limit to its wait for a place has a QueueTerms behind that.
//
// Blocks come from the slab (support/slab.h), but for large and strictly aligned ones.
//
// Input and outcome share their space: the input is read by whoever takes the future out of PENDING
// (invariant F1), the outcome is written by whoever may (see StateWord) and read when the phase is
// terminal (F2). References (F3): one for each handle, one for the executor from submit to retire;
// whoever makes the phase terminal holds one of them until it has notified everybody.
//
// Order at the end of a call (F4): input destroyed, outcome written, phase terminal, sleepers woken,
// waiters notified, callbacks run, owner told (FutureOwner::retire).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "future/observer.h"
#include "future/outcome.h"
#include "future/state_word.h"
#include "support/handle.h"
#include "support/ref.h"
#include "support/slab.h"

namespace cf {

class Function;
class Future;
class FutureOwner;
using FutureRef = Ref<Future>;

/// What the submitter may say about a call; only looked at.
struct CallOptions {
    std::string_view name{};   // in errors and logs; empty for none
    Nanoseconds timeout = -1;  // from submission to the deadline; negative for none
    uint16_t retries = 0;      // of a named call whose worker process is lost
    int32_t priority = 0;
    Nanoseconds queue_timeout = -1;  // how long submitting may wait for a place in a bounded queue

    bool timed = false;  // its executor measures how long it waits and runs

    bool has_queue_terms() const { return priority != 0 || queue_timeout >= 0 || timed; }
};

/// Of a call with a deadline, in the future's block.
struct DeadlineRecord {
    Nanoseconds timeout = -1;  // from when the call is handed to its executor
    Deadline at = Deadline::never();
    // The timer's (executor/deadline_timer.h).
    size_t place = 0;  // in its heap, from 1; 0 when it is not there
    Future* next_expired = nullptr;
    // The input of a kFunction call that has expired and whose outcome stands where the input stood.
    cf_destroy_fn destroy = nullptr;
    void* user_data = nullptr;
};

/// What an executor decides for all of its futures.
enum OwnerTerms : uint8_t {
    kNoTerms = 0,
    kKeepOwner = 1,    // the future holds a reference to its owner as long as it lives
    kWaitersSpin = 2,  // a thread that waits for it may spin for a moment first
    kWaitersRun = 4,   // a thread that waits for it may run it, whatever thread it is
};
constexpr OwnerTerms operator|(OwnerTerms a, OwnerTerms b) {
    return static_cast<OwnerTerms>(static_cast<uint8_t>(a) | static_cast<uint8_t>(b));
}

/// A function pointer with its argument: the input of kFunction and kPayload calls.
struct FunctionCall {
    cf_task_fn task_fn;
    void* user_data;
    cf_destroy_fn destroy;
};

class Future : public HandleBase {
  public:
    static constexpr HandleKind kHandleKind = HandleKind::kFuture;

    enum class Work : uint8_t { kPromise, kFunction, kPayload, kCall };

    // Creation; all throw std::bad_alloc.
    static FutureRef for_promise();
    /// size and alignment were checked by the caller.
    static FutureRef for_promise(size_t size, size_t alignment, cf_destroy_fn destroy);
    static FutureRef for_function(uint64_t id, const CallOptions& options,
                                  const FunctionCall& call);
    /// The same without options: what most calls are. The owner is set, too.
    static FutureRef for_function(uint64_t id, const FunctionCall& call, FutureOwner& owner,
                                  OwnerTerms terms);
    /// size and alignment were checked by the caller.
    static FutureRef for_payload(uint64_t id, const CallOptions& options, size_t size,
                                 size_t alignment, cf_task_fn task_fn, cf_destroy_fn abandon,
                                 cf_destroy_fn destroy);
    /// `function` is null when only the worker knows the name. Texts are copied.
    static FutureRef for_call(uint64_t id, const CallOptions& options,
                              std::string_view function_name, const Function* function,
                              std::string_view arguments);

    void retain() { references_.add(); }
    void release() {
        if (references_.drop_cheaply()) end();
    }
    /// Frees a call that was just made, whatever its references, while no other thread knows of it. Its
    /// input is still its maker's.
    static void unmake(Future* call) { free(call); }
    /// A second reference to a call that was just made, before any other thread knows of it.
    FutureRef share_unshared() {
        references_.add_unshared();
        return FutureRef::adopt(this);
    }

    // What it is; constant after creation.
    Work work() const { return work_; }
    uint64_t id() const { return id_; }
    /// The submitter's name, else the function's, else "".
    std::string_view name() const;
    void* payload() const;
    // Of kCall only.
    std::string_view function_name() const;
    const Function* function() const;
    std::string_view arguments() const;
    /// The outcome that has a copy of these bytes: where the arguments were, which nobody needs any
    /// more, if there is room. For whoever settles it. Throws std::bad_alloc.
    Outcome copy_result(ResultKind kind, std::string_view bytes);
    /// How many workers were lost while they ran it; for its owner, as the next one.
    unsigned losses() const;
    /// Counts one more; whether it may run again.
    bool count_loss();

    /// The executor that it was made for; null for a promise, and for when_all and when_any. Valid for whoever took the future out
    /// of PENDING, until it retires it; always valid when the owner is kept.
    FutureOwner* owner() const { return owner_; }
    /// Before the future is shared.
    void set_owner(FutureOwner& owner, OwnerTerms terms) {
        owner_ = &owner;
        terms_ = terms & 7U;
        if (has_term(kKeepOwner)) [[unlikely]]
            keep_owner();
    }

    // Deadline: a moment at which a call that has not started fails, and one that runs is to stop.

    bool has_deadline() const { return has_deadline_; }
    /// For the executor, when the call is handed to it and before it can start: the times to its deadline
    /// and to its start run from now on.
    void start_clocks();
    /// Never when there is none, or its time does not run yet.
    Deadline deadline() const;
    /// DEADLINE_EXCEEDED, for a call that has not started by then.
    ErrorRef deadline_error() const;
    /// When there is one.
    DeadlineRecord& deadline_record() const;
    /// Fails a pending call whose time is up, and tells those who wait; no user code runs. False when
    /// it was started or is done. On true its destroy function and callbacks are left.
    [[nodiscard]] bool expire();
    bool leaves_user_code() const;
    /// Runs what expire() has left, and retires the call.
    void finish_expired();

    // Terms of its submission.

    bool has_queue_terms() const { return has_queue_terms_; }
    /// When it was accepted; for an executor that measures.
    Nanoseconds accepted_at() const { return queue_terms().accepted_at; }
    /// When it was handed to a worker process; 0: never.
    Nanoseconds started_at() const { return queue_terms().started_at; }
    void set_started_at(Nanoseconds now) { queue_terms().started_at = now; }
    int32_t priority() const { return has_queue_terms_ ? queue_terms().priority : 0; }
    Nanoseconds queue_timeout() const {
        return has_queue_terms_ ? queue_terms().queue_timeout : -1;
    }

    /// Whether the call has a place in a bounded queue. Set by its executor before it accepts the call;
    /// for whoever takes the accepted call out of PENDING, who gives the place back.
    bool placed() const { return placed_; }
    void set_placed(bool placed) { placed_ = placed; }
    /// For whoever took an accepted call out of PENDING.
    void leave_queue();

    /// For the table of extras (extras.h), when it gets an entry there.
    void set_has_extras() { has_extras_ = true; }

    /// Whether the executor sends it in one message with the call before it in its queue.
    bool joined() const { return joined_; }
    void set_joined(bool joined) { joined_ = joined; }

    // State.
    StateWord& state() { return state_; }
    const StateWord& state() const { return state_; }
    Phase phase() const { return state_.phase(); }
    bool done() const { return is_terminal(phase()); }
    /// What the user sees; asks the owner whether a dispatched call was claimed by its worker.
    cf_future_state_t visible_state();

    // Outcome; only when done.
    cf_status_t outcome_status() const;
    ResultKind result_kind() const { return result_kind_; }
    void* result_data() const { return content_.result.data; }
    size_t result_size() const { return content_.result.size; }
    Error* error() const { return phase() == Phase::kFailed ? content_.error : nullptr; }

    /// The input of a kFunction or kPayload call; for whoever took it out of PENDING (F1).
    const FunctionCall& function_call() const { return content_.call; }
    /// Frees the input of a call that has run (abandoned = false) or never will (true). Once.
    void destroy_input(bool abandoned) {
        if (work_ == Work::kFunction) {
            call_destroy(content_.call.destroy, content_.call.user_data);
        } else if (work_ == Work::kPayload && abandoned) {
            call_destroy(payload_record().abandon, payload());
        }
    }

    /// Cancels a pending call; true when it is cancelled. Runs callbacks on this thread.
    bool cancel();
    /// The same, and asks a call that runs to stop, in the way of its executor. An error when it is
    /// finished, or cannot be asked.
    ErrorRef cancel_running();
    /// Ends the future: RUNNING by its worker, or SETTLING. Notifies everybody and retires it.
    void settle(Outcome&& outcome) { notify(settle_quietly(std::move(outcome))); }
    /// The first part: writes the outcome, makes the phase terminal and wakes sleepers.
    Aftermath settle_quietly(Outcome&& outcome) {
        if (outcome.failed()) [[unlikely]] {
            content_.error = outcome.take_error().detach();
            return settle_state(Phase::kFailed);
        }
        result_kind_ = outcome.kind();
        content_.result = outcome.detach();
        return settle_state(Phase::kSucceeded);
    }
    /// And the rest. Where nobody observes, only the owner has to retire it.
    void notify(Aftermath aftermath);
    /// Fails a pending call that will never run, because its executor broke or refused it. False when
    /// it was already started or done.
    bool fail_unstarted(const ErrorRef& error);
    /// Fails a call that was started and will not run after all. The caller holds a reference (F3).
    void abandon(const ErrorRef& error);

    /// Whether a done future has callbacks that were not called; for its owner.
    bool has_callbacks() const { return !observers_.empty(); }
    /// Calls them in order, each exactly once, also when one ends its thread; for its owner.
    void run_callbacks();

    /// Takes a call out of PENDING, for the thread that will run it, with the reference that its queue
    /// had. False when it was cancelled or started by another.
    [[nodiscard]] bool start() {
        if (!references_.only()) return state_.start();
        alone_ = true;
        return state_.start_alone();
    }

    /// Waits: OK, TIMEOUT, or WOULD_DEADLOCK with the reason, when there is room for it. May run the
    /// call in place, and others (blocking.h).
    cf_status_t await(Deadline deadline, ErrorRef* would_deadlock = nullptr);
    /// The same; false when it is not done.
    bool wait(Deadline deadline) { return await(deadline) == CF_STATUS_OK; }
    /// Runs a pending call on this thread, if its executor wants that; true when it is done now.
    bool run_in_place();

    /// Adds an observer; false when the future is done, and then it was not added.
    [[nodiscard]] bool add_observer(Observer& observer);
    /// Removes one; false when it was or is being notified.
    [[nodiscard]] bool remove_observer(Observer& observer);

  private:
    friend class FutureList;
    struct QueueTerms {
        Nanoseconds queue_timeout;
        Nanoseconds accepted_at;
        Nanoseconds started_at;
        int32_t priority;
    };
    struct NameRecord {
        const char* name;  // in this block; null when the submitter gave none
    };
    struct PayloadRecord : NameRecord {
        cf_destroy_fn abandon;
        cf_destroy_fn destroy;
    };
    struct CallRecord : NameRecord {
        const Function* function;
        uint32_t function_name_size;
        uint16_t retries;
        uint16_t losses;
        size_t arguments_size;
        // then: function name, NUL, arguments, NUL
    };
    struct Layout;

    Future(Work work, uint64_t id, uint8_t slab_class, uint8_t alignment_shift,
           FutureOwner* owner = nullptr, OwnerTerms terms = kNoTerms)
        : HandleBase(kHandleKind),
          work_(work),
          slab_class_(slab_class & 15U),
          alignment_shift_(alignment_shift & 15U),
          terms_(terms & 7U),
          owner_(owner),
          id_(id) {}
    ~Future() = default;

    static Future* allocate(const Layout& layout, Work work, uint64_t id);
    static void free(Future* future);
    /// After the last reference.
    void end();
    void end_with_care();
    bool has_term(OwnerTerms term) const { return (terms_ & term) != 0; }
    void keep_owner();
    QueueTerms& queue_terms() const;
    /// What follows the future, behind its DeadlineRecord and its QueueTerms.
    void* records() const;
    void put_options(const CallOptions& options);
    const CallRecord& call_record() const;
    PayloadRecord& payload_record() const;
    NameRecord& name_record() const;
    void put_name(char* to, std::string_view name);
    Aftermath settle_state(Phase terminal) {
        const bool alone = alone_ && references_.only();
        return alone ? state_.settle_alone(terminal) : state_.settle(terminal);
    }
    /// Notifies the waiters of a future that is now done; its callbacks stay in the list.
    void notify_waiters();
    /// The user code of a call that has not run and is done: frees the input, calls back, retires.
    template <typename DestroyInput>
    void finish_unrun(bool accepted, DestroyInput&& destroy_input);

    StateWord state_;
    ReferenceCount references_;
    // Constant once it is shared.
    Work work_ : 2;
    bool named_ : 1 = false;  // a NameRecord follows
    bool has_deadline_ : 1 = false;
    uint8_t slab_class_ : 4;            // of the block
    uint8_t alignment_shift_ : 4;       // of the payload
    uint8_t terms_ : 3;                 // OwnerTerms
    bool has_queue_terms_ : 1 = false;  // a QueueTerms follows
    uint8_t : 0;                        // F8: what follows belongs to whoever starts and ends it
    ResultKind result_kind_ : 4 = ResultKind::kNone;
    bool placed_ : 1 = false;      // it has a place in a bounded queue
    bool alone_ : 1 = false;       // started with the only reference (F7); written while that holds
    bool has_extras_ : 1 = false;  // in the table of extras.h
    uint8_t : 0;
    bool joined_ = false;  // the executor's, while a list of its holds the future
    FutureOwner* owner_;
    ObserverList observers_;  // protected by the LOCKED flag; the completer's once terminal
    uint64_t id_;
    union Content {
        FunctionCall call;
        Outcome::Parts result;
        Error* error;  // owned
    } content_{};
    Future* next_in_list_ = nullptr;  // the owner's, while one of its lists holds the future
};

// What a million pending calls cost; see the benchmarks before you add a field.
static_assert(sizeof(Future) == 72);

inline FutureRef Future::for_function(uint64_t id, const FunctionCall& call, FutureOwner& owner,
                                      OwnerTerms terms) {
    constexpr uint8_t kClass = slab_class(sizeof(Future));
    constexpr uint8_t kShift = std::countr_zero(alignof(Future));
    auto* future =
        new (slab_allocate(kClass)) Future(Work::kFunction, id, kClass, kShift, &owner, terms);
    future->content_.call = call;
    if (future->has_term(kKeepOwner)) [[unlikely]]
        future->keep_owner();
    return FutureRef::adopt(future);
}

/// A singly linked queue of futures, each with the reference that the executor owns.
class FutureList {
  public:
    bool empty() const { return first_ == nullptr; }
    size_t size() const { return size_; }
    Future* front() const { return first_; }
    static Future* after(const Future* future) { return future->next_in_list_; }
    void push_back(FutureRef future) {
        Future* node = future.detach();
        node->next_in_list_ = nullptr;
        (first_ == nullptr ? first_ : last_->next_in_list_) = node;
        last_ = node;
        ++size_;
    }
    void push_front(FutureRef future) {
        Future* node = future.detach();
        node->next_in_list_ = first_;
        if (first_ == nullptr) last_ = node;
        first_ = node;
        ++size_;
    }
    /// Somebody else has taken over all references.
    void forget_all() {
        first_ = last_ = nullptr;
        size_ = 0;
    }
    /// Null when empty.
    FutureRef pop_front() {
        Future* node = first_;
        if (node == nullptr) return nullptr;
        first_ = node->next_in_list_;
        --size_;
        return FutureRef::adopt(node);
    }
    /// Moves all of `other` to the front.
    void prepend(FutureList& other) {
        other.append(*this);
        append(other);
    }
    /// Moves all of `other` to the end.
    void append(FutureList& other) {
        if (other.empty()) return;
        (first_ == nullptr ? first_ : last_->next_in_list_) = other.first_;
        last_ = other.last_;
        size_ += std::exchange(other.size_, 0);
        other.first_ = other.last_ = nullptr;
    }

    FutureList() = default;
    FutureList(FutureList&& other) noexcept { append(other); }
    FutureList(const FutureList&) = delete;
    FutureList& operator=(const FutureList&) = delete;
    ~FutureList() {
        while (pop_front()) {
        }
    }

  private:
    Future* first_ = nullptr;
    Future* last_ = nullptr;
    size_t size_ = 0;
};

}  // namespace cf

#include "future/future.h"

#include <cassert>
#include <cstring>
#include <new>
#include <optional>

#include "future/blocking.h"
#include "future/extras.h"
#include "future/owner.h"
#include "future/spin.h"
#include "future/unobserved_failure.h"
#include "support/slab.h"
#include "support/thread_local.h"

namespace cf {

/// Where the parts of a block are.
struct Future::Layout {
    explicit Layout(const CallOptions& options)
        : head(sizeof(Future) + (options.timeout >= 0 ? sizeof(DeadlineRecord) : 0) +
               (options.has_queue_terms() ? sizeof(QueueTerms) : 0)) {}
    size_t head;       // the future, and the records of its deadline and its terms
    size_t extra = 0;  // bytes behind the head
    size_t alignment = alignof(Future);
};

namespace {

CF_THREAD_LOCAL SpinLength spin_length;

/// Who gets many futures in order, while the workers need every processor, would be woken at each of them,
/// and each time take a processor from a worker. When the last sleep was as short as that, such a thread
/// sleeps for a while before it asks to be woken, and then finds many done. It is late by that much at most,
/// once, where it would have to wait for a processor anyway.
constexpr Nanoseconds kNap = 100'000;
constexpr Nanoseconds kShortSleep = 200'000;
CF_THREAD_LOCAL bool slept_shortly;

void nap(Deadline deadline) {
    sync::Atomic<uint32_t> nobody_wakes{0};
    sync::park(nobody_wakes, 0, deadline.earlier(Deadline::after(kNap)));
}

size_t align_up(size_t size, size_t alignment) {
    return (size + alignment - 1) & ~(alignment - 1);
}

ErrorRef finished_error() {
    return Error::create(CF_STATUS_INVALID_STATE, "the call is finished; there is nothing to stop");
}

char* put_text(char* to, std::string_view text) {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    to[text.size()] = '\0';
    return to + text.size() + 1;
}

}  // namespace

// --- creation and end -----------------------------------------------------------------------------

Future* Future::allocate(const Layout& layout, Work work, uint64_t id) {
    const size_t size = layout.head + layout.extra;
    uint8_t shift = 0;
    while ((size_t{1} << shift) < layout.alignment)
        ++shift;
    const uint8_t block_class = slab_class(size, layout.alignment);
    void* block = block_class == kNoSlabClass
                      ? ::operator new(size, std::align_val_t(layout.alignment))
                      : slab_allocate(block_class);
    return new (block) Future(work, id, block_class, shift);
}

void Future::free(Future* future) {
    const uint8_t block_class = future->slab_class_;
    const uint8_t shift = future->alignment_shift_;
    future->~Future();
    if (block_class == kNoSlabClass) [[unlikely]] {
        ::operator delete(future, std::align_val_t(size_t{1} << shift));
    } else {
        slab_free(future, block_class);
    }
}

void Future::put_name(char* to, std::string_view name) {
    if (name.empty()) return;
    put_text(to, name);
    name_record().name = to;
}

void Future::put_options(const CallOptions& options) {
    if (options.timeout >= 0) {
        new (this + 1) DeadlineRecord{.timeout = options.timeout};
        has_deadline_ = true;
    }
    if (options.has_queue_terms()) {
        has_queue_terms_ = true;
        new (&queue_terms()) QueueTerms{.queue_timeout = options.queue_timeout,
                                        .accepted_at = 0,
                                        .started_at = 0,
                                        .priority = options.priority};
    }
}

FutureRef Future::for_promise() {
    return FutureRef::adopt(allocate(Layout{{}}, Work::kPromise, 0));
}

FutureRef Future::for_promise(size_t size, size_t alignment, cf_destroy_fn destroy) {
    return for_payload(0, {}, size, alignment, nullptr, nullptr, destroy);
}

FutureRef Future::for_function(uint64_t id, const CallOptions& options, const FunctionCall& call) {
    const std::string_view name = options.name;
    Layout layout(options);
    if (!name.empty()) layout.extra = sizeof(NameRecord) + name.size() + 1;
    Future* future = allocate(layout, Work::kFunction, id);
    future->put_options(options);
    future->content_.call = call;
    if (!name.empty()) {
        future->named_ = true;
        auto* record = new (future->records()) NameRecord{};
        future->put_name(reinterpret_cast<char*>(record + 1), name);
    }
    return FutureRef::adopt(future);
}

FutureRef Future::for_payload(uint64_t id, const CallOptions& options, size_t size,
                              size_t alignment, cf_task_fn task_fn, cf_destroy_fn abandon,
                              cf_destroy_fn destroy) {
    const std::string_view name = options.name;
    Layout layout(options);
    layout.alignment = alignment > alignof(Future) ? alignment : alignof(Future);
    const size_t payload_at = align_up(layout.head + sizeof(PayloadRecord), layout.alignment);
    const size_t name_at = payload_at + size;
    layout.extra = name_at + (name.empty() ? 0 : name.size() + 1) - layout.head;
    Future* future = allocate(layout, Work::kPayload, id);
    future->put_options(options);
    new (future->records()) PayloadRecord{{nullptr}, abandon, destroy};
    future->named_ = true;
    future->content_.call = FunctionCall{task_fn, future->payload(), nullptr};
    future->put_name(reinterpret_cast<char*>(future) + name_at, name);
    return FutureRef::adopt(future);
}

FutureRef Future::for_call(uint64_t id, const CallOptions& options, std::string_view function_name,
                           const Function* function, std::string_view arguments) {
    const std::string_view name = options.name;
    Layout layout(options);
    layout.extra = sizeof(CallRecord) + function_name.size() + 1 + arguments.size() + 1 +
                   (name.empty() ? 0 : name.size() + 1);
    Future* future = allocate(layout, Work::kCall, id);
    future->put_options(options);
    auto* record = new (future->records())
        CallRecord{{nullptr},       function, static_cast<uint32_t>(function_name.size()),
                   options.retries, 0,        arguments.size()};
    future->named_ = true;
    char* to = reinterpret_cast<char*>(record + 1);
    to = put_text(to, function_name);
    to = put_text(to, arguments);
    future->put_name(to, name);
    return FutureRef::adopt(future);
}

// Most calls end like this.
void Future::end() {
    if (state_.only_succeeded() && work_ == Work::kFunction && !has_term(kKeepOwner) &&
        !has_extras_ && observers_.empty() && content_.result.destroy == nullptr) [[likely]] {
        return free(this);
    }
    end_with_care();
}

void Future::end_with_care() {
    const Phase phase = state_.phase();
    if (phase == Phase::kPending && work_ != Work::kPromise) destroy_input(true);
    while (Observer* callback = observers_.pop_front())
        callback->discard();
    if (phase == Phase::kSucceeded) call_destroy(content_.result.destroy, content_.result.data);
    if (phase == Phase::kFailed) {
        if (!state_.seen()) report_unobserved_failure(*content_.error);
        content_.error->release();
    }
    if (work_ == Work::kPayload) call_destroy(payload_record().destroy, payload());
    if (has_extras_ && !forked()) forget_extras(*this);
    FutureOwner* kept = has_term(kKeepOwner) ? owner_ : nullptr;
    free(this);
    if (kept != nullptr) kept->release_owner();
}

void Future::keep_owner() {
    owner_->retain_owner();
}

// --- what it is -----------------------------------------------------------------------------------

void* Future::records() const {
    char* behind = reinterpret_cast<char*>(const_cast<Future*>(this) + 1);
    if (has_deadline_) behind += sizeof(DeadlineRecord);
    return has_queue_terms_ ? behind + sizeof(QueueTerms) : behind;
}

DeadlineRecord& Future::deadline_record() const {
    return *std::launder(reinterpret_cast<DeadlineRecord*>(const_cast<Future*>(this) + 1));
}

Future::QueueTerms& Future::queue_terms() const {
    char* behind = reinterpret_cast<char*>(const_cast<Future*>(this) + 1);
    if (has_deadline_) behind += sizeof(DeadlineRecord);
    return *std::launder(reinterpret_cast<QueueTerms*>(behind));
}

Future::PayloadRecord& Future::payload_record() const {
    return *std::launder(static_cast<PayloadRecord*>(records()));
}

Future::NameRecord& Future::name_record() const {
    return *std::launder(static_cast<NameRecord*>(records()));
}

const Future::CallRecord& Future::call_record() const {
    return *std::launder(static_cast<const CallRecord*>(records()));
}

void* Future::payload() const {
    if (work_ != Work::kPayload) return nullptr;
    const auto head = static_cast<size_t>(static_cast<const char*>(records()) -
                                          reinterpret_cast<const char*>(this));
    const size_t at = align_up(head + sizeof(PayloadRecord), size_t{1} << alignment_shift_);
    return reinterpret_cast<char*>(const_cast<Future*>(this)) + at;
}

std::string_view Future::function_name() const {
    const CallRecord& record = call_record();
    return {reinterpret_cast<const char*>(&record + 1), record.function_name_size};
}

unsigned Future::losses() const {
    return call_record().losses;
}

bool Future::count_loss() {
    auto& record = const_cast<CallRecord&>(call_record());
    return record.losses++ < record.retries;
}

const Function* Future::function() const {
    return call_record().function;
}

std::string_view Future::arguments() const {
    const CallRecord& record = call_record();
    const char* texts = reinterpret_cast<const char*>(&record + 1);
    return {texts + record.function_name_size + 1, record.arguments_size};
}

Outcome Future::copy_result(ResultKind kind, std::string_view bytes) {
    const std::string_view before = arguments();
    char* const to = const_cast<char*>(before.data());
    size_t room = before.size() + 1;
    if (slab_class_ != kNoSlabClass && name_record().name == nullptr) {
        room = static_cast<size_t>(reinterpret_cast<char*>(this) + kBlockSizes[slab_class_] - to);
    }
    if (bytes.size() >= room) return Outcome::copy(kind, bytes);
    put_text(to, bytes);
    return Outcome::kept_by_future(kind, to, bytes.size());
}

std::string_view Future::name() const {
    if (named_ && name_record().name != nullptr) return name_record().name;
    return work_ == Work::kCall ? function_name() : std::string_view();
}

void Future::start_clocks() {
    if (has_queue_terms_) queue_terms().accepted_at = monotonic_now();
    if (!has_deadline_) return;
    DeadlineRecord& record = deadline_record();
    record.at = Deadline::after(record.timeout);
}

Deadline Future::deadline() const {
    return has_deadline_ ? deadline_record().at : Deadline::never();
}

ErrorRef Future::deadline_error() const {
    return error_or_no_memory([&] {
        return Error::create(ErrorFields{.status = CF_STATUS_DEADLINE_EXCEEDED,
                                         .message = "the call had not started at its deadline",
                                         .function = name(),
                                         .task_id = id_});
    });
}

// --- state and outcome ----------------------------------------------------------------------------

cf_future_state_t Future::visible_state() {
    switch (state_.phase()) {
        case Phase::kPending:
            return !forked() && state_.dispatched() && owner_->claimed(*this)
                       ? CF_FUTURE_STATE_RUNNING
                       : CF_FUTURE_STATE_PENDING;
        case Phase::kRunning:
        case Phase::kSettling:
            return CF_FUTURE_STATE_RUNNING;
        case Phase::kCancelled:
            return CF_FUTURE_STATE_CANCELLED;
        case Phase::kSucceeded:
        case Phase::kFailed:
            return CF_FUTURE_STATE_FINISHED;
    }
    return CF_FUTURE_STATE_INVALID;
}

cf_status_t Future::outcome_status() const {
    switch (phase()) {
        case Phase::kSucceeded:
            return CF_STATUS_OK;
        case Phase::kFailed:
            return content_.error->status();
        case Phase::kCancelled:
            return CF_STATUS_CANCELLED;
        default:
            return CF_STATUS_INVALID_STATE;
    }
}

cf_status_t Future::await(Deadline deadline, ErrorRef* would_deadlock) {
    const auto is_done = [this] { return done(); };
    if (done()) return CF_STATUS_OK;
    if (deadline.is_never()) {
        if (run_in_place()) return CF_STATUS_OK;
        help_until(is_done);
    }
    const bool hurries = has_term(kWaitersSpin);
    if (hurries && processor_is_free()) {
        if (spin(spin_length, is_done)) return CF_STATUS_OK;
    } else if (hurries && slept_shortly && !has_term(kKeepOwner) && !inside_task() &&
               !deadline.passed()) {
        nap(deadline);
        if (done()) return CF_STATUS_OK;
        slept_shortly = false;
    }
    const auto sleep = [&] {
        const Nanoseconds start = hurries ? monotonic_now() : 0;
        const bool over =
            has_term(kKeepOwner) ? owner_->await(*this, deadline) : state_.wait(deadline);
        if (hurries) slept_shortly = monotonic_now() - start < kShortSleep;
        return over ? cf_status_t{CF_STATUS_OK} : cf_status_t{CF_STATUS_TIMEOUT};
    };
    if (!inside_task() || done() || deadline.passed()) return sleep();
    Future* const self = this;
    const Blocking blocking(deadline.is_never() ? std::span(&self, 1) : std::span<Future* const>());
    if (!blocking.would_deadlock()) return sleep();
    if (would_deadlock != nullptr) *would_deadlock = blocking.would_deadlock();
    return CF_STATUS_WOULD_DEADLOCK;
}

bool Future::run_in_place() {
    BlockingContext* const context = BlockingContext::current_;
    if (context != nullptr && context->owner() == owner_) return context->run_target(*this);
    if (!has_term(kWaitersRun) || !HelpScope::allowed() || !state_.start_accepted()) return false;
    const FutureRef keep = FutureRef::share(this);  // a callback may drop the last handle (F3)
    const HelpScope scope;
    owner_->run_started(*this);
    return true;
}

void Future::leave_queue() {
    if (placed_) owner_->left_queue();
}

// --- transitions ----------------------------------------------------------------------------------

bool Future::cancel() {
    if (forked()) return phase() == Phase::kCancelled;
    Aftermath aftermath{};
    for (;;) {
        switch (state_.cancel(aftermath)) {
            case CancelOutcome::kWasCancelled:
                return true;
            case CancelOutcome::kTooLate:
                return false;
            case CancelOutcome::kDispatched:
                if (!owner_->recall(*this)) return phase() == Phase::kCancelled;
                continue;
            case CancelOutcome::kCancelled:
                break;
        }
        break;
    }
    // A callback may drop the last handle (F3).
    const FutureRef keep = FutureRef::share(this);
    if (aftermath.observed) notify_waiters();
    if (aftermath.accepted && has_deadline_) owner_->forget_deadline(*this);
    if (aftermath.accepted) leave_queue();
    finish_unrun(aftermath.accepted, [this] { destroy_input(true); });
    return true;
}

// We ended it: the input and the callbacks are ours, and the owner still counts on us.
template <typename DestroyInput>
void Future::finish_unrun(bool accepted, DestroyInput&& destroy_input) {
    struct Retirement {
        Future& future;
        FutureOwner* owner;
        ~Retirement() {
            if (owner != nullptr && !future.forked()) owner->retire(future);
        }
    } const retirement{*this, accepted ? owner_ : nullptr};
    const OwnerScope scope(retirement.owner, this);
    destroy_input();
    run_callbacks();
}

ErrorRef Future::cancel_running() {
    if (cancel()) return nullptr;
    if (!done()) {
        if (forked()) return forked_error();
        if (has_term(kKeepOwner)) return owner_->cancel_running(*this);
        if (owner_ == nullptr) {
            return Error::create(CF_STATUS_UNSUPPORTED,
                                 "no executor runs this; its promise decides when it ends");
        }
        if (state_.request_stop()) return nullptr;
    }
    return finished_error();
}

void Future::notify(Aftermath aftermath) {
    if (aftermath.observed) notify_waiters();
    if (aftermath.accepted) {
        owner_->finish(*this);
    } else {
        run_callbacks();
    }
}

bool Future::fail_unstarted(const ErrorRef& error) {
    if (!state_.start()) return false;
    if (has_deadline_ && state_.accepted()) owner_->forget_deadline(*this);
    const FutureRef keep = FutureRef::share(this);  // a callback may drop the last handle (F3)
    if (state_.accepted()) leave_queue();
    abandon(error);
    return true;
}

void Future::abandon(const ErrorRef& error) {
    destroy_input(true);
    settle(Outcome::failure(error));
}

bool Future::expire() {
    if (!state_.start()) return false;
    leave_queue();
    if (work_ == Work::kFunction) {
        deadline_record().destroy = content_.call.destroy;
        deadline_record().user_data = content_.call.user_data;
    }
    content_.error = deadline_error().detach();
    if (state_.settle(Phase::kFailed).observed) notify_waiters();
    return true;
}

bool Future::leaves_user_code() const {
    return has_callbacks() || deadline_record().destroy != nullptr ||
           (work_ == Work::kPayload && payload_record().abandon != nullptr);
}

void Future::finish_expired() {
    finish_unrun(true, [this] {
        if (work_ == Work::kFunction) {
            call_destroy(deadline_record().destroy, deadline_record().user_data);
        } else {
            destroy_input(true);
        }
    });
}

// --- observers ------------------------------------------------------------------------------------

bool Future::add_observer(Observer& observer) {
    if (!state_.lock_observers()) return false;
    observers_.push_back(observer);
    state_.unlock_observers(false);
    return true;
}

bool Future::remove_observer(Observer& observer) {
    if (!state_.lock_observers()) return false;
    observers_.remove(observer);
    state_.unlock_observers(observers_.empty());
    return true;
}

void Future::notify_waiters() {
    ObserverList callbacks;
    while (Observer* observer = observers_.pop_front()) {
        if (observer->kind() == Observer::Kind::kCallback) {
            callbacks.push_back(*observer);
        } else {
            observer->notify(*this);
        }
    }
    observers_ = callbacks;
}

void Future::run_callbacks() {
    while (Observer* callback = observers_.pop_front()) {
        call_user_code([&] { callback->notify(*this); }, [] {}, [&] { run_callbacks(); });
        if (forked()) return;  // the callback has forked; the others are the parent's
    }
}

}  // namespace cf

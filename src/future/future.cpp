#include "future/future.h"

#include <cassert>
#include <cstring>
#include <new>
#include <optional>

#include "future/owner.h"
#include "future/spin.h"
#include "future/unobserved_failure.h"
#include "support/slab.h"
#include "support/thread_local.h"

namespace cf {

/// Where the parts of a block are.
struct Future::Layout {
    size_t extra = 0;  // bytes behind the future
    size_t alignment = alignof(Future);
};

namespace {

CF_THREAD_LOCAL SpinLength spin_length;

size_t align_up(size_t size, size_t alignment) {
    return (size + alignment - 1) & ~(alignment - 1);
}

char* put_text(char* to, std::string_view text) {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    to[text.size()] = '\0';
    return to + text.size() + 1;
}

}  // namespace

// --- creation and end -----------------------------------------------------------------------------

Future* Future::allocate(const Layout& layout, Work work, uint64_t id) {
    const size_t size = sizeof(Future) + layout.extra;
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
    const auto alignment = std::align_val_t(size_t{1} << future->alignment_shift_);
    future->~Future();
    if (block_class == kNoSlabClass) {
        ::operator delete(future, alignment);
    } else {
        slab_free(future, block_class);
    }
}

void Future::put_name(char* to, std::string_view name) {
    if (name.empty()) return;
    put_text(to, name);
    name_record().name = to;
}

FutureRef Future::for_promise() {
    return FutureRef::adopt(allocate(Layout{}, Work::kPromise, 0));
}

FutureRef Future::for_promise(size_t size, size_t alignment, cf_destroy_fn destroy) {
    return for_payload(0, {}, size, alignment, nullptr, nullptr, destroy);
}

FutureRef Future::for_function(uint64_t id, std::string_view name, const FunctionCall& call) {
    Layout layout;
    if (!name.empty()) layout.extra = sizeof(NameRecord) + name.size() + 1;
    Future* future = allocate(layout, Work::kFunction, id);
    future->content_.call = call;
    if (!name.empty()) {
        future->named_ = true;
        auto* record = new (future + 1) NameRecord{};
        future->put_name(reinterpret_cast<char*>(record + 1), name);
    }
    return FutureRef::adopt(future);
}

FutureRef Future::for_payload(uint64_t id, std::string_view name, size_t size, size_t alignment,
                              cf_task_fn task_fn, cf_destroy_fn abandon, cf_destroy_fn destroy) {
    Layout layout;
    layout.alignment = alignment > alignof(Future) ? alignment : alignof(Future);
    const size_t payload_at = align_up(sizeof(Future) + sizeof(PayloadRecord), layout.alignment);
    const size_t name_at = payload_at + size;
    layout.extra = name_at + (name.empty() ? 0 : name.size() + 1) - sizeof(Future);
    Future* future = allocate(layout, Work::kPayload, id);
    new (future + 1) PayloadRecord{{nullptr}, abandon, destroy};
    future->named_ = true;
    future->content_.call = FunctionCall{task_fn, future->payload(), nullptr};
    future->put_name(reinterpret_cast<char*>(future) + name_at, name);
    return FutureRef::adopt(future);
}

FutureRef Future::for_call(uint64_t id, std::string_view name, std::string_view function_name,
                           const Function* function, std::string_view arguments) {
    Layout layout;
    layout.extra = sizeof(CallRecord) + function_name.size() + 1 + arguments.size() + 1 +
                   (name.empty() ? 0 : name.size() + 1);
    Future* future = allocate(layout, Work::kCall, id);
    auto* record = new (future + 1) CallRecord{
        {nullptr}, function, static_cast<uint32_t>(function_name.size()), arguments.size()};
    future->named_ = true;
    char* to = reinterpret_cast<char*>(record + 1);
    to = put_text(to, function_name);
    to = put_text(to, arguments);
    future->put_name(to, name);
    return FutureRef::adopt(future);
}

void Future::release() {
    if (!references_.drop_cheaply()) return;
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
    FutureOwner* kept = keeps_owner_ ? owner_ : nullptr;
    free(this);
    if (kept != nullptr) kept->release_owner();
}

void Future::set_owner(FutureOwner& owner, bool keep) {
    owner_ = &owner;
    keeps_owner_ = keep;
    if (keep) owner.retain_owner();
}

// --- what it is -----------------------------------------------------------------------------------

Future::PayloadRecord& Future::payload_record() const {
    return *std::launder(reinterpret_cast<PayloadRecord*>(const_cast<Future*>(this) + 1));
}

Future::NameRecord& Future::name_record() const {
    return *std::launder(reinterpret_cast<NameRecord*>(const_cast<Future*>(this) + 1));
}

const Future::CallRecord& Future::call_record() const {
    return *std::launder(reinterpret_cast<const CallRecord*>(this + 1));
}

void* Future::payload() const {
    if (work_ != Work::kPayload) return nullptr;
    const size_t at =
        align_up(sizeof(Future) + sizeof(PayloadRecord), size_t{1} << alignment_shift_);
    return reinterpret_cast<char*>(const_cast<Future*>(this)) + at;
}

std::string_view Future::function_name() const {
    const CallRecord& record = call_record();
    return {reinterpret_cast<const char*>(&record + 1), record.function_name_size};
}

const Function* Future::function() const {
    return call_record().function;
}

std::string_view Future::arguments() const {
    const CallRecord& record = call_record();
    const char* texts = reinterpret_cast<const char*>(&record + 1);
    return {texts + record.function_name_size + 1, record.arguments_size};
}

std::string_view Future::name() const {
    if (named_ && name_record().name != nullptr) return name_record().name;
    return work_ == Work::kCall ? function_name() : std::string_view();
}

// --- state and outcome ----------------------------------------------------------------------------

cf_future_state_t Future::visible_state() {
    switch (state_.phase()) {
        case Phase::kPending:
            return state_.dispatched() && owner_->claimed(*this) ? CF_FUTURE_STATE_RUNNING
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

bool Future::wait(Deadline deadline) {
    if (done()) return true;
    if (spins_ && processor_is_free() && spin(spin_length, [this] { return done(); })) {
        return true;
    }
    return state_.wait(deadline);
}

// --- transitions ----------------------------------------------------------------------------------

void Future::destroy_input(bool abandoned) {
    if (work_ == Work::kFunction) {
        call_destroy(content_.call.destroy, content_.call.user_data);
    } else if (work_ == Work::kPayload && abandoned) {
        call_destroy(payload_record().abandon, payload());
    }
}

bool Future::cancel() {
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
    // Cancelled by us: the input and the callbacks are ours, and the owner still counts on us.
    struct Retirement {
        Future& future;
        FutureOwner* owner;
        ~Retirement() {
            if (owner != nullptr) owner->retire(future);
        }
    } const retirement{*this, aftermath.accepted ? owner_ : nullptr};
    const OwnerScope scope(retirement.owner, this);
    if (aftermath.observed) notify_waiters();
    destroy_input(true);
    run_callbacks();
    return true;
}

void Future::settle(Outcome outcome) {
    Aftermath aftermath{};
    if (outcome.failed()) {
        content_.error = outcome.take_error().detach();
        aftermath = state_.settle(Phase::kFailed);
    } else {
        result_kind_ = outcome.kind();
        content_.result = outcome.detach();
        aftermath = state_.settle(Phase::kSucceeded);
    }
    if (aftermath.observed) notify_waiters();
    if (aftermath.accepted) {
        owner_->finish(*this);
    } else {
        run_callbacks();
    }
}

bool Future::fail_unstarted(const ErrorRef& error) {
    if (!state_.start()) return false;
    const FutureRef keep = FutureRef::share(this);  // a callback may drop the last handle (F3)
    destroy_input(true);
    settle(Outcome::failure(error));
    return true;
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
    }
}

}  // namespace cf

#include "executor/deadline_timer.h"

#include <new>
#include <utility>

#include "support/user_code.h"

namespace cf {
namespace {

constexpr size_t kTimerStackSize = size_t{256} << 10;
/// How long after a failure the callback thread's start is tried again.
constexpr Nanoseconds kStartPause = 10 * kMillisecond;

}  // namespace

DeadlineTimer::~DeadlineTimer() {
    const MutexLock lock(mutex_);
    for (Thread* thread : {&timer_, &callbacks_}) {
        if (!thread->joinable()) continue;
        if (thread->is_current()) {
            thread->detach();
        } else {
            thread->join();
        }
    }
}

// --- calls ----------------------------------------------------------------------------------------

DeadlineTimer::Room::~Room() {
    if (left_ == 0) return;
    const MutexLock lock(timer_.mutex_);
    timer_.reserved_ -= left_;
}

ErrorRef DeadlineTimer::Room::reserve(size_t count) {
    if (count == 0) return nullptr;
    DeadlineTimer& timer = timer_;
    const MutexLock lock(timer.mutex_);
    const size_t needed = timer.heap_.size() + timer.reserved_ + count;
    if (needed > timer.heap_.capacity()) timer.heap_.reserve(2 * needed);
    if (!timer.stopping_) {  // otherwise the executor is about to refuse the calls
        if (ErrorRef error = timer.start_callbacks()) return error;
        if (ErrorRef error = timer.start_timer()) return error;
    }
    timer.reserved_ += count;
    left_ += count;
    return nullptr;
}

void DeadlineTimer::Room::insert(Future& call) {
    if (!call.has_deadline()) return;
    DeadlineTimer& timer = timer_;
    const MutexLock lock(timer.mutex_);
    --left_;
    --timer.reserved_;
    if (call.phase() != Phase::kPending) return;  // D2
    const Entry entry{call.deadline(), FutureRef::share(&call).detach()};
    timer.heap_.push_back(entry);
    timer.sift_up(timer.heap_.size() - 1, entry);
    if (timer.heap_.front().call == &call) timer.timer_wanted_.notify_one();
}

void DeadlineTimer::remove(Future& call) {
    FutureRef removed;  // let go of without the mutex
    const MutexLock lock(mutex_);
    const size_t place = call.deadline_record().place;
    if (place != 0) removed = take_out(place - 1);
}

// --- the heap -------------------------------------------------------------------------------------

void DeadlineTimer::put(size_t place, const Entry& entry) {
    heap_[place] = entry;
    entry.call->deadline_record().place = place + 1;
}

void DeadlineTimer::sift_up(size_t place, const Entry& entry) {
    while (place != 0) {
        const size_t parent = (place - 1) / 2;
        if (heap_[parent].at.at() <= entry.at.at()) break;
        put(place, heap_[parent]);
        place = parent;
    }
    put(place, entry);
}

void DeadlineTimer::sift_down(size_t place, const Entry& entry) {
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && heap_[child + 1].at.at() < heap_[child].at.at()) ++child;
        if (entry.at.at() <= heap_[child].at.at()) break;
        put(place, heap_[child]);
        place = child;
    }
    put(place, entry);
}

FutureRef DeadlineTimer::take_out(size_t place) {
    Future* call = heap_[place].call;
    call->deadline_record().place = 0;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (place < heap_.size()) {
        if (place != 0 && last.at.at() < heap_[(place - 1) / 2].at.at()) {
            sift_up(place, last);
        } else {
            sift_down(place, last);
        }
    }
    return FutureRef::adopt(call);
}

// --- the timer ------------------------------------------------------------------------------------

ErrorRef DeadlineTimer::start_timer() {
    if (timer_.joinable()) return nullptr;
    if (ErrorRef error = timer_.start("cf-timer", thread_main<&DeadlineTimer::keep_time>, this,
                                      kTimerStackSize)) {
        return error;
    }
    owner_.retain_owner();  // it cannot end before we let go of the mutex
    return nullptr;
}

ErrorRef DeadlineTimer::start_callbacks() {
    if (callbacks_.joinable()) return nullptr;
    if (ErrorRef error =
            callbacks_.start("cf-callbacks", thread_main<&DeadlineTimer::run_user_code>, this)) {
        return error;
    }
    owner_.retain_owner();
    return nullptr;
}

bool DeadlineTimer::callbacks_run() {
    try {
        return !start_callbacks();
    } catch (const std::bad_alloc&) {
        return false;
    }
}

template <void (DeadlineTimer::*kWork)()>
void DeadlineTimer::thread_main(void* self) {
    // Also when a callback ends the thread.
    struct Ending {
        FutureOwner& owner;
        ~Ending() { owner.release_owner(); }
    };
    auto* timer = static_cast<DeadlineTimer*>(self);
    const Ending ending{timer->owner_};
    (timer->*kWork)();
}

void DeadlineTimer::keep_time() {
    MutexLock lock(mutex_);
    while (!stopping_) {
        Deadline next = heap_.empty() ? Deadline::never() : heap_.front().at;
        if (next.passed()) {
            FutureRef call = take_out(0);
            lock.unlock();
            expire(std::move(call));
            lock.lock();
            continue;
        }
        if (first_expired_ != nullptr && !callbacks_run()) {
            next = next.earlier(Deadline::after(kStartPause));
        }
        timer_wanted_.wait(lock, next);
    }
}

void DeadlineTimer::expire(FutureRef call) {
    if (!call->expire()) return;
    if (!call->leaves_user_code()) return owner_.retire(*call);
    const MutexLock lock(mutex_);
    Future* node = call.detach();
    (first_expired_ == nullptr ? first_expired_ : last_expired_->deadline_record().next_expired) =
        node;
    last_expired_ = node;
    callbacks_wanted_.notify_one();
}

// --- the callback thread --------------------------------------------------------------------------

FutureRef DeadlineTimer::next_expired() {
    Future* call = first_expired_;
    if (call != nullptr) {
        first_expired_ = std::exchange(call->deadline_record().next_expired, nullptr);
    }
    return FutureRef::adopt(call);
}

void DeadlineTimer::run_user_code() {
    for (;;) {
        FutureRef call;
        {
            MutexLock lock(mutex_);
            while (!(call = next_expired())) {
                if (stopping_) return;
                callbacks_wanted_.wait(lock, Deadline::never());
            }
        }
        call_user_code([&] { call->finish_expired(); }, [] {},
                       [&] {
                           if (!call->forked()) hand_over();
                       });
        if (call->forked()) return;
    }
}

// The timer starts another one when there is something for it to do.
void DeadlineTimer::hand_over() {
    const MutexLock lock(mutex_);
    if (!callbacks_.is_current()) return;
    callbacks_.detach();
    timer_wanted_.notify_one();
}

// --- the end --------------------------------------------------------------------------------------

void DeadlineTimer::stop() {
    const MutexLock lock(mutex_);
    stopping_ = true;
    timer_wanted_.notify_one();
    callbacks_wanted_.notify_one();
}

bool DeadlineTimer::join(Deadline deadline) {
    MutexLock lock(mutex_);
    for (Thread* thread : {&timer_, &callbacks_}) {
        if (!thread->joinable()) continue;
        Thread ending = std::move(*thread);
        ++being_joined_;
        lock.unlock();
        const bool ended = ending.join(deadline);
        lock.lock();
        --being_joined_;
        joined_.notify_all();
        if (ended) continue;
        *thread = std::move(ending);
        return false;
    }
    while (being_joined_ != 0) {
        if (deadline.passed()) return false;
        joined_.wait(lock, deadline);
    }
    return true;
}

}  // namespace cf

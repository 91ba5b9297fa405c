#include "executor/queue_limit.h"

#include <algorithm>
#include <optional>

#include "future/blocking.h"

namespace cf {

bool QueueLimit::take(size_t count) {
    const MutexLock lock(mutex_);
    if (first_ != nullptr || free_ < count) return false;
    free_ -= count;
    return true;
}

size_t QueueLimit::take_some(size_t most) {
    const MutexLock lock(mutex_);
    if (first_ != nullptr) return 0;
    const size_t taken = std::min(free_, most);
    free_ -= taken;
    return taken;
}

QueueLimit::Wait QueueLimit::wait(size_t count, Deadline deadline) {
    std::optional<Blocking> blocking;  // of a task of another executor
    if (inside_task() && !deadline.passed()) blocking.emplace(std::span<Future* const>());
    Waiter waiter{.wanted = count};
    MutexLock lock(mutex_);
    Waiter** last = &first_;
    while (*last != nullptr)
        last = &(*last)->next;
    *last = &waiter;
    serve();
    while (!waiter.served && !closed_ && !deadline.passed())
        waiter.changed.wait(lock, deadline);
    if (waiter.served) return Wait::kTaken;
    remove(waiter);
    serve();  // who is behind may want less
    return closed_ ? Wait::kClosed : Wait::kTimeout;
}

void QueueLimit::give_back(size_t count) {
    const MutexLock lock(mutex_);
    free_ += count;
    serve();
}

void QueueLimit::close() {
    const MutexLock lock(mutex_);
    closed_ = true;
    for (Waiter* waiter = first_; waiter != nullptr; waiter = waiter->next)
        waiter->changed.notify_all();
}

void QueueLimit::serve() {
    while (first_ != nullptr && first_->wanted <= free_) {
        Waiter& waiter = *first_;
        first_ = waiter.next;
        free_ -= waiter.wanted;
        waiter.served = true;
        waiter.changed.notify_all();
    }
}

void QueueLimit::remove(Waiter& waiter) {
    Waiter** at = &first_;
    while (*at != &waiter)
        at = &(*at)->next;
    *at = waiter.next;
}

ErrorRef QueueLimit::full_error(size_t count) const {
    return error_or_no_memory([&] {
        return Error::create(
            CF_STATUS_QUEUE_FULL,
            fits(count)
                ? text("the queue of the executor is full: ", places_, " calls wait")
                : text("a batch of ", count, " calls never fits into a queue of ", places_));
    });
}

}  // namespace cf

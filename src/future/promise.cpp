#include "future/promise.h"

namespace cf {

void Promise::release() {
    if (!references_.drop()) return;
    const FutureRef future = std::move(future_);
    delete this;
    if (!future->state().begin_settle()) return;
    future->settle(Outcome::failure(
        Error::create(CF_STATUS_BROKEN_PROMISE,
                      "the promise was dropped without a result, an error or a cancellation")));
}

cf_status_t Promise::start() {
    if (future_->state().start()) return CF_STATUS_OK;
    return future_->phase() == Phase::kCancelled ? CF_STATUS_CANCELLED : CF_STATUS_INVALID_STATE;
}

ErrorRef Promise::settle(Outcome outcome) {
    if (!future_->state().begin_settle()) {
        return Error::create(
            CF_STATUS_INVALID_STATE,
            future_->phase() == Phase::kCancelled
                ? "the future was cancelled; ask "
                  "cf_promise_set_running_or_notify_cancel() before the work starts"
                : "the future already has its outcome, and the first one stays");
    }
    const FutureRef future = future_;  // a callback may drop the promise, too (F3)
    future->settle(std::move(outcome));
    return nullptr;
}

}  // namespace cf

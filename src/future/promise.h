// The writing side of a future that no executor completes.
#pragma once

#include "future/future.h"

namespace cf {

class Promise : public HandleBase {
  public:
    static constexpr HandleKind kHandleKind = HandleKind::kPromise;

    /// Throws std::bad_alloc.
    Promise() : Promise(Future::for_promise()) {}
    /// With a future that was made for it.
    explicit Promise(FutureRef future) : HandleBase(kHandleKind), future_(std::move(future)) {}

    void retain() { references_.add(); }
    /// The last reference breaks a promise that was not kept; callbacks of the future run here.
    void release();

    const FutureRef& future() const { return future_; }

    /// OK, CANCELLED or INVALID_STATE, as Python's set_running_or_notify_cancel.
    cf_status_t start();
    /// INVALID_STATE when the future is done already; then the outcome is dropped.
    ErrorRef settle(Outcome outcome);

  private:
    ReferenceCount references_;
    FutureRef future_;
};

}  // namespace cf

/// Promise<T>: a future that the program completes itself.
#ifndef CFUTURES_PROMISE_HPP
#define CFUTURES_PROMISE_HPP

#include <cfutures/cfutures.h>

#include <atomic>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "cfutures/detail/catch.hpp"
#include "cfutures/detail/check.hpp"
#include "cfutures/detail/outcome.hpp"
#include "cfutures/future.hpp"

namespace cfutures {

namespace detail {
template <class T>
class CoroutineBase;
}

/// The writing side of a Future<T>. Exactly one completion wins: the first set_result() or
/// set_exception(), or cancel() on the future before set_running_or_notify_cancel(). A promise that is
/// destroyed unkept fails its future with BrokenPromiseError. Move-only; its functions may be called
/// from any thread and block only as the future's done callbacks do. Since 0.1.
template <class T>
class Promise {
  public:
    /// Makes a promise whose future is pending.
    Promise() {
        void* payload = nullptr;
        detail::call(cf_promise_create_with_payload, sizeof(Payload), alignof(Payload),
                     &Payload::destroy, &payload, handle_.out());
        payload_ = ::new (payload) Payload;
    }
    Promise(const Promise&) = delete;
    Promise& operator=(const Promise&) = delete;
    Promise(Promise&&) noexcept = default;
    Promise& operator=(Promise&&) noexcept = default;
    ~Promise() = default;

    /// The future; each call gives another reference to the same.
    Future<T> get_future() const {
        return Future<T>(detail::FutureHandle(cf_promise_future(handle_.get())));
    }

    /// Says that the work starts: from now on it cannot be cancelled. Returns false when it was
    /// cancelled before and must not start. Throws InvalidStateError when it runs or is finished.
    bool set_running_or_notify_cancel() {
        const cf_status_t status = cf_promise_set_running_or_notify_cancel(handle_.get());
        if (status == CF_STATUS_CANCELLED) return false;
        detail::check(status);
        return true;
    }

    /// Finishes with a T made of these arguments: none for void, one object for references. Throws
    /// InvalidStateError when it is done already.
    template <class... Args>
    void set_result(Args&&... args) {
        store_result(std::forward<Args>(args)...);
        publish_result();
    }

    /// Finishes with an exception. Throws InvalidStateError when it is done already.
    void set_exception(const std::exception_ptr& exception) {
        if (exception == nullptr) throw InvalidArgument("there is no exception to set");
        detail::ErrorHandle error;
        std::exception_ptr shown;
        try {
            std::rethrow_exception(exception);
        } catch (...) {
            error = detail::current_error();
            if (!error) throw std::bad_alloc();
            shown = detail::task_exception();
        }
        store([&](detail::Outcome<T>& outcome) { outcome.set_exception(shown); });
        detail::call(cf_promise_set_error, handle_.get(), error.get());
    }

    /// The same for any exception object.
    template <class E>
    requires(!std::is_same_v<std::decay_t<E>, std::exception_ptr>) void set_exception(
        E&& exception) {
        set_exception(std::make_exception_ptr(std::forward<E>(exception)));
    }

    /// The C ABI's promise; borrowed; NULL when moved from.
    cf_promise_t* native_handle() const noexcept { return handle_.get(); }

  private:
    template <class>
    friend class detail::CoroutineBase;  // stores its result before it publishes it

    /// Lives in the block of the future.
    struct Payload {
        detail::Outcome<T>
            outcome;  // the first member: Future<T> finds it at the payload's address
        std::atomic<bool> claimed{false};

        static void destroy(void* payload) { static_cast<Payload*>(payload)->~Payload(); }
    };

    /// The outcome must be there before the future is done, and only one thread may write it.
    template <class Store>
    void store(Store store) {
        if (!handle_) throw InvalidArgument("the promise was moved from");
        if (payload_->claimed.exchange(true, std::memory_order_acq_rel)) {
            throw InvalidStateError("the promise was kept before");
        }
        try {
            store(payload_->outcome);
        } catch (...) {
            payload_->claimed.store(false, std::memory_order_release);
            throw;
        }
    }

    template <class... Args>
    void store_result(Args&&... args) {
        store([&](detail::Outcome<T>& outcome) {
            outcome.set_value([&]() -> T {
                if constexpr (std::is_void_v<T>) {
                    static_assert(sizeof...(args) == 0, "a Promise<void> takes no result");
                } else if constexpr (std::is_reference_v<T>) {
                    static_assert(sizeof...(args) == 1, "a Promise<T&> takes one object");
                    return static_cast<T>((args, ...));
                } else {
                    return T(std::forward<Args>(args)...);
                }
            });
        });
    }
    void publish_result() {
        detail::call(cf_promise_set_result_pointer, handle_.get(), nullptr, nullptr);
    }

    detail::PromiseHandle handle_;
    Payload* payload_ = nullptr;  // lives as long as the handle
};

}  // namespace cfutures

#endif

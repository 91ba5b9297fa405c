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

/// The writing side of a Future<T>. Exactly one completion wins: the first set_result() or
/// set_exception(), or cancel() on the future before set_running_or_notify_cancel(). A promise that is
/// destroyed unkept fails its future with BrokenPromiseError. Move-only; its functions may be called
/// from any thread and block only as the future's done callbacks do. Since 0.1.
template <class T>
class Promise {
  public:
    /// Makes a promise whose future is pending.
    Promise() : source_(new Source) { detail::call(cf_promise_create, handle_.out()); }
    Promise(const Promise&) = delete;
    Promise& operator=(const Promise&) = delete;
    Promise(Promise&&) noexcept = default;
    Promise& operator=(Promise&&) noexcept = default;
    ~Promise() = default;

    /// The future; each call gives another reference to the same.
    Future<T> get_future() const {
        return Future<T>(detail::FutureHandle(cf_promise_future(handle_.get())),
                         detail::SourceRef<T>::retained(source_.get()));
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
        complete(
            [&](detail::Outcome<T>& outcome) {
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
            },
            [&] { detail::call(cf_promise_set_result_pointer, handle_.get(), nullptr, nullptr); });
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
        complete([&](detail::Outcome<T>& outcome) { outcome.set_exception(shown); },
                 [&] { detail::call(cf_promise_set_error, handle_.get(), error.get()); });
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
    struct Source : detail::Source<T> {
        detail::Outcome<T>& outcome(const cf_future_t*) override { return outcome_; }
        detail::Outcome<T> outcome_;
        std::atomic<bool> claimed_{false};
    };

    /// The outcome must be there before the future is done, and only one thread may write it.
    template <class Store, class Publish>
    void complete(Store store, Publish publish) {
        if (!source_) throw InvalidArgument("the promise was moved from");
        if (source_->claimed_.exchange(true, std::memory_order_acq_rel)) {
            throw InvalidStateError("the promise was kept before");
        }
        try {
            store(source_->outcome_);
        } catch (...) {
            source_->claimed_.store(false, std::memory_order_release);
            throw;
        }
        publish();
    }

    detail::Ref<Source> source_;
    detail::PromiseHandle handle_;
};

}  // namespace cfutures

#endif

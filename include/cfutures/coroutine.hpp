/// Coroutines: co_await a Future<T>, and Future<T> as what a coroutine returns. Only where the compiler
/// offers C++20 coroutines; CFUTURES_HAS_COROUTINES says so.
#ifndef CFUTURES_COROUTINE_HPP
#define CFUTURES_COROUTINE_HPP

#include <cfutures/cfutures.h>

#if defined(__cpp_impl_coroutine) && __has_include(<coroutine>)
#define CFUTURES_HAS_COROUTINES 1

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <new>
#include <thread>
#include <utility>

#include "cfutures/detail/catch.hpp"
#include "cfutures/detail/check.hpp"
#include "cfutures/detail/handle.hpp"
#include "cfutures/executor.hpp"
#include "cfutures/future.hpp"
#include "cfutures/promise.hpp"

namespace cfutures {

namespace detail {

/// What co_await gives: of an lvalue what result() shows, of a temporary the result itself.
template <class T, bool kTemporary>
class AwaitedFuture {
  public:
    explicit AwaitedFuture(Future<T> future) noexcept : future_(std::move(future)) {}

    bool await_ready() const { return future_.done(); }
    decltype(auto) await_resume() {
        if constexpr (kTemporary) {
            return future_.take();
        } else {
            return std::as_const(future_).result();
        }
    }

  protected:
    Future<T> future_;
};

/// Resumes on the thread that completes the future, where done callbacks run.
template <class T, bool kTemporary>
class InlineAwaiter : public AwaitedFuture<T, kTemporary> {
  public:
    using AwaitedFuture<T, kTemporary>::AwaitedFuture;

    /// Of the callback and the end of this function the second one lets the coroutine go on, so that a
    /// loop over futures that are done just then does not nest.
    bool await_suspend(std::coroutine_handle<> coroutine) {
        coroutine_ = coroutine;
        call(cf_future_add_done_callback, this->future_.native_handle(), &done, this, nullptr);
        return !one_is_over_.exchange(true, std::memory_order_acq_rel);
    }

  private:
    static void done(cf_future_t*, void* awaiter) {
        auto& self = *static_cast<InlineAwaiter*>(awaiter);
        if (self.one_is_over_.exchange(true, std::memory_order_acq_rel)) self.coroutine_.resume();
    }

    std::coroutine_handle<> coroutine_;
    std::atomic<bool> one_is_over_{false};
};

/// A call on an executor that resumes a coroutine. Where the executor does not run it, the coroutine
/// is resumed all the same, by whoever ends the call, and gets the reason as an exception.
class Resumption {
  public:
    /// Makes the call and submits it: submit(future). False when it is over already, on this thread.
    /// Not inlined: the coroutine, and this with it, may be gone before this returns.
    template <class Submit>
    __attribute__((noinline)) bool suspend(cf_executor_t* executor,
                                           std::coroutine_handle<> coroutine, Submit submit) {
        coroutine_ = coroutine;
        FutureHandle future;
        void* memory = nullptr;
        call(cf_executor_prepare, executor, nullptr, sizeof(Payload), alignof(Payload), &run,
             nullptr, nullptr, &memory, future.out());
        auto* payload = ::new (memory) Payload{this};
        call(cf_future_add_done_callback, future.get(), &ended, nullptr, nullptr);
        submit(future.get());
        payload->suspending.store({}, std::memory_order_relaxed);
        return !payload->over_here;
    }

    /// Throws when the executor did not run the call.
    void check() const {
        if (status_ != CF_STATUS_OK) raise(status_, error_);
    }

  private:
    struct Payload {
        explicit Payload(Resumption* owner) : resumption(owner) {}
        Resumption* resumption;
        bool ran = false;
        bool over_here = false;  // the thread that suspends goes on by itself
        std::atomic<std::thread::id> suspending{std::this_thread::get_id()};

        void go_on() {
            if (suspending.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
                over_here = true;
            } else {
                resumption->coroutine_.resume();
            }
        }
    };

    static std::int32_t run(cf_task_t*, void* memory) {
        auto& payload = *static_cast<Payload*>(memory);
        payload.ran = true;
        payload.go_on();
        return CF_STATUS_OK;
    }
    static void ended(cf_future_t* future, void*) {
        auto& payload = *static_cast<Payload*>(cf_future_payload(future));
        if (payload.ran) return;  // then the coroutine may be gone
        payload.resumption->status_ = cf_future_outcome(future);
        payload.resumption->error_ = ErrorHandle::retained(cf_future_error(future));
        payload.go_on();
    }

    std::coroutine_handle<> coroutine_;
    cf_status_t status_ = CF_STATUS_OK;
    ErrorHandle error_;
};

/// Resumes on an executor when the future is done.
template <class T, bool kTemporary>
class ExecutorAwaiter : public AwaitedFuture<T, kTemporary> {
  public:
    ExecutorAwaiter(ExecutorHandle executor, Future<T> future) noexcept
        : AwaitedFuture<T, kTemporary>(std::move(future)), executor_(std::move(executor)) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) {
        const auto submit = [future = this->future_, executor = executor_](cf_future_t* resumed) {
            call(cf_future_then_prepared, future.native_handle(), executor.get(), 0, resumed);
        };
        return resumption_.suspend(executor_.get(), coroutine, submit);
    }
    decltype(auto) await_resume() {
        resumption_.check();
        return AwaitedFuture<T, kTemporary>::await_resume();
    }

  private:
    ExecutorHandle executor_;
    Resumption resumption_;
};

/// Resumes on an executor.
class HopAwaiter {
  public:
    explicit HopAwaiter(ExecutorHandle executor) noexcept : executor_(std::move(executor)) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) {
        // When this fails the call has failed, and the coroutine gets the reason.
        const auto submit = [executor = executor_](cf_future_t* resumed) {
            cf_executor_submit_prepared(executor.get(), resumed, nullptr);
        };
        return resumption_.suspend(executor_.get(), coroutine, submit);
    }
    void await_resume() const { resumption_.check(); }

  private:
    ExecutorHandle executor_;
    Resumption resumption_;
};

/// The promise of a coroutine that returns a Future<T>. It starts at once, on its caller's thread, and
/// so cannot be cancelled. The future is done when all locals of the coroutine are gone.
template <class T>
class CoroutineBase {
  public:
    CoroutineBase() { promise_.set_running_or_notify_cancel(); }

    Future<T> get_return_object() { return promise_.get_future(); }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { exception_ = std::current_exception(); }

    struct Final {
        bool await_ready() const noexcept { return false; }
        template <class P>
        __attribute__((noinline)) void await_suspend(
            std::coroutine_handle<P> coroutine) const noexcept {
            CoroutineBase& self = coroutine.promise();
            Promise<T> promise = std::move(self.promise_);
            const std::exception_ptr exception = std::move(self.exception_);
            coroutine.destroy();
            publish(promise, exception);
        }
        void await_resume() const noexcept {}
    };
    Final final_suspend() const noexcept { return {}; }

  protected:
    template <class... Value>
    void store(Value&&... value) {
        promise_.store_result(std::forward<Value>(value)...);
    }

  private:
    /// Without memory for an exception the promise is broken instead.
    static void publish(Promise<T>& promise, const std::exception_ptr& exception) noexcept {
        catch_all(
            [&] {
                if (exception != nullptr) {
                    promise.set_exception(exception);
                } else {
                    promise.publish_result();
                }
            },
            [] {});
    }

    Promise<T> promise_;
    std::exception_ptr exception_;
};

template <class T>
class CoroutinePromise : public CoroutineBase<T> {
  public:
    template <class U>
    void return_value(U&& value) {
        this->store(std::forward<U>(value));
    }
};

template <>
class CoroutinePromise<void> : public CoroutineBase<void> {
  public:
    void return_void() { store(); }
};

}  // namespace detail

/// Waits for a future in a coroutine. The coroutine goes on at once when the future is done, and
/// otherwise where its done callbacks run: on the thread that completes it. Gives what result() gives,
/// and throws what it throws; a CancelledError or TimeoutError that leaves a coroutine is a RemoteError to
/// the readers of its own future, as with any task. Since 0.1.
template <class T>
auto operator co_await(const Future<T>& future) {
    return detail::InlineAwaiter<T, false>(future);
}
/// The same for a temporary, as in `co_await pool.submit(f)`: gives the result itself. Since 0.1.
template <class T>
auto operator co_await(Future<T>&& future) {
    return detail::InlineAwaiter<T, true>(std::move(future));
}

/// Waits for a future and goes on in a call on this executor (a ThreadPool or an InlineExecutor):
/// `co_await resume_on(pool, future)`. When the executor does not run the call, since it was shut down,
/// is broken, or cancels it, the coroutine goes on all the same where the call ended, and gets
/// ShutDownError, BrokenExecutorError or CancelledError. Since 0.1.
template <class T>
auto resume_on(const Executor& executor, const Future<T>& future) {
    return detail::ExecutorAwaiter<T, false>(
        detail::ExecutorHandle::retained(executor.native_handle()), future);
}
template <class T>
auto resume_on(const Executor& executor, Future<T>&& future) {
    return detail::ExecutorAwaiter<T, true>(
        detail::ExecutorHandle::retained(executor.native_handle()), std::move(future));
}

/// Goes on in a call on this executor: `co_await resume_on(pool)`. Throws as above. Since 0.1.
inline auto resume_on(const Executor& executor) {
    return detail::HopAwaiter(detail::ExecutorHandle::retained(executor.native_handle()));
}

}  // namespace cfutures

/// A coroutine may return Future<T>; it runs on its caller's thread until it first waits.
template <class T, class... Arguments>
struct std::coroutine_traits<cfutures::Future<T>, Arguments...> {
    using promise_type = cfutures::detail::CoroutinePromise<T>;
};

#endif

#endif

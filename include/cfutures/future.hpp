/// Future<T>: the outcome of one call, now or later. AnyFuture: the same without its type.
#ifndef CFUTURES_FUTURE_HPP
#define CFUTURES_FUTURE_HPP

#include <cfutures/cfutures.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "cfutures/detail/catch.hpp"
#include "cfutures/detail/check.hpp"
#include "cfutures/detail/handle.hpp"
#include "cfutures/detail/outcome.hpp"
#include "cfutures/errors.hpp"
#include "cfutures/timeout.hpp"

namespace cfutures {

/// What a future is doing. Since 0.1.
enum class FutureState : std::int32_t {
    kPending = CF_FUTURE_STATE_PENDING,
    kRunning = CF_FUTURE_STATE_RUNNING,  ///< a worker has started it
    kCancelled = CF_FUTURE_STATE_CANCELLED,
    kFinished = CF_FUTURE_STATE_FINISHED,  ///< with a result or with an exception
};

/// A shared reference to a call, whatever its result: for waiting on futures of different types, and
/// the part of Future<T> that does not depend on T. Copies refer to the same call; dropping all of
/// them lets the call go on. Every function may be called from any thread, on different copies or on
/// the same one; on an empty future they throw InvalidArgument. Since 0.1.
class AnyFuture {
  public:
    /// An empty future.
    AnyFuture() noexcept = default;

    /// Whether this refers to a call.
    bool valid() const noexcept { return static_cast<bool>(handle_); }

    /// The state at this moment.
    FutureState state() const {
        const cf_future_state_t state = cf_future_state(handle_.get());
        if (state == CF_FUTURE_STATE_INVALID) throw InvalidArgument("the future is empty");
        return static_cast<FutureState>(state);
    }
    /// Whether it is finished or cancelled.
    bool done() const { return state() >= FutureState::kCancelled; }
    /// Whether a worker has started the call and not ended it.
    bool running() const { return state() == FutureState::kRunning; }
    /// Whether it was cancelled.
    bool cancelled() const { return state() == FutureState::kCancelled; }

    /// Cancels the call if it has not started; its done callbacks run in here. Returns whether the
    /// future is cancelled; then the call never runs.
    bool cancel() const {
        require_valid();
        return cf_future_cancel(handle_.get()) != 0;
    }

    /// Cancels the call if it has not started, and stops it if it runs: on threads it is asked to (see
    /// TaskContext) and ends as it likes, in a process pool its worker is ended. Returns false when it
    /// was finished before. Throws UnsupportedError when it runs where it cannot be stopped.
    bool cancel_running() const {
        detail::ErrorHandle error;
        const cf_status_t status = cf_future_cancel_running(handle_.get(), error.out());
        if (status == CF_STATUS_INVALID_STATE) return false;
        detail::check(status, error);
        return true;
    }

    /// Waits until it is done, whatever its outcome. Returns false when the time is up. Inside a task
    /// this may run the call, and throws WouldDeadlockError when the tasks of this process wait for each
    /// other in a circle.
    bool wait(Timeout timeout = {}) const {
        const cf_status_t status = cf_future_wait(handle_.get(), timeout.nanoseconds());
        if (status == CF_STATUS_TIMEOUT) return false;
        if (status == CF_STATUS_WOULD_DEADLOCK) {
            // Once more, with a function that says why.
            cf_future_t* const future = handle_.get();
            detail::call(cf_wait, &future, std::size_t{1}, CF_RETURN_WHEN_ALL_COMPLETED,
                         std::int64_t{-1}, nullptr, nullptr);
            return true;
        }
        detail::check(status);
        return true;
    }

    /// The last progress that the call has reported (TaskContext::report_progress()), as a JSON text;
    /// nothing when it has reported none. Also when it is done.
    std::optional<std::string> progress() const {
        detail::Text json;
        std::size_t size = 0;
        detail::check(cf_future_progress(handle_.get(), json.out(), &size, nullptr));
        if (json.get() == nullptr) return std::nullopt;
        return std::string(json.get(), size);
    }

    /// Runs the call here and now if it is pending and a wait for it on this thread would. Whether it is done
    /// now.
    bool run_in_place() const { return cf_future_run_in_place(handle_.get()) != 0; }

    /// The id of the call, unique in its executor; 0 for the future of a promise.
    std::uint64_t task_id() const noexcept { return cf_future_task_id(handle_.get()); }

    /// The C ABI's future; borrowed; NULL when empty.
    cf_future_t* native_handle() const noexcept { return handle_.get(); }

    /// Whether two futures refer to the same call.
    friend bool operator==(const AnyFuture& a, const AnyFuture& b) noexcept {
        return a.native_handle() == b.native_handle();
    }

  protected:
    explicit AnyFuture(detail::FutureHandle handle) noexcept : handle_(std::move(handle)) {}

    void require_valid() const {
        if (!valid()) throw InvalidArgument("the future is empty");
    }

    /// Waits; throws TimeoutError, or CancelledError when the future is cancelled.
    void wait_not_cancelled(Timeout timeout) const {
        if (!wait(timeout)) throw TimeoutError();
        if (cancelled()) throw CancelledError();
    }

  private:
    detail::FutureHandle handle_;
};

template <class T>
class Map;

namespace detail {
template <class T, class Fn>
struct ThenTraits;
}

/// A shared reference to a call that returns T, which may be void, a reference, or move-only.
///
/// Like Python's futures it is shared: copies refer to the same call, and its result can be read any
/// number of times, by reference; the reference lives as long as any copy of the future. A result can
/// also be moved out, once, with take() or by asking a future that is itself a temporary, as in
/// `auto text = pool.submit(read).result();`. After that the other copies throw InvalidStateError
/// instead of showing a moved-from value. (Trivially copyable results are simply copied.) Moving out
/// while another thread reads the reference is a race, as for any object. Since 0.1.
template <class T>
class Future : public AnyFuture {
  public:
    using value_type = T;

    /// An empty future.
    Future() noexcept = default;

    /// Of the layer itself: `source` keeps the outcome unless the future is a prepared call.
    explicit Future(detail::FutureHandle handle, detail::SourceRef<T> source = {}) noexcept
        : AnyFuture(std::move(handle)), source_(std::move(source)) {}

    /// Waits for the result: const T&, T& for references, or nothing for void. Throws the task's
    /// exception, CancelledError, or TimeoutError when the time is up; then the call goes on.
    detail::Shown<T> result(Timeout timeout = {}) const& {
        return show(done_outcome(timeout).value());
    }
    /// The same for a temporary: moves the result out.
    T result(Timeout timeout = {}) && { return take(timeout); }

    /// std::future's name for result().
    detail::Shown<T> get() const& { return result(); }
    T get() && { return take(); }

    /// Waits for the result and moves it out; once for all copies. Throws as result() does.
    T take(Timeout timeout = {}) const {
        detail::Outcome<T>& outcome = done_outcome(timeout);
        if constexpr (std::is_void_v<T>) {
            outcome.value();
        } else if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(*outcome.value());
        } else if constexpr (std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T>) {
            return outcome.value();
        } else {
            return std::move(outcome.take());
        }
    }

    /// Waits, and returns the task's exception: null when it succeeded. Throws CancelledError or
    /// TimeoutError.
    std::exception_ptr exception(Timeout timeout = {}) const {
        wait_not_cancelled(timeout);
        if (detail::Outcome<T>* outcome = find_outcome(); outcome != nullptr && !outcome->empty()) {
            note_failure(*outcome);
            return outcome->exception();
        }
        return detail::task_error(native_handle());
    }

    /// Calls fn(future) once, when the future is done: on the worker that finished the call (thread
    /// pool, inline executor), on the pool's callback thread (process pool), on the thread that
    /// cancels, or in here when it is done already. fn is any callable, move-only ones too, and is
    /// destroyed right afterwards. It must not throw: an exception that leaves it is told to the hook for
    /// unobserved failures, since nobody is there to catch it.
    template <class Fn>
    void add_done_callback(Fn&& fn) const {
        require_valid();
        auto* callback = new Callback<std::decay_t<Fn>>{std::forward<Fn>(fn), source_};
        using C = Callback<std::decay_t<Fn>>;
        detail::call(cf_future_add_done_callback, native_handle(), &C::run, callback, &C::destroy);
    }

    /// Calls fn on the executor (a ThreadPool or an InlineExecutor) when this is done, and gives the
    /// future of that call, the derived one:
    ///
    ///     auto length = pool.submit(fetch, url).then(pool, [](const Page& page) { return page.size(); });
    ///
    /// fn takes the result, as result() shows it (nothing for void): then it is called after success
    /// alone, and a failed or cancelled call hands its exception or its cancellation on. Or fn takes
    /// the done Future<T>, and is called whatever the outcome was.
    ///
    /// fn is submitted where done callbacks run; with an InlineExecutor it runs right there. The derived
    /// future fails with ShutDownError when the executor was shut down by then. Cancelling the derived
    /// future leaves this one alone. Throws what copying fn throws.
    template <class E, class Fn>
    Future<typename detail::ThenTraits<T, std::decay_t<Fn>>::Result> then(E& executor,
                                                                          Fn&& fn) const;

  private:
    template <class>
    friend class Map;  // shows its items for writing

    template <class Fn>
    struct Callback {
        Fn fn;
        detail::SourceRef<T> source;

        static void run(cf_future_t* future, void* self) {
            auto& callback = *static_cast<Callback*>(self);
            detail::catch_all(
                [&] {
                    Future done(detail::FutureHandle::retained(future), callback.source);
                    callback.fn(done);
                },
                [] {});
        }
        static void destroy(void* self) { delete static_cast<Callback*>(self); }
    };

    static detail::Shown<T> show(detail::Stored<T>& stored) {
        if constexpr (std::is_void_v<T>) {
            return;
        } else if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(*stored);
        } else {
            return stored;
        }
    }

    /// Where the outcome of this done future lies, if it is the C++ layer that made it.
    detail::Outcome<T>* find_outcome() const {
        if (source_) return &source_->outcome(native_handle());
        void* payload = cf_future_payload(native_handle());
        return payload != nullptr ? std::launder(static_cast<detail::Outcome<T>*>(payload))
                                  : nullptr;
    }

    detail::Outcome<T>& done_outcome(Timeout timeout) const {
        wait_not_cancelled(timeout);
        detail::Outcome<T>* outcome = find_outcome();
        if (outcome == nullptr || outcome->empty()) detail::raise_task_error(native_handle());
        note_failure(*outcome);
        return *outcome;
    }

    /// Tells the library that the failure is no unobserved one.
    void note_failure(const detail::Outcome<T>& outcome) const noexcept {
        if (outcome.exception() != nullptr) cf_future_outcome(native_handle());
    }

    detail::SourceRef<T> source_;
};

}  // namespace cfutures

#endif

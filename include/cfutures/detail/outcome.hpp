/// Where a call's C++ result or exception lies.
#ifndef CFUTURES_DETAIL_OUTCOME_HPP
#define CFUTURES_DETAIL_OUTCOME_HPP

#include <atomic>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "cfutures/detail/handle.hpp"
#include "cfutures/errors.hpp"

namespace cfutures::detail {

struct Nothing {};

/// What is kept for a result of type T: references as pointers, void as nothing.
template <class T>
using Stored =
    std::conditional_t<std::is_void_v<T>, Nothing,
                       std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, T>>;

/// What readers of a shared result see: const T&, the reference itself, or void.
template <class T>
using Shown = std::conditional_t<std::is_void_v<T> || std::is_reference_v<T>, T,
                                 std::add_lvalue_reference_t<std::add_const_t<T>>>;

/// Written once, before its future is done; read by anyone afterwards. Empty when the library itself
/// failed or cancelled the future.
template <class T>
class Outcome {
  public:
    Outcome() noexcept {}  // NOLINT: the union has no value yet
    Outcome(const Outcome&) = delete;
    Outcome& operator=(const Outcome&) = delete;
    ~Outcome() {
        if (state_ == State::kValue) std::destroy_at(&stored_);
    }

    /// Stores what `make` returns, built in place.
    template <class Make>
    void set_value(Make&& make) {
        if constexpr (std::is_void_v<T>) {
            std::forward<Make>(make)();
            ::new (address()) Stored<T>;
        } else if constexpr (std::is_reference_v<T>) {
            ::new (address()) Stored<T>(std::addressof(std::forward<Make>(make)()));
        } else {
            ::new (address()) Stored<T>(std::forward<Make>(make)());
        }
        state_ = State::kValue;
    }

    void set_exception(std::exception_ptr exception) noexcept {
        exception_ = std::move(exception);
        state_ = State::kException;
    }

    bool empty() const noexcept { return state_ == State::kEmpty; }

    /// The exception; null when there is none.
    const std::exception_ptr& exception() const noexcept { return exception_; }

    /// The stored value; throws the exception, or InvalidStateError when it was taken.
    Stored<T>& value() {
        throw_unless_value();
        if (taken_.load(std::memory_order_acquire)) throw_taken();
        return stored_;
    }

    /// The stored value, for the one caller that may move it out.
    Stored<T>& take() {
        throw_unless_value();
        if (taken_.exchange(true, std::memory_order_acq_rel)) throw_taken();
        return stored_;
    }

  private:
    enum class State : unsigned char { kEmpty, kValue, kException };

    void* address() noexcept { return const_cast<void*>(static_cast<const void*>(&stored_)); }

    void throw_unless_value() const {
        if (state_ == State::kException) std::rethrow_exception(exception_);
    }

    [[noreturn]] static void throw_taken() {
        throw InvalidStateError("the result was moved out of this future before");
    }

    union {
        Stored<T> stored_;
    };
    std::exception_ptr exception_;
    State state_ = State::kEmpty;
    std::atomic<bool> taken_{false};
};

/// Keeps the outcome of a future that is not a prepared call: a promise's, or one whose result is a
/// JSON text.
template <class T>
class Source : public RefCounted {
  public:
    /// The outcome of a done, not cancelled future. Thread: any.
    virtual Outcome<T>& outcome(const cf_future_t* done) = 0;
};

template <class T>
using SourceRef = Ref<Source<T>>;

}  // namespace cfutures::detail

#endif

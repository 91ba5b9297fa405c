/// Future<T>::then().
#ifndef CFUTURES_DETAIL_THEN_HPP
#define CFUTURES_DETAIL_THEN_HPP

#include <cfutures/cfutures.h>

#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/outcome.hpp"
#include "cfutures/detail/prepared_call.hpp"
#include "cfutures/future.hpp"

namespace cfutures {

namespace detail {

/// How a continuation is called: with the result where it can be, otherwise with the future.
template <class T, class Fn>
struct ThenTraits {
    static constexpr bool kTakesResult = std::is_invocable_v<Fn, Shown<T>>;
    static_assert(kTakesResult || std::is_invocable_v<Fn, Future<T>>,
                  "a continuation takes the result (const T&) or the Future<T>");
    using Result =
        ResultOf<typename std::conditional_t<kTakesResult, std::invoke_result<Fn, Shown<T>>,
                                             std::invoke_result<Fn, Future<T>>>::type>;
};
template <class Fn>
struct ThenTraits<void, Fn> {
    static constexpr bool kTakesResult = std::is_invocable_v<Fn>;
    static_assert(kTakesResult || std::is_invocable_v<Fn, Future<void>>,
                  "a continuation of a Future<void> takes nothing or the Future<void>");
    using Result =
        ResultOf<typename std::conditional_t<kTakesResult, std::invoke_result<Fn>,
                                             std::invoke_result<Fn, Future<void>>>::type>;
};

/// The callable of a derived future's call.
template <class T, class Fn>
struct Continuation {
    Future<T> antecedent;
    Fn fn;

    decltype(auto) operator()() && {
        if constexpr (!ThenTraits<T, Fn>::kTakesResult) {
            return std::invoke(std::move(fn), std::move(antecedent));
        } else if constexpr (std::is_void_v<T>) {
            antecedent.result();
            return std::invoke(std::move(fn));
        } else {
            return std::invoke(std::move(fn), std::as_const(antecedent).result());
        }
    }

    /// When the antecedent's failure is handed on, its exception goes with it.
    template <class R>
    void abandoned(Outcome<R>& outcome) noexcept {
        if (!ThenTraits<T, Fn>::kTakesResult || !antecedent.done() || antecedent.cancelled())
            return;
        try {
            if (auto exception = antecedent.exception())
                outcome.set_exception(std::move(exception));
        } catch (...) {
            outcome.set_exception(std::current_exception());
        }
    }
};

}  // namespace detail

template <class T>
template <class E, class Fn>
Future<typename detail::ThenTraits<T, std::decay_t<Fn>>::Result> Future<T>::then(E& executor,
                                                                                 Fn&& fn) const {
    using Traits = detail::ThenTraits<T, std::decay_t<Fn>>;
    using Call = detail::Continuation<T, std::decay_t<Fn>>;
    require_valid();
    detail::FutureHandle derived = detail::prepare_call<typename Traits::Result>(
        executor.native_handle(), nullptr, Call{*this, std::forward<Fn>(fn)});
    detail::call(cf_future_then_prepared, native_handle(), executor.native_handle(),
                 Traits::kTakesResult ? cf_then_flags_t{CF_THEN_ON_SUCCESS} : cf_then_flags_t{0},
                 derived.get());
    return Future<typename Traits::Result>(std::move(derived));
}

}  // namespace cfutures

#endif

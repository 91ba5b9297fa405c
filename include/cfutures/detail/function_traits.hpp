/// The parameters and the result of a function.
#ifndef CFUTURES_DETAIL_FUNCTION_TRAITS_HPP
#define CFUTURES_DETAIL_FUNCTION_TRAITS_HPP

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "cfutures/task_context.hpp"

namespace cfutures::detail {

/// A parameter that a copy of an argument can be moved into.
template <class P>
inline constexpr bool kTakesCopy =
    !std::is_lvalue_reference_v<P> || std::is_const_v<std::remove_reference_t<P>>;

template <class F>
struct FunctionTraits {
    static_assert(!sizeof(F*), "submit<f> wants a function: submit<is_prime>(n)");
};

template <class R, class... P>
struct FunctionTraits<R (*)(P...)> {
    static_assert((kTakesCopy<P> && ...),
                  "a function that is called by submit<f> works on copies of its arguments, which "
                  "may be in another process: it cannot take a reference to a non-const object");
    using Result = std::decay_t<R>;
    using Arguments = std::tuple<std::decay_t<P>...>;
    using Signature = void(P...);
    static constexpr std::size_t kArity = sizeof...(P);
};

/// The context of the call is no argument.
template <class R, class... P>
struct FunctionTraits<R (*)(TaskContext, P...)> : FunctionTraits<R (*)(P...)> {};

template <class R, class... P>
struct FunctionTraits<R (*)(P...) noexcept> : FunctionTraits<R (*)(P...)> {};

template <auto F>
using TraitsOf = FunctionTraits<decltype(F)>;

}  // namespace cfutures::detail

#endif

/// Calls a task's function with its arguments, and with a TaskContext before them if it wants one.
#ifndef CFUTURES_DETAIL_INVOKE_TASK_HPP
#define CFUTURES_DETAIL_INVOKE_TASK_HPP

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "cfutures/task_context.hpp"

namespace cfutures::detail {

/// Only asks about the second form when the first is out of the question: to look at a callable of
/// unknown result type may be an error.
template <class Fn, class... Args>
inline constexpr bool kWantsContext =
    std::conjunction_v<std::negation<std::is_invocable<Fn, Args...>>,
                       std::is_invocable<Fn, TaskContext, Args...>>;

template <class Fn, class... Args>
concept IsTask = std::is_invocable_v<Fn, Args...> || std::is_invocable_v<Fn, TaskContext, Args...>;

/// What the call gives.
template <class Fn, class... Args>
using TaskResult = typename std::conditional_t<kWantsContext<Fn, Args...>,
                                               std::invoke_result<Fn, TaskContext, Args...>,
                                               std::invoke_result<Fn, Args...>>::type;

template <class Fn, class... Args>
decltype(auto) invoke_task(cf_task_t* task, Fn&& fn, std::tuple<Args...>&& args) {
    return std::apply(
        [&](Args&&... arg) -> decltype(auto) {
            if constexpr (kWantsContext<Fn, Args...>) {
                return std::invoke(std::forward<Fn>(fn), TaskContext(task),
                                   std::forward<Args>(arg)...);
            } else {
                return std::invoke(std::forward<Fn>(fn), std::forward<Args>(arg)...);
            }
        },
        std::move(args));
}

}  // namespace cfutures::detail

#endif

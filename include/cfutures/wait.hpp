/// wait(): waits for several futures.
#ifndef CFUTURES_WAIT_HPP
#define CFUTURES_WAIT_HPP

#include <cfutures/cfutures.h>

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <type_traits>
#include <vector>

#include "cfutures/detail/check.hpp"
#include "cfutures/future.hpp"
#include "cfutures/timeout.hpp"

namespace cfutures {

/// When wait() returns. Since 0.1.
enum class ReturnWhen : std::int32_t {
    kFirstCompleted = CF_RETURN_WHEN_FIRST_COMPLETED,
    kFirstException = CF_RETURN_WHEN_FIRST_EXCEPTION,  ///< a cancelled future is no exception
    kAllCompleted = CF_RETURN_WHEN_ALL_COMPLETED,
};

/// What wait() gives: the futures, each part in the order of the input. Since 0.1.
template <class F>
struct WaitResult {
    std::vector<F> done;
    std::vector<F> not_done;
};

namespace detail {

template <class Range>
using ElementOf = std::remove_cvref_t<decltype(*std::begin(std::declval<Range&>()))>;

template <class F>
std::vector<cf_future_t*> native_handles(const std::vector<F>& futures) {
    std::vector<cf_future_t*> handles;
    handles.reserve(futures.size());
    for (const F& future : futures)
        handles.push_back(future.native_handle());
    return handles;
}

}  // namespace detail

/// Waits for a range of futures, of one or of several executors. Ends at the condition or at the
/// timeout, which is no failure: look at `not_done`. Throws InvalidArgument for an empty future.
/// Thread: any. Blocks: up to the timeout. Since 0.1.
template <class Range>
WaitResult<detail::ElementOf<const Range>> wait(const Range& futures, ReturnWhen return_when,
                                                Timeout timeout = {}) {
    using F = detail::ElementOf<const Range>;
    const std::vector<F> all(std::begin(futures), std::end(futures));
    const auto handles = detail::native_handles(all);
    std::vector<std::uint8_t> done(all.size());
    detail::ErrorHandle error;
    const cf_status_t status =
        cf_wait(handles.data(), handles.size(), static_cast<cf_return_when_t>(return_when),
                timeout.nanoseconds(), done.data(), nullptr, error.out());
    if (status != CF_STATUS_TIMEOUT) detail::check(status, error);
    WaitResult<F> result;
    for (std::size_t i = 0; i < all.size(); ++i) {
        (done[i] != 0 ? result.done : result.not_done).push_back(all[i]);
    }
    return result;
}

/// Waits for all of them. Since 0.1.
template <class Range>
auto wait(const Range& futures, Timeout timeout = {}) {
    return wait(futures, ReturnWhen::kAllCompleted, timeout);
}

/// The same for futures of different types: wait({a, b}). Since 0.1.
inline WaitResult<AnyFuture> wait(std::initializer_list<AnyFuture> futures, ReturnWhen return_when,
                                  Timeout timeout = {}) {
    return wait<std::initializer_list<AnyFuture>>(futures, return_when, timeout);
}
inline WaitResult<AnyFuture> wait(std::initializer_list<AnyFuture> futures, Timeout timeout = {}) {
    return wait(futures, ReturnWhen::kAllCompleted, timeout);
}

}  // namespace cfutures

#endif

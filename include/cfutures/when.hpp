/// when_all(), when_any(): one future for several.
#ifndef CFUTURES_WHEN_HPP
#define CFUTURES_WHEN_HPP

#include <cfutures/cfutures.h>

#include <array>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/outcome.hpp"
#include "cfutures/detail/zip.hpp"
#include "cfutures/future.hpp"
#include "cfutures/wait.hpp"

namespace cfutures {

/// What when_any() gives. Since 0.1.
template <class F>
struct WhenAny {
    std::size_t index = 0;   ///< which one was done first
    std::vector<F> futures;  ///< all of them, in the order of the input
};

namespace detail {

/// A value that is there from the start, and shown when its future is done.
template <class T>
class KeptSource final : public Source<T> {
  public:
    explicit KeptSource(T value) {
        outcome_.set_value([&] { return std::move(value); });
    }
    Outcome<T>& outcome(const cf_future_t*) override { return outcome_; }

  private:
    Outcome<T> outcome_;
};

/// The same with the index that the C library gives.
template <class F>
class WhenAnySource final : public Source<WhenAny<F>> {
  public:
    explicit WhenAnySource(std::vector<F> futures) {
        outcome_.set_value([&] { return WhenAny<F>{0, std::move(futures)}; });
    }
    Outcome<WhenAny<F>>& outcome(const cf_future_t* done) override {
        std::call_once(read_, [&] {
            const char* json = nullptr;
            call(cf_future_result_json, done, 0, &json, nullptr);
            outcome_.value().index = std::stoull(json);
        });
        return outcome_;
    }

  private:
    std::once_flag read_;
    Outcome<WhenAny<F>> outcome_;
};

}  // namespace detail

/// A future that is done when all futures of a range are, whatever their outcomes; its result is the
/// futures. It never fails: each of them throws its own exception when it is read.
///
///     auto all = when_all(futures).then(pool, [](const auto& done) { return done.front().result(); });
///
/// Cancelling it cancels none of them. Throws InvalidArgument for an empty future. Thread: any.
/// Blocks: no. Since 0.1.
template <detail::IsRange Range>
auto when_all(const Range& futures) {
    using F = detail::ElementOf<const Range>;
    std::vector<F> all(std::begin(futures), std::end(futures));
    const auto handles = detail::native_handles(all);
    detail::FutureHandle future;
    detail::call(cf_when_all, handles.data(), handles.size(), future.out());
    using Source = detail::KeptSource<std::vector<F>>;
    return Future<std::vector<F>>(std::move(future),
                                  detail::SourceRef<std::vector<F>>(new Source(std::move(all))));
}

/// The same for futures of different types; the result is a tuple of them. Since 0.1.
template <class... T>
Future<std::tuple<Future<T>...>> when_all(const Future<T>&... futures) {
    using All = std::tuple<Future<T>...>;
    const std::array<cf_future_t*, sizeof...(T)> handles{futures.native_handle()...};
    detail::FutureHandle future;
    detail::call(cf_when_all, handles.data(), handles.size(), future.out());
    return Future<All>(std::move(future),
                       detail::SourceRef<All>(new detail::KeptSource<All>(All(futures...))));
}

/// A future that is done when the first future of a range is, whatever its outcome. Then it lets go
/// of the others, and does not cancel them; nor does cancelling it. Throws InvalidArgument for an
/// empty range or future. Thread: any. Blocks: no. Since 0.1.
template <detail::IsRange Range>
auto when_any(const Range& futures) {
    using F = detail::ElementOf<const Range>;
    std::vector<F> all(std::begin(futures), std::end(futures));
    const auto handles = detail::native_handles(all);
    detail::FutureHandle future;
    detail::call(cf_when_any, handles.data(), handles.size(), future.out());
    using Source = detail::WhenAnySource<F>;
    return Future<WhenAny<F>>(std::move(future),
                              detail::SourceRef<WhenAny<F>>(new Source(std::move(all))));
}

}  // namespace cfutures

#endif

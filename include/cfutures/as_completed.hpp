/// as_completed(): futures in the order in which they are done.
#ifndef CFUTURES_AS_COMPLETED_HPP
#define CFUTURES_AS_COMPLETED_HPP

#include <cfutures/cfutures.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <vector>

#include "cfutures/detail/check.hpp"
#include "cfutures/future.hpp"
#include "cfutures/timeout.hpp"
#include "cfutures/wait.hpp"

namespace cfutures {

/// An input range over futures as they are done; see as_completed(). Since 0.1.
template <class F>
class CompletedFutures {
  public:
    class Iterator {
      public:
        using value_type = F;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;

        Iterator() = default;
        explicit Iterator(CompletedFutures* range) : range_(range) { ++*this; }

        F& operator*() const { return range_->current_; }
        F* operator->() const { return &range_->current_; }
        /// Its place in the input.
        std::size_t index() const noexcept { return range_->index(); }
        /// Waits for the next one. Throws TimeoutError; a loop that is begun anew goes on.
        Iterator& operator++() {
            if (!range_->advance()) range_ = nullptr;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator& it, std::default_sentinel_t) {
            return it.range_ == nullptr;
        }

      private:
        CompletedFutures* range_ = nullptr;
    };

    CompletedFutures(std::vector<F> futures, Timeout timeout) : futures_(std::move(futures)) {
        const auto handles = detail::native_handles(futures_);
        detail::call(cf_as_completed, handles.data(), handles.size(), timeout.nanoseconds(),
                     queue_.out());
    }

    /// Waits for the first one, or the next one after those that were seen.
    Iterator begin() { return Iterator(this); }
    std::default_sentinel_t end() const noexcept { return {}; }

    /// The place in the input of the future that was seen last.
    std::size_t index() const noexcept { return static_cast<std::size_t>(index_); }

  private:
    bool advance() {
        detail::FutureHandle future;
        detail::ErrorHandle error;
        const cf_status_t status =
            cf_completion_queue_next(queue_.get(), -1, future.out(), &index_, error.out());
        detail::check(status, error);
        if (status == CF_STATUS_END) return false;
        // Moved out, so that results that were seen need not stay until the last one.
        current_ = std::move(futures_[index_]);
        return true;
    }

    std::vector<F> futures_;
    detail::QueueHandle queue_;
    F current_;
    std::uint64_t index_ = 0;
};

/// Gives each future of a range, each once, as it is done:
///
///     for (auto& future : cfutures::as_completed(futures, 60s)) use(future.result());
///
/// The range's index() tells where the one that is seen stands in the input, the first time if it
/// stands there more than once.
///
/// The timeout counts from this call; iteration throws TimeoutError when it is up. Neither that nor
/// leaving the loop touches the futures. Thread: one at a time. Blocks: in iteration. Since 0.1.
template <class Range>
CompletedFutures<detail::ElementOf<const Range>> as_completed(const Range& futures,
                                                              Timeout timeout = {}) {
    using F = detail::ElementOf<const Range>;
    return {std::vector<F>(std::begin(futures), std::end(futures)), timeout};
}

/// The same for futures of different types: as_completed({a, b}). Since 0.1.
inline CompletedFutures<AnyFuture> as_completed(std::initializer_list<AnyFuture> futures,
                                                Timeout timeout = {}) {
    return as_completed<std::initializer_list<AnyFuture>>(futures, timeout);
}

}  // namespace cfutures

#endif

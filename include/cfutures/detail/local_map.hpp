/// The map of executors in this process: a window of futures over a Zip.
#ifndef CFUTURES_DETAIL_LOCAL_MAP_HPP
#define CFUTURES_DETAIL_LOCAL_MAP_HPP

#include <cfutures/cfutures.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/function_traits.hpp"
#include "cfutures/detail/handle.hpp"
#include "cfutures/detail/prepared_call.hpp"
#include "cfutures/detail/zip.hpp"
#include "cfutures/map.hpp"
#include "cfutures/timeout.hpp"

namespace cfutures::detail {

template <class Fn, class... Ranges>
concept IsMapCall = AreRanges<Ranges...> && std::is_invocable_v < const std::decay_t<Fn>
&, Element<Ranges>... > ;

/// F as an object whose result is a value. Elements become F's parameter types as arguments do.
template <auto F>
struct Plain {
    template <class... Args>
    typename TraitsOf<F>::Result operator()(Args&&... args) const {
        static_assert(std::is_invocable_v<decltype(F), Args...>,
                      "map cannot call the function with these elements; it gives no TaskContext");
        typename TraitsOf<F>::Arguments values(std::forward<Args>(args)...);
        return std::apply(F, std::move(values));
    }
};

/// The callable that all calls of a map share; it may outlive the Map in calls that run.
template <class Fn>
class SharedFunction {
  public:
    template <class F>
    explicit SharedFunction(F&& fn) : object_(new Object(std::forward<F>(fn))) {}

    template <class... Args>
    decltype(auto) operator()(Args&&... args) const {
        return std::apply(std::as_const(object_->fn),
                          std::forward_as_tuple(std::forward<Args>(args)...));
    }

  private:
    struct Object : RefCounted {
        template <class F>
        explicit Object(F&& function) : fn(std::forward<F>(function)) {}
        Fn fn;
    };
    Ref<Object> object_;
};

template <class T, class Fn, class... Ranges>
class LocalMap final : public MapEngine<T> {
  public:
    template <class F>
    LocalMap(cf_executor_t* executor, int max_workers, const MapOptions& options, F&& fn,
             Ranges&&... ranges)
        : executor_(ExecutorHandle::retained(executor)),
          options_(options),
          deadline_(options.timeout),
          fn_(std::forward<F>(fn)),
          input_(std::forward<Ranges>(ranges)...) {
        if (options.window < 0) throw InvalidArgument("a map's window cannot be negative");
        if (options.window == 0) {
            options_.window = decltype(input_)::kSized ? std::numeric_limits<std::int64_t>::max()
                                                       : kItemsPerWorker * max_workers;
        }
        if (options.unordered) call(cf_completion_queue_create, queue_.out());
        try {
            fill();
        } catch (...) {
            close();
            throw;
        }
    }
    ~LocalMap() override { close(); }

    std::optional<MapItem<T>> next() override {
        if (pending_ == 0) {
            if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
            return std::nullopt;
        }
        const std::size_t index = options_.unordered ? next_completed() : next_in_order();
        MapItem<T> item{index, std::move(futures_[index - first_])};
        --pending_;
        while (!futures_.empty() && !futures_.front().valid()) {
            futures_.pop_front();
            ++first_;
        }
        // What the input throws comes after the items before it.
        try {
            fill();
        } catch (...) {
            failure_ = std::current_exception();
        }
        return item;
    }

  private:
    static constexpr std::int64_t kItemsPerWorker = 4;

    /// Submits as many items as the window allows.
    void fill() {
        while (failure_ == nullptr && pending_ < options_.window && input_.next([&](auto&&... e) {
            futures_.push_back(
                submit_prepared<T>(executor_.get(), nullptr, fn_, std::forward<decltype(e)>(e)...));
            ++pending_;
            if (options_.unordered) {
                call(cf_completion_queue_add, queue_.get(), futures_.back().native_handle(),
                     first_ + futures_.size() - 1);
            }
        })) {
        }
    }

    std::size_t next_in_order() {
        if (!futures_.front().wait(deadline_.remaining())) throw TimeoutError();
        return first_;
    }

    std::size_t next_completed() {
        FutureHandle future;
        std::uint64_t index = 0;
        call(cf_completion_queue_next, queue_.get(), deadline_.remaining().nanoseconds(),
             future.out(), &index);
        return index;
    }

    void close() noexcept {
        if (!options_.cancel_on_close) return;
        // From the back, so that no worker takes a call that is about to be cancelled.
        for (auto it = futures_.rbegin(); it != futures_.rend(); ++it) {
            cf_future_cancel(it->native_handle());
        }
    }

    ExecutorHandle executor_;
    MapOptions options_;
    Deadline deadline_;
    SharedFunction<Fn> fn_;
    Zip<Ranges...> input_;
    QueueHandle queue_;              ///< when unordered
    std::deque<Future<T>> futures_;  ///< submitted and not taken; empty ones were taken
    std::size_t first_ = 0;          ///< the index of the first of them
    std::int64_t pending_ = 0;       ///< how many of them are not empty
    std::exception_ptr failure_;     ///< what the input threw
};

template <class Fn, class... Ranges>
auto make_local_map(cf_executor_t* executor, int max_workers, const MapOptions& options, Fn&& fn,
                    Ranges&&... ranges) {
    static_assert(AreRanges<Ranges...>, "map wants one or more ranges after the function");
    static_assert(std::is_invocable_v<const std::decay_t<Fn>&, Element<Ranges>...>,
                  "map cannot call the function, as const, with the elements of these ranges");
    using R = std::invoke_result_t<const std::decay_t<Fn>&, Element<Ranges>...>;
    using T = ResultOf<R>;
    return Map<T>(std::make_unique<LocalMap<T, std::decay_t<Fn>, Ranges...>>(
        executor, max_workers, options, std::forward<Fn>(fn), std::forward<Ranges>(ranges)...));
}

}  // namespace cfutures::detail

#endif

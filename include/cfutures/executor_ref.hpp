/// ExecutorRef: any executor as a parameter.
#ifndef CFUTURES_EXECUTOR_REF_HPP
#define CFUTURES_EXECUTOR_REF_HPP

#include <ranges>
#include <string>
#include <utility>

#include "cfutures/call.hpp"
#include "cfutures/detail/local_executor.hpp"
#include "cfutures/future.hpp"
#include "cfutures/map.hpp"
#include "cfutures/process_pool.hpp"

namespace cfutures {

/// A reference to a ThreadPool, a ProcessPool or an InlineExecutor, which must outlive it; made from
/// any of them. What all of them can do is to call functions of the program:
///
///     void count(cfutures::ExecutorRef executor) { executor.submit<is_prime>(7); }
///
/// Cheap to copy. Thread: any. Since 0.1.
class ExecutorRef {
  public:
    ExecutorRef(LocalExecutor& executor) noexcept : local_(&executor) {}    // NOLINT: implicit
    ExecutorRef(ProcessPool& executor) noexcept : processes_(&executor) {}  // NOLINT: implicit

    /// As the executor's own submit<F>.
    template <auto F, class... Args>
    requires(!detail::kStartsWithOptions<Args...>)
        Future<typename detail::TraitsOf<F>::Result> submit(Args&&... args)
    const {
        return local_ != nullptr ? local_->submit<F>(std::forward<Args>(args)...)
                                 : processes_->submit<F>(std::forward<Args>(args)...);
    }
    template <auto F, class... Args>
    Future<typename detail::TraitsOf<F>::Result> submit(const SubmitOptions& options,
                                                        Args&&... args) const {
        return local_ != nullptr ? local_->submit<F>(options, std::forward<Args>(args)...)
                                 : processes_->submit<F>(options, std::forward<Args>(args)...);
    }

    /// As the executor's own submit_batch<F>.
    template <auto F, std::ranges::input_range Range>
    auto submit_batch(Range&& range) const {
        return submit_batch<F>(SubmitOptions(), std::forward<Range>(range));
    }
    template <auto F, std::ranges::input_range Range>
    auto submit_batch(const SubmitOptions& options, Range&& range) const {
        return local_ != nullptr ? local_->submit_batch<F>(options, std::forward<Range>(range))
                                 : processes_->submit_batch<F>(options, std::forward<Range>(range));
    }

    /// As the executor's own map<F>.
    template <auto F, class... Ranges>
    requires detail::AreRanges<Ranges...> Map<typename detail::TraitsOf<F>::Result> map(
        Ranges&&... ranges)
    const { return map<F>(MapOptions(), std::forward<Ranges>(ranges)...); }
    template <auto F, class... Ranges>
    Map<typename detail::TraitsOf<F>::Result> map(const MapOptions& options,
                                                  Ranges&&... ranges) const {
        return local_ != nullptr ? local_->map<F>(options, std::forward<Ranges>(ranges)...)
                                 : processes_->map<F>(options, std::forward<Ranges>(ranges)...);
    }

    /// Calls a function by its name; see cfutures::call().
    template <class R, class... Args>
    Future<R> call(const std::string& name, const Args&... args) const {
        return cfutures::call<R>(executor(), name, args...);
    }

    /// The executor itself, to shut it down.
    Executor& executor() const noexcept {
        return local_ != nullptr ? static_cast<Executor&>(*local_) : *processes_;
    }

  private:
    LocalExecutor* local_ = nullptr;
    ProcessPool* processes_ = nullptr;
};

}  // namespace cfutures

#endif

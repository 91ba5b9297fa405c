/// LocalExecutor: what the executors of this process can do, where a call may be any callable.
#ifndef CFUTURES_DETAIL_LOCAL_EXECUTOR_HPP
#define CFUTURES_DETAIL_LOCAL_EXECUTOR_HPP

#include <cstddef>
#include <cstdint>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "cfutures/detail/function_traits.hpp"
#include "cfutures/detail/invoke_task.hpp"
#include "cfutures/detail/local_map.hpp"
#include "cfutures/detail/local_range.hpp"
#include "cfutures/detail/prepared_call.hpp"
#include "cfutures/detail/then.hpp"
#include "cfutures/executor.hpp"
#include "cfutures/future.hpp"
#include "cfutures/map.hpp"
#include "cfutures/submit_options.hpp"

namespace cfutures {

namespace detail {

/// Whether fn(element) is a call for the elements of a range.
template <class Fn, class Range>
concept IsBatchCall =
    std::is_invocable_v<std::decay_t<Fn>, std::decay_t<std::ranges::range_reference_t<Range>>>;

template <class Fn, class Range>
using BatchResult = ResultOf<
    std::invoke_result_t<std::decay_t<Fn>, std::decay_t<std::ranges::range_reference_t<Range>>>>;

}  // namespace detail

/// The base of ThreadPool and InlineExecutor. Since 0.1.
class LocalExecutor : public Executor {
  public:
    /// Calls fn(args...) on a worker. fn and args are decayed copies, as for std::thread, and are
    /// moved into the call: move-only ones work, std::ref passes a reference. They are destroyed
    /// right after the call, or when it is cancelled. A fn that wants a TaskContext before its
    /// arguments gets one. One allocation. Throws ShutDownError,
    /// BrokenExecutorError, SystemError (no thread could be started), and what copying throws.
    /// Thread: any. Blocks: no (InlineExecutor: as the call does).
    template <class Fn, class... Args>
    requires detail::IsTask<std::decay_t<Fn>, std::unwrap_ref_decay_t<Args>...>
    auto submit(Fn&& fn, Args&&... args) {
        return submit_call(nullptr, std::forward<Fn>(fn), std::forward<Args>(args)...);
    }
    /// The same with options: submit({.name = "load"}, fn, args...).
    template <class Fn, class... Args>
    requires detail::IsTask<std::decay_t<Fn>, std::unwrap_ref_decay_t<Args>...>
    auto submit(const SubmitOptions& options, Fn&& fn, Args&&... args) {
        const detail::NativeSubmitOptions native(options);
        return submit_call(native.get(), std::forward<Fn>(fn), std::forward<Args>(args)...);
    }

    /// Calls the function F, as ProcessPool::submit<F> does: the arguments are converted to F's
    /// parameter types here. Nothing is written as JSON on the way.
    template <auto F, class... Args>
    requires(!detail::kStartsWithOptions<Args...>)
        Future<typename detail::TraitsOf<F>::Result> submit(Args&&... args) {
        return submit_function<F>(nullptr, std::forward<Args>(args)...);
    }
    /// The same with options: submit<F>({.name = "load"}, args...).
    template <auto F, class... Args>
    Future<typename detail::TraitsOf<F>::Result> submit(const SubmitOptions& options,
                                                        Args&&... args) {
        const detail::NativeSubmitOptions native(options);
        return submit_function<F>(native.get(), std::forward<Args>(args)...);
    }

    /// Calls fn(element) for each element of a range, as submit() does, with copies of fn and of the
    /// element; an rvalue that the range gives is moved. All calls are submitted together, with one lock
    /// and one wake, or, when it throws, none. Thread: any. Blocks: as submit().
    template <class Fn, std::ranges::input_range Range>
    requires detail::IsBatchCall<Fn, Range>
    auto submit_batch(Fn&& fn, Range&& range) {
        return submit_calls(nullptr, std::forward<Fn>(fn), std::forward<Range>(range));
    }
    template <class Fn, std::ranges::input_range Range>
    requires detail::IsBatchCall<Fn, Range>
    auto submit_batch(const SubmitOptions& options, Fn&& fn, Range&& range) {
        const detail::NativeSubmitOptions native(options);
        return submit_calls(native.get(), std::forward<Fn>(fn), std::forward<Range>(range));
    }
    /// The same for a function of one parameter: submit_batch<F>(range), as ProcessPool does it.
    template <auto F, std::ranges::input_range Range>
    auto submit_batch(Range&& range) {
        return submit_batch(F, std::forward<Range>(range));
    }
    template <auto F, std::ranges::input_range Range>
    auto submit_batch(const SubmitOptions& options, Range&& range) {
        return submit_batch(options, F, std::forward<Range>(range));
    }

    /// Calls fn(args...) as submit() does, when nobody wants its result. An exception that it throws is
    /// told to the hook for unobserved failures alone. Thread: any. Blocks: as submit().
    template <class Fn, class... Args>
    requires std::is_invocable_v<std::decay_t<Fn>, std::unwrap_ref_decay_t<Args>...>
    void post(Fn&& fn, Args&&... args) {
        submit_call(nullptr, std::forward<Fn>(fn), std::forward<Args>(args)...);
    }
    template <class Fn, class... Args>
    requires std::is_invocable_v<std::decay_t<Fn>, std::unwrap_ref_decay_t<Args>...>
    void post(const SubmitOptions& options, Fn&& fn, Args&&... args) {
        submit(options, std::forward<Fn>(fn), std::forward<Args>(args)...);
    }
    /// submit_batch() when nobody wants the results.
    template <class Fn, std::ranges::input_range Range>
    requires detail::IsBatchCall<Fn, Range>
    void post_batch(Fn&& fn, Range&& range) {
        using R = detail::BatchResult<Fn, Range>;
        detail::submit_prepared_batch<R>(native_handle(), nullptr, fn, std::forward<Range>(range));
    }

    /// Calls fn with the elements of one or more ranges, in parallel, and gives the results in the
    /// order of the input; stops at the end of the shortest range. All calls share one copy of fn,
    /// which is called as const. See Map.
    template <class Fn, class... Ranges>
    requires detail::IsMapCall<Fn, Ranges...>
    auto map(Fn&& fn, Ranges&&... ranges) {
        return map(MapOptions(), std::forward<Fn>(fn), std::forward<Ranges>(ranges)...);
    }
    template <class Fn, class... Ranges>
    auto map(const MapOptions& options, Fn&& fn, Ranges&&... ranges) {
        return detail::make_local_map(native_handle(), max_workers_, options, std::forward<Fn>(fn),
                                      std::forward<Ranges>(ranges)...);
    }

    /// The same for a function, as ProcessPool::map<F> does.
    template <auto F, class... Ranges>
    requires detail::AreRanges<Ranges...> Map<typename detail::TraitsOf<F>::Result> map(
        Ranges&&... ranges) {
        return map<F>(MapOptions(), std::forward<Ranges>(ranges)...);
    }
    template <auto F, class... Ranges>
    Map<typename detail::TraitsOf<F>::Result> map(const MapOptions& options, Ranges&&... ranges) {
        return map(options, detail::Plain<F>(), std::forward<Ranges>(ranges)...);
    }

    /// Calls body(first, last) for parts of the indexes from `begin` to before `end`, in parallel, until all
    /// of them were in one: for cheap work on many elements. The calling thread runs parts, too. The body is
    /// shared, called as const and by several threads at the same time; it may want a TaskContext first. No
    /// part has fewer than `grain` indexes but the last; 0 chooses. Throws what the first part that failed
    /// has thrown, when those that run are over; no other one starts then. Thread: any. Blocks: until all
    /// parts are over.
    template <class Body>
    requires detail::IsRangeBody<Body>
    void map_range(std::int64_t begin, std::int64_t end, const Body& body, std::int64_t grain = 0) {
        detail::RangeCall<Body>(body).map(native_handle(), begin, end, grain);
    }

  protected:
    LocalExecutor(detail::ExecutorHandle handle, int max_workers) noexcept
        : Executor(std::move(handle)), max_workers_(max_workers) {}
    LocalExecutor(LocalExecutor&&) noexcept = default;
    LocalExecutor& operator=(LocalExecutor&&) noexcept = default;
    ~LocalExecutor() = default;

  private:
    template <class Fn, class... Args>
    auto submit_call(const cf_submit_options_t* options, Fn&& fn, Args&&... args) {
        using R = detail::TaskResult<std::decay_t<Fn>, std::unwrap_ref_decay_t<Args>...>;
        return detail::submit_prepared<detail::ResultOf<R>>(
            native_handle(), options, std::forward<Fn>(fn), std::forward<Args>(args)...);
    }

    template <class Fn, class Range>
    auto submit_calls(const cf_submit_options_t* options, Fn&& fn, Range&& range) {
        using R = detail::BatchResult<Fn, Range>;
        std::vector<Future<R>> futures;
        for (detail::FutureHandle& future : detail::submit_prepared_batch<R>(
                 native_handle(), options, fn, std::forward<Range>(range))) {
            futures.push_back(Future<R>(std::move(future)));
        }
        return futures;
    }

    template <auto F, class... Args>
    auto submit_function(const cf_submit_options_t* options, Args&&... args) {
        using Traits = detail::TraitsOf<F>;
        static_assert(sizeof...(Args) == Traits::kArity, "wrong number of arguments");
        typename Traits::Arguments values(std::forward<Args>(args)...);
        return std::apply(
            [&](auto&&... value) {
                return detail::submit_prepared<typename Traits::Result>(
                    native_handle(), options, F, std::forward<decltype(value)>(value)...);
            },
            std::move(values));
    }

    int max_workers_;
};

}  // namespace cfutures

#endif

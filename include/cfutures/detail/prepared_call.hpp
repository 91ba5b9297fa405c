/// A call of a C++ callable in one block of memory: the C library's task and future, the callable,
/// its arguments, and its outcome.
#ifndef CFUTURES_DETAIL_PREPARED_CALL_HPP
#define CFUTURES_DETAIL_PREPARED_CALL_HPP

#include <cfutures/cfutures.h>

#include <cstdint>
#include <new>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "cfutures/detail/catch.hpp"
#include "cfutures/detail/check.hpp"
#include "cfutures/detail/invoke_task.hpp"
#include "cfutures/detail/outcome.hpp"
#include "cfutures/future.hpp"

namespace cfutures::detail {

/// The payload of a prepared call. The callable and its arguments die right after the call, or when
/// it is abandoned; the outcome stays until the future goes.
template <class T, class Fn, class... Args>
class PreparedCall {
  public:
    PreparedCall() noexcept {}  // NOLINT: the union has no value yet
    PreparedCall(const PreparedCall&) = delete;
    PreparedCall& operator=(const PreparedCall&) = delete;
    ~PreparedCall() { disarm(); }

    /// Builds the callable. When that throws, the payload is still fit to be abandoned.
    template <class F, class... A>
    void arm(F&& fn, A&&... args) {
        ::new (static_cast<void*>(&closure_))
            Closure{std::forward<F>(fn), std::tuple<Args...>(std::forward<A>(args)...)};
        armed_ = true;
    }

    static std::int32_t run(cf_task_t* task, void* payload) {
        auto& self = *static_cast<PreparedCall*>(payload);
        const Disarm disarm{self};
        return catch_all(
            [&]() -> std::int32_t {
                self.outcome_.set_value([&]() -> decltype(auto) {
                    return invoke_task(task, std::move(self.closure_.fn),
                                       std::move(self.closure_.args));
                });
                return CF_STATUS_OK;
            },
            [&]() -> std::int32_t {
                self.outcome_.set_exception(task_exception());
                return fail_task(task);
            });
    }
    /// A callable may have an outcome for a call that never runs.
    static void abandon(void* payload) {
        auto& self = *static_cast<PreparedCall*>(payload);
        const Disarm disarm{self};
        if constexpr (requires(Fn & fn, Outcome<T> & outcome) { fn.abandoned(outcome); }) {
            if (self.armed_) self.closure_.fn.abandoned(self.outcome_);
        }
    }
    static void destroy(void* payload) { static_cast<PreparedCall*>(payload)->~PreparedCall(); }

  private:
    struct Closure {
        Fn fn;
        std::tuple<Args...> args;
    };
    struct Disarm {
        PreparedCall& call;
        ~Disarm() { call.disarm(); }
    };

    void disarm() noexcept {
        if (std::exchange(armed_, false)) closure_.~Closure();
    }

    Outcome<T> outcome_;  // the first member: Future<T> finds it at the payload's address
    union {
        Closure closure_;
    };
    bool armed_ = false;
};

/// What a future holds for a callable that returns R.
template <class R>
using ResultOf = std::conditional_t<std::is_lvalue_reference_v<R>, R, std::remove_cvref_t<R>>;

/// Makes the call fn(args...) or fn(TaskContext, args...), which then can be submitted.
template <class T, class Fn, class... Args>
FutureHandle prepare_call(cf_executor_t* executor, const cf_submit_options_t* options, Fn&& fn,
                          Args&&... args) {
    using Payload = PreparedCall<T, std::decay_t<Fn>, std::unwrap_ref_decay_t<Args>...>;
    FutureHandle future;
    void* payload = nullptr;
    call(cf_executor_prepare, executor, options, sizeof(Payload), alignof(Payload), &Payload::run,
         &Payload::abandon, &Payload::destroy, &payload, future.out());
    auto* prepared = ::new (payload) Payload;
    prepared->arm(std::forward<Fn>(fn), std::forward<Args>(args)...);
    return future;
}

template <class T, class Fn, class... Args>
Future<T> submit_prepared(cf_executor_t* executor, const cf_submit_options_t* options, Fn&& fn,
                          Args&&... args) {
    FutureHandle future =
        prepare_call<T>(executor, options, std::forward<Fn>(fn), std::forward<Args>(args)...);
    call(cf_executor_submit_prepared, executor, future.get());
    return Future<T>(std::move(future));
}

/// Calls fn(element) for each element of a range, each call with a copy of fn, submitted together.
template <class T, class Fn, class Range>
std::vector<FutureHandle> submit_prepared_batch(cf_executor_t* executor,
                                                const cf_submit_options_t* options, const Fn& fn,
                                                Range&& range) {
    std::vector<FutureHandle> futures;
    if constexpr (std::ranges::sized_range<Range>) futures.reserve(std::ranges::size(range));
    for (auto&& element : range) {
        futures.push_back(
            prepare_call<T>(executor, options, fn, std::forward<decltype(element)>(element)));
    }
    std::vector<cf_future_t*> handles;
    handles.reserve(futures.size());
    for (const FutureHandle& future : futures)
        handles.push_back(future.get());
    call(cf_executor_submit_prepared_batch, executor, handles.data(), handles.size());
    return futures;
}

}  // namespace cfutures::detail

#endif

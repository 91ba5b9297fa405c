/// The range map of executors in this process.
#ifndef CFUTURES_DETAIL_LOCAL_RANGE_HPP
#define CFUTURES_DETAIL_LOCAL_RANGE_HPP

#include <cfutures/cfutures.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <tuple>
#include <type_traits>

#include "cfutures/detail/catch.hpp"
#include "cfutures/detail/check.hpp"
#include "cfutures/detail/invoke_task.hpp"

namespace cfutures::detail {

template <class Body>
concept IsRangeBody = IsTask<const Body&, std::int64_t, std::int64_t>;

/// A body that all parts share, and the exception of the part that failed first.
template <class Body>
class RangeCall {
  public:
    explicit RangeCall(const Body& body) : body_(body) {}

    static std::int32_t run(cf_task_t* task, std::int64_t begin, std::int64_t end, void* self) {
        auto& call = *static_cast<RangeCall*>(self);
        return catch_all(
            [&]() -> std::int32_t {
                invoke_task(task, call.body_, std::tuple<std::int64_t, std::int64_t>(begin, end));
                return CF_STATUS_OK;
            },
            [&]() -> std::int32_t {
                if (!call.failed_.exchange(true)) call.exception_ = std::current_exception();
                return fail_task(task);
            });
    }

    void map(cf_executor_t* executor, std::int64_t begin, std::int64_t end, std::int64_t grain) {
        ErrorHandle error;
        const cf_status_t status =
            cf_executor_map_range(executor, begin, end, grain, &run, this, error.out());
        if (exception_ != nullptr) std::rethrow_exception(exception_);
        check(status, error);
    }

  private:
    const Body& body_;
    std::atomic<bool> failed_{false};
    std::exception_ptr exception_;
};

}  // namespace cfutures::detail

#endif

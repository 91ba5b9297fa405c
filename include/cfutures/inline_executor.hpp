/// InlineExecutor: runs each call at once, in the thread that submits it.
#ifndef CFUTURES_INLINE_EXECUTOR_HPP
#define CFUTURES_INLINE_EXECUTOR_HPP

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/local_executor.hpp"

namespace cfutures {

/// For tests, and to switch concurrency off: every submit() returns a done future. Since 0.1.
class InlineExecutor : public LocalExecutor {
  public:
    InlineExecutor() : LocalExecutor(create(), 1) {}
    InlineExecutor(InlineExecutor&&) noexcept = default;
    InlineExecutor& operator=(InlineExecutor&&) noexcept = default;
    ~InlineExecutor() = default;

  private:
    static detail::ExecutorHandle create() {
        detail::ExecutorHandle executor;
        detail::call(cf_inline_executor_create, executor.out());
        return executor;
    }
};

}  // namespace cfutures

#endif

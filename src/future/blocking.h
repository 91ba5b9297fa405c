// Waits inside tasks (S9): what a wait does before it puts its thread to sleep, and whom it tells.
//
//   1. It helps: a pending target is run in place, on the stack of the wait, if the pool allows it.
//   2. It asks the wait graph whether it would close a cycle (wait_graph.h).
//   3. It tells its own pool that one of its workers is *blocked*, so that the pool can start a
//      *compensating* worker when all of them are and work is queued.
//
// A wait that finds its target done does none of that. Only waits without a deadline help: a call that
// is run in place cannot be left when the time is up. Only they have edges in the graph: a wait that
// times out does not wait for ever. What a wait on a thread that is inside of no task does is sleep.
#pragma once

#include <cstdint>
#include <span>

#include "future/future.h"
#include "future/wait_graph.h"
#include "support/thread_local.h"

namespace cf {

/// A worker of a pool, as the waits on its thread see it.
class BlockingContext {
  public:
    /// The worker whose thread this is; null while it runs no calls, and on all other threads.
    static CF_THREAD_LOCAL BlockingContext* current_;

    /// Whose calls this worker runs.
    const FutureOwner* owner() const { return owner_; }

    /// Runs a pending call of the same owner in place. False when it did not, because it must not or
    /// because the call is not pending any more.
    virtual bool run_target(Future& target) = 0;
    /// Runs any queued call in place; false when there is none, or when it must not.
    virtual bool run_any() = 0;
    virtual void begin_blocking() = 0;
    virtual void end_blocking() = 0;

  protected:
    explicit BlockingContext(const FutureOwner* owner) : owner_(owner) {}
    BlockingContext(const BlockingContext&) = delete;
    BlockingContext& operator=(const BlockingContext&) = delete;
    ~BlockingContext() = default;

  private:
    const FutureOwner* const owner_;
};

/// Calls that are run in place lie on the stack of their waits, so their number is limited. While it
/// lives, this thread is in one more.
class HelpScope {
  public:
    static constexpr uint32_t kDepthLimit = 256;
    static bool allowed() { return depth_ < kDepthLimit; }

    HelpScope() { ++depth_; }
    ~HelpScope() { --depth_; }
    HelpScope(const HelpScope&) = delete;
    HelpScope& operator=(const HelpScope&) = delete;

  private:
    static CF_THREAD_LOCAL uint32_t depth_;
};

/// Whether this thread is inside a task or a callback, so that its sleep can keep others waiting.
bool inside_task();

/// Runs queued calls of the thread's own pool, whatever they are, until done(); where the pool allows it.
template <typename Done>
void help_until(const Done& done) {
    BlockingContext* const context = BlockingContext::current_;
    if (context == nullptr) return;
    while (!done() && context->run_any()) {
    }
}

/// The sleep of a thread that is inside a task, while it lives.
class Blocking {
  public:
    /// The sleep ends when all of `targets` are done, and not before; none for sleeps that other
    /// things end, too.
    explicit Blocking(std::span<Future* const> targets);
    ~Blocking();
    Blocking(const Blocking&) = delete;
    Blocking& operator=(const Blocking&) = delete;

    /// WOULD_DEADLOCK when the sleep could never end; then the thread must not go to sleep.
    const ErrorRef& would_deadlock() const { return would_deadlock_; }

  private:
    BlockedThread thread_;
    ErrorRef would_deadlock_;
    BlockingContext* context_ = nullptr;
};

}  // namespace cf

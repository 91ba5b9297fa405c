// Map over a range of indexes: one body that takes (begin, end); no call, and no future, for an element.
//
// The thread that wants it runs parts itself. On workers *helpers* do: calls that are posted, as many as
// could be of use. A *part* is what a thread claims at a time: a share of what is left, large at first
// and smaller towards the end, so that a helper that comes late still finds work and all end at about
// the same time. One word says how many indexes were claimed.
//
// Who owns what: caller and helpers share the RangeMap. `user_data` is the caller's, who does not leave
// while anybody is inside of a part; a helper that comes later finds everything claimed, and touches
// nothing but the RangeMap.
//
// Invariants:
//   R1  A helper is counted in `inside` before it claims its first part, and until its last one is over.
//   R2  Who sees that everything is claimed, and then that nobody is inside, has seen the end of all
//       parts: a claim is a step of one word, which makes visible what was written before it (R1).
//   R3  A failure claims all that is left, so that no other part starts.
//   R4  Helpers that are queued behind long calls do not pile up: a pool has kMostHelpers of them.
//
// Named race, **leave against sleep**: the caller marks `inside` before it sleeps; the last helper to
// leave sees the mark in the operation that counts it out, and wakes.
#pragma once

#include "executor/executor.h"
#include "executor/task.h"

namespace cf {

struct RangeBody {
    cf_range_fn range_fn;
    void* user_data;
};

class RangeMap {
  public:
    /// The indexes from `begin` to `end`, in parts of at least `grain` of them but for the last one (0:
    /// chosen by itself). The error is that of the part that failed first, or says why the executor
    /// takes no calls. Throws std::bad_alloc; then nothing has run.
    static ErrorRef run(Executor& executor, int64_t begin, int64_t end, uint64_t grain,
                        const RangeBody& body);

    void retain() { references_.add(); }
    void release();

  private:
    class Host;
    class Presence;
    class Join;
    struct Part;

    RangeMap(Executor& executor, int64_t begin, uint64_t length, uint64_t grain,
             const RangeBody& body);

    void post_helpers();
    static int32_t help(cf_task_t* task, void* self);
    static void drop_helper(void* self);
    void run_parts(const TaskHost& host);
    bool claim(Part& part);
    void fail(ErrorRef error);
    /// Until no helper is inside.
    void await_helpers();
    bool helpers_are_inside() const { return inside_.load(std::memory_order_acquire) >= kOne; }
    bool forked() const { return generation_ != fork_generation; }

    static constexpr uint32_t kAwaited = 1;
    static constexpr uint32_t kOne = 2;

    ReferenceCount references_;
    const uint32_t generation_ = fork_generation;
    Executor& executor_;  // its calls, which the helpers are, keep it
    const int64_t begin_;
    const uint64_t length_;
    const RangeBody body_;
    uint64_t grain_;
    uint64_t shares_ = 1;  // a claim takes what is left, divided by this
    sync::Atomic<uint64_t> claimed_{0};
    sync::Atomic<uint32_t> inside_{0};  // kOne for each helper, and kAwaited
    sync::Atomic<uint32_t> failed_{0};
    ErrorRef error_;  // of whoever has set failed_; read when nobody is inside
};

}  // namespace cf

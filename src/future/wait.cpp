// DESIGN. One node for each future in one array, and one WaitSet that they share. A notification
// counts itself in `remaining`, wakes the waiter when that completes the condition, and as its very
// last act counts itself in `over`. The waiter takes its nodes out of the futures that are not done,
// and leaves when every node is either out or over, since a node that is being notified may not go.
#include "future/wait.h"

#include <vector>

#include "future/blocking.h"

namespace cf {
namespace {

struct WaitSet {
    cf_return_when_t return_when;
    sync::Atomic<uint32_t>
        remaining;  // nodes that are not notified, plus one while nodes are added
    sync::Atomic<uint32_t> over{0};
    sync::Atomic<uint32_t> fulfilled{0};

    void fulfil() {
        fulfilled.store(1, std::memory_order_release);
        sync::unpark_all(fulfilled);
    }
    bool fulfilled_by(const Future& future) const {
        return return_when == CF_RETURN_WHEN_FIRST_COMPLETED ||
               (return_when == CF_RETURN_WHEN_FIRST_EXCEPTION && future.phase() == Phase::kFailed);
    }
};

class WaitNode final : public Observer {
  public:
    explicit WaitNode(WaitSet& set) : Observer(Kind::kWaiter), set_(&set) {}
    WaitNode(WaitNode&& other) noexcept : Observer(Kind::kWaiter), set_(other.set_) {}

    void notify(Future& future) override {
        WaitSet& set = *set_;
        const bool last = set.remaining.fetch_sub(1, std::memory_order_acq_rel) == 1;
        if (last || set.fulfilled_by(future)) set.fulfil();
        set.over.fetch_add(1, std::memory_order_release);
    }

    Future* observed = nullptr;  // where the node was added

  private:
    WaitSet* set_;
};

/// The newest first, as they lie on top of the queue of a worker that has submitted them.
void run_in_place(std::span<Future* const> futures) {
    for (size_t i = futures.size(); i != 0; --i) {
        if (!futures[i - 1]->done()) futures[i - 1]->run_in_place();
    }
}

}  // namespace

cf_status_t wait_for_many(std::span<Future* const> futures, cf_return_when_t return_when,
                          Deadline deadline, ErrorRef* would_deadlock) {
    if (futures.empty()) return CF_STATUS_OK;
    const bool needs_all = return_when == CF_RETURN_WHEN_ALL_COMPLETED && deadline.is_never();
    WaitSet set{.return_when = return_when, .remaining = 1};
    std::vector<WaitNode> nodes;
    nodes.reserve(futures.size());
    for (size_t i = 0; i < futures.size(); ++i)
        nodes.emplace_back(set);
    if (needs_all) run_in_place(futures);

    uint32_t added = 0;
    bool fulfilled = false;
    for (Future* future : futures) {
        set.remaining.fetch_add(1, std::memory_order_relaxed);
        if (future->add_observer(nodes[added])) {
            nodes[added++].observed = future;
            continue;
        }
        set.remaining.fetch_sub(1, std::memory_order_relaxed);
        if (set.fulfilled_by(*future)) {
            fulfilled = true;
            break;
        }
    }
    if (set.remaining.fetch_sub(1, std::memory_order_acq_rel) == 1) fulfilled = true;

    const auto is_fulfilled = [&] { return set.fulfilled.load(std::memory_order_acquire) != 0; };
    const auto sleep = [&] {
        while (!is_fulfilled() && !deadline.passed())
            sync::park(set.fulfilled, 0, deadline);
    };
    ErrorRef deadlock;
    if (!fulfilled && deadline.is_never()) help_until(is_fulfilled);
    if (!fulfilled && inside_task() && !is_fulfilled() && !deadline.passed()) {
        const Blocking blocking(needs_all ? futures : std::span<Future* const>());
        deadlock = blocking.would_deadlock();
        if (!deadlock) sleep();
    } else if (!fulfilled) {
        sleep();
    }

    uint32_t removed = 0;
    for (uint32_t i = 0; i < added; ++i) {
        if (nodes[i].observed->remove_observer(nodes[i])) ++removed;
    }
    while (set.over.load(std::memory_order_acquire) != added - removed)
        sync::relax();
    if (fulfilled || is_fulfilled()) return CF_STATUS_OK;
    if (!deadlock) return CF_STATUS_TIMEOUT;
    if (would_deadlock != nullptr) *would_deadlock = std::move(deadlock);
    return CF_STATUS_WOULD_DEADLOCK;
}

}  // namespace cf

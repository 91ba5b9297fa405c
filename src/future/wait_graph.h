// Who waits for whom, over all threads of the process that are inside a task: finds waits that could
// never end, because they wait for themselves.
//
// A node is a thread. It is inside of calls (its OwnerScopes), one on top of the other when some are
// run in place, and all of them end only after the wait on top has ended. An edge leads from a thread
// that waits to each thread that runs one of the futures it waits for. Only waits that need every one
// of their futures, and that have no deadline, are in the graph: a single wait, an all-of wait. So a
// cycle of edges is a deadlock for certain. What can end in another way (any-of waits, completion
// queues, waits with a deadline), and what is not run by a thread here (promises, derived futures, calls
// in worker processes, pending calls), has no edges.
//
// A thread that is about to sleep looks for a cycle and enters the graph in one step under the mutex,
// so of the threads of a cycle the last one finds it. It leaves before its wait returns; till then the
// futures that it waits for are kept by its caller.
//
// Named race, **cycle against completion**: a future of an edge may be done by now, and its edge is
// skipped then. One that is not done, and whose thread is in the graph, cannot become done before that
// thread wakes up. So an edge that is followed is there until the end of the search.
#pragma once

#include <cstdint>
#include <span>

#include "future/future.h"
#include "support/error.h"

namespace cf {

class OwnerScope;

/// A thread in the graph; lives on its stack.
class BlockedThread {
  public:
    BlockedThread() = default;
    ~BlockedThread() = default;
    BlockedThread(const BlockedThread&) = delete;
    BlockedThread& operator=(const BlockedThread&) = delete;

    /// This thread waits for all of the futures. WOULD_DEADLOCK when that closes a cycle, and then it
    /// is not in the graph.
    [[nodiscard]] ErrorRef add(std::span<Future* const> targets);
    /// Does nothing when it is not in the graph.
    void remove();

  private:
    friend class WaitGraph;
    bool runs(const Future& future) const;

    const OwnerScope* calls_ = nullptr;  // that it is inside of, innermost first
    std::span<Future* const> targets_{};
    BlockedThread* next_ = nullptr;
    BlockedThread* previous_ = nullptr;
    bool added_ = false;

    // The search's, under the mutex.
    uint64_t search_ = 0;                       // the last one that came here
    const BlockedThread* came_from_ = nullptr;  // and how
    const Future* came_by_ = nullptr;
    BlockedThread* to_visit_ = nullptr;
};

/// In a forked child, where nobody waits.
void start_wait_graph_anew();

}  // namespace cf

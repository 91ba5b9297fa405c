#include "future/wait_graph.h"

#include <new>
#include <string>

#include "future/owner.h"

namespace cf {

/// The threads that are in it. All under the mutex.
class WaitGraph {
  public:
    static void insert(BlockedThread& thread) CF_REQUIRES(mutex_);
    static void erase(BlockedThread& thread) CF_REQUIRES(mutex_);
    /// The error when a new thread would close a cycle. Needs no memory but for that.
    static ErrorRef find_cycle(BlockedThread& from) CF_REQUIRES(mutex_);

    /// Whoever held the mutex is not in this process.
    static void start_anew() CF_NO_THREAD_SAFETY_ANALYSIS;

    static constinit Mutex mutex_;

  private:
    static ErrorRef cycle(const BlockedThread& from, const BlockedThread* last,
                          const Future& closing);

    static constinit BlockedThread* first_ CF_GUARDED_BY(mutex_);
    static constinit uint64_t searches_ CF_GUARDED_BY(mutex_);
};

constinit Mutex WaitGraph::mutex_;
constinit BlockedThread* WaitGraph::first_ = nullptr;
constinit uint64_t WaitGraph::searches_ = 0;

namespace {

const Future* innermost_call(const OwnerScope* calls) {
    while (calls != nullptr && calls->call() == nullptr)
        calls = calls->outer();
    return calls != nullptr ? calls->call() : nullptr;
}

std::string described(const Future& call) {
    const std::string_view name = call.name();
    return name.empty() ? text("task ", call.id()) : text("task ", call.id(), " (", name, ")");
}

}  // namespace

ErrorRef BlockedThread::add(std::span<Future* const> targets) {
    calls_ = OwnerScope::innermost();
    if (innermost_call(calls_) == nullptr) return nullptr;  // nobody can wait for this thread
    targets_ = targets;
    const MutexLock lock(WaitGraph::mutex_);
    if (ErrorRef error = WaitGraph::find_cycle(*this)) return error;
    WaitGraph::insert(*this);
    return nullptr;
}

void BlockedThread::remove() {
    if (!added_) return;
    const MutexLock lock(WaitGraph::mutex_);
    WaitGraph::erase(*this);
}

bool BlockedThread::runs(const Future& future) const {
    for (const OwnerScope* scope = calls_; scope != nullptr; scope = scope->outer()) {
        if (scope->call() == &future) return true;
    }
    return false;
}

void start_wait_graph_anew() {
    WaitGraph::start_anew();
}

void WaitGraph::start_anew() {
    ::new (&mutex_) Mutex;
    first_ = nullptr;
}

void WaitGraph::insert(BlockedThread& thread) {
    thread.next_ = first_;
    if (first_ != nullptr) first_->previous_ = &thread;
    first_ = &thread;
    thread.added_ = true;
}

void WaitGraph::erase(BlockedThread& thread) {
    if (thread.next_ != nullptr) thread.next_->previous_ = thread.previous_;
    (thread.previous_ != nullptr ? thread.previous_->next_ : first_) = thread.next_;
    thread.added_ = false;
}

ErrorRef WaitGraph::find_cycle(BlockedThread& from) {
    const uint64_t search = ++searches_;
    from.search_ = search;
    BlockedThread* last = &from;
    for (BlockedThread* visited = &from; visited != nullptr; visited = visited->to_visit_) {
        for (const Future* target : visited->targets_) {
            // Few of many are; and those that are not have no thread.
            if (target->phase() != Phase::kRunning) continue;
            if (from.runs(*target)) return cycle(from, visited, *target);
            for (BlockedThread* other = first_; other != nullptr; other = other->next_) {
                if (other->search_ == search || !other->runs(*target)) continue;
                other->search_ = search;
                other->came_from_ = visited;
                other->came_by_ = target;
                other->to_visit_ = nullptr;
                last = last->to_visit_ = other;
            }
        }
    }
    return nullptr;
}

ErrorRef WaitGraph::cycle(const BlockedThread& from, const BlockedThread* last,
                          const Future& closing) {
    return error_or_no_memory([&] {
        const Future& waiting = *innermost_call(from.calls_);
        // Told from its end: closing is what `last` waits for and what `from` runs.
        std::string chain = last == &from && &closing == &waiting ? "itself" : described(closing);
        for (; last != &from; last = last->came_from_)
            chain = text(described(*last->came_by_), ", which waits for ", chain);
        // A call that is run in place keeps those below it.
        if (&closing != &waiting) chain += text(", which waits for ", described(waiting));
        return Error::create(
            CF_STATUS_WOULD_DEADLOCK,
            text("the wait could never end: ", described(waiting), " waits for ", chain));
    });
}

}  // namespace cf

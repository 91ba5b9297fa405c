// A queue from which done futures are taken in completion order.
//
// A future that is added is `outstanding` until it is done, then `ready` until it is taken. Users
// hold the queue by handles; each outstanding node holds the memory alone, so that a queue can be
// dropped while futures run. Dropping the last handle closes it: outstanding nodes are taken out of
// their futures, and one that is being notified just then frees itself.
//
// The descriptor is an eventfd that is made when somebody asks for it. Its counter is 1 while a node is
// ready and 0 otherwise (Q1): it changes with the list, under the mutex, and only when the list becomes
// empty or stops being it. It does not block, so that nobody waits under the mutex.
//
// Lock order: the queue's mutex, then a future's list of observers.
#pragma once

#include "future/future.h"
#include "support/descriptor.h"

namespace cf {

class CompletionQueue : public HandleBase {
  public:
    static constexpr HandleKind kHandleKind = HandleKind::kCompletionQueue;

    /// `deadline` bounds every next().
    explicit CompletionQueue(Deadline deadline) : HandleBase(kHandleKind), deadline_(deadline) {}

    // Handles.
    void retain() { handles_.add(); }
    void release();

    /// Throws std::bad_alloc.
    void add(FutureRef future, uint64_t tag);

    struct Taken {
        FutureRef future;
        uint64_t tag = 0;
    };
    /// OK, END or TIMEOUT.
    cf_status_t next(Deadline deadline, Taken& taken);
    /// Waits until something is ready and gives what is there, but at most `limit`, to
    /// receive(future, tag), without a lock.
    template <typename Receive>
    cf_status_t next(Deadline deadline, size_t limit, Receive&& receive) {
        Node* first = nullptr;
        const cf_status_t status = take_ready(deadline, limit, first);
        while (first != nullptr) {
            Taken taken = unpack(first);
            receive(std::move(taken.future), taken.tag);
        }
        return status;
    }

    /// A descriptor that polls readable exactly while a future is ready; the queue's own.
    ErrorRef descriptor(int& number_out);

  private:
    class Node;
    ~CompletionQueue() = default;
    void close();
    void release_memory();
    void push_ready(Node* node) CF_REQUIRES(mutex_);
    void unlink_outstanding(Node* node) CF_REQUIRES(mutex_);
    bool must_wait() const CF_REQUIRES(mutex_) {
        return ready_first_ == nullptr && outstanding_ != nullptr;
    }
    /// Takes a list of at least one and at most `limit` nodes.
    cf_status_t take_ready(Deadline deadline, size_t limit, Node*& first);
    /// Frees the first node of a list.
    static Taken unpack(Node*& first);
    void signal() CF_REQUIRES(mutex_);
    void unsignal() CF_REQUIRES(mutex_);

    ReferenceCount handles_;
    ReferenceCount memory_;  // one for all handles, one for each outstanding node
    const Deadline deadline_;

    Mutex mutex_;
    Condition ready_or_empty_;
    bool closed_ CF_GUARDED_BY(mutex_) = false;
    Node* outstanding_ CF_GUARDED_BY(mutex_) = nullptr;  // doubly linked
    Node* ready_first_ CF_GUARDED_BY(mutex_) = nullptr;  // singly linked
    Node* ready_last_ CF_GUARDED_BY(mutex_) = nullptr;
    Descriptor descriptor_ CF_GUARDED_BY(mutex_);
};

}  // namespace cf

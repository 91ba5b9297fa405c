// What wants to know when a future is done: a done callback, a cf_wait, a completion queue.
#pragma once

#include <cstddef>

namespace cf {

class Future;

/// A node in a future's list of observers. Whoever adds it owns its memory, and keeps it until it was
/// removed (remove_observer gave true) or notified.
class Observer {
  public:
    /// Waiters are notified at once, by the thread that made the future done. Callbacks come after
    /// all waiters, in order of addition, on the thread that the executor chooses.
    enum class Kind : unsigned char { kWaiter, kCallback };

    /// Called exactly once, with no lock held, unless the observer was removed. The node may be gone
    /// when it returns.
    virtual void notify(Future& future) = 0;
    /// A callback that will never be called: its future is being freed. Frees what it owns.
    virtual void discard() {}

    Kind kind() const { return kind_; }

  protected:
    explicit Observer(Kind kind) : kind_(kind) {}
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

  private:
    friend class ObserverList;
    Observer* next_ = nullptr;
    Observer* previous_ = nullptr;
    Kind kind_;
};

/// A circular doubly linked list that is one pointer wide: to its last node.
class ObserverList {
  public:
    bool empty() const { return last_ == nullptr; }

    void push_back(Observer& node) {
        if (last_ == nullptr) {
            node.next_ = node.previous_ = &node;
        } else {
            node.next_ = last_->next_;
            node.previous_ = last_;
            last_->next_->previous_ = &node;
            last_->next_ = &node;
        }
        last_ = &node;
    }

    void remove(Observer& node) {
        if (node.next_ == &node) {
            last_ = nullptr;
        } else {
            node.next_->previous_ = node.previous_;
            node.previous_->next_ = node.next_;
            if (last_ == &node) last_ = node.previous_;
        }
        node.next_ = node.previous_ = nullptr;
    }

    /// Removes and gives the first node; null when the list is empty.
    Observer* pop_front() {
        if (last_ == nullptr) return nullptr;
        Observer* first = last_->next_;
        remove(*first);
        return first;
    }

  private:
    Observer* last_ = nullptr;
};

}  // namespace cf

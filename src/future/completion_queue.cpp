#include "future/completion_queue.h"

#include <memory>

namespace cf {

class CompletionQueue::Node final : public Observer {
  public:
    Node(CompletionQueue& queue, FutureRef added, uint64_t given_tag)
        : Observer(Kind::kWaiter), future(std::move(added)), tag(given_tag), queue_(&queue) {}

    void notify(Future&) override {
        CompletionQueue* queue = queue_;
        std::unique_ptr<Node> self(this);
        {
            const MutexLock lock(queue->mutex_);
            if (!queue->closed_) {
                queue->unlink_outstanding(this);
                queue->push_ready(self.release());
            }
        }
        self.reset();
        queue->release_memory();
    }

    FutureRef future;
    const uint64_t tag;
    Node* next = nullptr;
    Node* previous = nullptr;

  private:
    CompletionQueue* queue_;
};

void CompletionQueue::release() {
    if (!handles_.drop()) return;
    close();
    release_memory();
}

void CompletionQueue::release_memory() {
    if (memory_.drop()) delete this;
}

void CompletionQueue::close() {
    Node* dropped = nullptr;  // nodes that nobody else can reach any more
    const auto drop = [&dropped](Node* node) {
        node->next = dropped;
        dropped = node;
    };
    uint32_t detached = 0;
    {
        const MutexLock lock(mutex_);
        closed_ = true;
        for (Node *node = std::exchange(outstanding_, nullptr), *next = nullptr; node != nullptr;
             node = next) {
            next = node->next;
            // When this fails its notifier waits for our mutex, and then frees the node.
            if (!node->future->remove_observer(*node)) continue;
            drop(node);
            ++detached;
        }
        for (Node *node = std::exchange(ready_first_, nullptr), *next = nullptr; node != nullptr;
             node = next) {
            next = node->next;
            drop(node);
        }
    }
    while (dropped != nullptr) {
        const std::unique_ptr<Node> owned(dropped);
        dropped = dropped->next;
    }
    for (; detached != 0; --detached)
        static_cast<void>(memory_.drop());  // the handles' one is left
}

void CompletionQueue::push_ready(Node* node) {
    node->next = nullptr;
    (ready_first_ == nullptr ? ready_first_ : ready_last_->next) = node;
    ready_last_ = node;
    ready_or_empty_.notify_one();
}

void CompletionQueue::unlink_outstanding(Node* node) {
    if (node->next != nullptr) node->next->previous = node->previous;
    (node->previous != nullptr ? node->previous->next : outstanding_) = node->next;
}

void CompletionQueue::add(FutureRef future, uint64_t tag) {
    Future& target = *future;
    auto node = std::make_unique<Node>(*this, std::move(future), tag);
    const MutexLock lock(mutex_);
    // Linked before it can be notified; the notifier needs the mutex that we hold.
    node->next = outstanding_;
    if (outstanding_ != nullptr) outstanding_->previous = node.get();
    outstanding_ = node.get();
    memory_.add();
    if (target.add_observer(*node)) {
        static_cast<void>(node.release());
        return;
    }
    unlink_outstanding(node.get());
    push_ready(node.release());
    static_cast<void>(memory_.drop());  // never the last: the caller has a handle
}

cf_status_t CompletionQueue::next(Deadline deadline, Taken& taken) {
    deadline = deadline.earlier(deadline_);
    std::unique_ptr<Node> node;
    {
        MutexLock lock(mutex_);
        while (ready_first_ == nullptr) {
            if (outstanding_ == nullptr) return CF_STATUS_END;
            if (deadline.passed()) return CF_STATUS_TIMEOUT;
            ready_or_empty_.wait(lock, deadline);
        }
        node.reset(ready_first_);
        ready_first_ = node->next;
        if (ready_first_ == nullptr) {
            ready_last_ = nullptr;
            // Other takers wait for a node that will not come.
            if (outstanding_ == nullptr) ready_or_empty_.notify_all();
        }
    }
    taken.future = std::move(node->future);
    taken.tag = node->tag;
    return CF_STATUS_OK;
}

}  // namespace cf

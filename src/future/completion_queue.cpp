#include "future/completion_queue.h"

#include <cerrno>
#include <memory>
#include <optional>

#include "future/blocking.h"

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
        descriptor_.reset();
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
    if (ready_first_ == nullptr) signal();
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

cf_status_t CompletionQueue::take_ready(Deadline deadline, size_t limit, Node*& first) {
    deadline = deadline.earlier(deadline_);
    std::optional<Blocking> blocking;  // ends after the lock
    MutexLock lock(mutex_);
    if (inside_task() && must_wait() && !deadline.passed()) {
        lock.unlock();
        if (deadline.is_never()) {
            help_until([this] {
                const MutexLock look(mutex_);
                return !must_wait();
            });
        }
        blocking.emplace(std::span<Future* const>());
        lock.lock();
    }
    while (ready_first_ == nullptr) {
        if (outstanding_ == nullptr) return CF_STATUS_END;
        if (deadline.passed()) return CF_STATUS_TIMEOUT;
        ready_or_empty_.wait(lock, deadline);
    }
    first = ready_first_;
    Node* last = first;
    for (size_t taken = 1; taken < limit && last->next != nullptr; ++taken)
        last = last->next;
    ready_first_ = std::exchange(last->next, nullptr);
    if (ready_first_ == nullptr) {
        ready_last_ = nullptr;
        unsignal();
        // Other takers wait for a node that will not come.
        if (outstanding_ == nullptr) ready_or_empty_.notify_all();
    }
    return CF_STATUS_OK;
}

CompletionQueue::Taken CompletionQueue::unpack(Node*& first) {
    const std::unique_ptr<Node> node(first);
    first = node->next;
    return Taken{std::move(node->future), node->tag};
}

cf_status_t CompletionQueue::next(Deadline deadline, Taken& taken) {
    Node* first = nullptr;
    const cf_status_t status = take_ready(deadline, 1, first);
    if (first != nullptr) taken = unpack(first);
    return status;
}

// --- the descriptor -------------------------------------------------------------------------------

ErrorRef CompletionQueue::descriptor(int& number_out) {
    const MutexLock lock(mutex_);
    if (!descriptor_) {
        const unsigned readable = ready_first_ != nullptr ? 1 : 0;
        Descriptor made = above_standard(
            Descriptor(system_calls().eventfd(readable, EFD_CLOEXEC | EFD_NONBLOCK)));
        if (!made) return Error::system(errno, "cannot make the descriptor of a completion queue");
        descriptor_ = std::move(made);
    }
    number_out = descriptor_.get();
    return nullptr;
}

// Neither can fail: the counter is 0 here and 1 there (Q1), unless the user reads or writes it.

void CompletionQueue::signal() {
    if (!descriptor_) return;
    const uint64_t one = 1;
    static_cast<void>(system_calls().write(descriptor_.get(), &one, sizeof one));
}

void CompletionQueue::unsignal() {
    if (!descriptor_) return;
    uint64_t counter = 0;
    static_cast<void>(system_calls().read(descriptor_.get(), &counter, sizeof counter));
}

}  // namespace cf

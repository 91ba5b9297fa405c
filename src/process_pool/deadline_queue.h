// The calls of a pool that have deadlines, earliest first. A call stands here from when it is accepted
// until it is retired, so that what is done is not kept; taking out needs no memory.
//
// Threads: under the pool's mutex.
#pragma once

#include <map>

#include "future/future.h"

namespace cf {

class DeadlineQueue {
    using Key = std::pair<Nanoseconds, uint64_t>;  // the deadline and the call's id
    using Calls = std::map<Key, Future*>;

  public:
    /// Memory for the calls of a list that have deadlines.
    class Room {
      public:
        /// Throws std::bad_alloc.
        explicit Room(const FutureList& calls) {
            for (Future* call = calls.front(); call != nullptr; call = FutureList::after(call)) {
                if (call->has_deadline()) nodes_.emplace(Key{0, call->id()}, call);
            }
        }

        bool empty() const { return nodes_.empty(); }

      private:
        friend class DeadlineQueue;
        Calls nodes_;
    };

    /// Puts in the calls of the list, whose time runs. The room was made for them and perhaps for more.
    void add(Room& room, const FutureList& calls) {
        if (room.nodes_.empty()) return;
        for (Future* call = calls.front(); call != nullptr; call = FutureList::after(call)) {
            auto node = room.nodes_.extract(Key{0, call->id()});
            if (node.empty()) continue;
            node.key().first = call->deadline().at();
            calls_.insert(std::move(node));
        }
    }

    /// When the call is retired.
    void remove(const Future& call) {
        if (call.has_deadline()) calls_.erase({call.deadline().at(), call.id()});
    }

    Deadline next() const {
        return calls_.empty() ? Deadline::never() : calls_.begin()->second->deadline();
    }

    /// Takes out a call whose deadline has passed; null when there is none.
    FutureRef pop_passed() {
        if (!next().passed()) return nullptr;
        FutureRef call = FutureRef::share(calls_.begin()->second);
        calls_.erase(calls_.begin());
        return call;
    }

  private:
    Calls calls_;
};

}  // namespace cf

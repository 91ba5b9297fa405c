// The queue of a process pool: calls by priority, first in first out within a level, and in front of all
// those that came back from a worker. Not synchronised.
//
// Only calls with a priority other than 0 cost more than a link in a list. Nothing but make_levels()
// needs memory.
#pragma once

#include "executor/priority_levels.h"

namespace cf {

class CallQueue {
  public:
    bool empty() const { return size() == 0; }
    size_t size() const { return returned_.size() + ordinary_.size() + levels_.size(); }

    /// Before append(). Throws std::bad_alloc.
    void make_levels(const FutureList& calls) {
        for (const Future* call = calls.front(); call != nullptr; call = FutureList::after(call)) {
            if (call->priority() != 0) levels_.make_level(call->priority());
        }
    }
    void append(FutureList& calls) {
        while (FutureRef call = calls.pop_front()) {
            if (call->priority() == 0) {
                ordinary_.push_back(std::move(call));
            } else {
                levels_.push(std::move(call));
            }
        }
    }
    /// Calls that came back: they had their turn before.
    void prepend(FutureList& calls) { returned_.prepend(calls); }

    Future* front() {
        if (!returned_.empty()) return returned_.front();
        return level_is_next() ? levels_.front() : ordinary_.front();
    }
    FutureRef pop_front() {
        if (!returned_.empty()) return returned_.pop_front();
        return level_is_next() ? levels_.pop_front() : ordinary_.pop_front();
    }
    void take_all(FutureList& calls) {
        while (FutureRef call = pop_front())
            calls.push_back(std::move(call));
    }

  private:
    bool level_is_next() {
        const Future* first = levels_.front();
        return first != nullptr && (first->priority() > 0 || ordinary_.empty());
    }

    FutureList returned_;
    FutureList ordinary_;
    PriorityLevels levels_;
};

}  // namespace cf

// Queued calls by priority, first in first out within a level. Not synchronised.
//
// A level is made before calls are marked as accepted, since that may need memory; pushing needs none.
#pragma once

#include <functional>
#include <map>

#include "future/future.h"

namespace cf {

class PriorityLevels {
  public:
    /// Makes the level of a priority, for push(). Throws std::bad_alloc.
    void make_level(int32_t priority) { levels_[priority]; }
    /// The level has been made, and nothing was popped since.
    void push(FutureRef call) {
        ++size_;
        FutureList& level = levels_.find(call->priority())->second;
        level.push_back(std::move(call));
    }

    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    /// The first call of the highest level, without taking it; null when there is none.
    Future* front() {
        drop_empty_levels();
        return levels_.empty() ? nullptr : levels_.begin()->second.front();
    }
    FutureRef pop_front() {
        drop_empty_levels();
        if (levels_.empty()) return nullptr;
        --size_;
        return levels_.begin()->second.pop_front();
    }
    /// The same, if its priority is above `least`.
    FutureRef pop_above(int64_t least) {
        drop_empty_levels();
        return !levels_.empty() && levels_.begin()->first > least ? pop_front() : nullptr;
    }

  private:
    void drop_empty_levels() {
        while (!levels_.empty() && levels_.begin()->second.empty())
            levels_.erase(levels_.begin());
    }

    std::map<int32_t, FutureList, std::greater<>> levels_;
    size_t size_ = 0;
};

}  // namespace cf

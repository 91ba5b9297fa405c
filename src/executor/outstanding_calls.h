// The calls of a map that were submitted and not taken, in the order of their indices.
//
// Most leave at the front. One that leaves elsewhere leaves a hole; holes at the front go at once, and
// all of them when they are the larger part, so that one call that never ends costs no memory for
// those that overtake it.
#pragma once

#include <algorithm>
#include <deque>

#include "future/future.h"

namespace cf {

class OutstandingCalls {
  public:
    bool empty() const { return size_ == 0; }
    size_t size() const { return size_; }

    /// The index is larger than all before. Throws std::bad_alloc, and then nothing was added.
    void add(uint64_t index, const FutureRef& call) {
        calls_.push_back({index, call});
        ++size_;
    }
    /// The first one, when there is any.
    const FutureRef& front() const { return calls_.front().call; }
    uint64_t front_index() const { return calls_.front().index; }

    /// Takes out one that is there.
    FutureRef remove(uint64_t index) {
        FutureRef call = std::move(position_of(index)->call);
        --size_;
        while (!calls_.empty() && !calls_.front().call)
            calls_.pop_front();
        if (calls_.size() > 2 * size_ + kFewHoles) {
            std::erase_if(calls_, [](const Entry& entry) { return !entry.call; });
        }
        return call;
    }
    void remove_from(uint64_t index) {
        while (!calls_.empty() && calls_.back().index >= index) {
            if (calls_.back().call) --size_;
            calls_.pop_back();
        }
    }

    /// function(index, call) for all of them from an index on.
    template <typename Function>
    void for_each_from(uint64_t index, Function&& function) const {
        for (auto at = position_of(index); at != calls_.end(); ++at) {
            if (at->call) function(at->index, at->call);
        }
    }

  private:
    static constexpr size_t kFewHoles = 64;

    struct Entry {
        uint64_t index;
        FutureRef call;
    };
    template <typename Calls>
    static auto position_in(Calls& calls, uint64_t index) {
        return std::lower_bound(calls.begin(), calls.end(), index,
                                [](const Entry& entry, uint64_t at) { return entry.index < at; });
    }
    std::deque<Entry>::iterator position_of(uint64_t index) {
        return calls_.front().index == index ? calls_.begin() : position_in(calls_, index);
    }
    std::deque<Entry>::const_iterator position_of(uint64_t index) const {
        return position_in(calls_, index);
    }

    std::deque<Entry> calls_;
    size_t size_ = 0;  // without the holes
};

}  // namespace cf

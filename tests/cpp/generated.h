// An input range that does not know its size: fn(first), fn(first + 1), ... up to fn(last - 1), each
// made when it is read.
#pragma once

#include <cstddef>
#include <iterator>
#include <limits>

namespace cf_test {

template <class Fn>
class Generated {
  public:
    class Iterator {
      public:
        using value_type = int;
        using difference_type = std::ptrdiff_t;

        Iterator(const Generated* range, int n) : range_(range), n_(n) {}
        int operator*() const { return range_->fn_(n_); }
        Iterator& operator++() {
            ++n_;
            return *this;
        }
        friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.at_end(); }

      private:
        bool at_end() const { return n_ == range_->last_; }

        const Generated* range_;
        int n_;
    };

    Generated(Fn fn, int first, int last = std::numeric_limits<int>::max())
        : fn_(fn), first_(first), last_(last) {}

    Iterator begin() const { return Iterator(this, first_); }
    std::default_sentinel_t end() const { return {}; }

  private:
    Fn fn_;
    int first_;
    int last_;
};

}  // namespace cf_test

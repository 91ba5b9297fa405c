// A type that counts its living objects, to show that everything is destroyed exactly once.
#pragma once

#include <atomic>

namespace cf_test {

class Counted {
  public:
    Counted() { ++alive; }
    Counted(const Counted&) { ++alive; }
    Counted(Counted&&) noexcept { ++alive; }
    Counted& operator=(const Counted&) = default;
    Counted& operator=(Counted&&) noexcept = default;
    ~Counted() { --alive; }

    static inline std::atomic<int> alive{0};
};

}  // namespace cf_test

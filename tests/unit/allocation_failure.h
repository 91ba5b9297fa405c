// The allocation seam: this program's operator new can be told to fail.
#pragma once

namespace cf_unit {

/// While it lives, the n-th allocation (from 1) of this thread fails, or all from it on.
class FailingAllocation {
  public:
    enum class Mode { kOnce, kFromThenOn };
    FailingAllocation(int nth, Mode mode);
    ~FailingAllocation();
    FailingAllocation(const FailingAllocation&) = delete;
    FailingAllocation& operator=(const FailingAllocation&) = delete;

    /// Whether any allocation failed.
    bool struck() const;
};

}  // namespace cf_unit

// Faults of the system, injected where the pool calls it. The table is one for the whole process, so
// the counters are too.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

#include "support/system_calls.h"

namespace cf_unit {

/// A counter that children count on too, whose memory may be a copy. It stays as long as the program.
inline std::atomic<int>& shared_counter() {
    void* memory = mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    return *new (memory) std::atomic<int>(0);
}

/// After how many good calls the fault begins; for the functions below.
inline std::atomic<int>& good_calls = shared_counter();
/// How many calls were faulty.
inline std::atomic<int>& faulty_calls = shared_counter();

inline bool is_faulty() {
    if (good_calls.fetch_sub(1) > 0) return false;
    faulty_calls.fetch_add(1);
    return true;
}

/// The real calls but for one, which fails with the number in `fault_errno` when its time has come.
class Faults {
  public:
    /// `alter` changes the table; the first `good` calls of what it changes are real.
    template <typename Alter>
    explicit Faults(Alter&& alter, int good = 0)
        : table_(prepare(std::forward<Alter>(alter), good)), scope_(table_) {}

  private:
    template <typename Alter>
    static cf::SystemCalls prepare(Alter&& alter, int good) {
        good_calls = good;
        faulty_calls = 0;
        cf::SystemCalls table = cf::real_system_calls();
        alter(table);
        return table;
    }

    const cf::SystemCalls table_;
    const cf::ScopedSystemCalls scope_;
};

inline int fail(int error) {
    errno = error;
    return -1;
}

}  // namespace cf_unit

// What few futures have, beside them: the progress that a running call has reported.
//
// It stands in a table by the future's address, and a bit of the future says so, so that all the others
// pay nothing for it. An entry lives as long as its future. In a forked child the table is empty.
//
// Threads: any. A lock of the table is held for a few instructions and is the last one to be taken.
#pragma once

#include <cstdint>
#include <string>

namespace cf {

class Future;

/// The longest text of a report.
constexpr size_t kMaxProgress = 4096;

/// The last report of a call.
struct Progress {
    std::string json{};
    uint64_t count = 0;  // of reports so far
};

/// For whoever runs the call, or hears of it from who does (F8). Throws std::bad_alloc.
void set_progress(Future& future, std::string_view json);
/// A copy; throws std::bad_alloc.
Progress progress_of(const Future& future);

/// When a future that has extras ends.
void forget_extras(const Future& future);
/// In a forked child.
void start_extras_anew();

}  // namespace cf

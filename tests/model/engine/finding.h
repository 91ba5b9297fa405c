// What the checker can find. Everything that finds something ends the schedule through fail().
#pragma once

#include <string>

namespace cf_model {

enum class Finding {
    kNone,
    kDeadlock,      // nobody can go on; a lost wake-up is the case where all are asleep
    kRace,          // two accesses, one of them a plain write, that nothing orders
    kUseAfterFree,  // an access to memory that was freed, or a second free
    kLeak,          // memory that is left when every thread has ended
    kLivelock,      // threads that only spin, or a schedule without end
    kCheck,         // a check of the scenario or an assert() of the code
    kModel,         // the scenario is beyond the model: too many threads, too much memory, ...
};

const char* name_of(Finding finding);

/// Ends the schedule. Only from a simulated thread. `about` is the memory that it is about, if any.
[[noreturn]] void fail(Finding finding, const std::string& what, const void* about = nullptr);

}  // namespace cf_model

// Bugs that can be planted in the primitives below the real code, to see that they are found. They
// change what the seam does and never the code above it: what the code would be with a weaker memory
// order, without its compare before sleeping, with a load and a store in place of an exchange.
#pragma once

namespace cf_model {

enum class Bug {
    kNone,
    kNoReleaseInDrop,      // fetch_sub(acq_rel) does not release: what a reference count drops with
    kNoReleaseInExchange,  // compare_exchange(acq_rel) does not release: how outcomes are published
    kNoSequence,           // seq_cst is only acquire and release: what a condition counts on
    kSleepWithoutCompare,  // park() does not look at the word again
    kLostWake,             // unpark_all() wakes one
    kTornExchange,         // compare_exchange() is a load and a store
    kTornSubtraction,      // fetch_sub() is a load and a store
    kOpenMutex,            // lock() does not wait
};

}  // namespace cf_model

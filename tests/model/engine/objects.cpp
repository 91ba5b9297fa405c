#include "engine/objects.h"

namespace cf_model {

void Object::begin(const Store& first) {
    count_ = 1;
    history_[0] = first;
    holder = kNobody;
    unlocked = Clock{};
}

void Object::append(const Store& store) {
    history_[count_++ % kHistory] = store;
}

size_t Object::visible(const Clock& clock, uint64_t floor, bool sequential) {
    const size_t kept = stores();
    for (size_t i = 0; i < kept; ++i) {
        const Store& candidate = store(i);
        if (candidate.origin || candidate.number <= floor || (sequential && candidate.sequential))
            return i + 1;
        for (size_t thread = 0; thread < kMaxThreads; ++thread) {
            if (candidate.seen[thread] != 0 && clock.covers(thread, candidate.seen[thread]))
                return i + 1;
        }
    }
    return kept;
}

}  // namespace cf_model

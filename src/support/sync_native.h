// The real primitives behind support/sync.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "support/clock.h"

namespace cf::sync {

template <typename T>
using Atomic = std::atomic<T>;

using RawMutex = std::mutex;

bool park(Atomic<uint32_t>& word, uint32_t value, Deadline deadline);
void unpark_one(Atomic<uint32_t>& word);
void unpark_all(Atomic<uint32_t>& word);
void relax();

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield" ::: "memory");
#endif
}

}  // namespace cf::sync

// The real primitives behind support/sync.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "support/clock.h"

#if defined(__SANITIZE_THREAD__)
#define CF_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CF_THREAD_SANITIZER 1
#endif
#endif
#ifndef CF_THREAD_SANITIZER
#define CF_THREAD_SANITIZER 0
#endif

namespace cf::sync {

template <typename T>
using Atomic = std::atomic<T>;

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

#include "support/word_mutex.h"

namespace cf::sync {

#if CF_THREAD_SANITIZER
using RawMutex = std::mutex;  // of which the sanitizer knows the order
#else
using RawMutex = BasicWordMutex<40>;
#endif

}  // namespace cf::sync

// Threads that sleep until a word changes, as futex does it: a fixed number of lots, each with a lock and a
// condition for all words whose address falls there. A wake of one thread may wake others of its lot; a
// futex may wake for no reason, and whoever sleeps looks again.
#include <pthread.h>

#include <cerrno>
#include <cstdint>

#include "support/portable/calls.h"

namespace cf::portable {
namespace {

struct Lot {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

constexpr size_t kLots = 64;
Lot lots[kLots];
pthread_once_t prepared = PTHREAD_ONCE_INIT;

/// Also in a forked child, where a lock may be that of a thread which is not there.
void make_lots() {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
#if !defined(__APPLE__)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
    for (Lot& lot : lots) {
        pthread_mutex_init(&lot.mutex, nullptr);
        pthread_cond_init(&lot.changed, &attributes);
    }
    pthread_condattr_destroy(&attributes);
}

void prepare() {
    make_lots();
    pthread_atfork(nullptr, nullptr, make_lots);
}

Lot& lot_of(const uint32_t* address) {
    pthread_once(&prepared, prepare);
    // Neighbouring words are often neighbours in use.
    const uint64_t mixed = reinterpret_cast<uintptr_t>(address) * 0x9E3779B97F4A7C15U;
    return lots[mixed >> 58];
}

/// 0 or an error number; `until` is on the monotonic clock.
int wait_until(Lot& lot, const timespec& until) {
#if defined(__APPLE__)
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    timespec left{until.tv_sec - now.tv_sec, until.tv_nsec - now.tv_nsec};
    if (left.tv_nsec < 0) left = {left.tv_sec - 1, left.tv_nsec + 1'000'000'000};
    if (left.tv_sec < 0) return ETIMEDOUT;
    return pthread_cond_timedwait_relative_np(&lot.changed, &lot.mutex, &left);
#else
    return pthread_cond_timedwait(&lot.changed, &lot.mutex, &until);
#endif
}

}  // namespace

long futex(uint32_t* address, int operation, uint32_t value, const timespec* timeout, uint32_t) {
    Lot& lot = lot_of(address);
    pthread_mutex_lock(&lot.mutex);
    int error = 0;
    if (operation == FUTEX_WAKE_PRIVATE) {
        // One condition serves many words, so one of its sleepers need not be one of ours.
        pthread_cond_broadcast(&lot.changed);
    } else if (__atomic_load_n(address, __ATOMIC_SEQ_CST) != value) {
        error = EAGAIN;
    } else {
        error = timeout == nullptr ? pthread_cond_wait(&lot.changed, &lot.mutex)
                                   : wait_until(lot, *timeout);
    }
    pthread_mutex_unlock(&lot.mutex);
    if (error == 0) return 0;
    errno = error;
    return -1;
}

}  // namespace cf::portable

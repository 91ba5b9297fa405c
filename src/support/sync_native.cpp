#include "support/sync_native.h"

#include <sched.h>
#include <time.h>

#include <cerrno>
#include <limits>

#include "support/system_calls.h"

namespace cf::sync {
namespace {

static_assert(sizeof(Atomic<uint32_t>) == sizeof(uint32_t) && Atomic<uint32_t>::is_always_lock_free,
              "a futex needs the bare word");

uint32_t* address_of(Atomic<uint32_t>& word) {
    return reinterpret_cast<uint32_t*>(&word);
}

/// A lock may come between a system call and the look at its error.
class KeptErrno {
  public:
    KeptErrno() = default;
    ~KeptErrno() { errno = kept_; }
    KeptErrno(const KeptErrno&) = delete;
    KeptErrno& operator=(const KeptErrno&) = delete;

  private:
    const int kept_ = errno;
};

void wake(Atomic<uint32_t>& word, uint32_t count) {
    const KeptErrno kept;
    system_calls().futex(address_of(word), FUTEX_WAKE_PRIVATE, count, nullptr, 0);
}

}  // namespace

bool park(Atomic<uint32_t>& word, uint32_t value, Deadline deadline) {
    const KeptErrno kept;
    timespec at{};
    at.tv_sec = deadline.at() / kSecond;
    at.tv_nsec = deadline.at() % kSecond;
    // The bit-set form takes an absolute time on the monotonic clock.
    const long result = system_calls().futex(
        address_of(word), FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value,
        deadline.is_never() ? nullptr : &at, static_cast<uint32_t>(FUTEX_BITSET_MATCH_ANY));
    return result == 0 || errno != ETIMEDOUT;
}

void unpark_one(Atomic<uint32_t>& word) {
    wake(word, 1);
}

void unpark_all(Atomic<uint32_t>& word) {
    wake(word, std::numeric_limits<int32_t>::max());
}

// The holder of what we spin on may have been preempted, and with two cores it often is.
void relax() {
    sched_yield();
}

}  // namespace cf::sync

#include "support/clock.h"

#include <time.h>

#include "support/system_calls.h"

namespace cf {

Nanoseconds monotonic_now() {
    timespec now{};
    system_calls().clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<Nanoseconds>(now.tv_sec) * kSecond + now.tv_nsec;
}

}  // namespace cf

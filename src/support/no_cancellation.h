// Threads may be cancelled in system calls (pthread_cancel); one that works for others must not be.
#pragma once

#include <pthread.h>

namespace cf {

/// While it lives this thread is not cancelled; a request waits until then.
class NoCancellation {
  public:
    NoCancellation() { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
    ~NoCancellation() { pthread_setcancelstate(before_, nullptr); }
    NoCancellation(const NoCancellation&) = delete;
    NoCancellation& operator=(const NoCancellation&) = delete;

  private:
    int before_ = 0;
};

}  // namespace cf

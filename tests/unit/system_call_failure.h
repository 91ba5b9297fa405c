// System calls that fail, one after the other: what system_calls.h is a seam for.
#pragma once

#include <cerrno>

#include "support/system_calls.h"

namespace cf_test {
class Gate;
}

namespace cf_unit {

/// The errors that system calls are swept with.
inline constexpr int kSweptErrors[] = {EAGAIN, EINTR, EMFILE, ENOMEM};

/// While it lives, the n-th (from 1) of the system calls that may fail with `error` does. Calls that
/// cannot fail with it, according to their manuals, are real and do not count.
class FailingSystemCall {
  public:
    enum class Whose { kThisThread, kEveryThread };
    enum class Mode { kOnce, kFromThenOn };
    FailingSystemCall(int nth, int error, Mode mode, Whose whose);
    ~FailingSystemCall();
    FailingSystemCall(const FailingSystemCall&) = delete;
    FailingSystemCall& operator=(const FailingSystemCall&) = delete;

    /// Whether any call failed, and the name of the last one that did.
    bool struck() const;
    const char* victim() const;

    /// Opens the gate when a thread whose calls are counted goes to sleep for real.
    static void open_at_sleep(cf_test::Gate* gate);

  private:
    const cf::ScopedSystemCalls scope_;
};

}  // namespace cf_unit

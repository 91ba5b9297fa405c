// A thread of the library: named, with all signals blocked (they belong to the host program), and
// with a start that can fail.
#pragma once

#include <pthread.h>

#include <string>

#include "support/clock.h"
#include "support/error.h"

namespace cf {

class Thread {
  public:
    Thread() = default;
    Thread(Thread&& other) noexcept;
    Thread& operator=(Thread&& other) noexcept;
    /// Joined or detached by then.
    ~Thread() = default;
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    /// Starts function(argument). The system shows the first 15 bytes of the name.
    /// A stack size of 0 is the system's default; thread-local variables do not count.
    /// SYSTEM when no thread could be started; then nothing has changed.
    [[nodiscard]] ErrorRef start(const std::string& name, void (*function)(void*), void* argument,
                                 size_t stack_size = 0);

    bool joinable() const { return joinable_; }
    bool is_current() const;
    void join();
    /// The thread may have returned and still run destructors of the user's thread-local objects:
    /// false when they are not over by the deadline.
    [[nodiscard]] bool join(Deadline deadline);
    void detach();

  private:
    pthread_t id_{};
    bool joinable_ = false;
};

}  // namespace cf

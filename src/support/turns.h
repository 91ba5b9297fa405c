// Turns: what would nest on the stack of a thread runs one after the other instead.
//
// A future that ends may end another one, which ends a third, and so on without a limit. Each such end
// is a turn. The first one of a thread runs at once; those taken while it runs wait in a list until it
// is over. User code is outside of that: what it causes happens before it goes on, since it may wait
// for it.
#pragma once

#include <utility>

#include "support/thread_local.h"

namespace cf {

class Turn {
  public:
    virtual void run() = 0;

  protected:
    Turn() = default;
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    virtual ~Turn() = default;

  private:
    friend class Turns;
    Turn* next_ = nullptr;
};

/// The turns of this thread that are to come; null when none runs. Every task looks at it.
class Turns;
extern CF_THREAD_LOCAL Turns* running_turns;

/// Runs it now or, inside of another turn of this thread, later. It may be gone on return.
void take_turn(Turn& turn);

/// While it lives, turns of this thread run at once.
class UserCodeScope {
  public:
    UserCodeScope() : interrupted_(std::exchange(running_turns, nullptr)) {}
    ~UserCodeScope() { running_turns = interrupted_; }
    UserCodeScope(const UserCodeScope&) = delete;
    UserCodeScope& operator=(const UserCodeScope&) = delete;

  private:
    Turns* interrupted_;
};

}  // namespace cf

#include "support/turns.h"

#include "support/user_code.h"

namespace cf {

CF_THREAD_LOCAL Turns* running_turns = nullptr;

class Turns {
  public:
    void push(Turn& turn) {
        (first_ == nullptr ? first_ : last_->next_) = &turn;
        last_ = &turn;
    }
    /// Also when one ends its thread.
    void run() {
        while (Turn* turn = first_) {
            first_ = turn->next_;
            call_user_code([&] { turn->run(); }, [] {}, [&] { run(); });
        }
    }

  private:
    Turn* first_ = nullptr;
    Turn* last_ = nullptr;
};

void take_turn(Turn& turn) {
    if (running_turns != nullptr) return running_turns->push(turn);
    Turns turns;
    struct Running {
        explicit Running(Turns& turns) { running_turns = &turns; }
        ~Running() { running_turns = nullptr; }
    } const running(turns);
    turns.push(turn);
    turns.run();
}

}  // namespace cf

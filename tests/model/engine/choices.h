// Where a schedule could go several ways, it asks here. One run of the scenario is one list of
// answers; the search changes the last answer that can still be changed and runs it again, until there
// is none. Answer 0 is always the ordinary one: go on with the same thread, read the newest value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cf_model {

/// How often one schedule may leave the ordinary way; negative is any number of times.
struct Budget {
    int preemptions = 2;  // another thread goes on although this one could
    int stale_loads = 1;  // a load gives an older value than the newest
    int spurious = 0;     // a weak exchange fails, or a sleeper wakes up, for no reason
};

class Choices {
  public:
    /// All schedules within the budget, depth first.
    void search(const Budget& budget);
    /// One schedule at random; the same seed gives the same one.
    void random(uint64_t seed);
    /// The schedule that to_string() described; false when the text is none.
    bool replay(const std::string& text);
    /// The schedule that was just run, again.
    void repeat();

    /// What is left of the budget in this schedule.
    Budget left;

    /// One of `options`, 0 to options - 1. `shift`: at random, 0 is given in all but one of 2^shift.
    uint32_t pick(uint32_t options, unsigned shift);

    /// Search: prepares the next schedule; false when there is none.
    bool next();

    /// "P/S/W:i=a,...": the budget and the answers other than 0.
    std::string to_string() const;
    /// Whether the run asked what it had not asked the time before.
    bool diverged() const { return diverged_; }

  private:
    struct Answer {
        uint16_t options;
        uint16_t taken;
    };
    uint64_t draw();

    Budget budget_;
    std::vector<Answer> path_;
    size_t position_ = 0;
    bool random_ = false;
    bool diverged_ = false;
    uint64_t state_ = 0;
};

}  // namespace cf_model

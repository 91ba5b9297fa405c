// Gates for tests that decide the order of events themselves instead of sleeping.
//
// Each wait is bounded by long_wait(). When it runs out, the process dies with the stacks of all
// threads: a wake-up was lost, and who stands where is the evidence. A thread that waits may
// destroy the object as soon as its wait returns. What tasks use is declared before the pool that runs
// them, which ends when the last of them has left.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "support/time.h"
#include "support/watchdog.h"

namespace cf_test {

// A number that only grows.
class Counter {
  public:
    void add(int n = 1) {
        const std::lock_guard lock(mutex_);
        value_ += n;
        changed_.notify_all();
    }

    int value() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }

    // Waits until the value is at least n.
    void wait_for(int n, const char* file = __builtin_FILE(), int line = __builtin_LINE()) const {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, long_wait(), [&] { return value_ >= n; })) return;
        const std::string seen = std::to_string(value_) + " of " + std::to_string(n);
        lock.unlock();
        die_with_stacks(std::string(file) + ":" + std::to_string(line) + ": waited in vain, " +
                        seen + " happened");
    }

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    int value_ = 0;  // guarded by mutex_
};

// Closed until opened, then open for good.
class Gate {
  public:
    void open() { opened_.add(); }
    bool is_open() const { return opened_.value() > 0; }
    void wait(const char* file = __builtin_FILE(), int line = __builtin_LINE()) const {
        opened_.wait_for(1, file, line);
    }

  private:
    Counter opened_;
};

// Lets `count` threads go on together, once all of them have arrived.
class Latch {
  public:
    explicit Latch(int count) : count_(count) {}

    void arrive() { arrived_.add(); }
    void wait(const char* file = __builtin_FILE(), int line = __builtin_LINE()) const {
        arrived_.wait_for(count_, file, line);
    }
    void arrive_and_wait(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
        arrive();
        wait(file, line);
    }

  private:
    const int count_;
    Counter arrived_;
};

}  // namespace cf_test

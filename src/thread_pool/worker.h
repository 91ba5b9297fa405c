// One thread of a pool, and who this thread is.
#pragma once

#include "future/blocking.h"
#include "support/thread.h"
#include "thread_pool/thread_pool.h"

namespace cf {

class ThreadPool::Worker final : public BlockingContext {
  public:
    Worker(ThreadPool& owner, Seat& taken) : BlockingContext(&owner), pool(owner), seat(taken) {}
    bool run_target(Future& target) override { return pool.run_target(seat, target); }
    // In a forked child there is no pool.
    bool run_any() override { return !pool.forked() && pool.run_any(seat); }
    void begin_blocking() override {
        if (!pool.forked()) pool.begin_blocking();
    }
    void end_blocking() override {
        if (!pool.forked()) pool.end_blocking();
    }

    /// The worker of the pool whose thread this is, inside of a call or not; null on other threads.
    static Worker* of(const ThreadPool& pool) {
        return own_ != nullptr && &own_->pool == &pool ? own_ : nullptr;
    }

    static CF_THREAD_LOCAL Worker* own_;

    ThreadPool& pool;
    Seat& seat;
    Thread thread;
    bool available = true;  // among the available workers; changes under the pool's mutex
};

}  // namespace cf

// One thread of a pool, and who this thread is.
#pragma once

#include "support/thread.h"
#include "support/thread_local.h"
#include "thread_pool/thread_pool.h"

namespace cf {

class ThreadPool::Worker {
  public:
    Worker(ThreadPool& owner, Seat& taken) : pool(owner), seat(taken) {}
    ThreadPool& pool;
    Seat& seat;
    Thread thread;

    /// The worker that runs a call on this thread; null on every other thread.
    static CF_THREAD_LOCAL Worker* current;
};

}  // namespace cf

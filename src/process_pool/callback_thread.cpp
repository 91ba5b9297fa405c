#include "process_pool/callback_thread.h"

#include <new>

#include "support/user_code.h"

namespace cf {

ErrorRef CallbackThread::start() {
    const auto main = [](void* self) { static_cast<CallbackThread*>(self)->work(); };
    try {
        return thread_.start("cf-callbacks", main, this);
    } catch (const std::bad_alloc&) {
        return Error::no_memory();
    }
}

void CallbackThread::run(Future& future) {
    {
        const MutexLock lock(mutex_);
        if (thread_.joinable() || !start()) {
            futures_.push_back(FutureRef::share(&future));
            changed_.notify_one();
            return;
        }
    }
    owner_.FutureOwner::finish(future);
}

void CallbackThread::work() {
    for (;;) {
        FutureRef future;
        {
            MutexLock lock(mutex_);
            while (futures_.empty()) {
                if (stopping_) return;
                changed_.wait(lock, Deadline::never());
            }
            future = futures_.pop_front();
        }
        call_user_code([&] { owner_.FutureOwner::finish(*future); }, [] {},
                       [&] {
                           if (!future->forked()) hand_over();
                       });
        if (future->forked()) return;  // the callback has forked, and this is the child
    }
}

void CallbackThread::hand_over() {
    FutureList stranded;
    {
        const MutexLock lock(mutex_);
        if (!thread_.is_current()) return;
        thread_.detach();
        if (futures_.empty() || !start()) return;
        stranded.append(futures_);
    }
    while (const FutureRef future = stranded.pop_front())
        owner_.FutureOwner::finish(*future);
}

void CallbackThread::stop() {
    Thread thread;
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
        changed_.notify_one();
        if (!thread_.joinable()) return;
        thread = std::move(thread_);
    }
    thread.join();
}

}  // namespace cf

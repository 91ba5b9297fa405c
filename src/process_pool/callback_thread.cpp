#include "process_pool/callback_thread.h"

namespace cf {

void CallbackThread::run(Future& future) {
    {
        const MutexLock lock(mutex_);
        const auto main = [](void* self) { static_cast<CallbackThread*>(self)->work(); };
        if (thread_.joinable() || !thread_.start("cf-callbacks", main, this)) {
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
        owner_.FutureOwner::finish(*future);
    }
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

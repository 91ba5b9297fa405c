#include "future/unobserved_failure.h"

#include <new>

#include "support/sync.h"
#include "support/turns.h"
#include "support/user_code.h"

namespace cf {
namespace {

class Hook {
  public:
    Hook(cf_unobserved_failure_fn hook_fn, void* user_data, cf_destroy_fn destroy)
        : hook_fn_(hook_fn), user_data_(user_data), input_(destroy, user_data) {}
    void retain() { references_.add(); }
    void release() {
        if (references_.drop()) delete this;
    }
    void call(Error& error) const {
        call_user_code([&] {
            const UserCodeScope scope;
            hook_fn_(to_handle<const cf_error_t>(&error), user_data_);
        });
    }

  private:
    ReferenceCount references_;
    cf_unobserved_failure_fn hook_fn_;
    void* user_data_;
    DestroyGuard input_;
};

constinit Mutex mutex;
// A plain pointer, since nothing may be destroyed at exit.
constinit Hook* hook CF_GUARDED_BY(mutex) = nullptr;
constinit sync::Atomic<uint64_t> count{0};

}  // namespace

void start_unobserved_failures_anew() {
    ::new (&mutex) Mutex;
}

void report_unobserved_failure(Error& error) {
    count.fetch_add(1, std::memory_order_relaxed);
    Ref<Hook> in_force;
    {
        const MutexLock lock(mutex);
        in_force = Ref<Hook>::share(hook);
    }
    if (in_force) in_force->call(error);
}

void set_unobserved_failure_hook(cf_unobserved_failure_fn hook_fn, void* user_data,
                                 cf_destroy_fn destroy) {
    DestroyGuard guard(destroy, user_data);
    Ref<Hook> replacing;
    if (hook_fn != nullptr) {
        replacing = Ref<Hook>::adopt(new Hook(hook_fn, user_data, destroy));
        guard.handed_on();
    }
    Ref<Hook> replaced;  // goes when the mutex does not need to be held any more
    const MutexLock lock(mutex);
    replaced = Ref<Hook>::adopt(std::exchange(hook, replacing.detach()));
}

uint64_t unobserved_failure_count() {
    return count.load(std::memory_order_relaxed);
}

}  // namespace cf

// Owners for the handles of the C ABI.
#pragma once

#include <cfutures/cfutures.h>

#include <utility>

namespace contract {

template <typename T, void (*kRelease)(T*)>
class Owned {
  public:
    Owned() = default;
    explicit Owned(T* handle) : handle_(handle) {}
    Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Owned() { kRelease(handle_); }

    // For an _out parameter.
    T** out() {
        reset();
        return &handle_;
    }
    void reset() { kRelease(std::exchange(handle_, nullptr)); }
    T* get() const { return handle_; }
    operator T*() const { return handle_; }  // so that it can be passed to the C functions

  private:
    T* handle_ = nullptr;
};

using Error = Owned<cf_error_t, cf_error_release>;
using Future = Owned<cf_future_t, cf_future_release>;
using Promise = Owned<cf_promise_t, cf_promise_release>;
using Queue = Owned<cf_completion_queue_t, cf_completion_queue_release>;
using Map = Owned<cf_map_t, cf_map_release>;
using MapOptions = Owned<cf_map_options_t, cf_map_options_release>;
using SubmitOptions = Owned<cf_submit_options_t, cf_submit_options_release>;
using ThreadPoolOptions = Owned<cf_thread_pool_options_t, cf_thread_pool_options_release>;
using ProcessPoolOptions = Owned<cf_process_pool_options_t, cf_process_pool_options_release>;

using Stats = Owned<cf_stats_t, cf_stats_release>;
using WorkerList = Owned<cf_worker_list_t, cf_worker_list_release>;

}  // namespace contract

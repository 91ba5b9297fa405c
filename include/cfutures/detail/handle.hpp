/// Owners of the C ABI's objects.
#ifndef CFUTURES_DETAIL_HANDLE_HPP
#define CFUTURES_DETAIL_HANDLE_HPP

#include <cfutures/cfutures.h>

#include <atomic>
#include <cstdint>
#include <utility>

namespace cfutures::detail {

/// One reference to a counted object; copying retains, destruction releases.
template <class T, auto Retain, auto Release>
class Handle {
  public:
    Handle() noexcept = default;
    /// Takes over a reference.
    explicit Handle(T* owned) noexcept : object_(owned) {}
    Handle(const Handle& other) noexcept
        : object_(other.object_ != nullptr ? Retain(other.object_) : nullptr) {}
    Handle(Handle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Handle& operator=(Handle other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Handle() {
        if (object_ != nullptr) Release(object_);
    }

    /// Adds a reference of its own to a borrowed object.
    template <class Borrowed>
    static Handle retained(Borrowed* borrowed) noexcept {
        return Handle(borrowed != nullptr ? Retain(borrowed) : nullptr);
    }

    T* get() const noexcept { return object_; }
    T* operator->() const noexcept { return object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }

    /// Where a C function may write an owned object.
    T** out() noexcept {
        *this = Handle();
        return &object_;
    }

  private:
    T* object_ = nullptr;
};

using ErrorHandle = Handle<cf_error_t, cf_error_retain, cf_error_release>;
using ExecutorHandle = Handle<cf_executor_t, cf_executor_retain, cf_executor_release>;
using FutureHandle = Handle<cf_future_t, cf_future_retain, cf_future_release>;
using MapHandle = Handle<cf_map_t, cf_map_retain, cf_map_release>;
using PromiseHandle = Handle<cf_promise_t, cf_promise_retain, cf_promise_release>;
using QueueHandle =
    Handle<cf_completion_queue_t, cf_completion_queue_retain, cf_completion_queue_release>;

/// A move-only owner of an object that is not counted: the option objects.
template <class T, void (*Release)(T*)>
class Owner {
  public:
    Owner() noexcept = default;
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    ~Owner() { Release(object_); }

    T* get() const noexcept { return object_; }
    T** out() noexcept { return &object_; }

  private:
    T* object_ = nullptr;
};

inline void free_text(char* text) noexcept {
    cf_free(text);
}
/// A text that the library has copied for its caller.
using Text = Owner<char, free_text>;

/// The base of what this layer itself shares. Destroyed by the last Ref.
class RefCounted {
  public:
    RefCounted() noexcept = default;
    RefCounted(const RefCounted&) = delete;
    RefCounted& operator=(const RefCounted&) = delete;
    virtual ~RefCounted() = default;

    void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
    }

  private:
    std::atomic<std::int32_t> references_{1};
};

template <class T>
T* retain_object(T* object) noexcept {
    object->retain();
    return object;
}
template <class T>
void release_object(T* object) noexcept {
    object->release();
}

/// A reference to a RefCounted object.
template <class T>
using Ref = Handle<T, retain_object<T>, release_object<T>>;

}  // namespace cfutures::detail

#endif

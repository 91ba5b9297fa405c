// Reference counts that live in the object, and the pointer that keeps them.
#pragma once

#include <utility>

#include "support/sync.h"

namespace cf {

/// A reference count that starts at one.
class ReferenceCount {
  public:
    constexpr explicit ReferenceCount(uint32_t initial = 1) : count_(initial) {}
    void add(uint32_t references = 1) { count_.fetch_add(references, std::memory_order_relaxed); }
    /// The same while no other thread can know of the object: no atomic operation.
    void add_unshared(uint32_t references = 1) {
        count_.store(count_.load(std::memory_order_relaxed) + references,
                     std::memory_order_relaxed);
    }
    /// Adds one unless the object is already on its way out.
    [[nodiscard]] bool try_add() {
        uint32_t count = count_.load(std::memory_order_relaxed);
        while (count != 0) {
            if (count_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed))
                return true;
        }
        return false;
    }
    /// Whether the caller's own reference is the only one, so that no other thread can reach the
    /// object. Everything done to it before any drop is visible then. Not for counts that somebody
    /// raises with try_add().
    bool only() const { return count_.load(std::memory_order_acquire) == 1; }
    /// True when that was the last one. Everything done to the object before any drop is visible to
    /// whoever gets true.
    [[nodiscard]] bool drop() { return count_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
    /// The same for counts that nobody raises with try_add(): whoever sees its own reference as the
    /// only one is alone, and saves the atomic operation.
    [[nodiscard]] bool drop_cheaply() { return only() || drop(); }

  private:
    sync::Atomic<uint32_t> count_;
};

/// Owns one reference to a T, which has retain() and release().
template <typename T>
class Ref {
  public:
    constexpr Ref() = default;
    constexpr Ref(std::nullptr_t) {}  // NOLINT(google-explicit-constructor): null is a Ref
    Ref(const Ref& other) : object_(other.object_) {
        if (object_ != nullptr) object_->retain();
    }
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_ != nullptr) object_->release();
    }

    /// Takes over a reference that the caller owns.
    static Ref adopt(T* object) {
        Ref ref;
        ref.object_ = object;
        return ref;
    }
    /// Adds a reference of its own.
    static Ref share(T* object) {
        if (object != nullptr) object->retain();
        return adopt(object);
    }

    T* get() const { return object_; }
    T* operator->() const { return object_; }
    T& operator*() const { return *object_; }
    explicit operator bool() const { return object_ != nullptr; }
    /// Gives the reference to the caller.
    [[nodiscard]] T* detach() { return std::exchange(object_, nullptr); }

  private:
    T* object_ = nullptr;
};

}  // namespace cf

// What every handle of the C ABI points to: a word that says what kind of object it is, so that a
// NULL or a handle of another kind is refused instead of believed (convention 3 of cfutures.h).
#pragma once

#include <cstdint>

namespace cf {

enum class HandleKind : uint32_t {
    kDead = 0xDEADCF00,  // written by the destructor, so that a stale handle is likely to be seen
    kExecutor = 0xCF0E0001,
    kFuture,
    kPromise,
    kTask,
    kError,
    kCompletionQueue,
    kMap,
    kThreadPoolOptions,
    kProcessPoolOptions,
    kSubmitOptions,
    kMapOptions,
};

/// Base of all objects behind handles. A handle is the address of this base, also in objects with
/// virtual functions, where the compiler puts its own pointer first.
class HandleBase {
  public:
    HandleBase(const HandleBase&) = delete;
    HandleBase& operator=(const HandleBase&) = delete;
    HandleKind handle_kind() const { return kind_; }

  protected:
    explicit constexpr HandleBase(HandleKind kind) : kind_(kind) {}
    ~HandleBase() {
        // Volatile, or the compiler drops a store to an object that is about to go.
        *const_cast<volatile HandleKind*>(&kind_) = HandleKind::kDead;
    }

  private:
    HandleKind kind_;
};

/// The object behind a handle; null when the handle is NULL or of another kind.
template <typename Object, typename Handle>
Object* from_handle(Handle* handle) {
    if (handle == nullptr) return nullptr;
    auto* base = reinterpret_cast<HandleBase*>(const_cast<void*>(static_cast<const void*>(handle)));
    return base->handle_kind() == Object::kHandleKind ? static_cast<Object*>(base) : nullptr;
}

template <typename Handle, typename Object>
Handle* to_handle(Object* object) {
    return reinterpret_cast<Handle*>(static_cast<HandleBase*>(object));
}

}  // namespace cf

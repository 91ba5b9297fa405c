// What every handle of the C ABI points to: a word that says what kind of object it is, so that a
// NULL or a handle of another kind is refused instead of believed (convention 3 of cfutures.h).
#pragma once

#include <cstdint>
#include <type_traits>

#include "support/fork.h"

namespace cf {

/// The last byte is left for the generation.
enum class HandleKind : uint32_t {
    kDead = 0xDEADCF00,  // written by the destructor, so that a stale handle is likely to be seen
    kExecutor = 0xCF0E0100,
    kFuture = 0xCF0E0200,
    kPromise = 0xCF0E0300,
    kTask = 0xCF0E0400,
    kError = 0xCF0E0500,
    kCompletionQueue = 0xCF0E0600,
    kMap = 0xCF0E0700,
    kThreadPoolOptions = 0xCF0E0800,
    kProcessPoolOptions = 0xCF0E0900,
    kSubmitOptions = 0xCF0E0A00,
    kMapOptions = 0xCF0E0B00,
    kWorkerList = 0xCF0E0C00,
    kStats = 0xCF0E0D00,
};

/// Base of all objects behind handles. A handle is the address of this base, also in objects with
/// virtual functions, where the compiler puts its own pointer first.
class HandleBase {
  public:
    HandleBase(const HandleBase&) = delete;
    HandleBase& operator=(const HandleBase&) = delete;
    HandleKind handle_kind() const { return static_cast<HandleKind>(word_ & ~kGeneration); }
    /// Whether it belongs to a process that this one was forked from.
    bool forked() const { return (word_ & kGeneration) != (fork_generation & kGeneration); }

  protected:
    explicit constexpr HandleBase(HandleKind kind)
        : word_(static_cast<uint32_t>(kind) | current_generation()) {}
    ~HandleBase() {
        // Volatile, or the compiler drops a store to an object that is about to go.
        *const_cast<volatile uint32_t*>(&word_) = static_cast<uint32_t>(HandleKind::kDead);
    }

  private:
    static constexpr uint32_t kGeneration = 0xFF;
    /// Objects that are made by the compiler belong to every process.
    static constexpr uint32_t current_generation() {
        return std::is_constant_evaluated() ? 0 : fork_generation & kGeneration;
    }
    uint32_t word_;
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

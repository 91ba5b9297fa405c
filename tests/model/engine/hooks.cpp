// How the real code reaches the simulation. This file and the engine are compiled without the
// instrumentation that the code under test has.
//
//   sync_model.h, cf::sync            atomics, mutexes, sleeping
//   __tsan_* (the compiler's calls)   every plain access; we bring our own runtime instead of
//                                     ThreadSanitizer's
//   operator new and delete           allocation
//   __assert_fail                     assert()
//   __cxa_thread_atexit               destructors of thread-local variables
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/simulation.h"
#include "engine/sync_model.h"

using cf_model::Finding;
using cf_model::Simulation;

constexpr int64_t kMicrosecond = 1'000;

// The calls stay calls, so that the return address tells where in the real code they stand.
#define CF_MODEL_ENTER(simulation) \
    const Simulation::Inside inside(*(simulation), __builtin_return_address(0))

// --- cf::sync -------------------------------------------------------------------------------------

namespace cf_model {

void atomic_begin(const void* at) {
    Simulation* simulation = Simulation::of_caller();
    if (simulation == nullptr) return;
    CF_MODEL_ENTER(simulation);
    simulation->atomic_begin(at);
}

uint64_t atomic_load(const void* at, size_t size, std::memory_order order) {
    Simulation* simulation = Simulation::of_caller();
    if (simulation == nullptr) {
        uint64_t value = 0;
        std::memcpy(&value, at, size);
        return value;
    }
    CF_MODEL_ENTER(simulation);
    return simulation->atomic_load(at, size, order);
}

void atomic_store(void* at, size_t size, uint64_t value, std::memory_order order) {
    Simulation* simulation = Simulation::of_caller();
    if (simulation == nullptr) {
        std::memcpy(at, &value, size);
        return;
    }
    CF_MODEL_ENTER(simulation);
    simulation->atomic_store(at, size, value, order);
}

uint64_t atomic_change(void* at, size_t size, const char* name,
                       uint64_t (*change)(uint64_t, uint64_t), uint64_t operand,
                       std::memory_order order) {
    Simulation* simulation = Simulation::of_caller();
    if (simulation == nullptr) {
        uint64_t before = 0;
        std::memcpy(&before, at, size);
        const uint64_t after = change(before, operand);
        std::memcpy(at, &after, size);
        return before;
    }
    CF_MODEL_ENTER(simulation);
    return simulation->atomic_change(at, size, name, change, operand, order);
}

bool atomic_exchange_if(void* at, size_t size, uint64_t& expected, uint64_t desired,
                        std::memory_order success, std::memory_order failure, bool weak) {
    Simulation* simulation = Simulation::of_caller();
    if (simulation == nullptr) {
        uint64_t before = 0;
        std::memcpy(&before, at, size);
        const bool equal = before == expected;
        if (equal) std::memcpy(at, &desired, size);
        expected = before;
        return equal;
    }
    CF_MODEL_ENTER(simulation);
    return simulation->atomic_exchange_if(at, size, expected, desired, success, failure, weak);
}

void lock(const void* mutex) {
    if (Simulation* simulation = Simulation::of_caller()) {
        CF_MODEL_ENTER(simulation);
        simulation->lock(mutex);
    }
}

bool try_lock(const void* mutex) {
    Simulation* simulation = Simulation::of_caller();
    if (simulation == nullptr) return true;
    CF_MODEL_ENTER(simulation);
    simulation->point();
    return simulation->try_lock(mutex);
}

void unlock(const void* mutex) {
    if (Simulation* simulation = Simulation::of_caller()) {
        CF_MODEL_ENTER(simulation);
        simulation->unlock(mutex);
    }
}

}  // namespace cf_model

namespace cf::sync {

bool park(Atomic<uint32_t>& word, uint32_t value, Deadline deadline) {
    Simulation* simulation = Simulation::of_caller();
    if (simulation == nullptr) std::abort();
    CF_MODEL_ENTER(simulation);
    return simulation->park(&word, value, deadline.is_never() ? Simulation::kNever : deadline.at());
}

void unpark_one(Atomic<uint32_t>& word) {
    if (Simulation* simulation = Simulation::of_caller()) {
        CF_MODEL_ENTER(simulation);
        simulation->unpark(&word, false);
    }
}

void unpark_all(Atomic<uint32_t>& word) {
    if (Simulation* simulation = Simulation::of_caller()) {
        CF_MODEL_ENTER(simulation);
        simulation->unpark(&word, true);
    }
}

void relax() {
    if (Simulation* simulation = Simulation::of_caller()) {
        CF_MODEL_ENTER(simulation);
        simulation->relax(0);
    }
}

void pause() {
    if (Simulation* simulation = Simulation::of_caller()) {
        CF_MODEL_ENTER(simulation);
        simulation->relax(kMicrosecond);
    }
}

}  // namespace cf::sync

// --- plain accesses -------------------------------------------------------------------------------

#define CF_MODEL_ACCESS(name, kind, size)                       \
    void name(void* address) {                                  \
        if (Simulation* simulation = Simulation::of_caller()) { \
            CF_MODEL_ENTER(simulation);                         \
            simulation->kind(address, size);                    \
        }                                                       \
    }

extern "C" {

CF_MODEL_ACCESS(__tsan_read1, read, 1)
CF_MODEL_ACCESS(__tsan_read2, read, 2)
CF_MODEL_ACCESS(__tsan_read4, read, 4)
CF_MODEL_ACCESS(__tsan_read8, read, 8)
CF_MODEL_ACCESS(__tsan_read16, read, 16)
CF_MODEL_ACCESS(__tsan_unaligned_read2, read, 2)
CF_MODEL_ACCESS(__tsan_unaligned_read4, read, 4)
CF_MODEL_ACCESS(__tsan_unaligned_read8, read, 8)
CF_MODEL_ACCESS(__tsan_unaligned_read16, read, 16)
CF_MODEL_ACCESS(__tsan_vptr_read, read, 8)
CF_MODEL_ACCESS(__tsan_write1, write, 1)
CF_MODEL_ACCESS(__tsan_write2, write, 2)
CF_MODEL_ACCESS(__tsan_write4, write, 4)
CF_MODEL_ACCESS(__tsan_write8, write, 8)
CF_MODEL_ACCESS(__tsan_write16, write, 16)
CF_MODEL_ACCESS(__tsan_unaligned_write2, write, 2)
CF_MODEL_ACCESS(__tsan_unaligned_write4, write, 4)
CF_MODEL_ACCESS(__tsan_unaligned_write8, write, 8)
CF_MODEL_ACCESS(__tsan_unaligned_write16, write, 16)

void __tsan_init() {}

void __tsan_read_range(void* address, size_t size) {
    if (Simulation* simulation = Simulation::of_caller()) {
        CF_MODEL_ENTER(simulation);
        simulation->read(address, size);
    }
}

void __tsan_write_range(void* address, size_t size) {
    if (Simulation* simulation = Simulation::of_caller()) {
        CF_MODEL_ENTER(simulation);
        simulation->write(address, size);
    }
}

// A destructor that puts back the pointer that is there already changes nothing.
void __tsan_vptr_update(void** address, void* table) {
    Simulation* simulation = Simulation::of_caller();
    if (simulation == nullptr || *address == table) return;
    CF_MODEL_ENTER(simulation);
    simulation->write(address, sizeof(void*));
}

void __tsan_func_entry(void* caller) {
    if (Simulation* simulation = Simulation::of_caller()) simulation->entered(caller);
}

void __tsan_func_exit() {
    if (Simulation* simulation = Simulation::of_caller()) simulation->left();
}

// The compiler asks whether a static variable was made.
uint8_t __tsan_atomic8_load(const volatile uint8_t* address, int) {
    Simulation* simulation = Simulation::of_caller();
    if (simulation != nullptr && *address != 0) {
        CF_MODEL_ENTER(simulation);
        simulation->after_unlock(const_cast<const uint8_t*>(address));
    }
    return *address;
}

// --- what the C++ runtime asks for ----------------------------------------------------------------

[[noreturn]] void __assert_fail(const char* assertion, const char* file, unsigned line,
                                const char* function) noexcept {
    if (Simulation* simulation = Simulation::of_caller()) {
        simulation->fail(Finding::kCheck, std::string(function) + ": " + assertion);
    }
    std::fprintf(stderr, "%s:%u: %s: %s\n", file, line, function, assertion);
    std::abort();
}

// Static variables are made anew in each schedule, since what they hold is put back after it. The
// guard is the mutex under which one is made.

int __cxa_guard_acquire(uint8_t* guard) {
    cf_model::lock(guard);
    if (*guard == 0) return 1;
    cf_model::unlock(guard);
    return 0;
}

void __cxa_guard_release(uint8_t* guard) {
    if (Simulation* simulation = Simulation::of_caller()) {
        CF_MODEL_ENTER(simulation);
        simulation->write(guard, 1);
    }
    *guard = 1;
    cf_model::unlock(guard);
}

void __cxa_guard_abort(uint8_t* guard) {
    cf_model::unlock(guard);
}

int __cxa_thread_atexit_impl(void (*function)(void*), void* object, void* library);

int __cxa_thread_atexit(void (*function)(void*), void* object, void* library) {
    Simulation* simulation = Simulation::of_caller();
    if (simulation == nullptr) return __cxa_thread_atexit_impl(function, object, library);
    CF_MODEL_ENTER(simulation);
    simulation->at_thread_exit(function, object);
    return 0;
}

}  // extern "C"

// --- allocation -----------------------------------------------------------------------------------

namespace {

void* allocate(std::size_t size, std::size_t alignment, void* caller) {
    if (Simulation* simulation = Simulation::of_caller()) {
        const Simulation::Inside inside(*simulation, caller);
        return simulation->allocate(size, alignment);
    }
    if (size == 0) size = 1;
    void* memory =
        alignment <= alignof(std::max_align_t)
            ? std::malloc(size)
            : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory == nullptr) std::abort();
    return memory;
}

void deallocate(void* memory, void* caller) {
    if (memory == nullptr) return;
    if (Simulation* simulation = Simulation::of_caller();
        simulation != nullptr && simulation->owns(memory)) {
        const Simulation::Inside inside(*simulation, caller);
        simulation->free(memory);
        return;
    }
    std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
    return allocate(size, 1, __builtin_return_address(0));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocate(size, 1, __builtin_return_address(0));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return allocate(size, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void operator delete(void* memory) noexcept {
    deallocate(memory, __builtin_return_address(0));
}
void operator delete(void* memory, std::size_t) noexcept {
    deallocate(memory, __builtin_return_address(0));
}
void operator delete(void* memory, std::align_val_t) noexcept {
    deallocate(memory, __builtin_return_address(0));
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    deallocate(memory, __builtin_return_address(0));
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    deallocate(memory, __builtin_return_address(0));
}

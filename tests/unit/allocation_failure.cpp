#include "allocation_failure.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local int allocations_left = 0;  // 0: nothing fails
thread_local bool fail_from_then_on = false;
thread_local bool has_struck = false;

bool fails() {
    if (allocations_left == 0) return false;
    if (allocations_left > 1) {
        --allocations_left;
        return false;
    }
    if (!fail_from_then_on) allocations_left = 0;
    has_struck = true;
    return true;
}

void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (fails()) return nullptr;
    if (size == 0) size = 1;
    if (alignment <= alignof(std::max_align_t)) return std::malloc(size);
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
    void* memory = allocate(size, alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

void* operator new(std::size_t size) {
    return allocate_or_throw(size, 1);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocate(size, 1);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}

namespace cf_unit {

FailingAllocation::FailingAllocation(int nth, Mode mode) {
    has_struck = false;
    fail_from_then_on = mode == Mode::kFromThenOn;
    allocations_left = nth;
}

FailingAllocation::~FailingAllocation() {
    allocations_left = 0;
}

bool FailingAllocation::struck() const {
    return has_struck;
}

}  // namespace cf_unit

// The primitives behind support/sync.h in the model: CFUTURES_SYNC_HEADER names this file. An atomic
// has the size of its value, as in the real build; all else is kept by the simulation, by address.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "support/clock.h"

namespace cf_model {

// What a thread that is not simulated does to an atomic is not simulated either.
void atomic_begin(const void* at);
uint64_t atomic_load(const void* at, size_t size, std::memory_order order);
void atomic_store(void* at, size_t size, uint64_t value, std::memory_order order);
uint64_t atomic_change(void* at, size_t size, const char* name,
                       uint64_t (*change)(uint64_t, uint64_t), uint64_t operand,
                       std::memory_order order);
bool atomic_exchange_if(void* at, size_t size, uint64_t& expected, uint64_t desired,
                        std::memory_order success, std::memory_order failure, bool weak);
void lock(const void* mutex);
bool try_lock(const void* mutex);
void unlock(const void* mutex);

}  // namespace cf_model

namespace cf::sync {

template <typename T>
class Atomic {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(uint64_t));
    using Order = std::memory_order;
    static constexpr Order kStrongest = std::memory_order_seq_cst;
    // What is added to a pointer is a number of elements.
    using Difference = std::conditional_t<std::is_pointer_v<T>, ptrdiff_t, T>;

  public:
    using value_type = T;
    static constexpr bool is_always_lock_free = true;

    constexpr Atomic() noexcept : Atomic(T{}) {}
    constexpr Atomic(T value) noexcept  // NOLINT(google-explicit-constructor): as std::atomic
        : value_(value) {
        if (!std::is_constant_evaluated()) cf_model::atomic_begin(&value_);
    }
    Atomic(const Atomic&) = delete;
    Atomic& operator=(const Atomic&) = delete;

    bool is_lock_free() const noexcept { return true; }
    T load(Order order = kStrongest) const noexcept {
        return value_of(cf_model::atomic_load(&value_, sizeof(T), order));
    }
    operator T() const noexcept { return load(); }  // NOLINT(google-explicit-constructor)
    void store(T value, Order order = kStrongest) noexcept {
        cf_model::atomic_store(&value_, sizeof(T), bits_of(value), order);
    }
    T operator=(T value) noexcept {  // NOLINT(misc-unconventional-assign-operator): as std::atomic
        store(value);
        return value;
    }
    T exchange(T value, Order order = kStrongest) noexcept {
        return change<&replaced>("exchange", bits_of(value), order);
    }
    T fetch_add(Difference by, Order order = kStrongest) noexcept {
        return change<&added>("fetch_add", Bits<Difference>::of(by), order);
    }
    T fetch_sub(Difference by, Order order = kStrongest) noexcept {
        return change<&subtracted>("fetch_sub", Bits<Difference>::of(by), order);
    }
    T fetch_and(T with, Order order = kStrongest) noexcept {
        return change<&bitwise_and>("fetch_and", bits_of(with), order);
    }
    T fetch_or(T with, Order order = kStrongest) noexcept {
        return change<&bitwise_or>("fetch_or", bits_of(with), order);
    }
    T fetch_xor(T with, Order order = kStrongest) noexcept {
        return change<&bitwise_xor>("fetch_xor", bits_of(with), order);
    }
    T operator++() noexcept { return fetch_add(1) + 1; }
    T operator--() noexcept { return fetch_sub(1) - 1; }
    T operator++(int) noexcept { return fetch_add(1); }
    T operator--(int) noexcept { return fetch_sub(1); }
    T operator+=(Difference by) noexcept { return fetch_add(by) + by; }
    T operator-=(Difference by) noexcept { return fetch_sub(by) - by; }

    bool compare_exchange_weak(T& expected, T desired, Order success, Order failure) noexcept {
        return exchange_if(expected, desired, success, failure, true);
    }
    bool compare_exchange_weak(T& expected, T desired, Order order = kStrongest) noexcept {
        return exchange_if(expected, desired, order, on_failure(order), true);
    }
    bool compare_exchange_strong(T& expected, T desired, Order success, Order failure) noexcept {
        return exchange_if(expected, desired, success, failure, false);
    }
    bool compare_exchange_strong(T& expected, T desired, Order order = kStrongest) noexcept {
        return exchange_if(expected, desired, order, on_failure(order), false);
    }

  private:
    template <typename V>
    struct Bits {
        static uint64_t of(V value) {
            uint64_t bits = 0;
            std::memcpy(&bits, &value, sizeof value);
            return bits;
        }
        static V value(uint64_t bits) {
            V value;
            std::memcpy(&value, &bits, sizeof value);
            return value;
        }
    };
    static uint64_t bits_of(T value) { return Bits<T>::of(value); }
    static T value_of(uint64_t bits) { return Bits<T>::value(bits); }
    static constexpr Order on_failure(Order order) {
        if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
        return order == std::memory_order_release ? std::memory_order_relaxed : order;
    }

    static uint64_t replaced(uint64_t, uint64_t by) { return by; }
    static uint64_t added(uint64_t old, uint64_t by) {
        return bits_of(static_cast<T>(value_of(old) + Bits<Difference>::value(by)));
    }
    static uint64_t subtracted(uint64_t old, uint64_t by) {
        return bits_of(static_cast<T>(value_of(old) - Bits<Difference>::value(by)));
    }
    static uint64_t bitwise_and(uint64_t old, uint64_t with) { return old & with; }
    static uint64_t bitwise_or(uint64_t old, uint64_t with) { return old | with; }
    static uint64_t bitwise_xor(uint64_t old, uint64_t with) { return old ^ with; }

    template <uint64_t (*Function)(uint64_t, uint64_t)>
    T change(const char* name, uint64_t operand, Order order) noexcept {
        return value_of(
            cf_model::atomic_change(&value_, sizeof(T), name, Function, operand, order));
    }
    bool exchange_if(T& expected, T desired, Order success, Order failure, bool weak) noexcept {
        uint64_t bits = bits_of(expected);
        const bool exchanged = cf_model::atomic_exchange_if(
            &value_, sizeof(T), bits, bits_of(desired), success, failure, weak);
        if (!exchanged) expected = value_of(bits);
        return exchanged;
    }

    alignas(sizeof(T)) T value_;
};

class RawMutex {
  public:
    constexpr RawMutex() = default;
    RawMutex(const RawMutex&) = delete;
    RawMutex& operator=(const RawMutex&) = delete;
    void lock() { cf_model::lock(this); }
    bool try_lock() { return cf_model::try_lock(this); }
    void unlock() { cf_model::unlock(this); }

  private:
    // Its place: what it is, the simulation knows.
    [[maybe_unused]] uint32_t place_ = 0;
};

bool park(Atomic<uint32_t>& word, uint32_t value, Deadline deadline);
void unpark_one(Atomic<uint32_t>& word);
void unpark_all(Atomic<uint32_t>& word);
void relax();
void pause();

}  // namespace cf::sync

// What simulated threads share: atomics, mutexes, words to sleep on, memory.
#include <cstring>

#include "engine/simulation.h"

namespace cf_model {
namespace {

uint64_t value_at(const void* at, size_t size) {
    uint64_t value = 0;
    std::memcpy(&value, at, size);
    return value;
}

bool releases(std::memory_order order) {
    return order == std::memory_order_release || order == std::memory_order_acq_rel ||
           order == std::memory_order_seq_cst;
}

bool acquires(std::memory_order order) {
    return order == std::memory_order_acquire || order == std::memory_order_consume ||
           order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}

constexpr uint64_t kLowBytes[] = {0,
                                  0xFF,
                                  0xFFFF,
                                  0xFFFFFF,
                                  0xFFFFFFFF,
                                  0xFFFFFFFFFF,
                                  0xFFFFFFFFFFFF,
                                  0xFFFFFFFFFFFFFF,
                                  0xFFFFFFFFFFFFFFFF};

}  // namespace

std::memory_order Simulation::in_force(std::memory_order order) const {
    if (bug_ == Bug::kNoSequence && order == std::memory_order_seq_cst)
        return std::memory_order_acq_rel;
    return order;
}

bool Simulation::spends(int Budget::*budget, unsigned shift) {
    int& left = choices_.left.*budget;
    if (left == 0 || choices_.pick(2, shift) == 0) return false;
    --left;
    return true;
}

// --- atomics --------------------------------------------------------------------------------------

Object& Simulation::object(const void* at) {
    uint16_t& number = memory_.object_at(at);
    if (number == 0) {
        if (++objects_used_ >= objects_.size()) {
            fail(Finding::kModel, "too many atomics and mutexes for the model");
        }
        number = static_cast<uint16_t>(objects_used_);
        Store origin;
        origin.origin = true;
        objects_[objects_used_].begin(origin);
    }
    // Who is here must come after whoever made the object, and before whoever frees it.
    memory_.read(at, 1, current_, me().clock);
    return objects_[number];
}

Object& Simulation::atomic(const void* at, size_t size) {
    const bool is_new = memory_.object_at(at) == 0;
    Object& found = object(at);
    if (is_new) found.store(0).value = value_at(at, size);
    return found;
}

// It becomes an object when it is first used. That its maker wrote it is a plain write.
void Simulation::atomic_begin(const void* at) {
    memory_.object_at(at) = 0;
}

void Simulation::put(void* at, size_t size, uint64_t value) {
    memory_.save(at, size);
    std::memcpy(at, &value, size);
}

void Simulation::acquire(const Store& store, std::memory_order order) {
    if (acquires(order)) me().clock.join(store.released);
}

void Simulation::append(Object& object, uint64_t value, std::memory_order order,
                        const Store* continues) {
    Store store;
    store.value = value;
    store.number = ++stores_;
    store.sequential = order == std::memory_order_seq_cst;
    store.seen[current_] = me().clock.at[current_];
    // A change goes on with the release sequence of the store that it changed.
    if (continues != nullptr) store.released = continues->released;
    if (releases(order)) store.released.join(me().clock);
    object.append(store);
    progress();
}

uint64_t Simulation::atomic_load(const void* at, size_t size, std::memory_order order) {
    point();
    tick();
    order = in_force(order);
    Object& from = atomic(at, size);
    const size_t visible = from.visible(me().clock, me().floor, order == std::memory_order_seq_cst);
    size_t age = 0;
    if (visible > 1 && choices_.left.stale_loads != 0) {
        age = choices_.pick(static_cast<uint32_t>(visible), 2);
        if (age != 0) --choices_.left.stale_loads;
    }
    Store& store = from.store(age);
    if (store.seen[current_] == 0) store.seen[current_] = me().clock.at[current_];
    acquire(store, order);
    note(age == 0 ? "loads" : "loads the old value", at, store.value);
    return store.value;
}

void Simulation::atomic_store(void* at, size_t size, uint64_t value, std::memory_order order) {
    point();
    tick();
    append(atomic(at, size), value, in_force(order), nullptr);
    put(at, size, value);
    note("stores", at, value);
}

uint64_t Simulation::atomic_change(void* at, size_t size, const char* name, Change change,
                                   uint64_t operand, std::memory_order order) {
    point();
    tick();
    order = in_force(order);
    const bool is_drop = std::strcmp(name, "fetch_sub") == 0 && order == std::memory_order_acq_rel;
    if (is_drop && bug_ == Bug::kNoReleaseInDrop) order = std::memory_order_acquire;
    Object& changed = atomic(at, size);
    const Store before = changed.store(0);
    if (is_drop && bug_ == Bug::kTornSubtraction) {
        point();
        tick();
    }
    acquire(before, order);
    const uint64_t after = change(before.value, operand) & kLowBytes[size];
    append(atomic(at, size), after, order, &before);
    put(at, size, after);
    note(name, at, after);
    return before.value;
}

bool Simulation::atomic_exchange_if(void* at, size_t size, uint64_t& expected, uint64_t desired,
                                    std::memory_order success, std::memory_order failure,
                                    bool weak) {
    point();
    tick();
    success = in_force(success);
    failure = in_force(failure);
    if (bug_ == Bug::kNoReleaseInExchange && success == std::memory_order_acq_rel)
        success = std::memory_order_acquire;
    Object& changed = atomic(at, size);
    const Store before = changed.store(0);
    if (before.value != expected || (weak && spends(&Budget::spurious, 5))) {
        Store& seen = changed.store(0);
        if (seen.seen[current_] == 0) seen.seen[current_] = me().clock.at[current_];
        acquire(before, failure);
        expected = before.value;
        note("does not exchange", at, before.value);
        return false;
    }
    if (bug_ == Bug::kTornExchange) {
        point();
        tick();
    }
    acquire(before, success);
    append(atomic(at, size), desired, success, &before);
    put(at, size, desired);
    note("exchanges to", at, desired);
    return true;
}

// --- mutexes --------------------------------------------------------------------------------------

void Simulation::lock(const void* mutex) {
    point();
    while (!try_lock(mutex)) {
        Thread& self = me();
        self.state = State::kLocking;
        self.waits_for = mutex;
        note("waits for mutex", mutex, 0);
        leave();
    }
}

bool Simulation::try_lock(const void* mutex) {
    tick();
    Object& taken = object(mutex);
    if (taken.holder != Object::kNobody && bug_ != Bug::kOpenMutex) return false;
    taken.holder = static_cast<int>(current_);
    if (bug_ != Bug::kOpenMutex) me().clock.join(taken.unlocked);
    progress();
    note("locks", mutex, 0);
    return true;
}

void Simulation::unlock(const void* mutex) {
    // No point: whatever could happen here could as well happen before the lock, or later.
    tick();
    Object& left = object(mutex);
    if (left.holder != static_cast<int>(current_) && bug_ != Bug::kOpenMutex) {
        fail(Finding::kCheck, "a mutex is unlocked by a thread that does not hold it");
    }
    left.holder = Object::kNobody;
    left.unlocked = me().clock;
    for (size_t i = 0; i < thread_count_; ++i) {
        Thread& thread = threads_[i];
        if (thread.state == State::kLocking && thread.waits_for == mutex)
            thread.state = State::kReady;
    }
    progress();
    note("unlocks", mutex, 0);
}

void Simulation::after_unlock(const void* mutex) {
    me().clock.join(object(mutex).unlocked);
}

// --- sleeping -------------------------------------------------------------------------------------

bool Simulation::park(const void* word, uint64_t value, int64_t deadline) {
    point();
    tick();
    const Store newest = atomic(word, sizeof(uint32_t)).store(0);
    // The kernel compares under a lock and behind a barrier, so it sees the newest value.
    if (newest.value != value && bug_ != Bug::kSleepWithoutCompare) {
        note("does not sleep on", word, newest.value);
        return true;
    }
    if (deadline <= now_) return false;
    note("sleeps on", word, newest.value);
    if (spends(&Budget::spurious, 5)) return true;
    Thread& self = me();
    self.state = State::kParked;
    self.waits_for = word;
    self.deadline = deadline;
    self.timed_out = false;
    progress();
    leave();
    self.deadline = kNever;
    note(self.timed_out ? "has slept until its deadline" : "wakes up", word, 0);
    return !self.timed_out;
}

void Simulation::unpark(const void* word, bool all) {
    point();
    tick();
    // Only the address counts: the word may be gone.
    note(all ? "wakes all on" : "wakes one on", word, 0);
    progress();
    all = all && bug_ != Bug::kLostWake;
    for (;;) {
        std::array<size_t, kMaxThreads> asleep{};
        uint32_t count = 0;
        for (size_t i = 0; i < thread_count_; ++i) {
            if (threads_[i].state == State::kParked && threads_[i].waits_for == word)
                asleep[count++] = i;
        }
        if (count == 0) return;
        threads_[asleep[all ? 0 : choices_.pick(count, 0)]].state = State::kReady;
        if (!all) return;
    }
}

void Simulation::relax(int64_t time) {
    tick();
    now_ += time;
    Thread& self = me();
    self.yielded = true;
    self.floor = stores_;
    note("spins", nullptr, 0);
    leave();
}

// --- memory ---------------------------------------------------------------------------------------

void* Simulation::allocate(size_t size, size_t alignment) {
    return memory_.allocate(size, alignment, current_, me().clock);
}

void Simulation::free(void* block) {
    note("frees", block, 0);
    memory_.free(block, current_, me().clock);
}

void Simulation::read(const void* address, size_t size) {
    if (trace_ != nullptr && trace_->watches(address, size)) note("reads", address, size);
    memory_.read(address, size, current_, me().clock);
}

void Simulation::write(const void* address, size_t size) {
    if (trace_ != nullptr && trace_->watches(address, size)) note("writes", address, size);
    memory_.save(address, size);
    memory_.write(address, size, current_, me().clock);
}

void Simulation::note(const char* what, const void* at, uint64_t value) {
    if (trace_ == nullptr) return;
    const Thread& self = me();
    Trace::Step step;
    step.thread = current_;
    step.what = what;
    if (at != nullptr) step.where = memory_.describe(at);
    step.value = value;
    step.callers.push_back(self.caller);
    for (size_t i = self.frame_count; i != 0 && step.callers.size() < 4; --i) {
        if (i <= self.frames.size()) step.callers.push_back(self.frames[i - 1]);
    }
    trace_->add(std::move(step));
}

}  // namespace cf_model

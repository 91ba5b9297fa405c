#include "thread_pool/queues.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "support/thread_local.h"

namespace cf {
namespace {

constexpr size_t kMostInlets = 16;

/// Threads are numbered as they first submit, and spread over the inlets by that.
size_t thread_number() {
    static sync::Atomic<size_t> numbered{0};
    static CF_THREAD_LOCAL size_t number = 0;
    if (number == 0) number = numbered.fetch_add(1, std::memory_order_relaxed) + 1;
    return number;
}

void prefetch(const Future* future) {
    const char* line = reinterpret_cast<const char*>(future);
    __builtin_prefetch(line, 1);
    __builtin_prefetch(line + sizeof(Future) - 1, 1);
}

}  // namespace

Queues::Queues(size_t most_seats, bool timed)
    : inlet_count_(
          std::bit_ceil(std::clamp<size_t>(static_cast<size_t>(processors()), 2, kMostInlets))),
      inlets_(std::make_unique<CallInlet[]>(inlet_count_)),
      most_seats_(most_seats),
      timed_(timed),
      seats_(std::make_unique<sync::Atomic<Seat*>[]>(most_seats)) {}

Queues::~Queues() {
    for (size_t i = 0; i < seat_count(); ++i)
        delete &seat(i);
}

CallInlet& Queues::own_inlet() {
    return inlets_[thread_number() & (inlet_count_ - 1)];
}

Seat* Queues::take_seat() {
    const size_t count = seat_count();
    for (size_t i = 0; i < count; ++i) {
        Seat& free = seat(i);
        if (free.taken) continue;
        free.taken = true;
        return &free;
    }
    if (count == most_seats_) return nullptr;
    auto made = std::make_unique<Seat>();
    if (timed_) made->times = std::make_unique<CallTimes>();
    made->index = made->next_inlet = made->last_victim = count;
    made->taken = true;
    seats_[count].store(made.get(), std::memory_order_release);
    seat_count_.store(count + 1, std::memory_order_release);
    return made.release();
}

FutureRef Queues::next(Seat& seat) {
    if (levels_.above.load(std::memory_order_relaxed) != 0) [[unlikely]] {
        if (FutureRef call = levels_.take_above(0)) return call;
    }
    Future* call = seat.queue.take();
    if (call != nullptr) {
        if (const Future* soon = seat.queue.peek(4)) prefetch(soon);
    }
    return FutureRef::adopt(call);
}

FutureRef Queues::find(Seat& seat) {
    if (FutureRef call = next(seat)) return call;
    if (FutureRef call = from_stuck_worker(seat)) return call;
    if (FutureRef call = from_inlets(seat)) return call;
    if (FutureRef call = from_others(seat)) return call;
    if (levels_.size.load(std::memory_order_relaxed) == 0) return nullptr;
    return levels_.take_above(INT64_MIN);
}

FutureRef Queues::from_inlets(Seat& seat) {
    Future* batch[CallInlet::Segment::kCapacity];
    for (size_t step = 0; step < inlet_count_; ++step) {
        CallInlet& from = inlets_[seat.next_inlet++ & (inlet_count_ - 1)];
        const size_t count = from.take(batch, seat.batch);
        if (count == 0) continue;
        for (size_t i = 0; i < std::min<size_t>(count, 4); ++i)
            prefetch(batch[i]);
        if (count > 1) seat.queue.push_all(batch + 1, count - 1);
        return FutureRef::adopt(batch[0]);
    }
    return nullptr;
}

// A worker whose task takes long may have a batch behind it, which must not wait for what came later.
FutureRef Queues::from_stuck_worker(Seat& seat) {
    const size_t count = seat_count();
    if (count < 2) return nullptr;
    Seat& victim = this->seat(seat.last_victim % count);
    const uint64_t retired = victim.progress();
    if (&victim != &seat && retired == seat.victim_retired) {
        if (FutureRef call = FutureRef::adopt(victim.queue.take())) return call;
    }
    seat.last_victim = (seat.last_victim + 1) % count;
    seat.victim_retired = this->seat(seat.last_victim).progress();
    return nullptr;
}

FutureRef Queues::from_others(Seat& seat) {
    const size_t count = seat_count();
    for (size_t step = 1; step < count; ++step) {
        Seat& victim = this->seat((seat.index + step) % count);
        if (Future* call = victim.queue.take()) return FutureRef::adopt(call);
    }
    return nullptr;
}

void Queues::take_all(FutureList& calls) {
    for (size_t i = 0; i < seat_count(); ++i) {
        while (Future* call = seat(i).queue.take())
            calls.push_back(FutureRef::adopt(call));
    }
    Future* batch[CallInlet::Segment::kCapacity];
    for (size_t i = 0; i < inlet_count_; ++i) {
        while (const size_t count = inlets_[i].take(batch, CallInlet::Segment::kCapacity)) {
            for (size_t k = 0; k < count; ++k)
                calls.push_back(FutureRef::adopt(batch[k]));
        }
    }
    while (FutureRef call = levels_.take_above(INT64_MIN))
        calls.push_back(std::move(call));
}

bool Queues::any() {
    for (size_t i = 0; i < inlet_count_; ++i) {
        if (!inlets_[i].empty()) return true;
    }
    for (size_t i = 0; i < seat_count(); ++i) {
        if (!seat(i).queue.empty()) return true;
    }
    const MutexLock lock(levels_.mutex);
    return !levels_.calls.empty();
}

bool Queues::seem_any() {
    return size() != 0;
}

size_t Queues::size() {
    size_t size = levels_.size.load(std::memory_order_relaxed);
    for (size_t i = 0; i < inlet_count_; ++i)
        size += inlets_[i].size();
    for (size_t i = 0; i < seat_count(); ++i)
        size += seat(i).queue.size();
    return size;
}

// First what was retired, then what was accepted: a call that is counted as retired is counted as
// accepted, too, so that the difference is never too small.
Queues::Tally Queues::tally() {
    Tally tally;
    for (size_t i = 0; i < seat_count(); ++i)
        tally.retired.add(seat(i).retired, kReadCounter);
    for (size_t i = 0; i < inlet_count_; ++i) {
        const MutexLock lock(inlets_[i].mutex());
        tally.retired.add(inlets_[i].retired, std::identity());
    }
    for (size_t i = 0; i < inlet_count_; ++i) {
        const MutexLock lock(inlets_[i].mutex());
        tally.accepted += inlets_[i].accepted;
    }
    for (size_t i = 0; i < seat_count(); ++i)
        tally.accepted += seat(i).accepted.load(std::memory_order_acquire);
    return tally;
}

}  // namespace cf

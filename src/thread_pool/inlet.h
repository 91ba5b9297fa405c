// Where calls enter a pool from outside: a first-in first-out queue under a lock of its own.
//
// A pool has several inlets, and a thread always uses the same one, so that what one thread submits
// stays in order and many threads do not meet at one lock. Items are kept in segments of pointers: a
// worker that finds a full segment takes it whole, in constant time under the lock. An inlet also
// counts what was accepted through it and what was retired by threads that are no workers.
//
// Invariants:
//   I1  A closed inlet takes nothing: who closes it and then empties it has seen everything.
//   I2  Who pushes under the lock and then reads a shared variable, and who writes that variable and
//       then looks into the inlet under the lock, cannot miss each other: one comes second.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "support/slab.h"
#include "support/sync.h"

namespace cf {

/// `Retired` counts what was retired.
template <typename Item, typename Retired = uint64_t>
class alignas(128) Inlet {
  public:
    /// What one block of memory holds; items [begin, end) are in it.
    struct Segment {  // NOLINT(cppcoreguidelines-pro-type-member-init): items stay as they are
        static constexpr size_t kCapacity = 126;
        Segment* next = nullptr;
        uint32_t begin = 0;
        uint32_t end = 0;
        std::array<Item*, kCapacity> items;

        size_t size() const { return end - begin; }
        bool full() const { return end == kCapacity; }
    };
    static_assert(sizeof(Segment) == 1024);

    /// Owns segments that a push will need.
    class Reserve {
      public:
        Reserve() = default;
        Reserve(const Reserve&) = delete;
        Reserve& operator=(const Reserve&) = delete;
        ~Reserve() { free_segments(first_); }
        /// Throws std::bad_alloc.
        void add() {
            auto* segment = new (slab_allocate(kSegmentClass)) Segment;
            segment->next = first_;
            first_ = segment;
            room_ += Segment::kCapacity;
        }
        size_t room() const { return room_; }
        Segment* take() {
            Segment* segment = first_;
            first_ = segment->next;
            room_ -= Segment::kCapacity;
            segment->next = nullptr;
            return segment;
        }

      private:
        Segment* first_ = nullptr;
        size_t room_ = 0;
    };

    /// Items in segments of their own, which an inlet takes over in constant time.
    class Batch {
      public:
        Batch() = default;
        Batch(const Batch&) = delete;
        Batch& operator=(const Batch&) = delete;
        ~Batch() { free_segments(first_); }
        /// Throws std::bad_alloc.
        void add(Item* item) {
            if (last_ == nullptr || last_->full()) {
                auto* segment = new (slab_allocate(kSegmentClass)) Segment;
                (first_ == nullptr ? first_ : last_->next) = segment;
                last_ = segment;
            }
            last_->items[last_->end++] = item;
            ++size_;
        }

      private:
        friend class Inlet;
        Segment* first_ = nullptr;
        Segment* last_ = nullptr;
        size_t size_ = 0;
    };

    ~Inlet() { free_segments(first_); }

    Mutex& mutex() CF_RETURN_CAPABILITY(mutex_) { return mutex_; }

    /// How many items can be pushed without another segment.
    size_t room() const CF_REQUIRES(mutex_) {
        return last_ == nullptr ? 0 : Segment::kCapacity - last_->end;
    }
    /// There must be room, here or in the reserve.
    void push(Item* item, Reserve& reserve) CF_REQUIRES(mutex_) {
        if (room() == 0) {
            Segment* segment = reserve.take();
            (first_ == nullptr ? first_ : last_->next) = segment;
            last_ = segment;
        }
        last_->items[last_->end++] = item;
        set_size(size_.load(std::memory_order_relaxed) + 1);
    }
    /// The same when there is room here.
    void push(Item* item) CF_REQUIRES(mutex_) {
        last_->items[last_->end++] = item;
        set_size(size_.load(std::memory_order_relaxed) + 1);
    }

    /// All items of a batch, which is empty then.
    void push(Batch& batch) CF_REQUIRES(mutex_) {
        if (batch.size_ == 0) return;
        if (last_ != nullptr && last_->size() == 0) {  // alone, and kept for use
            free_segment(first_);
            first_ = last_ = nullptr;
        }
        (first_ == nullptr ? first_ : last_->next) = std::exchange(batch.first_, nullptr);
        last_ = std::exchange(batch.last_, nullptr);
        set_size(size_.load(std::memory_order_relaxed) + std::exchange(batch.size_, 0));
    }

    /// Takes up to `limit` items from the front into `out`, in order; how many there were.
    /// `limit` is at most Segment::kCapacity.
    size_t take(Item** out, size_t limit) CF_EXCLUDES(mutex_) {
        if (size() == 0) return 0;
        Segment* whole = nullptr;
        size_t taken = 0;
        {
            const MutexLock lock(mutex_);
            Segment* segment = first_;
            if (segment == nullptr) return 0;
            taken = segment->size();
            if (taken <= limit && segment->full()) {
                whole = segment;  // copied without the lock
                first_ = segment->next;
                if (first_ == nullptr) last_ = nullptr;
            } else {
                if (taken > limit) taken = limit;
                copy(*segment, out, taken);
                segment->begin += static_cast<uint32_t>(taken);
                if (segment->size() == 0) recycle(*segment);
            }
            set_size(size_.load(std::memory_order_relaxed) - taken);
        }
        if (whole != nullptr) {
            copy(*whole, out, taken);
            free_segment(whole);
        }
        return taken;
    }

    /// A hint without the lock.
    size_t size() const { return size_.load(std::memory_order_relaxed); }
    bool empty() CF_EXCLUDES(mutex_) {
        const MutexLock lock(mutex_);
        return size() == 0;
    }

    // Protected by the mutex.
    bool closed CF_GUARDED_BY(mutex_) = false;
    uint64_t accepted CF_GUARDED_BY(mutex_) = 0;
    Retired retired CF_GUARDED_BY(mutex_){};

  private:
    static constexpr uint8_t kSegmentClass = slab_class(sizeof(Segment));

    static void free_segment(Segment* segment) { slab_free(segment, kSegmentClass); }
    static void free_segments(Segment* first) {
        while (first != nullptr)
            free_segment(std::exchange(first, first->next));
    }
    static void copy(const Segment& segment, Item** out, size_t count) {
        std::memcpy(out, segment.items.data() + segment.begin, count * sizeof(Item*));
    }
    void set_size(size_t size) { size_.store(size, std::memory_order_relaxed); }
    /// An emptied first segment is used again, unless others follow it.
    void recycle(Segment& segment) CF_REQUIRES(mutex_) {
        if (segment.next == nullptr) {
            segment.begin = segment.end = 0;
            return;
        }
        first_ = segment.next;
        free_segment(&segment);
    }

    Mutex mutex_;
    Segment* first_ CF_GUARDED_BY(mutex_) = nullptr;
    Segment* last_ CF_GUARDED_BY(mutex_) = nullptr;
    sync::Atomic<size_t> size_{0};  // written under the mutex
};

}  // namespace cf

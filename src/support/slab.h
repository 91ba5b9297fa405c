// Memory for objects that come and go by the million: futures, queue segments, observer nodes.
//
// DESIGN. Blocks of a few sizes are cut from chunks that `operator new` gives, without a header, and
// are recycled: each thread keeps two magazines of free blocks per size and works on them without any
// atomic operation. A full magazine goes to the depot in one step and an empty thread gets one from
// there, so that a thread that only allocates and one that only frees meet once in kMagazine blocks.
// The depot is split into shards, each with its own lock; a thread gives to its own shard and takes
// from the others only before it would ask for a new chunk.
//
// Memory is kept for reuse and never given back, as much as was in use at the same time: a block has
// no header that would say which chunk it belongs to. Blocks above kLargestBlock bypass the slab.
// Under the address sanitizer all of them do, so that it sees each object's life.
//
// Who owns what: a SlabCache belongs to one thread, and gives all it has to the depot when the thread
// ends. A block may be freed on another thread than it came from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include "support/sync.h"
#include "support/thread_local.h"

namespace cf {

/// A free block. The first of a magazine also tells how many there are.
struct FreeBlock {
    FreeBlock* next;
    FreeBlock* next_magazine;
    size_t count;
};

/// A stack of free blocks of one size.
class Magazine {
  public:
    bool empty() const { return first_ == nullptr; }
    size_t size() const { return size_; }
    void push(void* memory) {
        auto* block = static_cast<FreeBlock*>(memory);
        block->next = first_;
        first_ = block;
        ++size_;
    }
    void* pop() {
        FreeBlock* block = first_;
        first_ = block->next;
        --size_;
        return block;
    }

  private:
    friend class SlabDepot;
    FreeBlock* first_ = nullptr;
    size_t size_ = 0;
};

constexpr std::array<size_t, 8> kBlockSizes = {64, 72, 128, 192, 256, 384, 512, 1024};
constexpr size_t kLargestBlock = kBlockSizes.back();
/// The class of blocks that the slab does not have.
constexpr uint8_t kNoSlabClass = kBlockSizes.size();

/// The smallest class whose blocks hold `size` bytes at the alignment; kNoSlabClass when none does.
constexpr uint8_t slab_class(size_t size, size_t alignment = 8) {
    uint8_t index = 0;
    while (index < kBlockSizes.size() &&
           (kBlockSizes[index] < size || kBlockSizes[index] % alignment != 0))
        ++index;
    return alignment <= 16 ? index : kNoSlabClass;  // as chunks are aligned
}

/// What threads share: full magazines, by size.
class SlabDepot {
  public:
    static constexpr size_t kShards = 8;

    /// An empty magazine when there is none.
    Magazine take(size_t shard, uint8_t size_class);
    void give(size_t shard, uint8_t size_class, Magazine magazine);

  private:
    struct alignas(64) Shard {
        Mutex mutex;
        std::array<FreeBlock*, kBlockSizes.size()> magazines CF_GUARDED_BY(mutex){};
        sync::Atomic<uint32_t> count{0};  // of all sizes; a hint for takers from other shards
    };
    static bool take_from(Shard& shard, uint8_t size_class, Magazine& magazine);

    std::array<Shard, kShards> shards_;
};

/// What one thread keeps.
class SlabCache {
  public:
    static constexpr size_t kMagazine = 128;
    static constexpr size_t kChunkSize = size_t{32} << 10;

    SlabCache(SlabDepot& depot, size_t shard) : depot_(depot), shard_(shard % SlabDepot::kShards) {}
    SlabCache(const SlabCache&) = delete;
    SlabCache& operator=(const SlabCache&) = delete;
    ~SlabCache();

    /// Throws std::bad_alloc.
    void* allocate(uint8_t size_class) {
        Class& mine = classes_[size_class];
        if (mine.loaded.empty()) refill(mine, size_class);
        return mine.loaded.pop();
    }
    void free(void* block, uint8_t size_class) {
        Class& mine = classes_[size_class];
        if (mine.loaded.size() >= kMagazine) make_room(mine, size_class);
        mine.loaded.push(block);
    }

  private:
    struct Class {
        Magazine loaded;
        Magazine spare;
        char* fresh = nullptr;  // the rest of a chunk
        size_t fresh_size = 0;
    };
    void refill(Class& mine, uint8_t size_class);
    void make_room(Class& mine, uint8_t size_class);
    static void cut(Class& mine, uint8_t size_class, size_t blocks);

    SlabDepot& depot_;
    const size_t shard_;
    std::array<Class, kBlockSizes.size()> classes_;
};

// Not where somebody watches each object's life: the address sanitizer, and tests/model.
#if defined(__SANITIZE_ADDRESS__) || defined(CFUTURES_SYNC_HEADER)
#define CF_RECYCLES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CF_RECYCLES 0
#endif
#endif
#ifndef CF_RECYCLES
#define CF_RECYCLES 1
#endif

#if CF_RECYCLES

/// This thread's cache; null before its first block and after its last one.
inline CF_THREAD_LOCAL SlabCache* this_slab_cache = nullptr;
/// For a thread that has no cache yet, or cannot have one.
void* slab_allocate_without_cache(uint8_t size_class);
void slab_free_without_cache(void* block, uint8_t size_class);

/// A block of the size class, on this thread's cache. Throws std::bad_alloc.
inline void* slab_allocate(uint8_t size_class) {
    SlabCache* const cache = this_slab_cache;
    if (cache == nullptr) [[unlikely]]
        return slab_allocate_without_cache(size_class);
    return cache->allocate(size_class);
}
/// On any thread.
inline void slab_free(void* block, uint8_t size_class) {
    SlabCache* const cache = this_slab_cache;
    if (cache == nullptr) [[unlikely]]
        return slab_free_without_cache(block, size_class);
    cache->free(block, size_class);
}

#else

inline void* slab_allocate(uint8_t size_class) {
    return ::operator new(kBlockSizes[size_class]);
}
inline void slab_free(void* block, uint8_t) {
    ::operator delete(block);
}

#endif

/// In a forked child: what is in the depot stays there for good.
void start_slab_anew();

}  // namespace cf

#include "support/slab.h"

#include <pthread.h>

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace cf {

// --- depot ----------------------------------------------------------------------------------------

Magazine SlabDepot::take(size_t shard, uint8_t size_class) {
    Magazine magazine;
    if (take_from(shards_[shard], size_class, magazine)) return magazine;
    for (size_t step = 1; step < kShards; ++step) {
        Shard& other = shards_[(shard + step) % kShards];
        if (other.count.load(std::memory_order_relaxed) == 0) continue;
        if (take_from(other, size_class, magazine)) break;
    }
    return magazine;
}

bool SlabDepot::take_from(Shard& shard, uint8_t size_class, Magazine& magazine) {
    const MutexLock lock(shard.mutex);
    FreeBlock*& stack = shard.magazines[size_class];
    if (stack == nullptr) return false;
    magazine.first_ = stack;
    magazine.size_ = stack->count;
    stack = stack->next_magazine;
    shard.count.store(shard.count.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    return true;
}

void SlabDepot::give(size_t shard, uint8_t size_class, Magazine magazine) {
    if (magazine.empty()) return;
    Shard& mine = shards_[shard];
    const MutexLock lock(mine.mutex);
    FreeBlock*& stack = mine.magazines[size_class];
    magazine.first_->count = magazine.size_;
    magazine.first_->next_magazine = stack;
    stack = magazine.first_;
    mine.count.store(mine.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

// --- cache ----------------------------------------------------------------------------------------

SlabCache::~SlabCache() {
    for (uint8_t size_class = 0; size_class < kNoSlabClass; ++size_class) {
        Class& mine = classes_[size_class];
        cut(mine, size_class, SIZE_MAX);
        depot_.give(shard_, size_class, mine.loaded);
        depot_.give(shard_, size_class, mine.spare);
    }
}

void SlabCache::refill(Class& mine, uint8_t size_class) {
    if (!mine.spare.empty()) {
        std::swap(mine.loaded, mine.spare);
        return;
    }
    const size_t size = kBlockSizes[size_class];
    if (mine.fresh_size < size) {
        mine.loaded = depot_.take(shard_, size_class);
        if (!mine.loaded.empty()) return;
        mine.fresh = static_cast<char*>(::operator new(kChunkSize));
        mine.fresh_size = kChunkSize;
    }
    cut(mine, size_class, 16);  // few, so that memory is touched when it is needed
}

void SlabCache::cut(Class& mine, uint8_t size_class, size_t blocks) {
    const size_t size = kBlockSizes[size_class];
    const size_t whole = mine.fresh_size / size;
    if (blocks > whole) blocks = whole;
    // Stacked from the end, so that they are handed out by rising address.
    for (size_t i = blocks; i-- > 0;)
        mine.loaded.push(mine.fresh + i * size);
    mine.fresh += blocks * size;
    mine.fresh_size -= blocks * size;
}

void SlabCache::make_room(Class& mine, uint8_t size_class) {
    depot_.give(shard_, size_class, mine.spare);
    mine.spare = std::exchange(mine.loaded, Magazine());
}

// --- this thread's cache --------------------------------------------------------------------------

#if CF_RECYCLES

namespace {

SlabDepot& depot() {
    alignas(SlabDepot) static std::byte storage[sizeof(SlabDepot)];
    static SlabDepot& instance = *::new (storage) SlabDepot;
    return instance;
}

size_t next_shard() {
    static sync::Atomic<uint32_t> threads{0};
    return threads.fetch_add(1, std::memory_order_relaxed);
}

/// Ends the caches of threads; the key is made once. The main thread's cache stays.
struct CacheKey {
    CacheKey() {
        usable = pthread_key_create(&key, [](void* cache) {
                     this_slab_cache = nullptr;
                     delete static_cast<SlabCache*>(cache);
                 }) == 0;
    }
    pthread_key_t key{};
    bool usable;
};

/// Makes this thread's cache; null without memory.
SlabCache* make_cache() noexcept {
    static const CacheKey cache_key;
    std::unique_ptr<SlabCache> cache(new (std::nothrow) SlabCache(depot(), next_shard()));
    if (cache == nullptr || !cache_key.usable) return nullptr;
    if (pthread_setspecific(cache_key.key, cache.get()) != 0) return nullptr;
    return this_slab_cache = cache.release();
}

}  // namespace

void start_slab_anew() {
    ::new (&depot()) SlabDepot;
}

void* slab_allocate_without_cache(uint8_t size_class) {
    if (SlabCache* cache = make_cache()) return cache->allocate(size_class);
    return SlabCache(depot(), 0).allocate(size_class);
}

void slab_free_without_cache(void* block, uint8_t size_class) {
    if (SlabCache* cache = make_cache()) return cache->free(block, size_class);
    Magazine one;
    one.push(block);
    depot().give(0, size_class, one);
}

#else

void start_slab_anew() {}

#endif

}  // namespace cf

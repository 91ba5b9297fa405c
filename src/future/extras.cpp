#include "future/extras.h"

#include <array>
#include <new>
#include <string_view>
#include <unordered_map>

#include "future/future.h"
#include "support/sync.h"

namespace cf {
namespace {

struct Extras {
    Progress progress;
};

/// A part of the table, so that threads do not meet at one lock.
struct Shard {
    Mutex mutex;
    std::unordered_map<const Future*, Extras> extras CF_GUARDED_BY(mutex);
};
using Table = std::array<Shard, 16>;

/// Never destroyed: threads may use it while the process exits.
Table& table() {
    static Table& instance = *new Table;
    return instance;
}

Shard& shard_of(const Future& future) {
    // Blocks of one size lie at multiples of it.
    const auto address = reinterpret_cast<uintptr_t>(&future);
    return table()[(address >> 6 ^ address >> 12) % std::tuple_size_v<Table>];
}

}  // namespace

void set_progress(Future& future, std::string_view json) {
    std::string text(json);  // allocated without the lock
    Shard& shard = shard_of(future);
    const MutexLock lock(shard.mutex);
    Progress& progress = shard.extras[&future].progress;
    future.set_has_extras();
    progress.json.swap(text);
    ++progress.count;
}

Progress progress_of(const Future& future) {
    Shard& shard = shard_of(future);
    const MutexLock lock(shard.mutex);
    const auto found = shard.extras.find(&future);
    return found == shard.extras.end() ? Progress() : found->second.progress;
}

void forget_extras(const Future& future) {
    Shard& shard = shard_of(future);
    const MutexLock lock(shard.mutex);
    shard.extras.erase(&future);
}

void start_extras_anew() {
    // What stands in it is the parent's, and may be half changed; it stays where it is.
    for (Shard& shard : table())
        ::new (&shard) Shard;
}

}  // namespace cf

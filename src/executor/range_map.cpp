#include "executor/range_map.h"

#include <algorithm>
#include <optional>

#include "future/blocking.h"
#include "future/spin.h"
#include "support/slab.h"
#include "support/thread_local.h"

namespace cf {
namespace {

/// Of one executor, queued and running.
constexpr uint32_t kMostHelpers = 256;
/// Without a grain: a thread's last part is about this share of what it does in all.
constexpr uint64_t kSmallestShare = 64;
constexpr uint8_t kMapClass = slab_class(sizeof(RangeMap));

CF_THREAD_LOCAL SpinLength spin_length;

}  // namespace

// --- parts ----------------------------------------------------------------------------------------

struct RangeMap::Part {
    RangeMap& map;
    int64_t begin = 0;
    int64_t end = 0;

    static int32_t run(cf_task_t* task, void* self) {
        const auto& part = *static_cast<const Part*>(self);
        const RangeBody& body = part.map.body_;
        return body.range_fn(task, part.begin, part.end, body.user_data);
    }
};

/// What the body learns through its task.
class RangeMap::Host final : public TaskHost {
  public:
    /// `helper` is null on the caller's thread.
    Host(const RangeMap& map, const TaskHost* helper) : map_(map), helper_(helper) {}
    uint64_t id() const override { return helper_ != nullptr ? helper_->id() : 0; }
    std::string_view name() const override { return {}; }
    std::optional<std::string_view> arguments() const override { return std::nullopt; }
    bool stop_requested() const override {
        return map_.failed_.load(std::memory_order_relaxed) != 0;
    }
    Deadline deadline() const override { return Deadline::never(); }
    uint64_t worker_id() const override { return helper_ != nullptr ? helper_->worker_id() : 0; }
    ErrorRef report_progress(std::string_view) const override {
        return Error::create(CF_STATUS_UNSUPPORTED,
                             "a part of a range has no future that could tell its progress");
    }

  private:
    const RangeMap& map_;
    const TaskHost* helper_;
};

void RangeMap::run_parts(const TaskHost& host) {
    Part part{*this};
    while (claim(part)) {
        Task task(host);
        run_function(Part::run, &part, task, [this](Outcome& outcome) {
            if (outcome.failed() && !forked()) fail(outcome.take_error());
        });
        if (forked()) return;  // the rest is the parent's
    }
}

bool RangeMap::claim(Part& part) {
    uint64_t claimed = claimed_.load(std::memory_order_acquire);
    uint64_t size = 0;
    do {
        const uint64_t left = length_ - claimed;
        if (left == 0) return false;  // R2
        size = std::min(std::max(grain_, left / shares_), left);
    } while (!claimed_.compare_exchange_weak(claimed, claimed + size, std::memory_order_acq_rel,
                                             std::memory_order_acquire));
    part.begin = static_cast<int64_t>(static_cast<uint64_t>(begin_) + claimed);
    part.end = static_cast<int64_t>(static_cast<uint64_t>(part.begin) + size);
    return true;
}

void RangeMap::fail(ErrorRef error) {
    claimed_.exchange(length_, std::memory_order_acq_rel);  // R3
    uint32_t none = 0;
    if (failed_.compare_exchange_strong(none, 1, std::memory_order_relaxed))
        error_ = std::move(error);
}

// --- helpers --------------------------------------------------------------------------------------

/// A helper inside, while it lives: also when the body ends its thread.
class RangeMap::Presence {
  public:
    explicit Presence(RangeMap& map) : map_(map) {
        map.inside_.fetch_add(kOne, std::memory_order_acq_rel);  // R1
    }
    ~Presence() {
        const uint32_t before = map_.inside_.fetch_sub(kOne, std::memory_order_acq_rel);
        if (before == (kOne | kAwaited)) sync::unpark_all(map_.inside_);
    }
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

  private:
    RangeMap& map_;
};

int32_t RangeMap::help(cf_task_t* task, void* self) {
    auto& map = *static_cast<RangeMap*>(self);
    const Presence presence(map);
    map.run_parts(Host(map, &from_handle<Task>(task)->host()));
    return 0;
}

void RangeMap::drop_helper(void* self) {
    auto* map = static_cast<RangeMap*>(self);
    map->executor_.range_helpers().fetch_sub(1, std::memory_order_relaxed);
    map->release();
}

void RangeMap::post_helpers() {
    const uint64_t threads =
        std::min<uint64_t>(executor_.worker_count(), length_ / std::max<uint64_t>(grain_, 1));
    if (threads < 2) return;
    FutureList helpers;
    sync::Atomic<uint32_t>& count = executor_.range_helpers();
    for (uint64_t i = 1; i < threads; ++i) {
        if (count.fetch_add(1, std::memory_order_relaxed) >= kMostHelpers) {  // R4
            count.fetch_sub(1, std::memory_order_relaxed);
            break;
        }
        retain();
        DestroyGuard unused(drop_helper, this);
        FutureRef helper;
        if (executor_.make_function({help, this, drop_helper}, helper)) break;
        unused.handed_on();
        helpers.push_back(std::move(helper));
    }
    shares_ = 2 * (helpers.size() + 1);
    if (grain_ == 0) {
        grain_ = std::max<uint64_t>(length_ / ((helpers.size() + 1) * kSmallestShare), 1);
    }
    // They are no calls of the user's, so the bound of the queue is not for them. When they are refused,
    // the caller does everything.
    while (FutureRef helper = helpers.pop_front()) {
        if (executor_.accept_beyond_limit(std::move(helper))) return;
    }
}

// --- the caller -----------------------------------------------------------------------------------

RangeMap::RangeMap(Executor& executor, int64_t begin, uint64_t length, uint64_t grain,
                   const RangeBody& body)
    : executor_(executor), begin_(begin), length_(length), body_(body), grain_(grain) {}

void RangeMap::release() {
    if (!references_.drop()) return;
    this->~RangeMap();
    slab_free(this, kMapClass);
}

/// The caller's stay; also when the body ends its thread.
class RangeMap::Join {
  public:
    explicit Join(RangeMap& map) : map_(map) {}
    ~Join() {
        if (!map_.forked()) map_.await_helpers();
    }
    Join(const Join&) = delete;
    Join& operator=(const Join&) = delete;

  private:
    RangeMap& map_;
};

ErrorRef RangeMap::run(Executor& executor, int64_t begin, int64_t end, uint64_t grain,
                       const RangeBody& body) {
    if (ErrorRef error = executor.check_takes_functions()) return error;
    if (end <= begin) return nullptr;
    const uint64_t length = static_cast<uint64_t>(end) - static_cast<uint64_t>(begin);
    const auto map = Ref<RangeMap>::adopt(new (slab_allocate(kMapClass))
                                              RangeMap(executor, begin, length, grain, body));
    map->post_helpers();
    {
        const Join join(*map);
        map->run_parts(Host(*map, nullptr));
    }
    return map->forked() ? forked_error() : std::move(map->error_);
}

void RangeMap::await_helpers() {
    const auto over = [this] { return !helpers_are_inside(); };
    if (over()) return;
    if (executor_.waiters_spin() && processor_is_free(inside_task() ? 1 : 0) &&
        spin(spin_length, over)) {
        return;
    }
    std::optional<Blocking> blocking;
    if (inside_task()) blocking.emplace(std::span<Future* const>());
    uint32_t inside = inside_.load(std::memory_order_acquire);
    while (inside >= kOne) {
        if ((inside & kAwaited) == 0 &&
            !inside_.compare_exchange_weak(inside, inside | kAwaited, std::memory_order_acq_rel,
                                           std::memory_order_acquire)) {
            continue;
        }
        sync::park(inside_, inside | kAwaited, Deadline::never());
        inside = inside_.load(std::memory_order_acquire);
    }
}

}  // namespace cf

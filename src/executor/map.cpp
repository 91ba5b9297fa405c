#include "executor/map.h"

#include <algorithm>

namespace cf {

ErrorRef Map::create(Executor& executor, const MapOptions& options,
                     std::unique_ptr<MapSource> source, Map*& map_out) {
    const Ref<Map> map = Ref<Map>::adopt(new Map(executor, options, std::move(source)));
    map->fill();
    if (map->failure_) {
        map->cancel_outstanding();
        return map->failure_;
    }
    map_out = Ref<Map>(map).detach();
    return nullptr;
}

Map::Map(Executor& executor, const MapOptions& options, std::unique_ptr<MapSource> source)
    : HandleBase(kHandleKind),
      executor_(executor),
      options_(options),
      deadline_(Deadline::after(options.timeout)),
      source_(std::move(source)),
      window_(options.window != 0 ? options.window : automatic_window()) {
    if (options.unordered) completed_ = new CompletionQueue(Deadline::never());
    executor_.retain_owner();
}

Map::~Map() {
    if (completed_ != nullptr) completed_->release();
    executor_.release_owner();
}

void Map::release() {
    if (!references_.drop()) return;
    if (options_.cancel_on_release) cancel_outstanding();
    delete this;
}

void Map::cancel_outstanding() {
    for (const auto& [index, future] : outstanding_)
        future->cancel();
}

size_t Map::automatic_window() const {
    if (source_->left() != 0) return SIZE_MAX;
    return 4 * executor_.worker_count() * std::max<size_t>(options_.chunk_size, 1);
}

void Map::fill() {
    while (source_ && outstanding_.size() < window_) {
        const size_t wanted =
            options_.chunk_size != 0 ? options_.chunk_size : executor_.chunk_size(source_->left());
        const size_t room = std::min(wanted, window_ - outstanding_.size());
        FutureList chunk;
        const uint64_t first = submitted_;
        while (chunk.size() < room && !failure_) {
            FutureRef future;
            failure_ = source_->next(executor_, future);
            if (!future) break;
            outstanding_.emplace(submitted_++, future);
            chunk.push_back(std::move(future));
        }
        const size_t size = chunk.size();
        if (size < room) source_.reset();
        if (size == 0) return;
        if (ErrorRef refused = executor_.accept(chunk)) {
            // None of the chunk was accepted, and nothing after it can come.
            submitted_ = first;
            outstanding_.erase(outstanding_.lower_bound(first), outstanding_.end());
            failure_ = std::move(refused);
            source_.reset();
            return;
        }
        if (completed_ == nullptr) continue;
        for (auto it = outstanding_.lower_bound(first); it != outstanding_.end(); ++it) {
            completed_->add(it->second, it->first);
        }
    }
}

cf_status_t Map::take(Deadline deadline, Taken& taken) {
    if (outstanding_.empty()) return CF_STATUS_END;
    if (completed_ != nullptr) {
        CompletionQueue::Taken done;
        const cf_status_t status = completed_->next(deadline, done);
        if (status != CF_STATUS_OK) return status;
        taken = Taken{std::move(done.future), done.tag};
    } else {
        const auto& [index, future] = *outstanding_.begin();
        if (!future->wait(deadline)) return CF_STATUS_TIMEOUT;
        taken = Taken{future, index};
    }
    outstanding_.erase(taken.index);
    return CF_STATUS_OK;
}

ErrorRef Map::next(Deadline deadline, Taken& taken, bool& ended) {
    switch (take(deadline.earlier(deadline_), taken)) {
        case CF_STATUS_OK:
            fill();
            return nullptr;
        case CF_STATUS_TIMEOUT:
            return Error::create(CF_STATUS_TIMEOUT,
                                 text("the next result of the map is not there yet; ",
                                      outstanding_.size(), " are outstanding"));
        default:
            if (failure_) return std::exchange(failure_, nullptr);
            ended = true;
            return nullptr;
    }
}

}  // namespace cf

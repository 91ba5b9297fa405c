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
    // Also when a callback of what is cancelled ends this thread.
    struct Deletion {
        Map* map;
        ~Deletion() { delete map; }
    } const deletion{this};
    if (options_.cancel_on_release) cancel_outstanding();
}

void Map::cancel_outstanding() {
    while (!outstanding_.empty()) {
        const FutureRef future = outstanding_.remove(outstanding_.front_index());
        call_user_code([&] { future->cancel(); }, [] {}, [&] { cancel_outstanding(); });
    }
}

size_t Map::automatic_window() const {
    if (source_->left() != 0) return SIZE_MAX;
    return 4 * executor_.worker_count() * std::max<size_t>(options_.chunk_size, 1);
}

void Map::fill() {
    struct Filling {
        bool& flag;
        explicit Filling(bool& at) : flag(at) { flag = true; }
        ~Filling() { flag = false; }
    } const filling(filling_);
    while (source_ && outstanding_.size() < window_) {
        const uint64_t first = submitted_;
        FutureList chunk = gather();
        if (chunk.empty()) return;
        // A task of an inline executor may end this thread; the calls are accepted all the same.
        ErrorRef error;
        call_user_code([&] { error = executor_.accept(chunk); },
                       [&] { error = Error::no_memory(); }, [&] { watch_from(first); });
        if (error) return forget_from(first, std::move(error));
        if (!watch_from(first)) return;
    }
}

FutureList Map::gather() {
    const uint64_t first = submitted_;
    const size_t wanted =
        options_.chunk_size != 0 ? options_.chunk_size : executor_.chunk_size(source_->left());
    const size_t room = std::min(wanted, window_ - outstanding_.size());
    FutureList chunk;
    const auto gather_one = [&] {
        FutureRef future;
        failure_ = source_->next(executor_, future);
        if (!future) return false;
        outstanding_.add(submitted_, future);
        ++submitted_;
        chunk.push_back(std::move(future));
        return true;
    };
    call_user_code(
        [&] {
            while (chunk.size() < room && gather_one()) {
            }
        },
        [&] { failure_ = Error::no_memory(); },
        [&] {
            // Nothing may stay behind that was not accepted: it would never be done.
            forget_from(first, Error::create(CF_STATUS_TASK_EXITED,
                                             "the input of the map ended the thread that asked"));
        });
    if (chunk.size() < room) source_.reset();
    return chunk;
}

bool Map::watch_from(uint64_t index) {
    if (completed_ == nullptr) return true;
    ErrorRef error = error_or_no_memory([&]() -> ErrorRef {
        outstanding_.for_each_from(index, [&](uint64_t at, const FutureRef& future) {
            completed_->add(future, at);
            index = at + 1;
        });
        return nullptr;
    });
    if (!error) return true;
    // What the queue does not hold could never be taken.
    outstanding_.for_each_from(index, [](uint64_t, const FutureRef& future) { future->cancel(); });
    forget_from(index, std::move(error));
    return false;
}

void Map::forget_from(uint64_t index, ErrorRef reason) {
    submitted_ = index;
    outstanding_.remove_from(index);
    failure_ = std::move(reason);
    source_.reset();
}

cf_status_t Map::take(Deadline deadline, Taken& taken, ErrorRef& would_deadlock) {
    if (outstanding_.empty()) return CF_STATUS_END;
    if (completed_ != nullptr) {
        CompletionQueue::Taken done;
        const cf_status_t status = completed_->next(deadline, done);
        if (status != CF_STATUS_OK) return status;
        taken.index = done.tag;
    } else {
        const FutureRef& future = outstanding_.front();
        const cf_status_t status = future->await(deadline, &would_deadlock);
        if (status != CF_STATUS_OK) return status;
        taken.index = outstanding_.front_index();
    }
    taken.future = outstanding_.remove(taken.index);
    return CF_STATUS_OK;
}

ErrorRef Map::next(Deadline deadline, Taken& taken, bool& ended) {
    if (filling_) {
        return Error::create(CF_STATUS_INVALID_STATE,
                             "the input of a map, or a call that it runs at once, takes from the "
                             "same map; take from it elsewhere");
    }
    ErrorRef would_deadlock;
    switch (take(deadline.earlier(deadline_), taken, would_deadlock)) {
        case CF_STATUS_OK:
            fill();
            return nullptr;
        case CF_STATUS_TIMEOUT:
            return Error::create(CF_STATUS_TIMEOUT,
                                 text("the next result of the map is not there yet; ",
                                      outstanding_.size(), " are outstanding"));
        case CF_STATUS_WOULD_DEADLOCK:
            return would_deadlock;
        default:
            if (failure_) return std::exchange(failure_, nullptr);
            ended = true;
            return nullptr;
    }
}

}  // namespace cf

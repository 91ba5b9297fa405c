// cf_wait, cf_as_completed, cf_completion_queue_*.
#include "future/wait.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "future/completion_queue.h"
#include "guard.h"
#include "view_futures.h"

using namespace cf;

namespace {

ErrorRef none_in_time() {
    return Error::create(CF_STATUS_TIMEOUT, "no future of the queue was done in time");
}

}  // namespace

extern "C" {

cf_status_t cf_wait(cf_future_t* const* futures, size_t count, cf_return_when_t return_when,
                    int64_t timeout_ns, uint8_t* done_out, size_t* done_count_out,
                    cf_error_t** error_out) {
    capi::clear(done_count_out);
    return capi::call_user(error_out, [&]() -> ErrorRef {
        const Deadline deadline = Deadline::after(timeout_ns);
        if (return_when < CF_RETURN_WHEN_FIRST_COMPLETED ||
            return_when > CF_RETURN_WHEN_ALL_COMPLETED) {
            return capi::invalid_argument(text("return_when is ", return_when,
                                               ", which is none of the CF_RETURN_WHEN constants"));
        }
        std::vector<Future*> waited;
        if (ErrorRef error = capi::view_futures(futures, count, waited)) return error;
        ErrorRef would_deadlock;
        const cf_status_t status = wait_for_many(waited, return_when, deadline, &would_deadlock);
        size_t done = 0;
        for (size_t i = 0; i < count; ++i) {
            const bool is_done = waited[i]->done();
            if (done_out != nullptr) done_out[i] = is_done ? 1 : 0;
            if (is_done) ++done;
        }
        if (done_count_out != nullptr) *done_count_out = done;
        if (status != CF_STATUS_TIMEOUT) return would_deadlock;
        return Error::create(CF_STATUS_TIMEOUT,
                             text(count - done, " (of ", count, ") futures unfinished"));
    });
}

cf_status_t cf_completion_queue_create(cf_completion_queue_t** queue_out, cf_error_t** error_out) {
    capi::clear(queue_out);
    return capi::call(error_out, [&]() -> ErrorRef {
        if (queue_out == nullptr) return capi::bad_argument("queue_out");
        *queue_out = to_handle<cf_completion_queue_t>(new CompletionQueue(Deadline::never()));
        return nullptr;
    });
}

cf_status_t cf_as_completed(cf_future_t* const* futures, size_t count, int64_t timeout_ns,
                            cf_completion_queue_t** queue_out, cf_error_t** error_out) {
    capi::clear(queue_out);
    return capi::call_user(error_out, [&]() -> ErrorRef {
        if (queue_out == nullptr) return capi::bad_argument("queue_out");
        const Deadline deadline = Deadline::after(timeout_ns);
        std::vector<Future*> added;
        if (ErrorRef error = capi::view_futures(futures, count, added)) return error;
        auto queue = Ref<CompletionQueue>::adopt(new CompletionQueue(deadline));
        std::unordered_set<Future*> seen;
        seen.reserve(count);
        for (size_t i = 0; i < count; ++i) {
            if (seen.insert(added[i]).second) queue->add(FutureRef::share(added[i]), i);
        }
        *queue_out = to_handle<cf_completion_queue_t>(queue.detach());
        return nullptr;
    });
}

cf_completion_queue_t* cf_completion_queue_retain(cf_completion_queue_t* queue) {
    if (auto* object = from_handle<CompletionQueue>(queue)) object->retain();
    return queue;
}

void cf_completion_queue_release(cf_completion_queue_t* queue) {
    auto* object = from_handle<CompletionQueue>(queue);
    if (object != nullptr && !object->forked()) object->release();
}

cf_status_t cf_completion_queue_add(cf_completion_queue_t* queue, cf_future_t* future, uint64_t tag,
                                    cf_error_t** error_out) {
    return capi::call(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<CompletionQueue>(queue);
        auto* added = from_handle<Future>(future);
        if (ErrorRef error = capi::check_usable(object, "queue")) return error;
        if (ErrorRef error = capi::check_usable_future(added, "future")) return error;
        object->add(FutureRef::share(added), tag);
        return nullptr;
    });
}

cf_status_t cf_completion_queue_next(cf_completion_queue_t* queue, int64_t timeout_ns,
                                     cf_future_t** future_out, uint64_t* tag_out,
                                     cf_error_t** error_out) {
    capi::clear(future_out);
    capi::clear(tag_out);
    cf_status_t status = CF_STATUS_OK;
    const cf_status_t failure = capi::call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<CompletionQueue>(queue);
        if (ErrorRef error = capi::check_usable(object, "queue")) return error;
        if (future_out == nullptr) return capi::bad_argument("future_out");
        CompletionQueue::Taken taken;
        status = object->next(Deadline::after(timeout_ns), taken);
        if (status == CF_STATUS_TIMEOUT) return none_in_time();
        if (status != CF_STATUS_OK) return nullptr;
        *future_out = to_handle<cf_future_t>(taken.future.detach());
        if (tag_out != nullptr) *tag_out = taken.tag;
        return nullptr;
    });
    return failure != CF_STATUS_OK ? failure : status;
}

cf_status_t cf_completion_queue_next_batch(cf_completion_queue_t* queue, int64_t timeout_ns,
                                           cf_future_t** futures_out, uint64_t* tags_out,
                                           size_t capacity, size_t* count_out,
                                           cf_error_t** error_out) {
    capi::clear(count_out);
    if (futures_out != nullptr) std::fill_n(futures_out, capacity, nullptr);
    cf_status_t status = CF_STATUS_OK;
    const cf_status_t failure = capi::call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<CompletionQueue>(queue);
        if (ErrorRef error = capi::check_usable(object, "queue")) return error;
        if (futures_out == nullptr) return capi::bad_argument("futures_out");
        if (count_out == nullptr) return capi::bad_argument("count_out");
        if (capacity == 0) return capi::invalid_argument("capacity is 0; it must be at least 1");
        const auto receive = [&](FutureRef future, uint64_t tag) {
            futures_out[*count_out] = to_handle<cf_future_t>(future.detach());
            if (tags_out != nullptr) tags_out[*count_out] = tag;
            ++*count_out;
        };
        status = object->next(Deadline::after(timeout_ns), capacity, receive);
        return status == CF_STATUS_TIMEOUT ? none_in_time() : nullptr;
    });
    return failure != CF_STATUS_OK ? failure : status;
}

cf_status_t cf_completion_queue_descriptor(cf_completion_queue_t* queue, int32_t* descriptor_out,
                                           cf_error_t** error_out) {
    if (descriptor_out != nullptr) *descriptor_out = -1;
    return capi::call(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<CompletionQueue>(queue);
        if (ErrorRef error = capi::check_usable(object, "queue")) return error;
        if (descriptor_out == nullptr) return capi::bad_argument("descriptor_out");
        return object->descriptor(*descriptor_out);
    });
}

}  // extern "C"

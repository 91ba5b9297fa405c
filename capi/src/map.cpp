// cf_executor_map*, cf_map_*.
#include "executor/map.h"

#include "executor/map_sources.h"
#include "executor/range_map.h"
#include "guard.h"
#include "options.h"

using namespace cf;
using namespace cf::capi;

namespace {

/// Checks what all map calls share; the options stay borrowed.
ErrorRef check_map(cf_executor_t* executor, const cf_map_options_t* options, cf_map_t** map_out,
                   Executor*& object, MapOptions& values) {
    object = from_handle<Executor>(executor);
    if (ErrorRef error = check_usable(object, "executor")) return error;
    if (map_out == nullptr) return bad_argument("map_out");
    const auto* given = values_or_defaults<MapOptionsHandle>(options, values);
    if (given == nullptr) return bad_argument("options");
    values = *given;
    return nullptr;
}

ErrorRef start_map(Executor& executor, const MapOptions& options, std::unique_ptr<MapSource> source,
                   cf_map_t** map_out) {
    Map* map = nullptr;
    ErrorRef error = Map::create(executor, options, std::move(source), map);
    if (!error) *map_out = to_handle<cf_map_t>(map);
    return error;
}

}  // namespace

extern "C" {

cf_status_t cf_executor_map(cf_executor_t* executor, const cf_map_options_t* options,
                            cf_task_fn task_fn, cf_destroy_fn destroy_item,
                            cf_map_item_fn next_item_fn, void* user_data, cf_destroy_fn destroy,
                            cf_map_t** map_out, cf_error_t** error_out) {
    clear(map_out);
    return call_user(error_out, [&]() -> ErrorRef {
        DestroyGuard guard(destroy, user_data);
        Executor* object = nullptr;
        MapOptions values;
        if (ErrorRef error = check_map(executor, options, map_out, object, values)) return error;
        if (task_fn == nullptr) return bad_argument("task_fn");
        if (next_item_fn == nullptr) return bad_argument("next_item_fn");
        auto source = std::make_unique<ItemMapSource>(task_fn, destroy_item, next_item_fn,
                                                      user_data, destroy);
        guard.handed_on();
        return start_map(*object, values, std::move(source), map_out);
    });
}

cf_status_t cf_executor_map_call(cf_executor_t* executor, const cf_map_options_t* options,
                                 const char* name, const char* const* arguments,
                                 const size_t* sizes, size_t count, cf_map_t** map_out,
                                 cf_error_t** error_out) {
    clear(map_out);
    return call_user(error_out, [&]() -> ErrorRef {
        Executor* object = nullptr;
        MapOptions values;
        if (ErrorRef error = check_map(executor, options, map_out, object, values)) return error;
        if (name == nullptr) return bad_argument("name");
        if (arguments == nullptr && count != 0) return bad_argument("arguments");
        auto source = std::make_unique<ArrayMapSource>(name);
        for (size_t i = 0; i < count; ++i) {
            if (arguments[i] == nullptr) {
                return invalid_argument(text("arguments[", i, "] is NULL"));
            }
            source->add(sizes == nullptr ? std::string_view(arguments[i])
                                         : std::string_view(arguments[i], sizes[i]));
        }
        return start_map(*object, values, std::move(source), map_out);
    });
}

cf_status_t cf_executor_map_call_lazy(cf_executor_t* executor, const cf_map_options_t* options,
                                      const char* name, cf_map_arguments_fn next_arguments_fn,
                                      void* user_data, cf_destroy_fn destroy, cf_map_t** map_out,
                                      cf_error_t** error_out) {
    clear(map_out);
    return call_user(error_out, [&]() -> ErrorRef {
        DestroyGuard guard(destroy, user_data);
        Executor* object = nullptr;
        MapOptions values;
        if (ErrorRef error = check_map(executor, options, map_out, object, values)) return error;
        if (name == nullptr) return bad_argument("name");
        if (next_arguments_fn == nullptr) return bad_argument("next_arguments_fn");
        auto source = std::make_unique<LazyMapSource>(name, next_arguments_fn, user_data, destroy);
        guard.handed_on();
        return start_map(*object, values, std::move(source), map_out);
    });
}

cf_status_t cf_executor_map_range(cf_executor_t* executor, int64_t begin, int64_t end,
                                  int64_t grain, cf_range_fn range_fn, void* user_data,
                                  cf_error_t** error_out) {
    return call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Executor>(executor);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        if (range_fn == nullptr) return bad_argument("range_fn");
        if (grain < 0) return invalid_argument(text("grain is ", grain, ", which is negative"));
        return RangeMap::run(*object, begin, end, static_cast<uint64_t>(grain),
                             {range_fn, user_data});
    });
}

cf_status_t cf_map_next(cf_map_t* map, int64_t timeout_ns, cf_future_t** future_out,
                        uint64_t* index_out, cf_error_t** error_out) {
    clear(future_out);
    clear(index_out);
    bool ended = false;
    const cf_status_t status = call_user(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Map>(map);
        if (ErrorRef error = check_usable(object, "map")) return error;
        if (future_out == nullptr) return bad_argument("future_out");
        const Ref<Map> keep = Ref<Map>::share(object);  // the input may release it
        Map::Taken taken;
        ErrorRef error = object->next(Deadline::after(timeout_ns), taken, ended);
        if (error || ended) return error;
        *future_out = to_handle<cf_future_t>(taken.future.detach());
        if (index_out != nullptr) *index_out = taken.index;
        return nullptr;
    });
    return ended ? cf_status_t{CF_STATUS_END} : status;
}

cf_map_t* cf_map_retain(cf_map_t* map) {
    if (auto* object = from_handle<Map>(map)) object->retain();
    return map;
}

void cf_map_release(cf_map_t* map) {
    call_user(nullptr, [&]() -> ErrorRef {
        auto* object = from_handle<Map>(map);
        if (object != nullptr && !object->forked()) object->release();
        return nullptr;
    });
}

}  // extern "C"

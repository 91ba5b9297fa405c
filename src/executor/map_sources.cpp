#include "executor/map_sources.h"

namespace cf {
namespace {

/// What an input callback said: 1 an item, 0 the end, negative a failure. An exception is a failure.
template <typename Next>
int32_t ask(Next&& next) {
    int32_t said = CF_STATUS_TASK_FAILED;
    call_user_code([&] { said = next(); });
    return said;
}

ErrorRef input_failed(int32_t said) {
    if (said < 0) return Error::create(said, "the input of the map failed");
    return Error::create(
        CF_STATUS_INVALID_ARGUMENT,
        text("the input of the map must say 1 (an item), 0 (the end) or a negative "
             "status, not ",
             said));
}

}  // namespace

ErrorRef ArrayMapSource::next(Executor& executor, FutureRef& future_out) {
    if (left() == 0) return nullptr;
    const size_t begin = next_ == 0 ? 0 : ends_[next_ - 1];
    const std::string_view arguments(texts_.data() + begin, ends_[next_] - begin);
    ErrorRef error = executor.make_call({}, function_name_, arguments, future_out);
    if (error) {
        ErrorFields fields = error->fields();
        const std::string message = text("item ", next_, ": ", fields.message);
        fields.message = message;
        return Error::create(fields);
    }
    ++next_;
    return nullptr;
}

ErrorRef LazyMapSource::next(Executor& executor, FutureRef& future_out) {
    const char* arguments = nullptr;
    size_t size = 0;
    const int32_t said = ask([&] { return next_fn_(user_data_, &arguments, &size); });
    if (said == 0) return nullptr;
    if (said != 1) return input_failed(said);
    if (arguments == nullptr) {
        return Error::create(CF_STATUS_INVALID_ARGUMENT, "the input of the map gave a NULL text");
    }
    return executor.make_call({}, function_name_, {arguments, size}, future_out);
}

ErrorRef ItemMapSource::next(Executor& executor, FutureRef& future_out) {
    void* item = nullptr;
    const int32_t said = ask([&] { return next_fn_(user_data_, &item); });
    if (said == 0) return nullptr;
    if (said != 1) return input_failed(said);
    DestroyGuard guard(destroy_item_, item);
    ErrorRef error = executor.make_function({}, {task_fn_, item, destroy_item_}, future_out);
    if (!error) guard.handed_on();
    return error;
}

}  // namespace cf

#include "map_support.h"

namespace contract {

Item next(cf_map_t* map, int64_t timeout) {
    Item item;
    Error error;
    item.status = cf_map_next(map, timeout, item.future.out(), &item.index, error.out());
    EXPECT_EQ(item.future.get() != nullptr, item.status == CF_STATUS_OK);
    EXPECT_EQ(error.get() != nullptr, item.status < 0);
    if (item.status == CF_STATUS_OK) {
        EXPECT_EQ(cf_future_done(item.future), 1);
    }
    return item;
}

MapOptions map_options() {
    MapOptions options;
    EXPECT_EQ(cf_map_options_create(options.out(), nullptr), CF_STATUS_OK);
    return options;
}

Map map_call(cf_executor_t* executor, const cf_map_options_t* options, const std::string& name,
             const std::vector<std::string>& arguments) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& text : arguments) {
        texts.push_back(text.data());
        sizes.push_back(text.size());
    }
    Map map;
    Error error;
    EXPECT_EQ(cf_executor_map_call(executor, options, name.c_str(), texts.data(), sizes.data(),
                                   texts.size(), map.out(), error.out()),
              CF_STATUS_OK)
        << cf_error_message(error);
    return map;
}

std::vector<std::string> numbers(int count) {
    std::vector<std::string> texts;
    for (int i = 0; i < count; ++i)
        texts.push_back('[' + std::to_string(i) + ']');
    return texts;
}

int32_t Input::next_arguments(void* input, const char** arguments_out, size_t* size_out) {
    auto* self = static_cast<Input*>(input);
    if (self->supplied == self->count) return self->end;
    self->current = self->text.empty() ? '[' + std::to_string(self->supplied) + ']' : self->text;
    self->supplied += 1;
    if (self->window > 0 && self->supplied - self->taken > self->window) self->excess += 1;
    *arguments_out = self->current.data();
    *size_out = self->current.size();
    return 1;
}

void Input::destroy(void* input) {
    static_cast<Input*>(input)->destroyed.add();
}

Item Input::take(cf_map_t* map, int64_t timeout) {
    taken += 1;  // the call may supply the next input once it has an outcome in hand
    Item item = next(map, timeout);
    if (item.status != CF_STATUS_OK) taken -= 1;
    if (window > 0 && supplied - taken > window) excess += 1;
    return item;
}

cf_status_t map_lazy(cf_executor_t* executor, const cf_map_options_t* options,
                     const std::string& name, Input& input, Map& map) {
    return cf_executor_map_call_lazy(executor, options, name.c_str(), Input::next_arguments, &input,
                                     Input::destroy, map.out(), nullptr);
}

}  // namespace contract

// Where a map's calls come from: an array of argument texts, or callbacks that supply them lazily.
#pragma once

#include <string>
#include <vector>

#include "executor/map.h"

namespace cf {

/// Argument texts that were copied when the map was made.
class ArrayMapSource final : public MapSource {
  public:
    explicit ArrayMapSource(std::string_view function_name) : function_name_(function_name) {}
    /// Before the first call is made.
    void add(std::string_view arguments) {
        texts_ += arguments;
        ends_.push_back(texts_.size());
    }
    ErrorRef next(Executor& executor, FutureRef& future_out) override;
    size_t left() const override { return ends_.size() - next_; }

  private:
    std::string function_name_;
    std::string texts_;  // one behind the other
    std::vector<size_t> ends_;
    size_t next_ = 0;
};

/// Argument texts from a callback.
class LazyMapSource final : public MapSource {
  public:
    LazyMapSource(std::string_view function_name, cf_map_arguments_fn next_fn, void* user_data,
                  cf_destroy_fn destroy)
        : function_name_(function_name),
          next_fn_(next_fn),
          user_data_(user_data),
          input_(destroy, user_data) {}
    ErrorRef next(Executor& executor, FutureRef& future_out) override;
    size_t left() const override { return 0; }

  private:
    std::string function_name_;
    cf_map_arguments_fn next_fn_;
    void* user_data_;
    DestroyGuard input_;
};

/// Items for a function pointer, from a callback.
class ItemMapSource final : public MapSource {
  public:
    ItemMapSource(cf_task_fn task_fn, cf_destroy_fn destroy_item, cf_map_item_fn next_fn,
                  void* user_data, cf_destroy_fn destroy)
        : task_fn_(task_fn),
          destroy_item_(destroy_item),
          next_fn_(next_fn),
          user_data_(user_data),
          input_(destroy, user_data) {}
    ErrorRef next(Executor& executor, FutureRef& future_out) override;
    size_t left() const override { return 0; }

  private:
    cf_task_fn task_fn_;
    cf_destroy_fn destroy_item_;
    cf_map_item_fn next_fn_;
    void* user_data_;
    DestroyGuard input_;
};

}  // namespace cf

// Functions by name. Registrations are for good, so that a Function can be pointed to without care.
#pragma once

#include <cfutures/cfutures.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/error.h"

namespace cf {

class Function {
  public:
    Function(cf_task_fn task, void* data) : task_fn_(task), user_data_(data) {}
    cf_task_fn task_fn() const { return task_fn_; }
    void* user_data() const { return user_data_; }

  private:
    cf_task_fn task_fn_;
    void* user_data_;
};

constexpr size_t kMaxFunctionName = 1024;

/// Null on success, also when the same registration exists.
ErrorRef register_function(std::string_view name, cf_task_fn task_fn, void* user_data);

/// Null when there is none.
const Function* find_function(std::string_view name);

/// UNKNOWN_FUNCTION, with a message that says what to do.
ErrorRef unknown_function(std::string_view name);

/// In a forked child, where nobody holds the lock.
void start_registry_anew();

/// All names in alphabetical order.
std::vector<std::string> function_names();

}  // namespace cf

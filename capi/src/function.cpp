// cf_function_*.
#include "executor/function_registry.h"
#include "guard.h"
#include "support/loaded_code.h"

using namespace cf;

extern "C" {

cf_status_t cf_function_register(const char* name, cf_task_fn task_fn, void* user_data,
                                 cf_destroy_fn destroy, cf_error_t** error_out) {
    return capi::call_user(error_out, [&]() -> ErrorRef {
        DestroyGuard guard(destroy, user_data);
        if (name == nullptr) return capi::bad_argument("name");
        if (task_fn == nullptr) return capi::bad_argument("task_fn");
        ErrorRef error = register_function(name, task_fn, user_data);
        if (error) return error;
        guard.handed_on();
        keep_loaded(reinterpret_cast<const void*>(task_fn));
        return nullptr;
    });
}

int32_t cf_function_registered(const char* name) {
    int32_t registered = 0;
    capi::call(nullptr, [&]() -> ErrorRef {
        registered = name != nullptr && find_function(name) != nullptr ? 1 : 0;
        return nullptr;
    });
    return registered;
}

cf_status_t cf_function_visit(cf_function_visit_fn visit_fn, void* user_data) {
    return capi::call_user(nullptr, [&]() -> ErrorRef {
        if (visit_fn == nullptr) return capi::bad_argument("visit_fn");
        for (const std::string& name : function_names()) {
            if (visit_fn(name.c_str(), user_data) != 0) break;
        }
        return nullptr;
    });
}

}  // extern "C"

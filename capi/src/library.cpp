// cf_version_*, cf_status_*, defaults, cf_unobserved_failure_*.
#include <new>

#include "future/unobserved_failure.h"
#include "guard.h"
#include "support/cpu_count.h"

using namespace cf;

extern "C" {

int32_t cf_version_number(void) {
    return CFUTURES_VERSION_NUMBER;
}

#define CFUTURES_TEXT_OF(x) #x
#define CFUTURES_TEXT(x) CFUTURES_TEXT_OF(x)
const char* cf_version_string(void) {
    return CFUTURES_TEXT(CFUTURES_VERSION_MAJOR) "." CFUTURES_TEXT(
        CFUTURES_VERSION_MINOR) "." CFUTURES_TEXT(CFUTURES_VERSION_PATCH);
}

static_assert(CFUTURES_VERSION_NUMBER == CFUTURES_VERSION_MAJOR * 1000000 +
                                             CFUTURES_VERSION_MINOR * 1000 +
                                             CFUTURES_VERSION_PATCH);

const char* cf_status_name(cf_status_t status) {
    switch (status) {
#define CFUTURES_STATUS_NAME(name, value, message) \
    case value:                                    \
        return "CF_STATUS_" #name;
        CFUTURES_STATUS_LIST(CFUTURES_STATUS_NAME)
#undef CFUTURES_STATUS_NAME
        default:
            return "CF_STATUS_UNKNOWN";
    }
}

const char* cf_status_message(cf_status_t status) {
    switch (status) {
#define CFUTURES_STATUS_MESSAGE(name, value, message) \
    case value:                                       \
        return message;
        CFUTURES_STATUS_LIST(CFUTURES_STATUS_MESSAGE)
#undef CFUTURES_STATUS_MESSAGE
        default:
            return "a status that this version of the library does not know";
    }
}

int32_t cf_default_thread_count(void) {
    int32_t count = 1;
    capi::call(nullptr, [&]() -> ErrorRef {
        count = default_thread_count();
        return nullptr;
    });
    return count;
}

int32_t cf_default_process_count(void) {
    int32_t count = 1;
    capi::call(nullptr, [&]() -> ErrorRef {
        count = default_process_count();
        return nullptr;
    });
    return count;
}

void cf_free(void* memory) {
    ::operator delete(memory);
}

cf_status_t cf_unobserved_failure_set_hook(cf_unobserved_failure_fn hook_fn, void* user_data,
                                           cf_destroy_fn destroy, cf_error_t** error_out) {
    return capi::call_user(error_out, [&]() -> ErrorRef {
        set_unobserved_failure_hook(hook_fn, user_data, destroy);
        return nullptr;
    });
}

uint64_t cf_unobserved_failure_count(void) {
    return unobserved_failure_count();
}

}  // extern "C"

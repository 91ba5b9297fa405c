// cf_version_*, cf_status_*, defaults.
#include <new>

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

}  // extern "C"

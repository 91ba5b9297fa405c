#include "thread_pool/initializer.h"

namespace cf {

ErrorRef Initializer::returned(int32_t code) {
    if (code == 0) return nullptr;
    return error_or_no_memory([&] {
        return Error::create(
            CF_STATUS_BROKEN_EXECUTOR,
            text("the initializer of the pool returned ", code, "; the pool cannot be used"));
    });
}

ErrorRef Initializer::threw() {
    return error_or_no_memory([] {
        const std::string type = current_exception_type_name();
        std::string what;
        try {
            throw;
        } catch (const std::exception& exception) {
            what = exception.what();
        } catch (...) {
        }
        const std::string message =
            text("the initializer of the pool threw ", type, ": ", what, "; it cannot be used");
        return Error::create(
            ErrorFields{.status = CF_STATUS_BROKEN_EXECUTOR, .type = type, .message = message});
    });
}

ErrorRef Initializer::ended_its_thread() {
    return Error::create(CF_STATUS_BROKEN_EXECUTOR,
                         "the initializer of the pool ended its thread; the pool cannot be used");
}

}  // namespace cf

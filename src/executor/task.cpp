#include "executor/task.h"

#include <exception>

namespace cf {

ErrorFields Task::error_fields(cf_status_t status, std::string_view message) const {
    return ErrorFields{
        .status = status, .message = message, .function = host_.name(), .task_id = host_.id()};
}

void Task::fail(std::string_view type, std::string_view message, std::string_view detail) {
    ErrorFields fields = error_fields(CF_STATUS_TASK_FAILED, message);
    fields.type = type;
    fields.detail = detail;
    fail(Error::create(fields));
}

void Task::returned_failure(int32_t code) {
    const ErrorRef& error = outcome_.error();
    if (!error) {
        fail(error_or_no_memory([&] {
            ErrorFields fields = error_fields(CF_STATUS_TASK_FAILED, {});
            const std::string message = text("the task returned ", code);
            fields.message = message;
            fields.task_code = code;
            return Error::create(fields);
        }));
    } else if (error->status() == CF_STATUS_TASK_FAILED && code != CF_STATUS_TASK_FAILED) {
        // A code of the function's own, and not what cf_task_fail() gave it to return.
        ErrorFields fields = error->fields();
        fields.task_code = code;
        fail(Error::create(fields));
    }
}

void Task::threw() {
    // Nothing may leave this handler, or the worker would end with it.
    fail(error_or_no_memory([&] {
        const std::string type = current_exception_type_name();
        try {
            throw;
        } catch (const std::exception& exception) {
            fail(type, exception.what(), {});
        } catch (...) {
            fail(type, text("the task threw an exception of type ", type), {});
        }
        return outcome_.take_error();
    }));
}

void Task::ended_its_thread() {
    fail(Error::create(error_fields(CF_STATUS_TASK_EXITED,
                                    "the task ended its thread (pthread_exit or pthread_cancel)")));
}

void Task::refuse_pointer() {
    if (outcome_.failed()) return;
    fail(Error::create(error_fields(
        CF_STATUS_ENCODE_ERROR,
        "the task returned a pointer, which means nothing in another process; return bytes or "
        "JSON")));
}

}  // namespace cf

#include "executor/task.h"

#include <exception>

namespace cf {

ErrorFields Task::error_fields(cf_status_t status, std::string_view message) const {
    return ErrorFields{.status = status, .message = message, .function = name_, .task_id = id_};
}

void Task::fail(std::string_view type, std::string_view message, std::string_view detail) {
    ErrorFields fields = error_fields(CF_STATUS_TASK_FAILED, message);
    fields.type = type;
    fields.detail = detail;
    error_ = Error::create(fields);
}

void Task::returned(int32_t code) {
    if (code == 0) return;
    if (!error_) {
        error_ = error_or_no_memory([&] {
            ErrorFields fields = error_fields(CF_STATUS_TASK_FAILED, {});
            const std::string message = text("the task returned ", code);
            fields.message = message;
            fields.task_code = code;
            return Error::create(fields);
        });
    } else if (error_->status() == CF_STATUS_TASK_FAILED && code != CF_STATUS_TASK_FAILED) {
        // A code of the function's own, and not what cf_task_fail() gave it to return.
        ErrorFields fields = error_->fields();
        fields.task_code = code;
        error_ = Error::create(fields);
    }
}

void Task::threw() {
    // Nothing may leave this handler, or the worker would end with it.
    error_ = error_or_no_memory([&] {
        const std::string type = current_exception_type_name();
        try {
            throw;
        } catch (const std::exception& exception) {
            fail(type, exception.what(), {});
        } catch (...) {
            fail(type, text("the task threw an exception of type ", type), {});
        }
        return std::move(error_);
    });
}

void Task::ended_its_thread() {
    error_ = Error::create(error_fields(
        CF_STATUS_TASK_EXITED, "the task ended its thread (pthread_exit or pthread_cancel)"));
}

Outcome Task::take_outcome() {
    if (error_) return Outcome::failure(std::move(error_));
    if (!host_.takes_pointers() && result_.kind() == ResultKind::kPointer) {
        return Outcome::failure(Error::create(error_fields(
            CF_STATUS_ENCODE_ERROR,
            "the task returned a pointer, which means nothing in another process; return bytes or "
            "JSON")));
    }
    return std::move(result_);
}

}  // namespace cf

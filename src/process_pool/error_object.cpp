#include "process_pool/error_object.h"

#include "support/json_text.h"

namespace cf {
namespace {

struct StatusName {
    std::string_view name;
    cf_status_t status;
};

constexpr StatusName kStatusNames[] = {
#define CFUTURES_STATUS_ROW(name, value, message) {#name, value},
    CFUTURES_STATUS_LIST(CFUTURES_STATUS_ROW)
#undef CFUTURES_STATUS_ROW
};

std::string_view name_of(cf_status_t status) {
    for (const StatusName& row : kStatusNames) {
        if (row.status == status) return row.name;
    }
    return "INTERNAL";
}

/// A failure's status by name; null when there is no such failure.
const StatusName* failure_named(std::string_view name) {
    for (const StatusName& row : kStatusNames) {
        if (row.name == name && row.status < 0) return &row;
    }
    return nullptr;
}

}  // namespace

std::string encode_error(const Error& error) {
    const ErrorFields& fields = error.fields();
    // Written by hand, since the detail is JSON already.
    std::string json = text("{\"status\":", quote_json(name_of(fields.status)));
    if (!fields.type.empty()) json += text(",\"type\":", quote_json(fields.type));
    if (!fields.message.empty()) json += text(",\"message\":", quote_json(fields.message));
    if (!fields.detail.empty()) json += text(",\"detail\":", fields.detail);
    if (fields.task_code != 0) json += text(",\"code\":", fields.task_code);
    return json += '}';
}

ErrorRef decode_error(std::string_view json, std::string_view function, uint64_t task_id,
                      int64_t worker_pid) {
    const JsonDocument document(json);
    const JsonValue object = document.value();
    const StatusName* status = failure_named(object["status"].string().value_or(""));
    if (status == nullptr) return nullptr;
    const std::string type = object["type"].string().value_or("");
    const std::string message = object["message"].string().value_or("");
    const std::string detail = object["detail"].dump();
    ErrorFields fields{.status = status->status,
                       .type = type,
                       .message = message,
                       .detail = detail,
                       .function = function,
                       .task_id = task_id,
                       .worker_pid = worker_pid};
    const int64_t code = object["code"].integer().value_or(0);
    if (code >= INT32_MIN && code <= INT32_MAX) fields.task_code = static_cast<int32_t>(code);
    return Error::create(fields);
}

}  // namespace cf

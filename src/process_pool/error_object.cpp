#include "process_pool/error_object.h"

#include <nlohmann/json.hpp>

#include "support/json_text.h"

namespace cf {
namespace {

using Json = nlohmann::json;

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

std::string text_member(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
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
    // Checked first: the depth limit keeps the tree below from overflowing a stack.
    if (check_json(json, CF_STATUS_PROTOCOL_ERROR, "the error")) return nullptr;
    const Json object = Json::parse(json);
    if (!object.is_object()) return nullptr;
    const StatusName* status = failure_named(text_member(object, "status"));
    if (status == nullptr) return nullptr;
    const std::string type = text_member(object, "type");
    const std::string message = text_member(object, "message");
    std::string detail;
    if (const auto found = object.find("detail"); found != object.end()) detail = found->dump();
    ErrorFields fields{.status = status->status,
                       .type = type,
                       .message = message,
                       .detail = detail,
                       .function = function,
                       .task_id = task_id,
                       .worker_pid = worker_pid};
    if (const auto code = object.find("code"); code != object.end() && code->is_number_integer()) {
        const bool huge = code->is_number_unsigned() && code->get<uint64_t>() > INT32_MAX;
        const auto value = code->get<int64_t>();
        if (!huge && value >= INT32_MIN && value <= INT32_MAX)
            fields.task_code = static_cast<int32_t>(value);
    }
    return Error::create(fields);
}

}  // namespace cf

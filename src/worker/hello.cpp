#include "worker/hello.h"

#include "process_pool/protocol.h"
#include "support/json_text.h"

namespace cf {
namespace {

constexpr int64_t kLargestMaxMessage = INT32_MAX;

std::string own_version() {
    return text(CFUTURES_VERSION_MAJOR, ".", CFUTURES_VERSION_MINOR, ".", CFUTURES_VERSION_PATCH);
}

ErrorRef refuse(std::string_view reason) {
    return Error::create(CF_STATUS_PROTOCOL_ERROR, reason);
}

ErrorRef check_version(JsonValue protocol) {
    if (!protocol.integer()) return refuse("the pool's HELLO names no protocol version");
    if (protocol.integer() == kProtocolVersion) return nullptr;
    return refuse(text("the pool speaks version ", protocol.dump(),
                       " of the protocol and this worker version ", kProtocolVersion, " (library ",
                       own_version(), "); use the same version of the library on both sides"));
}

ErrorRef read_initializer(JsonValue initializer, Hello& hello) {
    if (initializer.is_absent()) return nullptr;
    std::string name = initializer["name"].string().value_or("");
    const JsonValue arguments = initializer["arguments"];
    if (name.empty() || !(arguments.is_array() || arguments.is_object())) {
        return refuse("the initializer in the pool's HELLO lacks its name or its arguments");
    }
    hello.initializer = std::move(name);
    hello.initializer_arguments = arguments.dump();
    return nullptr;
}

std::string beginning_of_ready(int64_t pid) {
    return text(R"({"protocol":)", kProtocolVersion, R"(,"library":")", own_version(),
                R"(","pid":)", pid);
}

}  // namespace

ErrorRef parse_hello(std::string_view body, Hello& hello) {
    if (ErrorRef error = check_json(body, CF_STATUS_PROTOCOL_ERROR, "the pool's HELLO"))
        return error;
    const JsonDocument document(body);
    const JsonValue object = document.value();
    if (!object.is_object()) return refuse("the pool's HELLO is not a JSON object");
    if (ErrorRef error = check_version(object["protocol"])) return error;
    const int64_t max_message = object["max_message"].integer().value_or(-1);
    if (max_message < 0 || max_message > kLargestMaxMessage) {
        return refuse(
            text("max_message in the pool's HELLO is not a number from 0 to ", kLargestMaxMessage));
    }
    hello.max_message = static_cast<size_t>(max_message);
    hello.spin = object["spin"].is_true();
    return read_initializer(object["initializer"], hello);
}

std::string ready_object(int64_t pid, bool claims) {
    return text(beginning_of_ready(pid), R"(,"claims":)", claims ? "true" : "false", "}");
}

std::string fork_server_ready_object(int64_t pid) {
    return text(beginning_of_ready(pid), R"(,"forks":true})");
}

}  // namespace cf

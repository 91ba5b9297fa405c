#include "worker/hello.h"

#include <nlohmann/json.hpp>

#include "process_pool/protocol.h"
#include "support/json_text.h"

namespace cf {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kLargestMaxMessage = INT32_MAX;

std::string own_version() {
    return text(CFUTURES_VERSION_MAJOR, ".", CFUTURES_VERSION_MINOR, ".", CFUTURES_VERSION_PATCH);
}

ErrorRef refuse(std::string_view reason) {
    return Error::create(CF_STATUS_PROTOCOL_ERROR, reason);
}

ErrorRef check_version(const Json& object) {
    const auto protocol = object.find("protocol");
    if (protocol == object.end() || !protocol->is_number_integer()) {
        return refuse("the pool's HELLO names no protocol version");
    }
    if (*protocol == kProtocolVersion) return nullptr;
    return refuse(text("the pool speaks version ", protocol->dump(),
                       " of the protocol and this worker version ", kProtocolVersion, " (library ",
                       own_version(), "); use the same version of the library on both sides"));
}

ErrorRef read_initializer(const Json& object, Hello& hello) {
    const auto initializer = object.find("initializer");
    if (initializer == object.end()) return nullptr;
    const auto name = initializer->find("name");
    const auto arguments = initializer->find("arguments");
    if (name == initializer->end() || !name->is_string() ||
        name->get_ref<const std::string&>().empty() || arguments == initializer->end() ||
        !arguments->is_structured()) {
        return refuse("the initializer in the pool's HELLO lacks its name or its arguments");
    }
    hello.initializer = name->get<std::string>();
    hello.initializer_arguments = arguments->dump();
    return nullptr;
}

}  // namespace

ErrorRef parse_hello(std::string_view body, Hello& hello) {
    // Checks the depth too, since writing the arguments again recurses.
    if (ErrorRef error = check_json(body, CF_STATUS_PROTOCOL_ERROR, "the pool's HELLO"))
        return error;
    const Json object = Json::parse(body);
    if (!object.is_object()) return refuse("the pool's HELLO is not a JSON object");
    if (ErrorRef error = check_version(object)) return error;
    const auto max_message = object.find("max_message");
    if (max_message == object.end() || !max_message->is_number_unsigned() ||
        *max_message > kLargestMaxMessage) {
        return refuse(
            text("max_message in the pool's HELLO is not a number from 0 to ", kLargestMaxMessage));
    }
    hello.max_message = max_message->get<size_t>();
    return read_initializer(object, hello);
}

std::string ready_object(int64_t pid, bool claims) {
    return text(R"({"protocol":)", kProtocolVersion, R"(,"library":")", own_version(),
                R"(","pid":)", pid, R"(,"claims":)", claims ? "true" : "false", "}");
}

}  // namespace cf

// The bodies of the handshake and of errors: the first byte says which, the rest is the body.
#include "fuzz.h"
#include "process_pool/claim_page.h"
#include "process_pool/error_object.h"
#include "process_pool/session.h"
#include "worker/hello.h"

namespace {

void hello(std::string_view body) {
    cf::Hello parsed;
    if (const cf::ErrorRef error = cf::parse_hello(body, parsed)) {
        cf_fuzz::require(!error->fields().message.empty(), "a refusal says why");
        return;
    }
    cf_fuzz::require(parsed.max_message <= INT32_MAX, "the limit is one that HELLO may set");
    cf_fuzz::require(parsed.initializer.empty() == parsed.initializer_arguments.empty(),
                     "an initializer has arguments");
}

/// What a worker answers, as the pool takes it.
void answer_to_hello(cf::FrameKind kind, std::string_view body) {
    cf::ClaimPage page{};
    cf::Session session("{}", &page);
    const cf::Session::Event event =
        session.receive({{.length = static_cast<uint32_t>(body.size()), .kind = kind}, body});
    using Kind = cf::Session::Event::Kind;
    const bool ready = event.kind == Kind::kReady;
    cf_fuzz::require(ready == (session.state() == cf::Session::State::kReady),
                     "who is ready may be used, and nobody else");
    cf_fuzz::require(ready || (event.kind == Kind::kFailed && event.error) ||
                         (event.kind == Kind::kViolation && !event.violation.empty()),
                     "what is wrong is said");
}

void error_object(std::string_view body) {
    const cf::ErrorRef error = cf::decode_error(body, "f", 1, 2);
    if (!error) return;
    cf_fuzz::require(error->status() < 0, "an error has a status that stands for a failure");
    const cf::ErrorRef again = cf::decode_error(cf::encode_error(*error), "f", 1, 2);
    cf_fuzz::require(again && again->status() == error->status() &&
                         again->fields().message == error->fields().message &&
                         again->fields().type == error->fields().type,
                     "what was read can be written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    cf_fuzz::Input input(data, size);
    switch (input.byte() % 4) {
        case 0:
            hello(input.rest());
            break;
        case 1:
            answer_to_hello(cf::FrameKind::kReady, input.rest());
            break;
        case 2:
            answer_to_hello(cf::FrameKind::kFailed, input.rest());
            break;
        default:
            error_object(input.rest());
    }
    return 0;
}

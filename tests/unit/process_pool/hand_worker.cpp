// A worker that speaks the protocol by hand, without a claim page, and breaks it on request. Which
// violation it commits is the name of the function that is called, or its first argument:
//
//   never-ready       says nothing          not-ready    READY that is not JSON
//   refuses           FAILED                leaves       READY, then ends at once
//   deaf-and-dumb     closes its socket     die N        is killed when it has written N bytes
//   slow              reads byte by byte
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "process_pool/protocol.h"
#include "support/process_gate.h"

namespace {

using cf::FrameHeader;
using cf::FrameKind;

constexpr int kSocket = 3;
long bytes_to_live = -1;
size_t bytes_at_once = 65536;

void send(std::string_view bytes) {
    for (const char byte : bytes) {
        if (bytes_to_live == 0) raise(SIGKILL);
        if (write(kSocket, &byte, 1) != 1) _exit(0);
        if (bytes_to_live > 0) --bytes_to_live;
    }
    if (bytes_to_live == 0) raise(SIGKILL);
}

void say(const FrameHeader& header, std::string_view body = {}) {
    std::string frame;
    cf::append_frame(frame, header, body);
    send(frame);
}

/// Lives on, doing nothing, until the pool is gone.
[[noreturn]] void hang() {
    pollfd socket{.fd = kSocket, .events = POLLRDHUP, .revents = 0};
    while (poll(&socket, 1, -1) <= 0) {
    }
    _exit(0);
}

[[noreturn]] void sleep_until_killed() {
    for (;;)
        pause();
}

/// The numbers of all open descriptors.
std::string descriptors() {
    std::string list = "[";
    for (int number = 0; number < 256; ++number) {
        if (!std::filesystem::exists("/proc/self/fd/" + std::to_string(number))) continue;
        list += (list.size() > 1 ? "," : "") + std::to_string(number);
    }
    return list + "]";
}

void serve_call(const std::string& function, const FrameHeader& call, const std::string& body) {
    const FrameHeader none{.kind = FrameKind::kResult, .call = call.call};
    FrameHeader json = none;
    json.flags = cf::kResultIsJson;
    const FrameHeader error{.kind = FrameKind::kError, .call = call.call};

    if ((call.flags & cf::kCallIsChunk) != 0) _exit(77);  // not for workers without a page
    if (function == "die-before-start") raise(SIGKILL);
    say({.kind = FrameKind::kStart, .call = call.call});
    if (function == "echo") return say(json, body);
    if (function == "pid") return say(json, std::to_string(getpid()));
    if (function == "descriptors") return say(json, descriptors());
    if (function == "gate") {
        cf_test::ProcessGate::pass(body.substr(2, body.size() - 4));
        return say(json, "true");
    }
    if (function == "die") raise(SIGKILL);
    if (function == "exit") _exit(3);
    if (function == "hang") hang();

    // --- violations ---
    if (function == "unknown-kind") say({.kind = static_cast<FrameKind>(99), .call = call.call});
    if (function == "pools-kind") say({.kind = FrameKind::kCall, .call = call.call});
    if (function == "too-large") send(std::string(24, '\xff'));
    if (function == "garbage") send(std::string(1000, 'x'));
    if (function == "foreign-answer") say({.kind = FrameKind::kResult, .call = call.call + 1});
    if (function == "answer-of-none") say({.kind = FrameKind::kResult, .call = 0});
    if (function == "start-twice") say({.kind = FrameKind::kStart, .call = call.call});
    if (function == "ready-twice") say({.kind = FrameKind::kReady}, R"({"protocol":1})");
    if (function == "failed-late") say({.kind = FrameKind::kFailed}, R"({"status":"INTERNAL"})");
    if (function == "duplicate-answer") {
        say(json, "1");
        return say(json, "2");
    }
    if (function == "bad-json") return say(json, "{\"a\":");
    if (function == "bad-error") return say(error, "what?");
    if (function == "bad-result-kind") {
        json.flags = 7;
        return say(json, "1");
    }
    if (function == "close-socket") close(kSocket);
    if (function == "stop-reading") {
        shutdown(kSocket, SHUT_RD);
        say(none);
    }
    sleep_until_killed();
}

void serve() {
    cf::FrameReader reader(size_t{300} << 20);
    std::map<uint32_t, std::string> functions;
    for (;;) {
        cf::Frame frame;
        while (reader.next(frame) != cf::FrameReader::Status::kFrame) {
            const auto room = reader.room(65536);
            const ssize_t size = read(kSocket, room.data(), bytes_at_once);
            if (size <= 0) _exit(0);
            reader.filled(static_cast<size_t>(size));
        }
        const std::string body(frame.body);
        switch (frame.header.kind) {
            case FrameKind::kHello:
                say({.kind = FrameKind::kReady}, R"({"protocol":1,"claims":false})");
                break;
            case FrameKind::kFunction:
                functions[frame.header.function] = body.substr(1, body.size() - 2);
                break;
            case FrameKind::kCall:
                serve_call(functions[frame.header.function], frame.header, body);
                break;
            default:
                _exit(0);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    signal(SIGPIPE, SIG_IGN);
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "never-ready") sleep_until_killed();
    if (mode == "not-ready") say({.kind = FrameKind::kReady}, "ready");
    if (mode == "refuses") {
        say({.kind = FrameKind::kFailed}, R"({"status":"TASK_FAILED","message":"no licence"})");
        _exit(1);
    }
    if (mode == "leaves") {
        say({.kind = FrameKind::kReady}, R"({"protocol":1})");
        _exit(5);
    }
    if (mode == "deaf-and-dumb") {
        close(kSocket);
        sleep_until_killed();
    }
    if (mode == "slow") bytes_at_once = 1;
    if (mode == "die") bytes_to_live = std::atol(argv[2]);
    serve();
}

// The handshake, seen from the worker: what HELLO asks for and what READY answers.
#pragma once

#include <string>
#include <string_view>

#include "support/error.h"

namespace cf {

/// What HELLO says.
struct Hello {
    size_t max_message = 0;
    bool spin = false;                    // before it sleeps for input
    std::string initializer{};            // a function's name; empty for none
    std::string initializer_arguments{};  // JSON
};

/// Null on success; PROTOCOL_ERROR for a HELLO that this worker cannot follow.
ErrorRef parse_hello(std::string_view body, Hello& hello);

/// The body of READY.
std::string ready_object(int64_t pid, bool claims);
/// The same of a fork server.
std::string fork_server_ready_object(int64_t pid);

}  // namespace cf

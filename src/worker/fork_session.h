// The conversation of a pool with its fork server, as the server sees it: a pure state machine. Bytes go
// in, workers to make and bytes come out; it makes no system call.
//
//     GREETING --HELLO--> PREPARING --ready()--> SERVING
//         |                   |                  |     ^
//         |                refuse()       FORK   |     | forked(), not_forked()
//         |                   v                  v     |
//         |                REFUSED               FORKING
//         `--- violation (in every state in which frames are read) ---> BROKEN
//
// Descriptors come with the first byte of their frame, so in the order of the frames: of those that came
// and were not used the first ones are the next frame's. One that did not arrive (the process had no room
// for it) leaves no way to tell whose the others are, and is a violation.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "process_pool/protocol.h"
#include "worker/hello.h"

namespace cf {

class ForkSession {
  public:
    ForkSession();

    // --- what arrives ---

    std::span<char> room(size_t size) { return reader_.room(size); }
    /// `descriptors` came with these bytes.
    void received(size_t size, size_t descriptors);

    // --- what to do next ---

    enum class Step {
        kRead,     // nothing more can be done: send the output, then wait for input
        kPrepare,  // use the page, if has_page(), then ready() or refuse()
        kFork,     // make what request() says, then forked() or not_forked()
        kRefused,  // send the output, end with status 1
        kBroken,   // problem() says how; end with status 1
    };
    /// Not while something is to be prepared or made.
    Step next();

    /// Whether the next descriptor is the page.
    bool has_page() const { return has_page_; }
    void ready(int64_t pid);
    void refuse(const Error& error);

    struct Request {
        uint32_t number = 0;
        bool has_output = false;
        /// The next descriptors are the worker's socket, and then its output.
        size_t descriptors() const { return has_output ? 2 : 1; }
    };
    const Request& request() const { return request_; }
    void forked(int64_t pid);
    void not_forked(const Error& error);

    // --- what is to be sent ---

    const std::string& output() const { return output_; }
    void sent() { output_.clear(); }

    const std::string& problem() const { return problem_; }

  private:
    enum class State { kGreeting, kPreparing, kServing, kForking, kRefused, kBroken };

    void take(const Frame& frame);
    void take_hello(const Frame& frame);
    void take_fork(const Frame& frame);
    bool use_descriptors(size_t count);
    void violated(std::string problem);

    State state_ = State::kGreeting;
    FrameReader reader_{kControlBodyLimit};
    size_t descriptors_ = 0;  // that came and were not used
    bool has_page_ = false;
    Request request_;
    std::string output_;
    std::string problem_;
};

}  // namespace cf

// The conversation with a fork server as its pool sees it: a pure state machine. Frames go in, and what they
// mean comes out; it makes no system call.
//
//     STARTING --READY--> READY
//         |                 |
//         `--FAILED---------+---- violation ----> OVER (nothing more is taken in)
//
// Requests are answered in their order, each with FORKED or ERROR.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "process_pool/protocol.h"
#include "support/error.h"

namespace cf {

class ForkServerSession {
  public:
    enum class State { kStarting, kReady, kOver };

    State state() const { return state_; }
    bool was_ready() const { return was_ready_; }
    /// How many requests were not answered.
    size_t pending() const { return pending_.size(); }

    /// The FORK for a worker, that the pool knows by this number.
    std::string request(uint64_t worker, bool with_output);

    struct Event {
        enum class Kind {
            kNone,
            kReady,
            kForked,     // `worker` runs as `pid`; its pidfd came along
            kNotForked,  // `error` says why
            kFailed,     // it cannot serve: `error`
            kViolation,  // it broke the protocol: `violation`
        };
        Kind kind = Kind::kNone;
        uint64_t worker = 0;
        int64_t pid = 0;
        ErrorRef error{};
        std::string violation{};
    };
    /// Takes a frame in. `descriptors` have come and were not used: FORKED uses one.
    Event receive(const Frame& frame, size_t descriptors);
    Event violation(std::string reason);

  private:
    struct Request {
        uint32_t number;
        uint64_t worker;
    };

    Event receive_ready(const Frame& frame);
    Event receive_answer(const Frame& frame, size_t descriptors);

    State state_ = State::kStarting;
    bool was_ready_ = false;
    uint32_t last_number_ = 0;
    std::deque<Request> pending_;
};

}  // namespace cf

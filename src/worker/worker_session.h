// One conversation as the worker sees it: a pure state machine. Bytes go in, calls to run and bytes
// come out; it makes no system call, so that the same code is unit tested, fuzzed and simulated.
//
//     GREETING --HELLO--> PREPARING --ready()--> SERVING --LEAVE--> LEAVING
//        |                    |                  |     ^
//        |                 refuse()        next()|     |answer()
//        |                    v                  v     |
//        |                 REFUSED               RUNNING
//        `--- violation (in every state in which frames are read) ---> BROKEN
//
// The pool is trusted but not believed: whatever arrives, the worst that happens is BROKEN.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "executor/function_registry.h"
#include "future/outcome.h"
#include "process_pool/claim_page.h"
#include "process_pool/protocol.h"
#include "worker/hello.h"

namespace cf {

class WorkerSession {
  public:
    WorkerSession();

    // --- what arrives ---

    std::span<char> room(size_t size) { return reader_.room(size); }
    /// `descriptors` came with these bytes.
    void received(size_t size, size_t descriptors);

    // --- what to do next ---

    enum class Step {
        kRead,     // nothing more can be done: send the output, then wait for input
        kPrepare,  // do what hello() asks for, then ready() or refuse()
        kRun,      // run call(), then answer()
        kLeave,    // the pool is done with this worker: send the output, end with status 0
        kRefused,  // this worker cannot serve: send the output, end with status 1
        kBroken,   // the pool broke the protocol: problem() says how; end with status 1
    };
    /// Not while a call is being run or the worker is being prepared.
    Step next();

    // --- the handshake ---

    const Hello& hello() const { return hello_; }
    bool expects_claim_page() const { return expects_claim_page_; }
    /// Calls may come. `claims` may be null: then each call is announced by a START frame.
    void ready(int64_t pid, ClaimPage* claims);
    void refuse(const Error& error);

    // --- a call ---

    struct Call {
        uint32_t number = 0;
        uint64_t task = 0;
        std::string_view name{};
        const Function* function = nullptr;
        std::string_view arguments{};  // NUL-terminated
        bool within_chunk = false;     // not the first of its frame
        Deadline deadline = Deadline::never();
    };
    const Call& call() const { return call_; }
    /// To be called as soon as the user's code has ended, since it is what marks the call as done.
    void answer(Outcome outcome);

    // --- what is to be sent ---

    const std::string& output() const { return output_; }
    void sent();

    const std::string& problem() const { return problem_; }

  private:
    enum class State { kGreeting, kPreparing, kServing, kRunning, kLeaving, kRefused, kBroken };

    struct NamedFunction {
        std::string name;
        const Function* function;  // null while nothing is registered under the name
    };

    void take(const Frame& frame);
    void take_hello(const Frame& frame);
    void take_function(const Frame& frame);
    void take_call(const Frame& frame);
    void start_item();
    bool claim_item();
    void append_outcome(const Outcome& outcome);
    void append_error(const Error& error);
    void violated(std::string problem);

    State state_ = State::kGreeting;
    FrameReader reader_;
    std::string output_;
    std::string problem_;
    bool anything_received_ = false;
    size_t descriptors_ = 0;  // that came with HELLO

    Hello hello_;
    bool expects_claim_page_ = false;
    ClaimPage* claims_ = nullptr;
    std::vector<NamedFunction> functions_;  // by number - 1

    // The CALL frame that is being worked on: a single call is a chunk of one item.
    FrameHeader frame_;
    Deadline deadline_ = Deadline::never();
    std::vector<std::string_view> items_;  // in the reader's buffer
    size_t item_ = 0;                      // that runs, or is to run next
    std::string arguments_;
    Call call_{};
};

}  // namespace cf

// A pool's fork server as the pool sees it: the process, and the requests for workers (docs/protocol.md, "The
// fork server").
//
// The server is started by exec, like a worker and with all that a worker is given. The workers that it makes
// are the host's own children (support/sibling.h), so their deaths and statuses come as those of workers that
// the host has started itself; and the server's own death is none of theirs. A worker's socket is made by the
// pool, which keeps its end: what a worker is told may stand there before the worker does.
//
// Threads: the manager's alone.
#pragma once

#include <deque>
#include <optional>

#include "process_pool/fork_server_session.h"
#include "process_pool/output_tail.h"
#include "process_pool/worker_process.h"

namespace cf {

class ForkServer {
  public:
    ForkServer() : reader_(kControlBodyLimit) {}

    /// Starts the process and tells it HELLO, of which `hello` is the body.
    ErrorRef start(const ResolvedCommand& command, std::string_view hello);

    const WorkerProcess& process() const { return process_; }
    const ForkServerSession& session() const { return session_; }

    /// Asks for a worker. An error when that cannot be sent.
    ErrorRef request(uint64_t worker, WorkerProcess::FarEnds ends);

    using Event = ForkServerSession::Event;
    struct Answer {
        Event event;
        Descriptor pidfd{};  // with kForked
    };
    /// Reads what is there.
    void receive();
    /// The next of what has been read; nothing when there is no more.
    std::optional<Answer> next();

    void read_output();
    /// Kills it; its death follows.
    void kill(std::string verdict);
    /// After its death: reaps it, and what it had made and not told any more. Gives how it ended.
    std::string bury();
    std::string printed() const { return printed_.text(); }

  private:
    struct Unsent {
        std::string bytes;
        WorkerProcess::FarEnds ends;
    };

    ErrorRef send_unsent();
    void take_in_orphan();

    WorkerProcess process_;
    ForkServerSession session_;
    FrameReader reader_;
    std::deque<Unsent> unsent_;
    std::deque<Descriptor> descriptors_;  // that came and were not used
    int64_t last_told_ = 0;               // the last worker that it has told of
    bool over_ = false;                   // of its stream
    std::string verdict_;
    OutputTail printed_;
};

}  // namespace cf

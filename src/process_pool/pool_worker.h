// One worker of a pool: its process, its conversation, and the moving of bytes between them.
//
// Threads: all is under the pool's mutex but for what belongs to the thread that holds the pool's
// reading (the reader, the death of the process), and what a flush has taken (see ProcessPool).
#pragma once

#include <memory>
#include <string>

#include "process_pool/output_tail.h"
#include "process_pool/pace.h"
#include "process_pool/session.h"
#include "process_pool/worker_process.h"

namespace cf {

class PoolWorker {
  public:
    /// `number` tells workers of a pool apart and is never used twice.
    PoolWorker(uint64_t number, size_t max_body) : number_(number), reader_(max_body) {}

    /// Starts the process and queues HELLO.
    ErrorRef start(const ResolvedCommand& command, std::string_view hello, Nanoseconds timeout);
    /// The same for one whose process a fork server makes.
    ErrorRef prepare(const WorkerSettings& settings, std::string_view hello, Nanoseconds timeout,
                     WorkerProcess::FarEnds& ends_out);

    uint64_t number() const { return number_; }
    WorkerProcess& process() { return process_; }
    const WorkerProcess& process() const { return process_; }
    Session& session() { return *session_; }
    Pace& pace() { return pace_; }
    FrameReader& reader() { return reader_; }

    /// Sends what the socket takes now, unless another thread is just doing that; then that one sends
    /// this too. The lock is open while bytes move, and the worker stays. False when there is nothing
    /// to be told; true when it does not read any more, and did before.
    bool flush(MutexLock& lock);
    bool wants_to_write() const {
        return sending_ || outgoing_sent_ < outgoing_.size() || !session_->output().empty();
    }
    /// Whether a thread is inside of flush().
    bool sending() const { return sending_; }

    enum class Received {
        kBytes,      // and there may be more
        kLastBytes,  // and the socket was empty then
        kNothingNow,
        kEnd,
    };
    /// Reads once from the socket into the reader.
    Received receive();
    /// Takes what the dead worker had not sent, when the socket is read to its end.
    void receive_unsent();

    // What the pool keeps about it, under its mutex.
    /// Calls that it was given and that were not taken back.
    uint64_t calls_sent = 0;
    /// Those that it has answered.
    uint64_t calls_answered = 0;
    /// When this passes it is killed: it does not get ready, does not leave, or has heard SIGTERM.
    Deadline patience = Deadline::never();
    /// Why the pool killed it, and the status of its calls; empty when it did not.
    std::string verdict;
    cf_status_t verdict_status = CF_STATUS_WORKER_LOST;
    /// When this passes it leaves, having had nothing to do; never while it has.
    Deadline idle_until = Deadline::never();
    uint64_t idle_since_call = 0;  // calls_sent, when that time began
    OutputTail printed{};          // the manager's
    /// The system had no memory for what was to be sent: until then nothing is, so that the manager does
    /// not spin. Never while it had.
    Deadline pause = Deadline::never();
    bool pauses() const { return !pause.is_never() && !pause.passed(); }
    bool polled_for_writing = false;
    bool deaf = false;  // it does not read any more
    bool socket_ended = false;
    /// Whether somebody wanted its end, which then says nothing about its successors.
    bool ended_by_request() const {
        return !verdict.empty() && (verdict_status == CF_STATUS_WORKER_KILLED ||
                                    verdict_status == CF_STATUS_DEADLINE_EXCEEDED);
    }
    /// Whether its end is certain, so that it gets no more calls.
    bool doomed() const { return deaf || socket_ended || !verdict.empty(); }

  private:
    void greet(std::string_view hello, Nanoseconds timeout);
    enum class Sent { kAll, kPart, kNoMemory, kNeverAgain };
    Sent write_outgoing();

    const uint64_t number_;
    WorkerProcess process_;
    std::unique_ptr<Session> session_;
    FrameReader reader_;
    uint64_t received_ = 0;  // bytes of its stream
    Pace pace_;

    // Of the thread that is sending; what is left over stays.
    bool sending_ = false;
    std::string outgoing_;
    size_t outgoing_sent_ = 0;
};

}  // namespace cf

// One worker process as the system sees it: its start, its socket, its claim page, its death.
//
// A worker is started by exec (spawn.h) or made by a fork server (fork_server.h), never by a bare fork of the host. It holds descriptors 0 (null),
// 1 and 2 (the host's, null, or a pipe to the pool) and 3 (its end of a private socketpair), and nothing else of the host. It has
// a process group of its own, so that the terminal's interrupt reaches the host alone.
//
// The pidfd gives the verdict on a death; the end of the socket is only a hint. Nothing here waits
// for any child but this one, and no signal is handled.
#pragma once

#include <string>

#include "process_pool/claim_page.h"
#include "process_pool/worker_command.h"
#include "support/descriptor.h"
#include "support/error.h"

namespace cf {

/// How a process ended; unknown when the host ignores SIGCHLD or reaped it, and the kernel forgot.
struct ExitReport {
    bool known = false;
    int signal = 0;       // 0: it exited
    int exit_status = 0;  // when it exited

    /// "was killed by signal 9 (SIGKILL)", "exited with status 3", "ended with an unknown status".
    std::string describe() const;
};

class WorkerProcess {
  public:
    WorkerProcess() = default;
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;
    /// Kills and reaps what is still there.
    ~WorkerProcess();

    /// SYSTEM when it could not be started; then nothing is left behind.
    ErrorRef start(const ResolvedCommand& command);

    /// What a worker gets of the two pipes between it and its pool.
    struct FarEnds {
        Descriptor socket{};
        Descriptor output{};  // none unless it is captured
    };
    /// Makes all but the process, for one that a fork server makes; adopt() follows when it has.
    ErrorRef prepare(const WorkerSettings& settings, FarEnds& ends_out);
    void adopt(pid_t pid, Descriptor pidfd);
    /// Whether the process has been made.
    bool is_there() const { return static_cast<bool>(pidfd_); }

    pid_t pid() const { return pid_; }
    int socket() const { return socket_.get(); }
    int pidfd() const { return pidfd_.get(); }
    void close_socket() { socket_.reset(); }
    /// What the worker prints, to be read without blocking; none unless it is captured.
    const Descriptor& output() const { return output_; }
    void close_output() { output_.reset(); }
    /// Null when the page could not be made: then the worker has to do without.
    ClaimPage* claim_page() const { return page_; }
    /// The page's descriptor, to be sent once.
    const Descriptor& page_descriptor() const { return page_descriptor_; }
    Descriptor take_page_descriptor() { return std::move(page_descriptor_); }
    void close_page_descriptor() { page_descriptor_.reset(); }

    /// Nothing happens to one that is not there yet.
    void kill(int signal);
    /// Kills what is left of the worker's process group: itself, and what it has started. Before reap().
    void kill_group();
    /// When the pidfd is readable. Once.
    ExitReport reap();

  private:
    void make_claim_page();
    ErrorRef make_output(Descriptor& workers_end);

    pid_t pid_ = 0;
    bool reaped_ = true;
    Descriptor socket_;
    Descriptor pidfd_;
    Descriptor output_;
    Descriptor page_descriptor_;
    ClaimPage* page_ = nullptr;
};

}  // namespace cf

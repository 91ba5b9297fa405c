// The fork server of a pool: what it is asked, what it answers, and what follows from its death. All of it on
// the manager thread.
//
// A worker is in the list from its request on. Until the server has made its process it is *unmade*: it has a
// socket, in which HELLO waits, but neither pid nor pidfd. The server's death ends all that are unmade, and
// no other worker; the next one that is wanted brings the next server.
#include <algorithm>
#include <cerrno>
#include <csignal>

#include "process_pool/process_pool.h"
#include "support/json_text.h"

namespace cf {
namespace {

/// Servers in a row that may die before they have made a worker.
constexpr int kMaxServerDeaths = 5;

}  // namespace

// --- asking ---------------------------------------------------------------------------------------

ErrorRef ProcessPool::fork_worker(PoolWorker& worker) {
    if (!fork_server_) {
        if (ErrorRef error = start_fork_server()) return error;
    }
    WorkerProcess::FarEnds ends;
    if (ErrorRef error = worker.prepare(command_.settings, hello_, options_.start_timeout, ends)) {
        return error;
    }
    return fork_server_->request(worker.number(), std::move(ends));
}

ErrorRef ProcessPool::start_fork_server() {
    auto server = std::make_unique<ForkServer>();
    if (ErrorRef error = server->start(command_, fork_server_hello_)) return error;
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kForkServerSocketEvent}};
    if (system_calls().epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, server->process().socket(), &event) !=
            0 ||
        !watch(server->process(), kForkServerPidfdEvent, kForkServerOutputEvent)) {
        return Error::system(errno, "cannot watch the fork server");
    }
    fork_server_ = std::move(server);
    fork_server_refusal_ = nullptr;
    return nullptr;
}

// --- answers --------------------------------------------------------------------------------------

void ProcessPool::heed_fork_server(uint64_t event, bool& reads) {
    if (!fork_server_) return;  // an earlier event of this round has buried it
    switch (event) {
        case kForkServerSocketEvent:
            return hear_fork_server(reads);
        case kForkServerOutputEvent:
            return fork_server_->read_output();
        default:
            return bury_fork_server(reads);
    }
}

void ProcessPool::hear_fork_server(bool& reads) {
    using Kind = ForkServer::Event::Kind;
    fork_server_->receive();
    while (std::optional<ForkServer::Answer> answer = fork_server_->next()) {
        ForkServer::Event& event = answer->event;
        switch (event.kind) {
            case Kind::kForked:
                adopt_worker(*answer, reads);
                break;
            case Kind::kNotForked:
                give_up_worker(event.worker, event.error, reads);
                break;
            case Kind::kFailed:
                fork_server_refusal_ = std::move(event.error);
                fork_server_->kill("it cannot serve");
                break;
            case Kind::kViolation:
                fork_server_->kill(std::move(event.violation));
                break;
            case Kind::kReady:
            case Kind::kNone:
                break;
        }
    }
}

void ProcessPool::adopt_worker(ForkServer::Answer& answer, bool& reads) {
    fork_server_deaths_ = 0;
    PoolWorker* worker = nullptr;
    bool watched = false;
    {
        const MutexLock lock(mutex_);
        worker = find_worker(answer.event.worker);
        WorkerProcess
            nobodys;  // when the pool has given it up meanwhile: it is killed and reaped here
        WorkerProcess& process = worker != nullptr ? worker->process() : nobodys;
        process.adopt(static_cast<pid_t>(answer.event.pid), std::move(answer.pidfd));
        if (worker == nullptr) return;
        watched = watch_death(*worker);
        if (!watched) {
            kill_worker(*worker, CF_STATUS_SYSTEM, "it cannot be watched");
        } else if (!worker->verdict.empty()) {
            process.kill(SIGKILL);  // its end was asked for before it was there
        }
    }
    if (watched) return;
    take_reading(reads);
    bury(*worker);
}

void ProcessPool::give_up_worker(uint64_t number, const ErrorRef& error, bool& reads) {
    take_reading(reads);
    PoolWorker* worker = nullptr;
    {
        const MutexLock lock(mutex_);
        worker = find_worker(number);
    }
    if (worker == nullptr) return;
    bury_unmade(*worker);
    fail_start(error);
}

// --- death ----------------------------------------------------------------------------------------

void ProcessPool::bury_fork_server(bool& reads) {
    // What it said before it died counts.
    hear_fork_server(reads);
    take_reading(reads);
    const std::unique_ptr<ForkServer> server = std::move(fork_server_);
    const std::string reason = server->bury();
    for (;;) {
        PoolWorker* unmade = nullptr;
        {
            const MutexLock lock(mutex_);
            const auto found =
                std::find_if(workers_.begin(), workers_.end(),
                             [](const auto& worker) { return !worker->process().is_there(); });
            if (found != workers_.end()) unmade = found->get();
        }
        if (unmade == nullptr) break;
        bury_unmade(*unmade);
    }
    judge_fork_server(*server, reason);
}

/// It has run nothing, so nothing is lost.
void ProcessPool::bury_unmade(PoolWorker& worker) {
    {
        const MutexLock lock(mutex_);
        FutureList unstarted = worker.session().recall_all();
        queue_.prepend(unstarted);
    }
    remove(worker);
}

void ProcessPool::judge_fork_server(const ForkServer& server, const std::string& reason) {
    {
        const MutexLock lock(mutex_);
        if (workers_end_ != WorkersEnd::kNone) return;
    }
    fork_servers_work_ = fork_servers_work_ || server.session().was_ready();
    const bool never_ready = !fork_servers_work_ || fork_server_refusal_;
    if (never_ready && options_.start_method == CF_START_METHOD_AUTO) {
        spawns_instead_ = true;
        return;
    }
    if (!never_ready && ++fork_server_deaths_ < kMaxServerDeaths) return;
    const std::string printed = server.printed();
    const std::string detail =
        printed.empty() ? std::string() : text("{\"output\":", quote_json(printed), "}");
    ErrorRef cause = fork_server_refusal_;
    if (!cause) {
        cause = Error::create(ErrorFields{.status = CF_STATUS_WORKER_LOST,
                                          .message = reason,
                                          .detail = detail,
                                          .worker_pid = server.process().pid()});
    }
    const std::string message =
        text("the fork server of the worker program '", command_.display,
             never_ready ? "' never got ready: " : "' keeps dying before it has made a worker: ",
             cause->fields().message,
             "; where there cannot be one, workers can be spawned (CF_START_METHOD_SPAWN)");
    break_pool(Error::create(ErrorFields{.status = CF_STATUS_BROKEN_EXECUTOR,
                                         .message = message,
                                         .detail = detail,
                                         .cause = cause.get()}));
}

/// No worker is left, and none is wanted.
void ProcessPool::end_fork_server() {
    if (!fork_server_) return;
    fork_server_->kill("the pool has ended");
    bool reads = false;
    hear_fork_server(reads);
    if (reads) give_up_reading();
    fork_server_->bury();
    fork_server_.reset();
}

}  // namespace cf

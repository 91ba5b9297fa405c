// Workers and running calls whose end is asked for, and the list of workers. Users' threads only say what they want, under the mutex; the manager does it in its next round.
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>

#include "process_pool/process_pool.h"

namespace cf {
namespace {

/// Resident bytes of a process; -1 when nobody knows.
int64_t resident_memory(int64_t pid) {
    const Descriptor file(
        system_calls().open(text("/proc/", pid, "/statm").c_str(), O_RDONLY | O_CLOEXEC));
    char line[128];
    const ssize_t size = file ? system_calls().read(file.get(), line, sizeof line) : -1;
    if (size <= 0) return -1;
    // "total resident shared ...", in pages.
    const std::string_view numbers(line, static_cast<size_t>(size));
    const size_t second = numbers.find(' ');
    if (second == std::string_view::npos) return -1;
    int64_t pages = 0;
    const char* end = line + size;
    if (std::from_chars(line + second + 1, end, pages).ec != std::errc()) return -1;
    return pages * sysconf(_SC_PAGESIZE);
}

}  // namespace

// --- ending workers -------------------------------------------------------------------------------

bool ProcessPool::begin_ending_workers(WorkersEnd how) {
    begin_end(true, how);
    return true;
}

void ProcessPool::heed_end_of_workers() {
    WorkersEnd wanted{};
    FutureList unstarted;
    {
        const MutexLock lock(mutex_);
        wanted = workers_end_;
        if (wanted == WorkersEnd::kNone) return;
        take_in();
        // What came back from its worker, and cannot be cancelled here: that would run callbacks.
        queue_.take_all(unstarted);
    }
    const ErrorRef error =
        unstarted.empty() ? nullptr
                          : Error::create(CF_STATUS_WORKER_KILLED,
                                          "all workers were killed by request before one of them "
                                          "had started the call");
    while (const FutureRef call = unstarted.pop_front())
        call->fail_unstarted(error);
    // What it was asked for dies with it.
    if (fork_server_) fork_server_->kill("all workers of the pool are to end");
    const MutexLock lock(mutex_);
    for (const auto& worker : workers_) {
        if (wanted == WorkersEnd::kKill) {
            kill_worker(*worker, CF_STATUS_WORKER_KILLED, "cf_executor_kill_workers() was called");
        } else {
            terminate_worker(*worker, CF_STATUS_WORKER_KILLED,
                             "cf_executor_terminate_workers() was called");
        }
    }
}

void ProcessPool::terminate_worker(PoolWorker& worker, cf_status_t status, std::string verdict) {
    if (!worker.verdict.empty()) return;  // it is about to end
    worker.verdict = std::move(verdict);
    worker.verdict_status = status;
    worker.patience = Deadline::after(options_.termination_grace);
    // With no grace the round that asked kills it.
    if (options_.termination_grace != 0) worker.process().kill(SIGTERM);
}

// --- ending calls ---------------------------------------------------------------------------------

ErrorRef ProcessPool::cancel_running(Future& future) {
    {
        const MutexLock lock(mutex_);
        // It may have ended meanwhile, and the manager with it, who alone takes requests out.
        if (manager_runs_ && !future.done()) {
            stop_requests_.push_back(FutureRef::share(&future));
        }
    }
    wake_manager();
    return nullptr;
}

void ProcessPool::heed_stop_requests() {
    std::vector<FutureRef> requests;
    {
        const MutexLock lock(mutex_);
        requests.swap(stop_requests_);
    }
    for (const FutureRef& call : requests) {
        const ErrorRef error = error_or_no_memory([&] {
            return Error::create(ErrorFields{
                .status = CF_STATUS_WORKER_KILLED,
                .message = "the call was stopped by request before a worker had started it again",
                .function = call->name(),
                .task_id = call->id()});
        });
        stop_call(*call, error, "cf_future_cancel_running() was called");
    }
}

void ProcessPool::heed_deadlines() {
    for (;;) {
        FutureRef call;
        {
            const MutexLock lock(mutex_);
            call = deadlines_.pop_passed();
        }
        if (!call) return;
        stop_call(*call, call->deadline_error(), "the call had run past its deadline");
    }
}

void ProcessPool::stop_call(Future& call, const ErrorRef& error, const char* verdict) {
    {
        const MutexLock lock(mutex_);
        for (const auto& worker : workers_) {
            Session& session = worker->session();
            if (!session.holds(call)) continue;
            FutureList recalled = session.recall(call);
            const bool runs =
                recalled.empty() && (session.running() == &call || session.give_up(call));
            // Nothing else may start in a worker that is to end.
            if (runs) {
                FutureList behind = session.recall_all();
                recalled.append(behind);
            }
            worker->calls_sent -= recalled.size();
            queue_.prepend(recalled);
            if (runs) terminate_worker(*worker, error->status(), verdict);
            if (runs || session.holds(call)) return;  // it runs, or its answer is on its way
            break;
        }
    }
    // It waits in the queue, or is done.
    call.fail_unstarted(error);
}

// --- counters -------------------------------------------------------------------------------------

void ProcessPool::record_times(const Future& future) {
    if (future.started_at() == 0) return;  // no worker has had it
    const Nanoseconds run = monotonic_now() - future.started_at();
    const MutexLock lock(times_mutex_);
    times_.waits.record(future.started_at() - future.accepted_at());
    times_.runs.record(run);
}

void ProcessPool::read_stats(Stats& stats) {
    stats.endings.add(endings_, kReadCounter);
    {
        const MutexLock lock(mutex_);
        {
            const MutexLock inlet_lock(inlet_mutex_);
            stats.accepted = accepted_;
            stats.queued = inlet_.size();
        }
        stats.queued += queue_.size();
        for (const auto& worker : workers_) {
            Session& session = worker->session();
            const bool runs = session.running() != nullptr;
            stats.queued += session.calls() - (runs ? 1 : 0);
            if (session.entries() != 0) {
                ++stats.active_workers;
            } else if (session.state() == Session::State::kReady) {
                ++stats.idle_workers;
            }
        }
    }
    stats.timed = timed();
    if (!timed()) return;
    const MutexLock lock(times_mutex_);
    times_.add_to(stats);
}

// --- the list -------------------------------------------------------------------------------------

ErrorRef ProcessPool::list_workers(WorkerList& list) {
    {
        const MutexLock lock(mutex_);
        for (const auto& worker : workers_) {
            WorkerInfo info{.pid = worker->process().pid(), .tasks_done = worker->calls_answered};
            Session& session = worker->session();
            const Session::State state = session.state();
            if (const Future* call = session.running()) {
                info.state = CF_WORKER_STATE_RUNNING;
                info.task_id = call->id();
                info.function = call->name();
            } else if (state == Session::State::kStarting) {
                info.state = CF_WORKER_STATE_STARTING;
            } else if (state == Session::State::kReady) {
                info.state = CF_WORKER_STATE_IDLE;
            } else {
                info.state = CF_WORKER_STATE_LEAVING;
            }
            list.workers.push_back(std::move(info));
        }
    }
    for (WorkerInfo& info : list.workers)
        info.memory = resident_memory(info.pid);
    return nullptr;
}

}  // namespace cf

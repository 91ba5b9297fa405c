// What follows from the death of a worker: which calls were lost, what is said of them, and whether the
// pool goes on.
#include <algorithm>

#include "process_pool/process_pool.h"
#include "support/json_text.h"

namespace cf {
namespace {

/// Workers in a row that may die before they have done anything.
constexpr int kMaxFruitlessDeaths = 5;

}  // namespace

/// A worker that has ended.
struct ProcessPool::Death {
    const PoolWorker& worker;
    ExitReport report;
    std::string detail{};     // JSON: what it printed last; empty for nothing
    std::string reason{};     // "worker 4711 was killed by signal 9 (SIGKILL)"
    bool by_request = false;  // somebody wanted it, or its call's deadline has passed
    bool was_ready = false;   // it could take calls
    bool left = false;        // it was asked to leave
    bool cost_calls = false;  // it ran one when it died

    /// Whether it died without being asked to. A worker may exit by itself: its function did.
    bool is_crash() const {
        const bool has_exited = report.known && report.signal == 0 && report.exit_status == 0;
        return !by_request && !left && (cost_calls || !has_exited);
    }
    /// What errors say about it, but for the message.
    ErrorFields fields(cf_status_t status) const {
        return ErrorFields{
            .status = status,
            .detail = detail,
            .worker_pid = worker.process().pid(),
            .worker_signal = report.signal,
            .worker_exit_status = report.known && report.signal == 0 ? report.exit_status : -1};
    }
};

void ProcessPool::bury(PoolWorker& worker) {
    // What it said before it died counts, and what it was about to say.
    receive_from(worker, true);
    worker.receive_unsent();
    take_frames(worker);
    if (!worker.verdict.empty()) worker.process().kill_group();
    if (worker.process().output()) worker.printed.read(worker.process().output());
    const std::string printed = worker.printed.text();
    Death death{.worker = worker, .report = worker.process().reap()};
    const std::string pid = text("worker ", worker.process().pid());
    death.reason = worker.verdict.empty()
                       ? text(pid, " ", death.report.describe())
                       : text(pid, " was killed by the pool because ", worker.verdict);
    death.by_request = worker.ended_by_request();
    if (!printed.empty()) death.detail = text("{\"output\":", quote_json(printed), "}");

    FutureList unstarted;
    std::vector<Session::Lost> lost;
    {
        const MutexLock lock(mutex_);
        death.left = worker.session().state() == Session::State::kLeaving;
        death.was_ready = worker.session().was_ready();
        const Future* running = worker.session().running();
        death.cost_calls = running != nullptr;
        worker.session().bury(unstarted, lost, !death.by_request && !options_.break_on_crash);
        death.cost_calls = death.cost_calls || !lost.empty();
        queue_.prepend(unstarted);
    }
    for (Session::Lost& one : lost)
        fail_lost(death, one);
    judge(death);
    remove(worker);
}

void ProcessPool::remove(PoolWorker& worker) {
    std::unique_ptr<PoolWorker> removed;
    MutexLock lock(mutex_);
    while (worker.sending())
        turn_.wait(lock, Deadline::never());
    const auto found = std::find_if(workers_.begin(), workers_.end(),
                                    [&](const auto& one) { return one.get() == &worker; });
    removed = std::move(*found);
    workers_.erase(found);
    ++workers_version_;
}

void ProcessPool::fail_lost(const Death& death, Session::Lost& one) {
    const Future& call = *one.call;
    const PoolWorker& worker = death.worker;
    one.call->settle(Outcome::failure(error_or_no_memory([&] {
        std::string message =
            text(death.reason, one.finished ? " after it had run '" : " while it ran '",
                 call.name(), "' (task ", call.id(), ")",
                 one.finished ? "; the call finished, but its result was lost" : "");
        if (call.losses() > 1) {
            message +=
                text("; this was the last of ", call.losses(), " workers that it was lost with");
        }
        ErrorFields fields = death.fields(
            worker.verdict.empty() ? cf_status_t{CF_STATUS_WORKER_LOST} : worker.verdict_status);
        fields.message = message;
        fields.function = call.name();
        fields.task_id = call.id();
        ErrorRef loss = Error::create(fields);
        if (!options_.break_on_crash || !death.is_crash()) return loss;
        // As the others, so that one status tells of the broken pool.
        fields.status = CF_STATUS_BROKEN_EXECUTOR;
        fields.cause = loss.get();
        return Error::create(fields);
    })));
}

void ProcessPool::judge(const Death& death) {
    bool keep_dying = false;
    {
        const MutexLock lock(mutex_);
        if (death.cost_calls || death.worker.calls_answered != 0) {
            fruitless_deaths_ = 0;
        } else if (!death.left && !death.by_request) {
            ++fruitless_deaths_;
        }
        keep_dying = fruitless_deaths_ >= kMaxFruitlessDeaths;
    }
    const bool never_ready = !death.was_ready && !death.left && !death.by_request;
    const bool too_often = death.is_crash() && crashes_.is_too_high();
    const bool fatal_crash = death.is_crash() && options_.break_on_crash;
    std::string message;
    if (never_ready || keep_dying) {
        message = text(
            "the worker program '", command_.display,
            never_ready ? "' never got ready: " : "' keeps dying before it has done anything: ",
            death.reason,
            "; a worker has to call cf_worker_entry() early in main, or to speak the ",
            "protocol of docs/protocol.md");
    } else if (too_often) {
        message = text("more than ", options_.max_crashes, " workers died within ",
                       options_.crash_period / kMillisecond, " ms, the last one: ", death.reason);
    } else if (fatal_crash) {
        message = text("a worker died, and this pool is to break then: ", death.reason);
    } else {
        return;
    }
    ErrorFields fields = death.fields(CF_STATUS_WORKER_LOST);
    fields.message = death.reason;
    const ErrorRef cause = Error::create(fields);
    fields = death.fields(CF_STATUS_BROKEN_EXECUTOR);
    fields.message = message;
    fields.cause = cause.get();
    break_pool(Error::create(fields));
    if (!fatal_crash) return;
    const MutexLock lock(mutex_);
    for (const auto& other : workers_) {
        if (other.get() != &death.worker) {
            terminate_worker(*other, CF_STATUS_BROKEN_EXECUTOR, "another worker of the pool died");
        }
    }
}

}  // namespace cf

// The manager thread of a process pool: starts workers, reads when nobody else does, buries the dead.
//
// Each round does what there is to do and then sleeps in epoll until a socket, a pidfd, a deadline or
// a submitter wakes it.
#include <algorithm>
#include <cerrno>
#include <csignal>

#include "process_pool/process_pool.h"

namespace cf {
namespace {

// What an epoll event is about: a worker's number and which of its descriptors.
enum class Source : uint64_t { kPidfd = 0, kOutput = 1 };
constexpr unsigned kSourceBits = 1;
constexpr uint64_t kSourceMask = (1U << kSourceBits) - 1;

uint64_t event_data(const PoolWorker& worker, Source source) {
    return worker.number() << kSourceBits | static_cast<uint64_t>(source);
}

}  // namespace

void ProcessPool::manage() {
    manage_until_done();
    end_fork_server();
    callbacks_.stop();
    FutureList cancelled;  // still queued when the pool ended, and each keeps the pool
    {
        const MutexLock lock(mutex_);
        take_in();
        queue_.take_all(cancelled);
    }
    while (cancelled.pop_front()) {
    }
    std::vector<FutureRef> requests;  // about calls that are over, and each keeps the pool
    {
        const MutexLock lock(mutex_);
        requests.swap(stop_requests_);
        manager_runs_ = false;
        progress_.notify_all();
    }
    release_owner();
}

void ProcessPool::manage_until_done() {
    for (;;) {
        // From here on others write to the eventfd, so that nothing is overslept: neither what they
        // queue nor a shutdown.
        manager_is_awake_.store(false, std::memory_order_seq_cst);
        if (finished()) return;
        heed_end_of_workers();
        heed_stop_requests();
        heed_deadlines();
        pump();
        start_workers();
        await_events();
        take_back_behind_long_calls();
        see_whether_waiters_come();
        kill_impatient_workers();
    }
}

bool ProcessPool::finished() {
    const MutexLock lock(mutex_);
    return !open() && outstanding_.load(std::memory_order_seq_cst) == 0 && workers_.empty();
}

// --- starting workers -----------------------------------------------------------------------------

size_t ProcessPool::workers_to_start() {
    size_t useful = 0;
    size_t starting = 0;
    for (const auto& worker : workers_) {
        // Its death may be what breaks the pool, and then it is not to be replaced.
        if (options_.break_on_crash && worker->doomed() && !worker->ended_by_request()) return 0;
        const Session::State state = worker->session().state();
        const bool starts = state == Session::State::kStarting || !worker->process().is_there();
        if (starts) ++starting;
        if (starts || (state == Session::State::kReady && can_serve(*worker))) {
            ++useful;
        }
    }
    // Cancelled calls stay in the queue until their turn but are not outstanding. To start workers for
    // them would never end in a pool that is shut down: each would be asked to leave at once.
    const size_t waiting = std::min(queue_.size(), outstanding_.load(std::memory_order_relaxed));
    if (broken_ || workers_end_ != WorkersEnd::kNone || waiting <= starting ||
        useful >= options_.max_workers)
        return 0;
    return std::min(waiting - starting, options_.max_workers - useful);
}

void ProcessPool::start_workers() {
    size_t wanted = 0;
    {
        const MutexLock lock(mutex_);
        wanted = workers_to_start();
    }
    for (; wanted != 0; --wanted) {
        ErrorRef error;
        try {
            error = start_worker();
        } catch (const std::bad_alloc&) {
            error = Error::no_memory();
        }
        if (error) return fail_start(error);
    }
}

void ProcessPool::fail_start(const ErrorRef& error) {
    // While others work there is hope; they come round here when they have something to say.
    if (any_workers()) return;
    const std::string message = text("no worker could be started: ", error->fields().message);
    break_pool(Error::create(ErrorFields{
        .status = CF_STATUS_BROKEN_EXECUTOR, .message = message, .cause = error.get()}));
}

ErrorRef ProcessPool::start_worker() {
    auto worker = std::make_unique<PoolWorker>(++last_worker_number_,
                                               options_.max_message_size + kControlBodyLimit);
    if (ErrorRef error = forks_workers()
                             ? fork_worker(*worker)
                             : worker->start(command_, hello_, options_.start_timeout)) {
        return error;
    }
    if (ErrorRef error = watch(*worker)) return error;
    MutexLock lock(mutex_);
    workers_.push_back(std::move(worker));
    ++workers_version_;
    pump(lock);  // HELLO
    return nullptr;
}

bool ProcessPool::any_workers() {
    const MutexLock lock(mutex_);
    return !workers_.empty();
}

ErrorRef ProcessPool::watch(PoolWorker& worker) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = worker.number()}};
    const bool watched = system_calls().epoll_ctl(sockets_.get(), EPOLL_CTL_ADD,
                                                  worker.process().socket(), &event) == 0 &&
                         watch(worker.process(), event_data(worker, Source::kPidfd),
                               event_data(worker, Source::kOutput));
    return watched ? nullptr : Error::system(errno, "cannot watch a worker");
}

/// Of a worker that a fork server has made, all but its process.
bool ProcessPool::watch_death(const PoolWorker& worker) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = event_data(worker, Source::kPidfd)}};
    return system_calls().epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, worker.process().pidfd(),
                                    &event) == 0;
}

bool ProcessPool::watch(const WorkerProcess& process, uint64_t pidfd_event, uint64_t output_event) {
    bool watched = true;
    for (const auto& [descriptor, data] :
         {std::pair(process.pidfd(), pidfd_event), {process.output().get(), output_event}}) {
        epoll_event event{.events = EPOLLIN, .data = {.u64 = data}};
        watched = watched &&
                  (descriptor < 0 ||
                   system_calls().epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0);
    }
    return watched;
}

// --- waiting --------------------------------------------------------------------------------------

int ProcessPool::milliseconds_to_wait() {
    const MutexLock lock(mutex_);
    Deadline next = deadlines_.next();
    if (calls_wait_behind_others_ || waiters_come_) next = next.earlier(Deadline::after(kTick));
    for (const auto& worker : workers_)
        next = next.earlier(worker->patience).earlier(worker->idle_until).earlier(worker->pause);
    manager_sleeps_until_ = next;
    if (next.is_never()) return -1;
    return static_cast<int>(std::min<Nanoseconds>(next.time_left() / kMillisecond + 1, 60'000));
}

void ProcessPool::await_events() {
    constexpr int kEvents = 64;
    epoll_event events[kEvents];
    const int count =
        system_calls().epoll_wait(epoll_.get(), events, kEvents, milliseconds_to_wait());
    bool reads = false;
    for (int i = 0; i < count; ++i) {
        const uint64_t data = events[i].data.u64;
        if (data == kWakeEvent) {
            uint64_t value = 0;
            static_cast<void>(system_calls().read(wake_.get(), &value, sizeof value));
            continue;
        }
        if (data == kSocketsEvent) {
            if (!reads && !take_reading_as_manager()) continue;
            reads = true;
            read_once(0);
            continue;
        }
        if (data >= kForkServerOutputEvent) {
            heed_fork_server(data, reads);
            continue;
        }
        PoolWorker* worker = nullptr;
        {
            // An earlier event of this round may have buried it.
            const MutexLock lock(mutex_);
            worker = find_worker(data >> kSourceBits);
        }
        if (worker == nullptr) continue;
        if (static_cast<Source>(data & kSourceMask) == Source::kOutput) {
            read_output(*worker);
            continue;
        }
        take_reading(reads);
        bury(*worker);
    }
    if (reads) give_up_reading();
}

void ProcessPool::read_output(PoolWorker& worker) {
    if (worker.printed.read(worker.process().output())) return;
    system_calls().epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, worker.process().output().get(), nullptr);
    worker.process().close_output();
}

void ProcessPool::kill_impatient_workers() {
    const MutexLock lock(mutex_);
    for (const auto& worker : workers_) {
        if (!worker->patience.passed()) continue;
        if (!worker->process().is_there()) {
            // Its death takes those with it that it was asked for.
            worker->patience = Deadline::never();
            if (fork_server_) fork_server_->kill("it did not make a worker in time");
            continue;
        }
        if (!worker->verdict.empty()) {
            // It has heard SIGTERM, and its grace is over.
            kill_worker(*worker, worker->verdict_status, {});
            continue;
        }
        if (worker->socket_ended || worker->deaf) {
            kill_worker(*worker, CF_STATUS_PROTOCOL_ERROR, "it closed its socket");
            continue;
        }
        switch (worker->session().state()) {
            case Session::State::kStarting:
                kill_worker(
                    *worker, CF_STATUS_BROKEN_EXECUTOR,
                    text("it was not ready within ", options_.start_timeout / kMillisecond, " ms"));
                break;
            default:
                kill_worker(*worker, CF_STATUS_WORKER_LOST,
                            "it did not leave when it was asked to");
        }
    }
}

}  // namespace cf

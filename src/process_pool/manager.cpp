// The manager thread of a process pool: starts workers, hands out calls, moves bytes, buries the dead.
//
// Each round does what there is to do and then sleeps in epoll until a socket, a pidfd, a deadline or
// a submitter wakes it.
#include <algorithm>
#include <cerrno>
#include <csignal>

#include "process_pool/process_pool.h"

namespace cf {
namespace {

/// How long a worker may take to leave when it was asked to.
constexpr Nanoseconds kLeavePatience = 5 * kSecond;

/// How long a worker may live on when it has closed its socket.
constexpr Nanoseconds kClosedSocketPatience = kSecond;

// What an epoll event is about: a worker's number and which of its descriptors.
enum class Source : uint64_t { kSocket = 0, kPidfd = 1, kOutput = 2 };
constexpr unsigned kSourceBits = 2;
constexpr uint64_t kSourceMask = (1U << kSourceBits) - 1;

uint64_t event_data(const PoolWorker& worker, Source source) {
    return worker.number() << kSourceBits | static_cast<uint64_t>(source);
}

}  // namespace

void ProcessPool::manage() {
    manage_until_done();
    callbacks_.stop();
    FutureList cancelled;  // still queued when the pool ended, and each keeps the pool
    {
        const MutexLock lock(mutex_);
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
        dispatch();
        start_workers();
        flush_workers();
        await_events();
        kill_impatient_workers();
    }
}

bool ProcessPool::finished() {
    const MutexLock lock(mutex_);
    return !open() && outstanding_ == 0 && workers_.empty();
}

// --- handing out calls ----------------------------------------------------------------------------

void ProcessPool::dispatch() {
    FutureList unsent;
    FutureList stranded;
    ErrorRef broken;
    {
        const MutexLock lock(mutex_);
        // Also what came back from a worker later: no other will take its place.
        broken = broken_;
        if (broken) queue_.take_all(stranded);
        do {
            while (!queue_.empty()) {
                PoolWorker* worker = next_to_serve();
                if (worker == nullptr) break;
                send_next(*worker, unsent);
            }
        } while (move_work_to_idle_worker());
        let_workers_leave();
    }
    while (const FutureRef call = unsent.pop_front()) {
        if (!call->state().begin_settle()) continue;
        call->leave_queue();
        call->settle(Outcome::failure(call->deadline().passed() ? call->deadline_error()
                                                                : Error::no_memory()));
    }
    while (const FutureRef call = stranded.pop_front())
        call->fail_unstarted(broken);
}

bool ProcessPool::spent(const PoolWorker& worker) const {
    return options_.max_tasks_per_child != 0 && worker.calls_sent >= options_.max_tasks_per_child;
}

bool ProcessPool::can_serve(const PoolWorker& worker) const {
    return !worker.doomed() && !spent(worker);
}

PoolWorker* ProcessPool::next_to_serve() {
    // Idle workers first. A second message for a busy one only when no idle one is to come, or calls
    // would wait behind a long one while another worker could run them.
    PoolWorker* busy = nullptr;
    size_t serving = 0;
    for (const auto& worker : workers_) {
        if (!can_serve(*worker)) continue;
        Session& session = worker->session();
        if (session.state() == Session::State::kReady) ++serving;
        if (session.room() == 0) continue;
        if (session.entries() == 0) return worker.get();
        if (busy == nullptr) busy = worker.get();
    }
    return serving == options_.max_workers ? busy : nullptr;
}

FutureList ProcessPool::next_message(size_t limit, FutureList& unsent) {
    constexpr size_t kChunkBytes = size_t{256} << 10;
    FutureList message;
    const Future* previous = nullptr;
    size_t bytes = 0;
    while (Future* next = queue_.front()) {
        bytes += next->arguments().size();
        const bool fits =
            previous == nullptr ||
            (next->joined() && !next->has_deadline() && !previous->has_deadline() &&
             next->id() == previous->id() + 1 && message.size() < limit && bytes <= kChunkBytes &&
             next->function_name() == previous->function_name());
        if (!fits) break;
        FutureRef call = queue_.pop_front();
        if (call->deadline().passed()) {
            unsent.push_back(std::move(call));
            continue;
        }
        if (!call->state().dispatch()) continue;  // cancelled
        if (call->placed()) {
            call->set_placed(false);
            limit_->give_back(1);
        }
        previous = call.get();
        message.push_back(std::move(call));
    }
    return message;
}

void ProcessPool::send_next(PoolWorker& worker, FutureList& unsent) {
    size_t limit = options_.max_tasks_per_child == 0
                       ? SIZE_MAX
                       : options_.max_tasks_per_child - worker.calls_sent;
    if (!worker.session().takes_chunks()) limit = 1;
    FutureList message = next_message(limit, unsent);
    if (message.empty()) return;
    const size_t calls = message.size();
    try {
        worker.session().send(message);
        worker.calls_sent += calls;
    } catch (const std::bad_alloc&) {
        unsent.append(message);
    }
}

bool ProcessPool::move_work_to_idle_worker() {
    if (!queue_.empty()) return false;
    const bool any_idle = std::any_of(workers_.begin(), workers_.end(), [&](const auto& worker) {
        return worker->session().room() != 0 && worker->session().entries() == 0 &&
               can_serve(*worker);
    });
    if (!any_idle) return false;
    for (const auto& worker : workers_) {
        FutureList recalled = worker->session().recall_last();
        if (recalled.empty()) continue;
        worker->calls_sent -= recalled.size();
        queue_.prepend(recalled);
        return true;
    }
    return false;
}

bool ProcessPool::has_idled_too_long(PoolWorker& worker) {
    if (options_.idle_timeout < 0 || worker.session().state() != Session::State::kReady)
        return false;
    if (worker.idle_until.is_never() || worker.idle_since_call != worker.calls_sent) {
        worker.idle_since_call = worker.calls_sent;
        worker.idle_until = Deadline::after(options_.idle_timeout);
    }
    return worker.idle_until.passed();
}

void ProcessPool::let_workers_leave() {
    const bool all = !open() && outstanding_ == 0;
    for (const auto& worker : workers_) {
        Session& session = worker->session();
        const bool can_leave = !worker->doomed() && (session.state() == Session::State::kReady ||
                                                     session.state() == Session::State::kStarting);
        if (!can_leave || session.entries() != 0) worker->idle_until = Deadline::never();
        if (!can_leave || session.entries() != 0) continue;
        if (!all && !spent(*worker) && !has_idled_too_long(*worker)) continue;
        session.leave();
        worker->idle_until = Deadline::never();
        worker->patience = Deadline::after(kLeavePatience);
    }
}

// --- starting workers -----------------------------------------------------------------------------

size_t ProcessPool::workers_to_start() {
    const MutexLock lock(mutex_);
    size_t useful = 0;
    size_t starting = 0;
    for (const auto& worker : workers_) {
        const Session::State state = worker->session().state();
        if (state == Session::State::kStarting) ++starting;
        if (state == Session::State::kStarting ||
            (state == Session::State::kReady && can_serve(*worker))) {
            ++useful;
        }
    }
    // Cancelled calls stay in the queue until their turn but are not outstanding. To start workers for
    // them would never end in a pool that is shut down: each would be asked to leave at once.
    const size_t waiting = std::min(queue_.size(), outstanding_);
    if (broken_ || workers_end_ != WorkersEnd::kNone || waiting <= starting ||
        useful >= options_.max_workers)
        return 0;
    return std::min(waiting - starting, options_.max_workers - useful);
}

void ProcessPool::start_workers() {
    for (size_t wanted = workers_to_start(); wanted != 0; --wanted) {
        ErrorRef error;
        try {
            error = start_worker();
        } catch (const std::bad_alloc&) {
            error = Error::no_memory();
        }
        if (!error) continue;
        // While others work there is hope; they come round here when they have something to say.
        if (!workers_.empty()) return;
        const std::string message = text("no worker could be started: ", error->fields().message);
        return break_pool(Error::create(ErrorFields{
            .status = CF_STATUS_BROKEN_EXECUTOR, .message = message, .cause = error.get()}));
    }
}

ErrorRef ProcessPool::start_worker() {
    auto worker = std::make_unique<PoolWorker>(++last_worker_number_,
                                               options_.max_message_size + kControlBodyLimit);
    if (ErrorRef error = worker->start(command_, hello_, options_.start_timeout)) return error;
    if (ErrorRef error = watch(*worker)) return error;
    const MutexLock lock(mutex_);
    workers_.push_back(std::move(worker));
    return nullptr;
}

ErrorRef ProcessPool::watch(PoolWorker& worker) {
    const WorkerProcess& process = worker.process();
    const std::pair<Source, int> sources[] = {{Source::kSocket, process.socket()},
                                              {Source::kPidfd, process.pidfd()},
                                              {Source::kOutput, process.output().get()}};
    for (const auto& [source, descriptor] : sources) {
        if (source == Source::kOutput && !process.output()) continue;
        epoll_event event{.events = EPOLLIN, .data = {.u64 = event_data(worker, source)}};
        if (system_calls().epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
            return Error::system(errno, "cannot watch a worker");
        }
    }
    return nullptr;
}

// --- moving bytes ---------------------------------------------------------------------------------

void ProcessPool::flush_workers() {
    for (const auto& worker : workers_) {
        if (worker->socket_ended) continue;
        // Who was backlogged has room now, so the next round must come without another reason.
        const bool was_backlogged = worker->session().backlogged();
        if (!worker->deaf && !worker->pauses() && !worker->flush()) {
            // What it said is still to be read. If it is dead that shows soon; if not, its time is up.
            worker->deaf = true;
            worker->patience = worker->patience.earlier(Deadline::after(kClosedSocketPatience));
        }
        const bool waiting =
            !worker->deaf && !worker->pauses() && (was_backlogged || worker->wants_to_write());
        if (waiting == worker->polled_for_writing) continue;
        worker->polled_for_writing = waiting;
        const uint32_t events = waiting ? EPOLLIN | EPOLLOUT : EPOLLIN;
        epoll_event event{.events = events, .data = {.u64 = event_data(*worker, Source::kSocket)}};
        system_calls().epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, worker->process().socket(), &event);
    }
}

int ProcessPool::milliseconds_to_wait() {
    Deadline next = next_deadline();
    for (const auto& worker : workers_)
        next = next.earlier(worker->patience).earlier(worker->idle_until).earlier(worker->pause);
    if (next.is_never()) return -1;
    const Nanoseconds left = std::max<Nanoseconds>(next.at() - monotonic_now(), 0);
    return static_cast<int>(std::min<Nanoseconds>(left / kMillisecond + 1, 60'000));
}

void ProcessPool::await_events() {
    constexpr int kEvents = 64;
    epoll_event events[kEvents];
    const int count =
        system_calls().epoll_wait(epoll_.get(), events, kEvents, milliseconds_to_wait());
    for (int i = 0; i < count; ++i) {
        const uint64_t data = events[i].data.u64;
        if (data == kWakeEvent) {
            uint64_t value = 0;
            static_cast<void>(system_calls().read(wake_.get(), &value, sizeof value));
            continue;
        }
        // An earlier event of this round may have buried it.
        PoolWorker* worker = find_worker(data >> kSourceBits);
        if (worker == nullptr) continue;
        const auto source = static_cast<Source>(data & kSourceMask);
        if (source == Source::kPidfd) {
            bury(*worker);
        } else if (source == Source::kOutput) {
            read_output(*worker);
        } else if ((events[i].events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) {
            if (receive_from(*worker) == PoolWorker::Received::kEnd) end_of_socket(*worker);
        }
    }
}

PoolWorker* ProcessPool::find_worker(uint64_t number) {
    for (const auto& worker : workers_) {
        if (worker->number() == number) return worker.get();
    }
    return nullptr;
}

PoolWorker::Received ProcessPool::receive_from(PoolWorker& worker) {
    if (worker.socket_ended) return PoolWorker::Received::kNothingNow;
    PoolWorker::Received received{};
    do {
        received = worker.receive();
        if (!take_frames(worker)) return PoolWorker::Received::kEnd;
    } while (received == PoolWorker::Received::kBytes);
    return received;
}

bool ProcessPool::take_frames(PoolWorker& worker) {
    Frame frame;
    for (;;) {
        const FrameReader::Status status = worker.reader().next(frame);
        if (status == FrameReader::Status::kNeedMore) return true;
        if (status == FrameReader::Status::kTooLarge) {
            kill_worker(worker, CF_STATUS_PROTOCOL_ERROR,
                        "it sent a message larger than max_message_size");
            return false;
        }
        take_frame(worker, frame);
    }
}

void ProcessPool::take_frame(PoolWorker& worker, const Frame& frame) {
    Session::Event event;
    {
        const MutexLock lock(mutex_);
        event = worker.session().receive(frame);
        if (event.kind == Session::Event::Kind::kAnswer) ++worker.calls_answered;
        if (event.kind == Session::Event::Kind::kReady) {
            if (worker.session().state() == Session::State::kReady) {
                worker.patience = Deadline::never();
            }
        }
    }
    switch (event.kind) {
        case Session::Event::Kind::kNone:
        case Session::Event::Kind::kReady:
            break;
        case Session::Event::Kind::kAnswer:
            fruitless_deaths_ = 0;
            event.call->settle(Session::decode_answer(frame, *event.call));
            break;
        case Session::Event::Kind::kFailed: {
            const std::string message =
                text("a worker could not get ready: ", event.error->fields().message);
            break_pool(Error::create(ErrorFields{.status = CF_STATUS_BROKEN_EXECUTOR,
                                                 .message = message,
                                                 .cause = event.error.get()}));
            worker.patience = Deadline::after(kLeavePatience);
            break;
        }
        case Session::Event::Kind::kViolation:
            kill_worker(worker, CF_STATUS_PROTOCOL_ERROR, std::move(event.violation));
            break;
    }
}

void ProcessPool::read_output(PoolWorker& worker) {
    if (worker.printed.read(worker.process().output())) return;
    system_calls().epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, worker.process().output().get(), nullptr);
    worker.process().close_output();
}

// --- deaths ---------------------------------------------------------------------------------------

void ProcessPool::end_of_socket(PoolWorker& worker) {
    // The process is about to end, or has closed its socket and will not be believed any more.
    worker.socket_ended = true;
    system_calls().epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, worker.process().socket(), nullptr);
    worker.patience = worker.patience.earlier(Deadline::after(kClosedSocketPatience));
}

void ProcessPool::kill_impatient_workers() {
    for (const auto& worker : workers_) {
        if (!worker->patience.passed()) continue;
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

void ProcessPool::kill_worker(PoolWorker& worker, cf_status_t status, std::string verdict) {
    worker.patience = Deadline::never();
    if (worker.verdict.empty()) {
        worker.verdict = std::move(verdict);
        worker.verdict_status = status;
    }
    worker.process().kill(SIGKILL);
}

}  // namespace cf

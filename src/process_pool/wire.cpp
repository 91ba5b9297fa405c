// Moving bytes: writing to sockets, and reading them, by whoever holds the reading.
//
// A thread that waits for a future takes the reading when it is free, and sleeps in an epoll of its own
// until that future is done: the answer wakes it, and no other thread. The manager has the sockets in
// its epoll only while nobody reads and answers are expected.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "future/extras.h"
#include "future/spin.h"
#include "process_pool/process_pool.h"
#include "support/no_cancellation.h"
#include "support/thread_local.h"
#include "support/user_code.h"

namespace cf {
namespace {

/// How long a worker may live on when it has closed its socket.
constexpr Nanoseconds kClosedSocketPatience = kSecond;

/// So many waits that nobody has looked at are enough to expect more of them...
constexpr uint32_t kManyWaits = 64;
/// ...as long as there are so many within a tick.
constexpr uint32_t kFewWaits = 4;

/// Of spins for answers of workers.
CF_THREAD_LOCAL SpinLength spin_length;

int milliseconds_until(Deadline deadline) {
    if (deadline.is_never()) return -1;
    const Nanoseconds rounded_up = deadline.time_left() / kMillisecond + 1;
    return static_cast<int>(std::min<Nanoseconds>(rounded_up, 60'000));
}

}  // namespace

// --- writing --------------------------------------------------------------------------------------

/// True when a worker takes calls again that did not before.
bool ProcessPool::flush_workers(MutexLock& lock) CF_NO_THREAD_SAFETY_ANALYSIS {
    const NoCancellation shield;
    bool again = false;
    for (size_t i = 0; i < workers_.size(); ++i) {
        PoolWorker& worker = *workers_[i];
        if (!worker.wants_to_write() || worker.socket_ended || worker.sending()) continue;
        const uint64_t version = workers_version_;
        const bool was_backlogged = worker.session().backlogged();
        if (worker.flush(lock)) {
            // What it said is still to be read. If it is dead that shows soon; if not, its time is up.
            worker.patience = worker.patience.earlier(Deadline::after(kClosedSocketPatience));
            wake_manager();
        }
        turn_.notify_all();
        again = again || (was_backlogged && !worker.session().backlogged());
        poll_for_writing(worker, !worker.deaf && !worker.pauses() && worker.wants_to_write());
        have_manager_awake_by(worker.pause);
        // The mutex was open; others may have come and gone.
        if (version != workers_version_) i = static_cast<size_t>(-1);
    }
    return again;
}

void ProcessPool::poll_for_writing(PoolWorker& worker, bool wanted) {
    if (wanted == worker.polled_for_writing || worker.socket_ended) return;
    worker.polled_for_writing = wanted;
    const uint32_t events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
    epoll_event event{.events = events, .data = {.u64 = worker.number()}};
    system_calls().epoll_ctl(sockets_.get(), EPOLL_CTL_MOD, worker.process().socket(), &event);
}

// --- who reads ------------------------------------------------------------------------------------

bool ProcessPool::take_reading_as_manager() {
    const MutexLock lock(mutex_);
    if (reader_ != Reader::kNobody) return false;
    reader_ = Reader::kManager;
    return true;
}

/// False when another thread waits and reads, or when there is nothing to wait for any more.
bool ProcessPool::take_reading_to_wait(const Future& future, Deadline deadline) {
    MutexLock lock(mutex_);
    // The manager reads only for a moment, and has to get at it first.
    while (reader_ == Reader::kManager || reading_is_wanted_.load(std::memory_order_relaxed)) {
        if (future.done() || deadline.passed()) return false;
        turn_.wait(lock, deadline);
    }
    if (reader_ != Reader::kNobody) return false;
    reader_ = Reader::kWaiter;
    have_manager_read(false);
    if (++waits_ == kManyWaits && !waiters_come_) {
        waiters_come_ = true;
        have_manager_awake_by(Deadline::after(kTick));
    }
    return true;
}

void ProcessPool::insist_on_reading() {
    MutexLock lock(mutex_);
    reading_is_wanted_.store(true, std::memory_order_release);
    if (reader_ != Reader::kNobody) kick_reader();
    while (reader_ != Reader::kNobody)
        turn_.wait(lock, Deadline::never());
    reader_ = Reader::kManager;
    reading_is_wanted_.store(false, std::memory_order_relaxed);
}

void ProcessPool::take_reading(bool& reads) {
    if (!reads) insist_on_reading();
    reads = true;
}

void ProcessPool::give_up_reading() {
    const MutexLock lock(mutex_);
    reader_ = Reader::kNobody;
    see_to_reading();
    turn_.notify_all();
}

void ProcessPool::see_to_reading() {
    // Who submits and then waits would call the manager to the sockets and send it away again.
    if (reader_ == Reader::kNobody && !waiters_come_) have_manager_read(answers_are_expected());
}

void ProcessPool::see_whether_waiters_come() {
    const MutexLock lock(mutex_);
    if (!waiters_come_ || monotonic_now() < next_look_at_waiters_) return;
    next_look_at_waiters_ = monotonic_now() + kTick;
    waiters_come_ = waits_ >= kFewWaits;
    waits_ = 0;
    if (reader_ == Reader::kNobody) have_manager_read(answers_are_expected());
}

bool ProcessPool::answers_are_expected() {
    return std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) {
        if (worker->socket_ended) return false;
        return worker->session().state() != Session::State::kReady ||
               worker->session().calls() != 0 || worker->wants_to_write();
    });
}

void ProcessPool::have_manager_read(bool wanted) {
    if (wanted == manager_reads_) return;
    manager_reads_ = wanted;
    epoll_event event{.events = wanted ? uint32_t{EPOLLIN} : 0, .data = {.u64 = kSocketsEvent}};
    system_calls().epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, sockets_.get(), &event);
}

void ProcessPool::kick_reader() {
    const NoCancellation shield;
    const uint64_t one = 1;
    static_cast<void>(system_calls().write(kick_.get(), &one, sizeof one));
}

/// Tells a thread that reads that the future it waits for is done, if another has settled it.
class ProcessPool::Waiter final : public Observer {
  public:
    Waiter(ProcessPool& pool, Future& future)
        : Observer(Kind::kWaiter), pool_(pool), future_(future), thread_(pthread_self()) {
        if (future.add_observer(*this)) return;
        told_.store(1, std::memory_order_relaxed);
        over_.store(1, std::memory_order_relaxed);
    }
    ~Waiter() override {
        if (over_.load(std::memory_order_acquire) != 0 || future_.remove_observer(*this)) return;
        while (over_.load(std::memory_order_acquire) == 0)
            sync::relax();
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    void notify(Future&) override {
        told_.store(1, std::memory_order_release);
        if (pthread_equal(thread_, pthread_self()) == 0) pool_.kick_reader();
        over_.store(1, std::memory_order_release);
    }
    bool told() const { return told_.load(std::memory_order_acquire) != 0; }

  private:
    ProcessPool& pool_;
    Future& future_;
    const pthread_t thread_;
    sync::Atomic<uint32_t> told_{0};
    sync::Atomic<uint32_t> over_{0};  // the notification does not need this object any more
};

bool ProcessPool::await(Future& future, Deadline deadline) {
    const NoCancellation shield;
    while (!future.done() && !deadline.passed()) {
        if (!take_reading_to_wait(future, deadline)) return future.state().wait(deadline);
        read_until_done(future, deadline);
    }
    return future.done();
}

/// Reads until the future is done, or the deadline has passed, or the manager wants to read.
void ProcessPool::read_until_done(Future& future, Deadline deadline) {
    // A callback may end this thread after all, when there is no callback thread.
    struct Turn {
        ProcessPool& pool;
        ~Turn() { pool.give_up_reading(); }
    } const turn{*this};
    Waiter waiter(*this, future);
    const auto over = [&] {
        return waiter.told() || reading_is_wanted_.load(std::memory_order_acquire);
    };
    while (!over() && !deadline.passed()) {
        if (options_.spin && spin(spin_length, [&] { return over() || read_now(); })) continue;
        read_once(milliseconds_until(deadline));
    }
}

// --- reading --------------------------------------------------------------------------------------

void ProcessPool::read_once(int timeout_ms) {
    constexpr int kEvents = 64;
    epoll_event events[kEvents];
    const int count = system_calls().epoll_wait(sockets_.get(), events, kEvents, timeout_ms);
    bool may_write = false;
    for (int i = 0; i < count; ++i) {
        if (events[i].data.u64 == kWakeEvent) {
            uint64_t value = 0;
            static_cast<void>(system_calls().read(kick_.get(), &value, sizeof value));
            continue;
        }
        PoolWorker* worker = nullptr;
        {
            const MutexLock lock(mutex_);
            worker = find_worker(events[i].data.u64);
        }
        if (worker == nullptr) continue;
        may_write = may_write || (events[i].events & EPOLLOUT) != 0;
        if ((events[i].events & ~uint32_t{EPOLLOUT}) == 0) continue;
        if (receive_from(*worker, false) == PoolWorker::Received::kEnd) end_of_socket(*worker);
    }
    if (may_write) pump();
}

bool ProcessPool::read_now() {
    constexpr size_t kMost = 8;
    std::array<PoolWorker*, kMost> busy{};
    size_t count = 0;
    {
        const MutexLock lock(mutex_);
        for (const auto& worker : workers_) {
            if (count == kMost) break;
            if (worker->session().calls() != 0) busy[count++] = worker.get();
        }
    }
    // They stay, since only the one who reads buries.
    bool any = false;
    for (PoolWorker* worker : std::span(busy).first(count)) {
        const PoolWorker::Received received = receive_from(*worker, false);
        if (received == PoolWorker::Received::kEnd) end_of_socket(*worker);
        any = any || received != PoolWorker::Received::kNothingNow;
    }
    return any;
}

PoolWorker* ProcessPool::find_worker(uint64_t number) {
    for (const auto& worker : workers_) {
        if (worker->number() == number) return worker.get();
    }
    return nullptr;
}

PoolWorker::Received ProcessPool::receive_from(PoolWorker& worker, bool all) {
    if (worker.socket_ended) return PoolWorker::Received::kNothingNow;
    PoolWorker::Received received{};
    do {
        received = worker.receive();
        if (received == PoolWorker::Received::kNothingNow) return received;
        if (!take_frames(worker)) return PoolWorker::Received::kEnd;
    } while (received == PoolWorker::Received::kBytes ||
             (all && received == PoolWorker::Received::kLastBytes));
    return received;
}

bool ProcessPool::take_frames(PoolWorker& worker) {
    // Taken together under the mutex, and settled without it.
    constexpr size_t kBatch = 64;
    std::array<Answer, kBatch> answers;
    for (;;) {
        size_t count = 0;
        Session::Event event;
        FrameReader::Status status{};
        Frame frame;
        {
            MutexLock lock(mutex_);
            while (count < kBatch) {
                status = worker.reader().next_answer(frame);
                if (status != FrameReader::Status::kFrame) break;
                event = worker.session().receive(frame);
                if (event.kind == Session::Event::Kind::kNone) continue;
                if (event.kind == Session::Event::Kind::kProgress) {
                    note_progress(event, frame);
                    continue;
                }
                if (event.kind != Session::Event::Kind::kAnswer) break;
                answers[count++] = {std::move(event.call), frame};
            }
            if (count != 0) {
                worker.pace().answered(monotonic_now(), count);
                worker.calls_answered += count;
                fruitless_deaths_ = 0;
            }
            const bool is_ready = event.kind == Session::Event::Kind::kReady;
            if (is_ready && worker.session().state() == Session::State::kReady) {
                worker.patience = Deadline::never();
            }
            // The worker gets its next calls before the answers of the last ones are looked at.
            if (count != 0 || is_ready) pump(lock);
        }
        take_event(worker, event);
        settle(worker, std::span(answers).first(count));
        if (status == FrameReader::Status::kTooLarge) {
            const MutexLock lock(mutex_);
            kill_worker(worker, CF_STATUS_PROTOCOL_ERROR,
                        "it sent a message larger than max_message_size");
            return false;
        }
        if (status == FrameReader::Status::kNeedMore) return true;
    }
}

/// Under the mutex: the call is the session's until it is taken out of it (F8).
void ProcessPool::note_progress(Session::Event& event, const Frame& frame) {
    try {
        set_progress(*event.running, frame.body);
    } catch (const std::bad_alloc&) {  // there will be others
    }
    event = {};
}

/// A callback may end this thread, when there is no callback thread; then what is left is done first.
void ProcessPool::settle(PoolWorker& worker, std::span<Answer> answers) {
    for (size_t i = 0; i < answers.size(); ++i) {
        const FutureRef call = std::move(answers[i].call);
        call_user_code([&] { call->settle(Session::decode_answer(answers[i].frame, *call)); },
                       [] {},
                       [&] {
                           settle(worker, answers.subspan(i + 1));
                           take_frames(worker);
                       });
    }
}

void ProcessPool::take_event(PoolWorker& worker, Session::Event& event) {
    if (event.kind == Session::Event::Kind::kFailed) {
        const std::string message =
            text("a worker could not get ready: ", event.error->fields().message);
        break_pool(Error::create(ErrorFields{
            .status = CF_STATUS_BROKEN_EXECUTOR, .message = message, .cause = event.error.get()}));
        const MutexLock lock(mutex_);
        worker.patience = Deadline::after(kLeavePatience);
        have_manager_awake_by(worker.patience);
    } else if (event.kind == Session::Event::Kind::kViolation) {
        const MutexLock lock(mutex_);
        kill_worker(worker, CF_STATUS_PROTOCOL_ERROR, std::move(event.violation));
    }
}

void ProcessPool::end_of_socket(PoolWorker& worker) {
    // The process is about to end, or has closed its socket and will not be believed any more.
    {
        const MutexLock lock(mutex_);
        worker.socket_ended = true;
        worker.pause = Deadline::never();
        system_calls().epoll_ctl(sockets_.get(), EPOLL_CTL_DEL, worker.process().socket(), nullptr);
        worker.patience = worker.patience.earlier(Deadline::after(kClosedSocketPatience));
    }
    wake_manager();
}

void ProcessPool::kill_worker(PoolWorker& worker, cf_status_t status, std::string verdict) {
    // What is not there yet is killed when it is, if it ever is.
    if (worker.process().is_there()) worker.patience = Deadline::never();
    if (worker.verdict.empty()) {
        worker.verdict = std::move(verdict);
        worker.verdict_status = status;
    }
    worker.process().kill(SIGKILL);
}

}  // namespace cf

// The thread that waits for a future reads the sockets for the whole pool (wire.cpp): what it owes to
// the others when it leaves, however it leaves, and what goes on while it sleeps.
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <thread>

#include "faults.h"
#include "pool.h"
#include "support/eventually.h"
#include "support/process_gate.h"

namespace cf_unit {
namespace {

using cf::FutureRef;
using cf::SystemCalls;

std::string as_argument(const cf_test::ProcessGate& gate) {
    return "[\"" + gate.path() + "\"]";
}

/// Says when one of the threads in question goes to sleep in an epoll, and what they read.
class Readers {
  public:
    static inline thread_local bool is_one = false;
    static inline std::unique_ptr<cf_test::Counter> sleeps;
    static inline std::atomic<int> reads{0};

    Readers() {
        sleeps = std::make_unique<cf_test::Counter>();
        reads = 0;
    }

  private:
    static int epoll_wait(int epoll, epoll_event* events, int capacity, int timeout) {
        if (is_one && timeout != 0) sleeps->add();
        return cf::real_system_calls().epoll_wait(epoll, events, capacity, timeout);
    }
    static ssize_t read(int descriptor, void* buffer, size_t size) {
        if (is_one && size > sizeof(uint64_t)) reads.fetch_add(1);
        return cf::real_system_calls().read(descriptor, buffer, size);
    }

    const Faults calls_{[](SystemCalls& table) {
        table.epoll_wait = epoll_wait;
        table.read = read;
    }};
};

/// A thread that waits for a call, and sleeps as the reader when the constructor is over.
class Reader {
  public:
    explicit Reader(const FutureRef& call, cf::Deadline deadline = soon())
        : call_(call), deadline_(deadline) {
        pthread_create(&thread_, nullptr, main, this);
        Readers::sleeps->wait_for(1);
    }
    ~Reader() { join(); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// Whether the call was done when its wait was over.
    bool join() {
        if (!joined_) pthread_join(thread_, nullptr);
        joined_ = true;
        return done_;
    }
    pthread_t thread() const { return thread_; }

  private:
    static void* main(void* opaque) {
        auto* self = static_cast<Reader*>(opaque);
        Readers::is_one = true;
        self->done_ = self->call_->wait(self->deadline_);
        pthread_testcancel();
        return nullptr;
    }

    const FutureRef call_;
    const cf::Deadline deadline_;
    std::atomic<bool> done_{false};
    bool joined_ = false;
    pthread_t thread_{};
};

/// Two workers that are at their gates, and a reader that waits for the first one.
class Reading : public ::testing::Test {
  protected:
    Reading() {
        first_gate_.wait_arrived();
        second_gate_.wait_arrived();
    }

    /// Everything goes on without the first reader.
    void expect_others_are_served() {
        EXPECT_FALSE(second_->done());
        second_gate_.open();
        EXPECT_EQ(status_of(second_), CF_STATUS_OK);
        EXPECT_EQ(text_of(pool_.submit("echo", "[3]")), "[3]");
    }

    Readers readers_;
    cf_test::ProcessGate first_gate_;
    cf_test::ProcessGate second_gate_;
    Pool pool_{by_itself(2)};
    FutureRef first_ = pool_.submit("gate", as_argument(first_gate_));
    FutureRef second_ = pool_.submit("gate", as_argument(second_gate_));
};

// Whatever the spin brings, it ends.
TEST(SpinningReader, SleepsWhenNoAnswerComesAndIsWokenByIt) {
    Readers readers;
    cf_test::ProcessGate gate;
    cf::ProcessPoolOptions options = by_itself(1);
    options.spin = true;
    Pool pool{options};
    for (int round = 0; round < 20; ++round)
        EXPECT_EQ(text_of(pool.submit("echo", "[1]")), "[1]");
    const FutureRef call = pool.submit("gate", as_argument(gate));
    gate.wait_arrived();
    Reader reader(call);
    EXPECT_FALSE(call->done());
    gate.open();
    EXPECT_TRUE(reader.join());
}

TEST_F(Reading, WhoWaitsReadsItself) {
    Reader reader(first_);
    first_gate_.open();
    EXPECT_TRUE(reader.join());
    EXPECT_GT(Readers::reads, 0);
    second_gate_.open();
    EXPECT_EQ(status_of(second_), CF_STATUS_OK);
}

TEST_F(Reading, IsHandedOnWithTheOwnAnswer) {
    Reader reader(first_);
    std::thread follower([this] { EXPECT_EQ(status_of(second_), CF_STATUS_OK); });
    first_gate_.open();
    EXPECT_TRUE(reader.join());
    second_gate_.open();
    follower.join();
    EXPECT_EQ(text_of(pool_.submit("echo", "[3]")), "[3]");
}

// Nobody waits any more, so the manager has to see what comes.
TEST_F(Reading, IsHandedOnToTheManager) {
    Reader reader(first_);
    first_gate_.open();
    EXPECT_TRUE(reader.join());
    second_gate_.open();
    EXPECT_TRUE(cf_test::eventually([this] { return second_->done(); }));
}

TEST_F(Reading, IsHandedOnAtADeadline) {
    Reader reader(first_, cf::Deadline::after(cf_test::short_wait_ns()));
    EXPECT_FALSE(reader.join());
    first_gate_.open();
    EXPECT_TRUE(cf_test::eventually([this] { return first_->done(); }));
    expect_others_are_served();
}

TEST_F(Reading, IsHandedOnWhenTheCallIsCancelled) {
    const FutureRef queued = pool_.submit("echo", "[1]");
    Reader reader(queued);
    EXPECT_TRUE(queued->cancel());
    EXPECT_TRUE(reader.join());
    EXPECT_EQ(status_of(queued), CF_STATUS_CANCELLED);
    first_gate_.open();
    EXPECT_TRUE(cf_test::eventually([this] { return first_->done(); }));
    expect_others_are_served();
}

TEST_F(Reading, ServesAllWhoWait) {
    Reader reader(first_);
    const FutureRef third = pool_.submit("echo", "[3]");
    std::thread follower([&] { EXPECT_EQ(text_of(third), "[3]"); });
    second_gate_.open();
    follower.join();
    EXPECT_EQ(status_of(second_), CF_STATUS_OK);
    EXPECT_FALSE(first_->done());
    first_gate_.open();
    EXPECT_TRUE(reader.join());
}

// The manager needs the reading to bury a worker; the waiter goes on waiting without it.
TEST_F(Reading, IsLeftToTheManagerForADeath) {
    Reader reader(first_);
    second_gate_.open();
    EXPECT_TRUE(cf_test::eventually([this] { return second_->done(); }));
    const FutureRef death = pool_.submit("die");
    EXPECT_TRUE(cf_test::eventually([&] { return death->done(); }));
    EXPECT_EQ(death->outcome_status(), CF_STATUS_WORKER_LOST);
    EXPECT_EQ(text_of(pool_.submit("echo", "[4]")), "[4]") << "the worker was replaced";
    first_gate_.open();
    EXPECT_TRUE(reader.join());
    EXPECT_EQ(status_of(first_), CF_STATUS_OK);
}

TEST_F(Reading, TheOwnWorkerMayDie) {
    second_gate_.open();
    EXPECT_TRUE(cf_test::eventually([this] { return second_->done(); }));
    cf_test::ProcessGate third_gate;
    const FutureRef victim = pool_.submit("gate", as_argument(third_gate));
    const pid_t pid = third_gate.wait_arrived()[0];
    Reader reader(victim);
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    EXPECT_TRUE(reader.join());
    EXPECT_EQ(victim->outcome_status(), CF_STATUS_WORKER_LOST);
    first_gate_.open();
    EXPECT_EQ(status_of(first_), CF_STATUS_OK);
}

TEST_F(Reading, DeadlinesOfCallsAreKeptMeanwhile) {
    Reader reader(first_);
    second_gate_.open();
    EXPECT_TRUE(cf_test::eventually([this] { return second_->done(); }));
    cf_test::ProcessGate stuck;
    FutureRef running;
    FutureRef queued;
    ASSERT_FALSE(pool_->make_call({.timeout = cf_test::short_wait_ns()}, "gate", as_argument(stuck),
                                  running));
    ASSERT_FALSE(pool_->make_call({.timeout = cf_test::short_wait_ns() / 2}, "echo", "[]", queued));
    ASSERT_FALSE(pool_->accept(running));
    ASSERT_FALSE(pool_->accept(queued));
    for (const FutureRef& call : {running, queued}) {
        EXPECT_TRUE(cf_test::eventually([&] { return call->done(); }));
    }
    EXPECT_EQ(running->outcome_status(), CF_STATUS_DEADLINE_EXCEEDED);
    EXPECT_EQ(queued->outcome_status(), CF_STATUS_DEADLINE_EXCEEDED);
    EXPECT_FALSE(first_->done());
    first_gate_.open();
    EXPECT_TRUE(reader.join());
    stuck.open();
}

TEST_F(Reading, ItsCallMayBeStopped) {
    Reader reader(first_);
    EXPECT_FALSE(first_->cancel_running());
    EXPECT_TRUE(reader.join());
    EXPECT_EQ(first_->outcome_status(), CF_STATUS_WORKER_KILLED);
    expect_others_are_served();
}

TEST_F(Reading, AllWorkersMayBeKilled) {
    Reader reader(first_);
    EXPECT_FALSE(pool_->end_workers(cf::WorkersEnd::kKill, 0, soon()));
    EXPECT_TRUE(reader.join());
    EXPECT_EQ(first_->outcome_status(), CF_STATUS_WORKER_KILLED);
    EXPECT_EQ(status_of(second_), CF_STATUS_WORKER_KILLED);
}

TEST_F(Reading, ThePoolMayBeShutDown) {
    Reader reader(first_);
    const FutureRef queued = pool_.submit("echo");
    EXPECT_FALSE(pool_->shutdown(CF_SHUTDOWN_CANCEL_FUTURES, cf::Deadline::after(0)));
    EXPECT_EQ(status_of(queued), CF_STATUS_CANCELLED);
    std::thread other([this] { EXPECT_EQ(pool_.shutdown(), CF_STATUS_OK); });
    first_gate_.open();
    EXPECT_TRUE(reader.join());
    EXPECT_EQ(status_of(first_), CF_STATUS_OK);
    second_gate_.open();
    other.join();
    EXPECT_TRUE(second_->done());
}

TEST_F(Reading, TheProgramMayFork) {
    Reader reader(first_);
    const pid_t child = fork();
    if (child == 0) _exit(0);
    ASSERT_GT(child, 0);
    first_gate_.open();
    EXPECT_TRUE(reader.join());
    EXPECT_EQ(waitpid(child, nullptr, 0), child);
    expect_others_are_served();
}

// A wait for a future is no cancellation point, with the reading as without.
TEST_F(Reading, TheThreadMayBeCancelled) {
    Reader reader(first_);
    ASSERT_EQ(pthread_cancel(reader.thread()), 0);
    EXPECT_FALSE(first_->done());
    first_gate_.open();
    EXPECT_TRUE(reader.join()) << "it was cancelled in its wait";
    expect_others_are_served();
}

// Callbacks belong to the callback thread, and may use the pool.
TEST_F(Reading, CallbacksRunElsewhere) {
    Reader reader(first_);
    cf_test::Gate called;
    pthread_t caller{};
    on_done(*first_, [&] {
        caller = pthread_self();
        EXPECT_EQ(text_of(pool_.submit("echo", "[5]")), "[5]");
        called.open();
    });
    first_gate_.open();
    EXPECT_TRUE(reader.join());
    called.wait();
    EXPECT_EQ(pthread_equal(caller, reader.thread()), 0);
    expect_others_are_served();
}

}  // namespace
}  // namespace cf_unit

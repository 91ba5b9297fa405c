// A process pool on a system that fails, cuts short and interrupts.
#include "process_pool/process_pool.h"

#include <sys/mman.h>

#include <csignal>
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

int clone_fails(int (*)(void*), void*, int, void*, int*) {
    return fail(EAGAIN);
}

int clone_fails_later(int (*function)(void*), void* stack, int flags, void* argument, int* pidfd) {
    if (is_faulty()) return fail(EAGAIN);
    return cf::real_system_calls().clone(function, stack, flags, argument, pidfd);
}

int exec_runs_true_later(const char* path, char* const argv[], char* const envp[]) {
    return cf::real_system_calls().execve(is_faulty() ? "/bin/true" : path, argv, envp);
}

void expect_broken(const FutureRef& call, int os_code) {
    ASSERT_EQ(status_of(call), CF_STATUS_BROKEN_EXECUTOR) << text_of(call);
    ASSERT_NE(call->error()->fields().cause, nullptr);
    EXPECT_EQ(call->error()->fields().cause->fields().os_code, os_code);
}

TEST(ProcessPool, W11WithoutAnyWorkerItIsBroken) {
    const struct {
        const char* what;
        int error;
        void (*alter)(SystemCalls&);
    } failures[] = {
        {"clone", EAGAIN, [](SystemCalls& table) { table.clone = clone_fails; }},
        {"socketpair", EMFILE,
         [](SystemCalls& table) {
             table.socketpair = [](int, int, int, int*) { return fail(EMFILE); };
         }},
        {"execve", ENOEXEC,
         [](SystemCalls& table) {
             table.execve = [](const char*, char* const[], char* const[]) { return fail(ENOEXEC); };
         }},
        {"epoll_ctl", ENOSPC,
         [](SystemCalls& table) {
             good_calls = 3;  // the pool's own
             table.epoll_ctl = [](int epoll, int operation, int descriptor, epoll_event* event) {
                 if (is_faulty()) return fail(ENOSPC);
                 return cf::real_system_calls().epoll_ctl(epoll, operation, descriptor, event);
             };
         }},
    };
    for (const auto& failure : failures) {
        SCOPED_TRACE(failure.what);
        const Faults faults(failure.alter);
        Pool pool(by_itself());
        const auto calls = pool.submit_all({{"echo", "[1]"}, {"echo", "[2]"}});
        for (const FutureRef& call : calls)
            expect_broken(call, failure.error);
        const cf::ErrorRef refused = pool->accept(pool.make("echo"));
        ASSERT_TRUE(refused);
        EXPECT_EQ(refused->status(), CF_STATUS_BROKEN_EXECUTOR);
    }
}

TEST(ProcessPool, GoesOnWithTheWorkersThatCouldBeStarted) {
    const Faults faults([](SystemCalls& table) { table.clone = clone_fails_later; }, 1);
    cf_test::ProcessGate gate;
    Pool pool(by_itself(2));
    const FutureRef first = pool.submit("gate", as_argument(gate));
    gate.wait_arrived();
    const FutureRef second = pool.submit("echo", "[2]");
    EXPECT_TRUE(cf_test::eventually([] { return faulty_calls.load() >= 1; }));
    gate.open();
    EXPECT_EQ(status_of(first), CF_STATUS_OK);
    EXPECT_EQ(text_of(second), "[2]");
    EXPECT_EQ(text_of(pool.submit("echo", "[3]")), "[3]");
}

TEST(ProcessPool, W11BytesMayComeAndGoOneByOneAndBeInterrupted) {
    const Faults faults([](SystemCalls& table) {
        good_calls = 0;
        table.sendmsg = [](int socket, const msghdr* message, int flags) -> ssize_t {
            if (good_calls.fetch_add(1) % 2 == 0) return fail(EINTR);
            msghdr cut = *message;
            iovec piece{message->msg_iov[0].iov_base, 1};
            cut.msg_iov = &piece;
            return cf::real_system_calls().sendmsg(socket, &cut, flags);
        };
        table.read = [](int descriptor, void* buffer, size_t size) -> ssize_t {
            if (size == sizeof(uint64_t))  // the eventfd takes no less
                return cf::real_system_calls().read(descriptor, buffer, size);
            if (good_calls.fetch_add(1) % 3 == 0) return fail(EINTR);
            return cf::real_system_calls().read(descriptor, buffer, 1);
        };
    });
    Pool pool(by_itself());
    const std::string argument = "[\"" + std::string(3000, 'x') + "\"]";
    const auto calls = pool.submit_all({{"echo", argument}, {"echo", "[1]"}, {"echo", argument}});
    EXPECT_EQ(text_of(calls[0]), argument);
    EXPECT_EQ(text_of(calls[1]), "[1]");
    EXPECT_EQ(text_of(calls[2]), argument);
}

// The socket has room and the system has no memory: that is tried again, but not without a pause.
TEST(ProcessPool, W11WithoutMemoryToSendItDoesNotSpin) {
    constexpr int kTries = 20;
    const Faults faults([](SystemCalls& table) {
        table.sendmsg = [](int socket, const msghdr* message, int flags) -> ssize_t {
            if (faulty_calls.load() < kTries) {
                faulty_calls.fetch_add(1);
                return fail(ENOMEM);
            }
            return cf::real_system_calls().sendmsg(socket, message, flags);
        };
    });
    const cf::Deadline earliest = cf::Deadline::after(kTries / 2 * 10 * cf::kMillisecond);
    Pool pool(by_itself());
    EXPECT_EQ(text_of(pool.submit("echo", "[1]")), "[1]");
    EXPECT_EQ(faulty_calls.load(), kTries);
    EXPECT_TRUE(earliest.passed());
}

// Far more than both sockets hold, in small frames, while the answers come back.
TEST(ProcessPool, W03BothSidesWriteAtOnce) {
    Pool pool(by_itself(2));
    constexpr size_t kCalls = 20000;
    std::vector<FutureRef> calls;
    calls.reserve(kCalls);
    for (size_t i = 0; i < kCalls; ++i)
        calls.push_back(pool.submit("echo", cf::text("[", i, "]")));
    for (size_t i = 0; i < kCalls; ++i)
        ASSERT_EQ(text_of(calls[i]), cf::text("[", i, "]"));
}

TEST(ProcessPool, WaitsMayBeInterrupted) {
    const Faults faults([](SystemCalls& table) {
        table.epoll_wait = [](int epoll, epoll_event* events, int capacity, int timeout) {
            if (good_calls.fetch_add(1) % 2 == 0) return fail(EINTR);
            return cf::real_system_calls().epoll_wait(epoll, events, capacity, timeout);
        };
    });
    Pool pool(by_itself());
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(text_of(pool.submit("echo", cf::text("[", i, "]"))), cf::text("[", i, "]"));
}

TEST(ProcessPool, NamesPidAndFunctionOfALostCallWhoseStatusNobodyKnows) {
    const Faults faults([](SystemCalls& table) {
        table.waitid = [](idtype_t type, id_t id, siginfo_t* info, int options) {
            cf::real_system_calls().waitid(type, id, info, options);
            return fail(ECHILD);
        };
        table.pidfd_get_info = [](int, void*) { return fail(ENOTTY); };
    });
    Pool pool(by_itself());
    const std::string pid = text_of(pool.submit("pid"));
    const FutureRef call = pool.submit("die");
    EXPECT_EQ(status_of(call), CF_STATUS_WORKER_LOST);
    EXPECT_EQ(text_of(call), cf::text("worker ", pid, " ended with an unknown status while it ran ",
                                      "'die' (task ", call->id(), ")"));
    EXPECT_EQ(std::to_string(call->error()->fields().worker_pid), pid);
    EXPECT_EQ(call->error()->fields().worker_signal, 0);
    EXPECT_EQ(call->error()->fields().worker_exit_status, -1);
}

TEST(ProcessPool, ACrashCostsNoAnswerOfACallThatHadFinished) {
    std::vector<std::pair<std::string, std::string>> calls;
    for (int i = 0; i < 100; ++i)
        calls.emplace_back("echo_or_die", i == 50 ? "[]" : cf::text("[", i, "]"));
    Pool pool(by_itself());
    const auto futures = pool.submit_all(calls);
    for (size_t i = 0; i < 100; ++i)
        EXPECT_EQ(status_of(futures[i]), i == 50 ? CF_STATUS_WORKER_LOST : CF_STATUS_OK) << i;
}

TEST(ProcessPool, SendsNoChunksToWorkersWithoutAPage) {
    const std::vector<std::pair<std::string, std::string>> ten(10, {"echo", "[1]"});
    Pool by_hand_pool(by_hand());
    for (const FutureRef& call : by_hand_pool.submit_all(ten))
        EXPECT_EQ(text_of(call), "[1]");

    const Faults faults([](SystemCalls& table) {
        table.memfd_create = [](const char*, unsigned) { return fail(EMFILE); };
    });
    Pool own_pool(by_itself());
    for (const FutureRef& call : own_pool.submit_all(ten))
        EXPECT_EQ(text_of(call), "[1]");
}

TEST(ProcessPool, AWorkerHoldsItsFourDescriptorsAndNoOther) {
    Pool pool(by_hand({}, 2));
    cf_test::ProcessGate gate;
    const FutureRef other = pool.submit("gate", as_argument(gate));
    gate.wait_arrived();
    EXPECT_EQ(text_of(pool.submit("descriptors")), "[0,1,2,3]");
    gate.open();
    EXPECT_EQ(status_of(other), CF_STATUS_OK);
}

TEST(ProcessPool, MessagesLargerThanTheSocketTakesPassBothWays) {
    Pool pool(by_itself());
    const std::string argument = "[\"" + std::string(3'000'000, 'x') + "\"]";
    std::vector<FutureRef> calls;
    for (int i = 0; i < 5; ++i)
        calls.push_back(pool.submit("echo", argument));
    for (const FutureRef& call : calls)
        EXPECT_EQ(text_of(call), argument);
}

TEST(ProcessPool, CancelledCallsDoNotUseUpAWorker) {
    cf::ProcessPoolOptions options = by_itself();
    options.max_tasks_per_child = Pool::kWarmUp + 3;
    cf_test::ProcessGate gate;
    Pool pool(options);
    pool.warm_up();
    const std::string pid = text_of(pool.submit("pid"));
    const auto calls = pool.submit_all(
        {{"gate", as_argument(gate)}, {"echo", "[]"}, {"echo", "[]"}, {"echo", "[]"}});
    gate.wait_arrived();
    for (size_t i = 1; i < calls.size(); ++i)
        EXPECT_TRUE(calls[i]->cancel());
    const FutureRef third = pool.submit("pid");
    const FutureRef fourth = pool.submit("pid");
    gate.open();
    EXPECT_EQ(text_of(third), pid);
    EXPECT_NE(text_of(fourth), pid);
    EXPECT_EQ(status_of(calls[0]), CF_STATUS_OK);
}

// What was sent ahead is taken back from behind a long call, for whoever can run it.
TEST(ProcessPool, NothingWaitsBehindALongCallWhileAWorkerIsIdle) {
    cf_test::ProcessGate gate;
    Pool pool(by_itself(2));
    pool.warm_up();
    const auto calls = pool.submit_all(
        {{"gate", as_argument(gate)}, {"echo", "[1]"}, {"pid", "[]"}, {"echo", "[2]"}});
    gate.wait_arrived();
    EXPECT_EQ(text_of(calls[1]), "[1]");
    EXPECT_EQ(status_of(calls[2]), CF_STATUS_OK);
    EXPECT_EQ(text_of(calls[3]), "[2]");
    EXPECT_FALSE(calls[0]->done());
    gate.open();
    EXPECT_EQ(status_of(calls[0]), CF_STATUS_OK);
}

TEST(ProcessPool, AChunkIsSplitForAnIdleWorker) {
    cf_test::ProcessGate gate;
    Pool pool(by_itself(2));
    const std::string argument = as_argument(gate);
    const auto calls = pool.submit_all({{"gate", argument}, {"gate", argument}});
    gate.wait_arrived(2);
    gate.open();
    for (const FutureRef& call : calls)
        EXPECT_EQ(status_of(call), CF_STATUS_OK);
}

// A thread that waits does the reading; the others are woken by it, and go on when it leaves.
TEST(ProcessPool, ManyThreadsMayWaitEachForItsOwnCalls) {
    Pool pool(by_itself(2));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&pool, t] {
            for (int i = 0; i < 300; ++i) {
                const std::string argument = cf::text("[", t, ",", i, "]");
                EXPECT_EQ(text_of(pool.submit("echo", argument)), argument);
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
}

TEST(ProcessPool, WhoWaitsIsToldOfACancellationAtOnce) {
    cf_test::ProcessGate gate;
    Pool pool(by_itself());
    const FutureRef running = pool.submit("gate", as_argument(gate));
    gate.wait_arrived();
    const FutureRef call = pool.submit("echo");
    std::thread waiter([&] { EXPECT_EQ(status_of(call), CF_STATUS_CANCELLED); });
    EXPECT_TRUE(call->cancel());
    waiter.join();
    EXPECT_FALSE(running->wait(cf::Deadline::after(0)));
    EXPECT_FALSE(running->wait(cf::Deadline::after(cf::kMillisecond))) << "a deadline ends it, too";
    gate.open();
    EXPECT_EQ(status_of(running), CF_STATUS_OK);
}

TEST(ProcessPool, StoppingAnItemOfAChunkLetsThoseBehindItRun) {
    cf_test::ProcessGate gate;
    Pool pool(by_itself());
    EXPECT_EQ(text_of(pool.submit("echo", "[1]")), "[1]");  // the worker is there
    const std::string argument = as_argument(gate);
    const auto chunk =
        pool.submit_all({{"gate", argument}, {"gate", argument}, {"gate", argument}});
    const FutureRef other = pool.submit("echo", "[2]");
    gate.wait_arrived();
    EXPECT_FALSE(chunk[0]->cancel_running());
    EXPECT_EQ(status_of(chunk[0]), CF_STATUS_WORKER_KILLED) << text_of(chunk[0]);
    gate.wait_arrived();
    gate.open();
    EXPECT_EQ(status_of(chunk[1]), CF_STATUS_OK);
    EXPECT_EQ(status_of(chunk[2]), CF_STATUS_OK);
    EXPECT_EQ(text_of(other), "[2]");
}

TEST(ProcessPool, W07AllPoisonEndsInTimeAndLeavesThePoolUsable) {
    Pool pool(by_itself(2));
    std::vector<FutureRef> calls;
    for (int i = 0; i < 50; ++i)
        calls.push_back(pool.submit("die"));
    for (const FutureRef& call : calls)
        EXPECT_EQ(status_of(call), CF_STATUS_WORKER_LOST);
    EXPECT_EQ(text_of(pool.submit("echo", "[1]")), "[1]");
}

TEST(ProcessPool, WhatComesBackToABrokenPoolFails) {
    const Faults faults([](SystemCalls& table) { table.execve = exec_runs_true_later; }, 1);
    cf_test::ProcessGate gate;
    Pool pool(by_itself(2));
    EXPECT_EQ(text_of(pool.submit("echo", "[1]")), "[1]");  // the first worker is there
    const std::string argument = as_argument(gate);
    const auto chunk =
        pool.submit_all({{"gate", argument}, {"gate", argument}, {"gate", argument}});
    gate.wait_arrived();
    const FutureRef second = pool.submit("echo");
    EXPECT_EQ(status_of(second), CF_STATUS_BROKEN_EXECUTOR) << text_of(second);
    EXPECT_TRUE(chunk[1]->cancel());
    EXPECT_EQ(status_of(chunk[2]), CF_STATUS_BROKEN_EXECUTOR) << "it was behind the cancelled one";
    gate.open();
    EXPECT_EQ(status_of(chunk[0]), CF_STATUS_OK) << "it had started";
}

// Between the two steps of a cancellation, taking the call back and cancelling it, nobody else gets it.
TEST(ProcessPool, ACallThatIsTakenBackBelongsToItsCanceller) {
    static thread_local const cf::Future* behind = nullptr;
    const Faults faults(
        [](SystemCalls& table) {
            table.execve = exec_runs_true_later;
            // The canceller wakes the manager between the two.
            table.write = [](int descriptor, const void* bytes, size_t size) {
                const ssize_t written = cf::real_system_calls().write(descriptor, bytes, size);
                if (behind != nullptr) {
                    EXPECT_TRUE(cf_test::eventually([] { return behind->done(); }));
                }
                return written;
            };
        },
        1);
    cf_test::ProcessGate gate;
    Pool pool(by_itself(2));
    EXPECT_EQ(text_of(pool.submit("echo", "[1]")), "[1]");  // the first worker is there
    const std::string argument = as_argument(gate);
    const auto chunk =
        pool.submit_all({{"gate", argument}, {"gate", argument}, {"gate", argument}});
    gate.wait_arrived();
    EXPECT_EQ(status_of(pool.submit("echo")), CF_STATUS_BROKEN_EXECUTOR);
    behind = chunk[2].get();
    EXPECT_TRUE(chunk[1]->cancel());
    behind = nullptr;
    EXPECT_EQ(status_of(chunk[2]), CF_STATUS_BROKEN_EXECUTOR);
    gate.open();
    EXPECT_EQ(status_of(chunk[0]), CF_STATUS_OK);
}

TEST(ProcessPool, ShutdownWithCancelTakesBackWhatWasSent) {
    cf_test::ProcessGate gate;
    Pool pool(by_itself());
    pool.warm_up();
    const auto calls =
        pool.submit_all({{"gate", as_argument(gate)}, {"echo", "[]"}, {"die", "[]"}});
    gate.wait_arrived();
    EXPECT_FALSE(pool->shutdown(CF_SHUTDOWN_CANCEL_FUTURES, cf::Deadline::never()));
    EXPECT_EQ(status_of(calls[1]), CF_STATUS_CANCELLED);
    EXPECT_EQ(status_of(calls[2]), CF_STATUS_CANCELLED);
    EXPECT_FALSE(calls[0]->done());
    gate.open();
    EXPECT_EQ(status_of(calls[0]), CF_STATUS_OK);
}

TEST(ProcessPool, OutlivesItsHandleUntilItsCallsAreOver) {
    cf_test::ProcessGate gate;
    FutureRef call;
    {
        cf::Executor* pool = nullptr;
        ASSERT_FALSE(cf::ProcessPool::create(by_itself(), pool));
        ASSERT_FALSE(pool->make_call({}, "gate", as_argument(gate), call));
        ASSERT_FALSE(pool->accept(call));
        gate.wait_arrived();
        pool->release();
    }
    gate.open();
    EXPECT_EQ(status_of(call), CF_STATUS_OK);
}

TEST(ProcessPool, CallsRunAlsoWhenTheirFuturesWereDropped) {
    cf_test::ProcessGate gate;
    Pool pool(by_itself());
    for (int i = 0; i < 3; ++i)
        pool.submit("gate", as_argument(gate));
    gate.wait_arrived();
    gate.open();
    EXPECT_EQ(pool.shutdown(), CF_STATUS_OK);
    gate.wait_arrived(2);
}

}  // namespace
}  // namespace cf_unit

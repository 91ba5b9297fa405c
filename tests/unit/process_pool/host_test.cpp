// Hosts of process pools that end, are killed, or have closed their standard descriptors.
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "pool.h"
#include "support/eventually.h"
#include "support/process_gate.h"
#include "support/subprocess.h"

namespace cf_unit {
namespace {

cf_test::Command host(const std::string& mode, const std::string& path) {
    return {.args = {"/proc/self/exe", "host", mode, path}};
}

TEST(Host, FinishesAcceptedWorkWhenItLeavesMain) {
    const cf_test::TempDir files;
    const cf_test::Outcome outcome = cf_test::run(host("leave", files.path()));
    EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
    for (int i = 0; i < 20; ++i)
        EXPECT_TRUE(std::filesystem::exists(files.file(std::to_string(i)))) << i;
}

TEST(Host, W04TakesItsWorkersWithItWhenItIsKilled) {
    cf_test::ProcessGate gate;
    const pid_t killed = cf_test::spawn(host("hang", gate.path()), STDOUT_FILENO, STDERR_FILENO);
    std::vector<int> workers;
    for (const pid_t pid : gate.wait_arrived(2))
        workers.push_back(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    ASSERT_EQ(kill(killed, SIGKILL), 0);
    ASSERT_EQ(waitpid(killed, nullptr, 0), killed);
    for (const int worker : workers) {
        ASSERT_GE(worker, 0);
        pollfd end{.fd = worker, .events = POLLIN, .revents = 0};
        const auto limit =
            std::chrono::duration_cast<std::chrono::milliseconds>(cf_test::long_wait());
        EXPECT_EQ(poll(&end, 1, static_cast<int>(limit.count())), 1)
            << "it is in the middle of a task";
        close(worker);
    }
}

/// A host without standard descriptors: the exit status says what was wrong.
[[noreturn]] void use_a_pool_without_standard_descriptors() {
    for (const int descriptor : {0, 1, 2})
        close(descriptor);
    const auto standard_ones_are_closed = [] {
        return fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0;
    };
    cf::Executor* pool = nullptr;
    if (create_listed(by_hand(), pool)) _exit(70);
    cf::FutureRef call;
    if (pool->make_call({}, "descriptors", "[]", call) || pool->accept(call)) _exit(71);
    if (text_of(call) != "[0,1,2,3]") _exit(72);
    if (!standard_ones_are_closed()) _exit(73);
    if (pool->shutdown(CF_SHUTDOWN_WAIT, soon())) _exit(74);
    pool->release();
    _exit(0);
}

TEST(HostDeathTest, W10ClosedStandardDescriptorsStayClosedAndWorkersHaveTheirs) {
    EXPECT_EXIT(use_a_pool_without_standard_descriptors(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cf_unit

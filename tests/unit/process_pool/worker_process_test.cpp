// One worker process as the system sees it: good starts, bad starts, deaths. The leak check of every
// test counts descriptors, children and zombies.
#include "process_pool/worker_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>

#include <csignal>

#include "faults.h"
#include "support/time.h"

namespace cf_unit {
namespace {

using cf::ErrorRef;
using cf::ExitReport;
using cf::SystemCalls;
using cf::WorkerProcess;

cf::ResolvedCommand command(const std::string& path, std::vector<std::string> arguments = {}) {
    cf::ResolvedCommand resolved{.path = path, .argv = {path}, .display = path};
    for (std::string& argument : arguments)
        resolved.argv.push_back(std::move(argument));
    return resolved;
}

cf::ResolvedCommand shell(const std::string& script) {
    return command("/bin/sh", {"-c", script});
}

bool has_ended(const WorkerProcess& process) {
    pollfd descriptor{.fd = process.pidfd(), .events = POLLIN, .revents = 0};
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(cf_test::long_wait());
    return poll(&descriptor, 1, static_cast<int>(limit.count())) == 1;
}

TEST(WorkerProcess, ReportsTheExit) {
    const struct {
        std::string script;
        ExitReport report;
    } ends[] = {{"exit 0", {.known = true}},
                {"exit 3", {.known = true, .exit_status = 3}},
                {"kill -SEGV $$", {.known = true, .signal = SIGSEGV}},
                {"kill -9 $$", {.known = true, .signal = SIGKILL}}};
    for (const auto& [script, report] : ends) {
        WorkerProcess process;
        ASSERT_FALSE(process.start(shell(script)));
        EXPECT_GT(process.pid(), 0);
        ASSERT_TRUE(has_ended(process));
        EXPECT_EQ(process.reap().describe(), report.describe()) << script;
    }
}

TEST(WorkerProcess, CanBeKilled) {
    WorkerProcess process;
    ASSERT_FALSE(process.start(shell("read never <&3")));
    process.kill(SIGKILL);
    ASSERT_TRUE(has_ended(process));
    EXPECT_EQ(process.reap().describe(), "was killed by signal 9 (SIGKILL)");
}

TEST(WorkerProcess, TakesItsProcessWithItWhenItGoes) {
    WorkerProcess process;
    ASSERT_FALSE(process.start(shell("read never <&3")));
    // The leak check sees to the rest.
}

TEST(WorkerProcess, ABadProgramIsNamedWithTheReason) {
    for (const auto& [path, error] :
         {std::pair{"/nonexistent/worker", ENOENT}, {"/etc/passwd", EACCES}}) {
        WorkerProcess process;
        const ErrorRef failed = process.start(command(path));
        ASSERT_TRUE(failed);
        EXPECT_EQ(failed->status(), CF_STATUS_SYSTEM);
        EXPECT_EQ(failed->fields().os_code, error);
        EXPECT_NE(failed->fields().message.find(path), std::string_view::npos)
            << failed->fields().message;
    }
}

TEST(WorkerProcess, LeavesNothingBehindWhereverItFails) {
    const struct {
        const char* what;
        int error;
        void (*alter)(SystemCalls&);
    } failures[] = {
        {"socketpair", EMFILE,
         [](SystemCalls& table) {
             table.socketpair = [](int, int, int, int*) { return fail(EMFILE); };
         }},
        {"posix_spawn", EAGAIN,
         [](SystemCalls& table) {
             table.posix_spawn = [](pid_t*, const char*, const posix_spawn_file_actions_t*,
                                    const posix_spawnattr_t*, char* const[],
                                    char* const[]) -> int { return EAGAIN; };
         }},
        {"pidfd_open", ENOSYS,
         [](SystemCalls& table) {
             table.pidfd_open = [](pid_t, unsigned) { return fail(ENOSYS); };
         }},
        {"pidfd_open, interrupted", ENOSYS,
         [](SystemCalls& table) {
             good_calls = -3;
             table.pidfd_open = [](pid_t, unsigned) { return fail(ENOSYS); };
             table.waitid = [](idtype_t type, id_t id, siginfo_t* info, int options) {
                 if (good_calls.fetch_add(1) < 0) return fail(EINTR);
                 return cf::real_system_calls().waitid(type, id, info, options);
             };
         }},
    };
    for (const auto& failure : failures) {
        SCOPED_TRACE(failure.what);
        const Faults faults(failure.alter);
        WorkerProcess process;
        const ErrorRef error = process.start(shell("read never <&3"));
        ASSERT_TRUE(error);
        EXPECT_EQ(error->status(), CF_STATUS_SYSTEM);
        EXPECT_EQ(error->fields().os_code, failure.error) << error->fields().message;
    }
}

TEST(WorkerProcess, DoesWithoutAClaimPage) {
    void (*const failures[])(SystemCalls&) = {
        [](SystemCalls& table) {
            table.memfd_create = [](const char*, unsigned) { return fail(EMFILE); };
        },
        [](SystemCalls& table) { table.ftruncate = [](int, off_t) { return fail(ENOSPC); }; },
        [](SystemCalls& table) {
            table.mmap = [](void*, size_t, int, int, int, off_t) {
                errno = ENOMEM;
                return MAP_FAILED;
            };
        },
    };
    for (const auto failure : failures) {
        const Faults faults(failure);
        WorkerProcess process;
        ASSERT_FALSE(process.start(shell("exit 0")));
        EXPECT_EQ(process.claim_page(), nullptr);
        EXPECT_FALSE(process.page_descriptor());
        ASSERT_TRUE(has_ended(process));
        EXPECT_EQ(process.reap().describe(), "exited with status 0");
    }
}

TEST(WorkerProcess, AsksThePidfdWhenSomebodyElseHasReaped) {
    const Faults faults([](SystemCalls& table) {
        // The process is reaped, as a host would do it, but the caller is told that there is none.
        table.waitid = [](idtype_t type, id_t id, siginfo_t* info, int options) {
            cf::real_system_calls().waitid(type, id, info, options);
            return fail(ECHILD);
        };
        table.pidfd_get_info = [](int, void* info) {
            // Exit information is there, and says: killed by signal 11.
            static_cast<uint64_t*>(info)[0] = 8;
            static_cast<int32_t*>(info)[15] = SIGSEGV;
            return 0;
        };
    });
    WorkerProcess process;
    ASSERT_FALSE(process.start(shell("exit 0")));
    ASSERT_TRUE(has_ended(process));
    EXPECT_EQ(process.reap().describe(), "was killed by signal 11 (SIGSEGV)");
}

TEST(WorkerProcess, SaysSoWhenNobodyKnowsTheStatus) {
    for (const bool kernel_answers : {false, true}) {
        const Faults faults([&](SystemCalls& table) {
            table.waitid = [](idtype_t type, id_t id, siginfo_t* info, int options) {
                cf::real_system_calls().waitid(type, id, info, options);
                return fail(ECHILD);
            };
            table.pidfd_get_info = [](int, void*) { return fail(ENOTTY); };
            if (!kernel_answers) return;
            table.pidfd_get_info = [](int, void* info) {
                static_cast<uint64_t*>(info)[0] = 0;
                return 0;
            };
        });
        WorkerProcess process;
        ASSERT_FALSE(process.start(shell("exit 3")));
        ASSERT_TRUE(has_ended(process));
        EXPECT_EQ(process.reap().describe(), "ended with an unknown status");
    }
}

}  // namespace
}  // namespace cf_unit

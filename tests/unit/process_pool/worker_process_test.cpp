// One worker process as the system sees it: good starts, bad starts, deaths. The leak check of every
// test counts descriptors, children and zombies.
#include "process_pool/worker_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <csignal>

#include "faults.h"
#include "process_pool/output_tail.h"
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

TEST(WorkerProcess, S02ItsSocketHasNoName) {
    WorkerProcess process;
    ASSERT_FALSE(process.start(shell("read never <&3")));
    for (const auto ask : {getsockname, getpeername}) {
        sockaddr_un address{};
        socklen_t size = sizeof address;
        ASSERT_EQ(ask(process.socket(), reinterpret_cast<sockaddr*>(&address), &size), 0);
        EXPECT_EQ(address.sun_family, AF_UNIX);
        EXPECT_EQ(size, sizeof address.sun_family) << "nobody else can find it";
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

TEST(WorkerProcess, W05ABadProgramIsNamedWithTheReason) {
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

TEST(WorkerProcess, W05LeavesNothingBehindWhereverItFails) {
    const struct {
        const char* what;
        int error;
        void (*alter)(SystemCalls&);
    } failures[] = {
        {"socketpair", EMFILE,
         [](SystemCalls& table) {
             table.socketpair = [](int, int, int, int*) { return fail(EMFILE); };
         }},
        {"clone", EAGAIN,
         [](SystemCalls& table) {
             table.clone = [](int (*)(void*), void*, int, void*, int*) { return fail(EAGAIN); };
         }},
        {"execve", ENOEXEC,
         [](SystemCalls& table) {
             table.execve = [](const char*, char* const[], char* const[]) { return fail(ENOEXEC); };
         }},
        {"execve, interrupted", ENOEXEC,
         [](SystemCalls& table) {
             good_calls = -3;
             table.execve = [](const char*, char* const[], char* const[]) { return fail(ENOEXEC); };
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

// What a program is given: each setting is made in the child, and seen by the program.
TEST(WorkerProcess, GivesTheProgramItsSettings) {
    cf::ResolvedCommand resolved = shell(
        "test \"$(pwd)\" = / || exit 10; test \"$(umask)\" = 0027 || exit 11; "
        "test \"$(ulimit -c)\" = 8 || exit 12; test \"$(ulimit -t)\" = 77 || exit 13; "
        "test \"$(ulimit -v)\" = 4194304 || exit 14; test \"$NAME\" = value || exit 15; "
        "grep -q 'NoNewPrivs:.1' /proc/self/status || exit 16; "
        "test \"$(nice)\" = \"$NICENESS\" || exit 17; test -z \"$HOME\" || exit 18");
    const int niceness = std::min(getpriority(PRIO_PROCESS, 0) + 3, 19);
    resolved.environment = {"NAME=value", "PATH=/usr/bin:/bin",
                            "NICENESS=" + std::to_string(niceness)};
    resolved.settings = {.memory_limit = uint64_t{4} << 30,
                         .cpu_time_limit = 77,
                         .core_size_limit = 4096,
                         .umask = 027,
                         .niceness = 3,
                         .no_new_privileges = true,
                         .directory = "/"};
    WorkerProcess process;
    const ErrorRef error = process.start(resolved);
    ASSERT_FALSE(error) << error->fields().message;
    ASSERT_TRUE(has_ended(process));
    EXPECT_EQ(process.reap().describe(), "exited with status 0");
}

TEST(WorkerProcess, ASettingThatCannotBeMadeFailsTheStartAndIsNamed) {
    cf::ResolvedCommand resolved = shell("exit 0");
    resolved.settings.directory = "/nonexistent/folder";
    WorkerProcess process;
    const ErrorRef error = process.start(resolved);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->fields().os_code, ENOENT);
    EXPECT_NE(error->fields().message.find("working directory"), std::string_view::npos)
        << error->fields().message;
}

TEST(WorkerProcess, CapturesOutputOrFailsTheStart) {
    cf::ResolvedCommand resolved = shell("echo out; echo err >&2");
    resolved.settings.output = CF_WORKER_OUTPUT_CAPTURE;
    {
        WorkerProcess process;
        ASSERT_FALSE(process.start(resolved));
        ASSERT_TRUE(has_ended(process));
        cf::OutputTail tail;
        EXPECT_FALSE(tail.read(process.output())) << "the end comes with the process";
        EXPECT_EQ(tail.text(), "out\nerr\n");
        process.reap();
    }
    const Faults faults(
        [](SystemCalls& table) { table.pipe2 = [](int*, int) { return fail(EMFILE); }; });
    WorkerProcess process;
    const ErrorRef error = process.start(resolved);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->fields().os_code, EMFILE);
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

TEST(WorkerProcess, W09AsksThePidfdWhenSomebodyElseHasReaped) {
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

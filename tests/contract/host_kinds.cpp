#include "host_kinds.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "support/sanitizer.h"

namespace contract {
namespace {

int skip(const char* reason) {
    std::printf("skipped: %s\n", reason);
    return kSkipped;
}

// Since Linux 6.15 a pidfd tells the exit status of who was reaped by somebody else. Before, the pool says
// that it is unknown, and tests that ask for the signal must fail.
bool kernel_keeps_exit_statuses() {
    utsname name{};
    int major = 0;
    int minor = 0;
    if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
    return major > 6 || (major == 6 && minor >= 15);
}

int start_thread(void* (*run)(void*)) {
    pthread_t thread{};
    return pthread_create(&thread, nullptr, run, nullptr) == 0 && pthread_detach(thread) == 0 ? -1
                                                                                              : 70;
}

int ignores_sigchld() {
    if (!kernel_keeps_exit_statuses()) return skip("this kernel forgets exit statuses");
    std::signal(SIGCHLD, SIG_IGN);
    return -1;
}

int reaps_every_child() {
    if (!kernel_keeps_exit_statuses()) return skip("this kernel forgets exit statuses");
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    // In all threads, which are started later.
    pthread_sigmask(SIG_BLOCK, &child, nullptr);
    return start_thread([](void*) -> void* {
        sigset_t awaited;
        sigemptyset(&awaited);
        sigaddset(&awaited, SIGCHLD);
        for (;;) {
            sigwaitinfo(&awaited, nullptr);
            while (waitpid(-1, nullptr, WNOHANG) > 0) {
            }
        }
    });
}

int has_many_descriptors() {
    constexpr rlim_t kMany = 10000;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < 2 * kMany) return skip("no process may have as many descriptors");
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (rlim_t i = 0; i < kMany; ++i) {
        if (open("/dev/null", O_RDONLY) < 0) return 71;
    }
    return -1;
}

int is_large() {
    constexpr std::size_t kSize = std::size_t{2} << 30;
    struct sysinfo machine {};
    if (cf_test::kSanitized || sysinfo(&machine) != 0 ||
        machine.freeram * machine.mem_unit < kSize + (kSize >> 1)) {
        return skip("there is no memory for it");
    }
    if (mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
             0) == MAP_FAILED) {
        return 72;
    }
    for (int i = 0; i < 50; ++i) {
        const int status = start_thread([](void*) -> void* {
            for (;;)
                pause();
        });
        if (status >= 0) return status;
    }
    return -1;
}

}  // namespace

int become_host_of_kind() {
    const char* value = std::getenv("CONTRACT_HOST_KIND");
    const std::string kind = value != nullptr ? value : "";
    if (kind.empty()) return -1;
    if (kind == "ignores_sigchld") return ignores_sigchld();
    if (kind == "reaps_every_child") return reaps_every_child();
    if (kind == "has_many_descriptors") return has_many_descriptors();
    if (kind == "is_large") return is_large();
    std::fprintf(stderr, "no such kind of host: %s\n", kind.c_str());
    return 2;
}

}  // namespace contract

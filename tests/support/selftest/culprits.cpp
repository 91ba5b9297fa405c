// Tests that leave something behind, each in its own way, or wedge.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "support/events.h"
#include "support/leak_check.h"
#include "support/subprocess.h"

namespace {

// A name to be found in a dump.
[[gnu::noinline]] void stuck_for_ever() {
    for (;;)
        pause();
}

// Leaves a thread behind.
void start_stuck_thread(const char* name) {
    cf_test::Gate started;
    std::thread([&started, name] {
        pthread_setname_np(pthread_self(), name);
        started.open();
        stuck_for_ever();
    }).detach();
    started.wait();
}

TEST(Innocent, LeavesNothing) {
    const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(fd);
    std::thread([] {}).join();
    EXPECT_EQ(cf_test::run({.args = {"true"}}).exit_status, 0);
}

TEST(Leaves, Descriptor) {
    ASSERT_GE(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
}

TEST(Leaves, Memfd) {
    ASSERT_GE(memfd_create("lost-arena", MFD_CLOEXEC), 0);
}

TEST(Closes, Descriptor) {
    close(STDIN_FILENO);
}

TEST(Leaves, Thread) {
    start_stuck_thread("lost-thread");
}

TEST(Leaves, Child) {
    cf_test::spawn({.args = {"sleep", "5"}}, STDERR_FILENO, STDERR_FILENO);
}

TEST(Leaves, Zombie) {
    const pid_t pid = cf_test::spawn({.args = {"true"}}, STDERR_FILENO, STDERR_FILENO);
    siginfo_t info;
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
}

TEST(Leaves, FileOfAChild) {
    EXPECT_EQ(cf_test::run({.args = {"sh", "-c", "> $TMPDIR/lost-file"}}).exit_status, 0);
}

TEST(Leaves, SharedMemory) {
    const std::string name = "/cf_test-lost-" + std::to_string(getppid());
    const int fd = shm_open(name.c_str(), O_CREAT | O_RDWR, 0600);
    ASSERT_GE(fd, 0);
    close(fd);
}

std::atomic<std::int64_t> handles{0};

TEST(Leaves, Handle) {
    cf_test::add_counter("live handles", [] { return handles.load(); });
    ++handles;
}

struct LeavesInSetUp : testing::Test {
    static void SetUpTestSuite() { ASSERT_GE(open("/dev/null", O_RDONLY | O_CLOEXEC), 0); }
};

TEST_F(LeavesInSetUp, Descriptor) {}

TEST(Wedges, WithAChild) {
    start_stuck_thread("second-thread");
    cf_test::spawn({.args = {"sleep", "60"}}, STDERR_FILENO, STDERR_FILENO);
    stuck_for_ever();
}

TEST(Wedges, OnAGate) {
    cf_test::Gate().wait();
}

TEST(Wedges, AtExit) {
    std::atexit(stuck_for_ever);
}

}  // namespace

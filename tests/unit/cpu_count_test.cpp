// How many processors a process may use, from an affinity mask and control groups that the test
// makes up.
#include "support/cpu_count.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>

#include "support/system_calls.h"

namespace cf_unit {
namespace {

/// The machine that the functions below play; descriptors are indices of files that were opened.
struct Machine {
    int processors = 8;
    bool mask_is_too_small = false;
    std::map<std::string, std::string> files{};
    size_t bytes_per_read = 1000;
    bool interrupts = false;
    // what happened
    std::string unread{};
    int open_files = 0;
    int interruptions = 0;
};

Machine* machine = nullptr;

int open_file(const char* path, int) {
    const auto found = machine->files.find(path);
    if (found == machine->files.end()) {
        errno = ENOENT;
        return -1;
    }
    machine->unread = found->second;
    ++machine->open_files;
    return 1000;
}

ssize_t read_file(int, void* buffer, size_t size) {
    if (machine->interrupts && machine->interruptions++ % 2 == 0) {
        errno = EINTR;
        return -1;
    }
    std::string& unread = machine->unread;
    const size_t taken = std::min({size, machine->bytes_per_read, unread.size()});
    std::memcpy(buffer, unread.data(), taken);
    unread.erase(0, taken);
    return static_cast<ssize_t>(taken);
}

int close_file(int) {
    --machine->open_files;
    return 0;
}

int affinity(pid_t, size_t, cpu_set_t* set) {
    if (machine->mask_is_too_small) {
        errno = EINVAL;
        return -1;
    }
    CPU_ZERO(set);
    for (int i = 0; i < machine->processors; ++i)
        CPU_SET(static_cast<size_t>(2 * i), set);
    return 0;
}

int32_t count_on(Machine described) {
    machine = &described;
    cf::SystemCalls table = cf::real_system_calls();
    table.open = open_file;
    table.read = read_file;
    table.close = close_file;
    table.sched_getaffinity = affinity;
    const cf::ScopedSystemCalls scope(table);
    const int32_t count = cf::usable_cpu_count();
    EXPECT_EQ(cf::default_process_count(), count);
    EXPECT_EQ(cf::default_thread_count(), std::min(32, count + 4));
    EXPECT_EQ(described.open_files, 0);
    machine = nullptr;
    return count;
}

Machine unified(const std::string& limit) {
    return {.files = {{"/proc/self/cgroup", "0::/pod\n"}, {"/sys/fs/cgroup/pod/cpu.max", limit}}};
}

Machine legacy(const std::string& groups, const std::string& quota) {
    return {.files = {{"/proc/self/cgroup", groups},
                      {"/sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us", quota},
                      {"/sys/fs/cgroup/cpu/pod/cpu.cfs_period_us", "100000\n"}}};
}

TEST(CpuCount, S10IsTheAffinityMaskWhereThereIsNoQuota) {
    EXPECT_EQ(count_on({.processors = 3}), 3);
    EXPECT_EQ(count_on({.processors = 100}), 100);
}

TEST(CpuCount, IsTheMachinesWhenTheMaskHasNoRoom) {
    EXPECT_GE(count_on({.mask_is_too_small = true}), 1);
}

TEST(CpuCount, IsAtLeastOne) {
    EXPECT_EQ(count_on({.processors = 0}), 1);
    EXPECT_EQ(count_on(unified("1 100000\n")), 1);
}

TEST(CpuCount, S10TheQuotaIsRoundedUp) {
    EXPECT_EQ(count_on(unified("200000 100000\n")), 2);
    EXPECT_EQ(count_on(unified("200001 100000\n")), 3);
    EXPECT_EQ(count_on(unified("50000 100000\n")), 1);
}

TEST(CpuCount, S10TheLesserOfMaskAndQuotaCounts) {
    EXPECT_EQ(count_on(unified("9900000 100000\n")), 8);
    EXPECT_EQ(count_on(unified("9223372036854775807 1\n")), 8);
}

TEST(CpuCount, WhatIsNoQuotaDoesNotCount) {
    for (const char* limit : {"max 100000\n", "", "\n", "300000", "300000 0\n", "-1 100000\n", "?"})
        EXPECT_EQ(count_on(unified(limit)), 8) << limit;
}

TEST(CpuCount, TheRootGroupMayHaveAQuota) {
    EXPECT_EQ(count_on({.files = {{"/proc/self/cgroup", "0::/\n"},
                                  {"/sys/fs/cgroup//cpu.max", "300000 100000\n"}}}),
              3);
}

TEST(CpuCount, TheFirstVersionOfControlGroupsHasAHierarchyForProcessors) {
    EXPECT_EQ(count_on(legacy("4:memory:/x\n3:cpu,cpuacct:/pod\n", "250000\n")), 3);
    EXPECT_EQ(count_on(legacy("3:cpuacct,cpu:/pod", "250000\n")), 3);
    EXPECT_EQ(count_on(legacy("3:cpu:/pod\n", "-1\n")), 8);
    EXPECT_EQ(count_on(legacy("3:cpuset:/pod\n", "250000\n")), 8);
    EXPECT_EQ(count_on(legacy("not a line\n3:cpu\n", "250000\n")), 8);
}

TEST(CpuCount, FilesMayComeInPiecesWithInterruptions) {
    Machine slow = legacy("12:" + std::string(2000, 'x') + ":/x\n3:cpu:/pod\n", "250000\n");
    slow.bytes_per_read = 1;
    slow.interrupts = true;
    EXPECT_EQ(count_on(slow), 3);
}

TEST(CpuCount, OfThisMachineIsAtLeastOne) {
    EXPECT_GE(cf::usable_cpu_count(), 1);
}

}  // namespace
}  // namespace cf_unit

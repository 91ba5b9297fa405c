#include "support/cpu_count.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

namespace cf {
namespace {

struct FileCloser {
    void operator()(FILE* file) const { std::fclose(file); }
};

/// The first line of a small file; empty when it cannot be read.
std::string first_line(const std::string& path) {
    const std::unique_ptr<FILE, FileCloser> file(std::fopen(path.c_str(), "re"));
    char line[512];
    if (!file || std::fgets(line, sizeof line, file.get()) == nullptr) return {};
    return std::string(line, std::strcspn(line, "\n"));
}

/// The path of this process's control group in one hierarchy, from lines "id:controllers:path".
std::string control_group(const char* controllers) {
    const std::unique_ptr<FILE, FileCloser> file(std::fopen("/proc/self/cgroup", "re"));
    if (!file) return {};
    char line[4096];
    while (std::fgets(line, sizeof line, file.get()) != nullptr) {
        line[std::strcspn(line, "\n")] = '\0';
        char* list = std::strchr(line, ':');
        char* path = list != nullptr ? std::strchr(list + 1, ':') : nullptr;
        if (path == nullptr) continue;
        *path = '\0';
        const std::string wanted = std::string(",") + controllers + ",";
        const std::string offered = std::string(",") + (list + 1) + ",";
        const bool unified = *controllers == '\0' && *(list + 1) == '\0';
        if (unified || (*controllers != '\0' && offered.find(wanted) != std::string::npos)) {
            return path + 1;
        }
    }
    return {};
}

int32_t rounded_up(long quota, long period) {
    if (quota <= 0 || period <= 0) return 0;
    return static_cast<int32_t>(std::min((quota + period - 1) / period, 1L << 20));
}

/// Quota of control groups version 2: "max 100000" or "150000 100000"; 0 when there is none.
int32_t unified_quota() {
    const std::string line = first_line("/sys/fs/cgroup" + control_group("") + "/cpu.max");
    long quota = 0;
    long period = 0;
    if (std::sscanf(line.c_str(), "%ld %ld", &quota, &period) != 2) return 0;
    return rounded_up(quota, period);
}

/// Quota of control groups version 1; 0 when there is none.
int32_t legacy_quota() {
    const std::string folder = "/sys/fs/cgroup/cpu" + control_group("cpu");
    const std::string quota = first_line(folder + "/cpu.cfs_quota_us");
    const std::string period = first_line(folder + "/cpu.cfs_period_us");
    return rounded_up(std::atol(quota.c_str()), std::atol(period.c_str()));
}

int32_t affinity_count() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    // More processors than the fixed set can hold.
    return static_cast<int32_t>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
}

}  // namespace

int32_t usable_cpu_count() {
    int32_t count = affinity_count();
    for (const int32_t quota : {unified_quota(), legacy_quota()}) {
        if (quota > 0) count = std::min(count, quota);
    }
    return std::max(count, 1);
}

int32_t default_thread_count() {
    return std::min(32, usable_cpu_count() + 4);
}

int32_t default_process_count() {
    return usable_cpu_count();
}

}  // namespace cf

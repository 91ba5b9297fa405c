#include "support/cpu_count.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "support/descriptor.h"
#include "support/error.h"
#include "support/system_calls.h"

namespace cf {
namespace {

/// The text of a small file; empty when it cannot be read.
std::string file_text(const std::string& path) {
    const SystemCalls& calls = system_calls();
    const Descriptor file(calls.open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return {};
    std::string content;
    char buffer[512];
    for (;;) {
        const ssize_t size = calls.read(file.get(), buffer, sizeof buffer);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) break;
        content.append(buffer, static_cast<size_t>(size));
    }
    return content;
}

/// The path of this process's control group in one hierarchy, from lines "id:controllers:path".
/// Without controllers: in the unified one.
std::string control_group(std::string_view controllers) {
    const std::string content = file_text("/proc/self/cgroup");
    for (size_t begin = 0; begin < content.size();) {
        const size_t end = std::min(content.find('\n', begin), content.size());
        const std::string_view line(content.data() + begin, end - begin);
        begin = end + 1;
        const size_t list = line.find(':');
        const size_t path = list == line.npos ? line.npos : line.find(':', list + 1);
        if (path == line.npos) continue;
        const std::string_view offered = line.substr(list + 1, path - list - 1);
        // Each list in commas, so that "cpu" is not found in "cpuset".
        const bool found =
            controllers.empty()
                ? offered.empty()
                : text(",", offered, ",").find(text(",", controllers, ",")) != line.npos;
        if (found) return std::string(line.substr(path + 1));
    }
    return {};
}

int32_t rounded_up(long quota, long period) {
    if (quota <= 0 || period <= 0) return 0;
    return static_cast<int32_t>(std::min(quota / period + (quota % period != 0 ? 1 : 0), 1L << 20));
}

/// Quota of control groups version 2: "max 100000" or "150000 100000"; 0 when there is none.
int32_t unified_quota() {
    const std::string line = file_text(text("/sys/fs/cgroup", control_group(""), "/cpu.max"));
    long quota = 0;
    long period = 0;
    if (std::sscanf(line.c_str(), "%ld %ld", &quota, &period) != 2) return 0;
    return rounded_up(quota, period);
}

/// Quota of control groups version 1; 0 when there is none.
int32_t legacy_quota() {
    const std::string folder = text("/sys/fs/cgroup/cpu", control_group("cpu"));
    const std::string quota = file_text(text(folder, "/cpu.cfs_quota_us"));
    const std::string period = file_text(text(folder, "/cpu.cfs_period_us"));
    return rounded_up(std::atol(quota.c_str()), std::atol(period.c_str()));
}

int32_t affinity_count() {
    cpu_set_t set;
    if (system_calls().sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
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

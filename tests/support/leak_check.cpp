#include "support/leak_check.h"

#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <utility>

#include "support/eventually.h"
#include "support/proc.h"
#include "support/sanitizer.h"
#include "support/time.h"

namespace cf_test {
namespace {

struct Registry {
    std::mutex mutex;
    std::vector<std::string> directories{"/dev/shm"};
    std::vector<std::pair<std::string, std::int64_t (*)()>> counters;
};

// Never destroyed: snapshots may be taken while the process exits.
Registry& registry() {
    static Registry& instance = *new Registry;
    return instance;
}

std::string link_target(const std::string& path) {
    std::error_code error;
    return std::filesystem::read_symlink(path, error).string();
}

// The thread sanitizer makes a file when a program starts and removes it at once: killed in between, a
// worker leaves it.
bool belongs_to_sanitizer(const std::string& file) {
    return kThreadSanitizer && file.starts_with("tsan.rodata.");
}

}  // namespace

void watch_directory(const std::string& path) {
    const std::lock_guard lock(registry().mutex);
    registry().directories.push_back(path);
}

void add_counter(const std::string& name, std::int64_t (*read)()) {
    const std::lock_guard lock(registry().mutex);
    registry().counters.emplace_back(name, read);
}

Snapshot Snapshot::take() {
    Snapshot now;
    for (const std::string& fd : list_directory("/proc/self/fd")) {
        // The listing's own descriptor is closed by now and has no target.
        const std::string target = link_target("/proc/self/fd/" + fd);
        if (target.empty()) continue;
        std::string name = "fd " + fd + " -> " + target;
        now.descriptors_.emplace(name, name);
    }
    for (const std::string& tid : list_directory("/proc/self/task")) {
        const std::string name = read_text("/proc/self/task/" + tid + "/comm");
        now.others_.emplace("thread " + tid, "thread " + tid + " '" + name + "'");
    }
    for (const pid_t pid : children_of(getpid())) {
        now.others_.emplace("child " + std::to_string(pid), "child " + describe_process(pid));
    }
    const std::lock_guard lock(registry().mutex);
    for (const std::string& directory : registry().directories) {
        for (const std::string& entry : list_directory(directory)) {
            if (belongs_to_sanitizer(entry)) continue;
            std::string name = "file " + directory + "/" + entry;
            now.others_.emplace(name, name);
        }
    }
    for (const auto& [name, read] : registry().counters)
        now.counters_[name] += read();
    return now;
}

std::vector<std::string> Snapshot::compare(const Snapshot& now) const {
    std::vector<std::string> lines;
    const auto report = [&lines](const Things& from, const Things& without, const char* verb) {
        for (const auto& [key, name] : from) {
            if (without.count(key) == 0) lines.push_back(verb + name);
        }
    };
    report(now.descriptors_, descriptors_, "left: ");
    report(descriptors_, now.descriptors_, "closed: ");
    report(now.others_, others_, "left: ");
    for (const auto& [name, value] : now.counters_) {
        const auto before = counters_.find(name);
        const std::int64_t expected = before == counters_.end() ? 0 : before->second;
        if (value == expected) continue;
        lines.push_back("counter: " + name + " is " + std::to_string(value) + ", was " +
                        std::to_string(expected));
    }
    return lines;
}

std::vector<std::string> Snapshot::differences() const {
    std::vector<std::string> lines;
    const auto agree = [&] {
        lines = compare(take());
        return lines.empty();
    };
    static_cast<void>(eventually(agree, settle_wait()));
    return lines;
}

}  // namespace cf_test

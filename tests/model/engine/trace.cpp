#include "engine/trace.h"

#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <map>

namespace cf_model {
namespace {

constexpr size_t kMostSteps = 120;

uintptr_t load_address() {
    uintptr_t address = 0;
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* out) {
            *static_cast<uintptr_t*>(out) = info->dlpi_addr;
            return 1;
        },
        &address);
    return address;
}

std::string last_part(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// "Class::function" of a demangled signature.
std::string short_name(std::string name) {
    static const std::string kNowhere = "(anonymous namespace)::";
    for (size_t at = 0; (at = name.find(kNowhere)) != std::string::npos;)
        name.erase(at, kNowhere.size());
    size_t bracket = name.find('(');
    if (bracket != std::string::npos && name.compare(0, bracket, "operator") == 0)
        bracket = name.find('(', bracket + 1);
    if (bracket != std::string::npos) name.resize(bracket);
    return name;
}

/// What every simulated thread begins with.
bool is_a_beginning(const std::string& name) {
    return name.find("__invoke") != std::string::npos ||
           name.find("thread_main") != std::string::npos;
}

std::string read_line(FILE* file) {
    char line[2048];
    if (fgets(line, sizeof line, file) == nullptr) return {};
    std::string text(line);
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

/// "function (file:line)" for each return address; nothing when addr2line is not there.
std::map<void*, std::string> names_of(const std::vector<void*>& callers) {
    char program[256];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    std::map<void*, std::string> names;
    if (length <= 0 || callers.empty()) return names;
    program[length] = '\0';
    std::string command = "addr2line -aiCfe '" + std::string(program) + "'";
    const uintptr_t base = load_address();
    for (void* caller : callers) {
        char address[32];
        // The call is before the address to return to.
        std::snprintf(address, sizeof address, " %" PRIxPTR,
                      reinterpret_cast<uintptr_t>(caller) - base - 1);
        command += address;
    }
    FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
    if (pipe == nullptr) return names;
    // For each address: the address, then a function and a place for each call that was inlined there.
    std::string line = read_line(pipe);
    for (void* caller : callers) {
        if (!line.starts_with("0x")) break;
        for (line = read_line(pipe); !line.empty() && !line.starts_with("0x");
             line = read_line(pipe)) {
            std::string place = last_part(read_line(pipe));
            place.resize(std::min(place.find(' '), place.size()));
            // The innermost that is not of the seam.
            std::string& name = names[caller];
            if (name.empty() || name.find("(sync_model.h") != std::string::npos)
                name = short_name(line) + " (" + place + ")";
        }
    }
    pclose(pipe);
    return names;
}

}  // namespace

std::string Trace::to_string() const {
    std::vector<void*> callers;
    const size_t first = steps_.size() > kMostSteps ? steps_.size() - kMostSteps : 0;
    for (size_t i = first; i < steps_.size(); ++i)
        callers.insert(callers.end(), steps_[i].callers.begin(), steps_[i].callers.end());
    std::sort(callers.begin(), callers.end());
    callers.erase(std::unique(callers.begin(), callers.end()), callers.end());
    const std::map<void*, std::string> names = names_of(callers);
    std::string text;
    if (first != 0) text += "  ... " + std::to_string(first) + " steps before\n";
    for (size_t i = first; i < steps_.size(); ++i) {
        const Step& step = steps_[i];
        text +=
            "  " + std::to_string(i) + ": thread " + std::to_string(step.thread) + " " + step.what;
        if (!step.where.empty()) text += " " + step.where;
        text += " [" + std::to_string(step.value) + "]";
        for (void* caller : step.callers) {
            const auto name = names.find(caller);
            if (name != names.end() && !is_a_beginning(name->second)) text += " < " + name->second;
        }
        text += "\n";
    }
    return text;
}

}  // namespace cf_model

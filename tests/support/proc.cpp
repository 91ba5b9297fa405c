#include "support/proc.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

namespace cf_test {

std::vector<std::string> list_directory(const std::string& path) {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator entry(path, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        names.push_back(entry->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    // The file may go while it is read: an iterator would throw that, the inserter takes it for the end.
    std::ostringstream content;
    content << file.rdbuf();
    std::string text = content.str();
    const auto is_blank = [](char c) { return c == '\0' || c == '\n' || c == ' '; };
    while (!text.empty() && is_blank(text.back()))
        text.pop_back();
    return text;
}

std::string describe_process(pid_t pid) {
    const std::string folder = "/proc/" + std::to_string(pid);
    std::string command = read_text(folder + "/cmdline");
    std::replace(command.begin(), command.end(), '\0', ' ');
    // "pid (name) state ...", where the name may itself contain spaces and parentheses.
    const std::string stat = read_text(folder + "/stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return std::to_string(pid) + " (gone)";
    return stat.substr(0, name_end + 3) + (command.empty() ? "" : ": " + command);
}

std::vector<pid_t> children_of(pid_t pid) {
    // A child belongs to the thread that made it, so each thread has a list.
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    std::vector<pid_t> children;
    for (const std::string& tid : list_directory(tasks)) {
        std::istringstream list(read_text(tasks + "/" + tid + "/children"));
        std::copy(std::istream_iterator<pid_t>(list), {}, std::back_inserter(children));
    }
    return children;
}

std::vector<pid_t> descendants_of(pid_t pid) {
    std::vector<pid_t> found = children_of(pid);
    for (std::size_t next = 0; next < found.size(); ++next) {
        const std::vector<pid_t> more = children_of(found[next]);
        found.insert(found.end(), more.begin(), more.end());
    }
    return found;
}

}  // namespace cf_test

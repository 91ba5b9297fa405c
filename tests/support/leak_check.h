// Proves that nothing is left behind: what a process holds after a test is what it held before.
//
// A snapshot lists open descriptors, threads, children (zombies too), the entries of /dev/shm and
// of the watched directories, and the counters that the code under test has registered.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cf_test {

// Adds the entries of a directory to all later snapshots.
void watch_directory(const std::string& path);

// Adds a number that must come back to its base line, such as the count of live handles.
void add_counter(const std::string& name, std::int64_t (*read)());

class Snapshot {
  public:
    static Snapshot take();

    // What differs from the process as it is now, one line each; empty when nothing does. Waits up
    // to settle_wait() for differences to go away, since a joined thread or a reaped child is
    // visible in /proc for a moment longer. Things that ended are no difference, except
    // descriptors: one that the test did not open is not the test's to close.
    std::vector<std::string> differences() const;

  private:
    std::vector<std::string> compare(const Snapshot& now) const;

    // What identifies a thing -> how to name it to a person.
    using Things = std::map<std::string, std::string>;
    Things descriptors_;
    Things others_;
    std::map<std::string, std::int64_t> counters_;
};

}  // namespace cf_test

// A gate between a test and its worker processes: workers arrive and block until the test opens it.
//
// It is two named pipes in a directory. A worker writes its pid to "arrived" and reads "open" until
// end of file, which comes when the test closes its end, or dies. Waits are bounded as in events.h.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace cf_test {

class ProcessGate {
  public:
    ProcessGate();
    ~ProcessGate();
    ProcessGate(const ProcessGate&) = delete;
    ProcessGate& operator=(const ProcessGate&) = delete;

    // What a worker needs to know.
    const std::string& path() const { return directory_.path(); }

    // Waits for n more workers to arrive; returns their pids.
    std::vector<pid_t> wait_arrived(int n = 1);

    // Lets go everyone, those who arrive later too. They still count as arrived.
    void open();

    // In the worker: reports the arrival and waits until the gate is open.
    static void pass(const std::string& path);

  private:
    TempDir directory_;
    int arrived_ = -1;
    int open_ = -1;
};

}  // namespace cf_test

// What a test process stands on, whichever language its tests are written in.
#pragma once

#include "support/temp_dir.h"

namespace cf_test {

// Starts the watchdog and gives the process and its children a temporary directory of their own
// ($TMPDIR), which the leak check watches. One for each process, at the start of main().
class Ground {
  public:
    Ground();

  private:
    TempDir temp_;
};

}  // namespace cf_test

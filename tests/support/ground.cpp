#include "support/ground.h"

#include "support/leak_check.h"
#include "support/watchdog.h"

namespace cf_test {

Ground::Ground() {
    setenv("TMPDIR", temp_.path().c_str(), 1);
    setenv("TEST_TMPDIR", temp_.path().c_str(), 1);  // GoogleTest's name for it
    watch_directory(temp_.path());
    start_watchdog();
}

}  // namespace cf_test

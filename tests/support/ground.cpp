#include "support/ground.h"

#include <unistd.h>

#include "support/leak_check.h"
#include "support/watchdog.h"

namespace cf_test {

namespace {

const pid_t program = getpid();

}  // namespace

// Asked by the address sanitizer. A forked child has only one of the threads: what the others hold looks
// leaked there.
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() {
    return getpid() != program;
}

Ground::Ground() {
    setenv("TMPDIR", temp_.path().c_str(), 1);
    setenv("TEST_TMPDIR", temp_.path().c_str(), 1);  // GoogleTest's name for it
    watch_directory(temp_.path());
    start_watchdog();
}

}  // namespace cf_test

// Ends a wedged test with the stacks of every thread of the process and of all its descendants.
#pragma once

#include <string>

#include "support/time.h"

namespace cf_test {

// Starts the watchdog thread, which blocks all signals and lives as long as the process. Call it
// once, before any snapshot of the leak check.
void start_watchdog();

// From now on `name` is what runs; the process is aborted if that is still so after `limit`.
void watch(const std::string& name, Duration limit = test_limit());
void unwatch();

// Dumps all stacks to stderr, kills the descendants and aborts. The message names what runs. The
// temporary files stay, as evidence.
[[noreturn]] void die_with_stacks(const std::string& why);

}  // namespace cf_test

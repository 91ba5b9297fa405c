// Puts every test of a GoogleTest program under the leak check and the watchdog, so that no test
// can forget them.
#pragma once

namespace cf_test {

// Between InitGoogleTest and RUN_ALL_TESTS.
void install_gtest_listener();

}  // namespace cf_test

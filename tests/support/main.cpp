// main() of all GoogleTest programs.
#include <gtest/gtest.h>

#include <string_view>

#include "support/early_main.h"
#include "support/ground.h"
#include "support/gtest_listener.h"

extern "C" __attribute__((weak)) int cf_test_early_main(int, char**) {
    return -1;
}

namespace {

bool is_death_test_child(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]).starts_with("--gtest_internal_run_death_test")) return true;
    }
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    const int status = cf_test_early_main(argc, argv);
    if (status >= 0) return status;

    // The statement of a death test dies: there is nothing to come back to, and the parent watches.
    const bool dies = is_death_test_child(argc, argv);
    testing::InitGoogleTest(&argc, argv);
    // The watchdog is a thread, so a death test must not be a bare fork.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    if (dies) return RUN_ALL_TESTS();

    const cf_test::Ground ground;
    cf_test::install_gtest_listener();
    return RUN_ALL_TESTS();
}

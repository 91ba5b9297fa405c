#include "support/gtest_listener.h"

#include <gtest/gtest.h>

#include <string>

#include "support/leak_check.h"
#include "support/watchdog.h"

namespace cf_test {
namespace {

void expect_no_differences(const Snapshot& before, const std::string& who) {
    for (const std::string& line : before.differences())
        ADD_FAILURE() << who << " " << line;
}

// A failure that is added in an end event still counts for the test, or suite, that ends.
class Listener : public testing::EmptyTestEventListener {
    void OnTestSuiteStart(const testing::TestSuite& suite) override {
        before_suite_ = Snapshot::take();
        watch(std::string(suite.name()) + " (set up)");
    }

    void OnTestStart(const testing::TestInfo& test) override {
        before_test_ = Snapshot::take();
        watch(name_of(test));
    }

    void OnTestEnd(const testing::TestInfo& test) override {
        expect_no_differences(before_test_, name_of(test));
        watch(std::string(test.test_suite_name()) + " (tear down)");
    }

    void OnTestSuiteEnd(const testing::TestSuite& suite) override {
        // A leak of a test was reported at its end; here it is about what the suite shared.
        if (suite.failed_test_count() == 0) expect_no_differences(before_suite_, suite.name());
        unwatch();
    }

    void OnTestProgramEnd(const testing::UnitTest&) override { watch("exit handlers"); }

    static std::string name_of(const testing::TestInfo& test) {
        return std::string(test.test_suite_name()) + "." + test.name();
    }

    Snapshot before_suite_;
    Snapshot before_test_;
};

}  // namespace

void install_gtest_listener() {
    // GoogleTest owns it. End events reach the last listener first, so the verdict is in before the
    // printer speaks.
    testing::UnitTest::GetInstance()->listeners().Append(new Listener);
}

}  // namespace cf_test

/* Cases for the C runner; half of them fail on purpose. */
#include <fcntl.h>

#include "support/c_test.h"

static int counts_to_three(void* count) {
    return ++*(int*)count == 3;
}

static int never(void* unused) {
    (void)unused;
    return 0;
}

static void passes(void) {
    CHECK(1);
    CHECK_EQ_INT(2 + 2, 4);
    CHECK_STR("same", "same");
    CHECK_STR(NULL, NULL);
    CHECK(cf_test_short_wait_ns() < cf_test_long_wait_ns());
    int count = 0;
    CHECK(cf_test_eventually(counts_to_three, &count));
    CHECK_EQ_INT(count, 3);
    cf_test_gate_t* gate = cf_test_gate_new();
    cf_test_gate_open(gate);
    cf_test_gate_wait(gate);
    cf_test_gate_free(gate);
}

static void fails_in_a_phase(void) {
    cf_test_phase("adding up");
    CHECK_EQ_INT(2 + 2, 5);
    cf_test_phase("comparing");
    CHECK_STR("this", "that");
    CHECK_STR(NULL, "that");
    CHECK(cf_test_eventually(never, NULL));
}

static void stops_at_require(void) {
    REQUIRE(1 > 2);
    CHECK(0 && "reached after a failed REQUIRE");
}

static void leaves_a_descriptor(void) {
    CHECK(open("/dev/null", O_RDONLY) >= 0);
}

static void wedges_on_a_gate(void) {
    cf_test_phase("waiting");
    cf_test_gate_wait(cf_test_gate_new());
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(passes),           CF_TEST_CASE(fails_in_a_phase),
        CF_TEST_CASE(stops_at_require), CF_TEST_CASE(leaves_a_descriptor),
        CF_TEST_CASE(wedges_on_a_gate),
    };
    return CF_TEST_RUN(cases, argc, argv);
}

#include "support/c_test.h"

#include <stdio.h>
#include <string.h>

#include "support/c_bridge.h"

/* Of the case that runs. Checks come from any thread, so the count is changed atomically. */
static int failures;
static const char* case_name = "";
static const char* phase_name = "";

static int report(const char* text, const char* file, int line, const char* detail) {
    __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
    const char* phase = __atomic_load_n(&phase_name, __ATOMIC_ACQUIRE);
    printf("%s:%d: check failed%s%s: %s%s\n", file, line, *phase ? " in phase " : "", phase, text,
           detail);
    return 0;
}

int cf_test_check(int ok, const char* text, const char* file, int line) {
    return ok ? 1 : report(text, file, line, "");
}

int cf_test_check_int(long long actual, long long expected, const char* text, const char* file,
                      int line) {
    if (actual == expected) return 1;
    char detail[80];
    snprintf(detail, sizeof detail, " (%lld, not %lld)", actual, expected);
    return report(text, file, line, detail);
}

int cf_test_check_str(const char* actual, const char* expected, const char* text, const char* file,
                      int line) {
    if (actual != NULL && expected != NULL && strcmp(actual, expected) == 0) return 1;
    if (actual == expected) return 1;
    char detail[1000];
    snprintf(detail, sizeof detail, "\n    is:     %s\n    wanted: %s",
             actual != NULL ? actual : "NULL", expected != NULL ? expected : "NULL");
    return report(text, file, line, detail);
}

void cf_test_phase(const char* name) {
    char watched[200];
    snprintf(watched, sizeof watched, "%s (%s)", case_name, name);
    cf_test_watch(watched);
    __atomic_store_n(&phase_name, name, __ATOMIC_RELEASE);
}

static int is_wanted(const char* name, int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], name) == 0) return 1;
    }
    return argc < 2;
}

static int run_case(const cf_test_case_t* one) {
    case_name = one->name;
    phase_name = "";
    failures = 0;
    cf_test_snapshot_open();
    cf_test_watch(one->name);
    one->run();
    failures += cf_test_snapshot_close();
    printf("%s %s\n", failures == 0 ? "ok  " : "FAIL", one->name);
    fflush(stdout);
    return failures == 0;
}

int cf_test_run(const cf_test_case_t* cases, size_t count, int argc, char** argv) {
    int passed = 0;
    int failed = 0;
    cf_test_ground_open();
    for (size_t i = 0; i < count; ++i) {
        if (!is_wanted(cases[i].name, argc, argv)) continue;
        if (run_case(&cases[i])) {
            ++passed;
        } else {
            ++failed;
        }
    }
    cf_test_watch("exit handlers");
    cf_test_ground_close();
    printf("%d passed, %d failed\n", passed, failed);
    return passed > 0 && failed == 0 ? 0 : 1;
}

/* A small test runner for plain C99, on the same ground as the GoogleTest programs: each case runs
 * under the watchdog and the leak check.
 *
 *     static void adds(void) { CHECK_EQ_INT(1 + 1, 2); }
 *
 *     int main(int argc, char **argv) {
 *         static const cf_test_case_t cases[] = {CF_TEST_CASE(adds)};
 *         return CF_TEST_RUN(cases, argc, argv);
 *     }
 *
 * Arguments, if any, are the names of the cases to run. Checks may be made on any thread.
 */
#ifndef CF_TEST_C_TEST_H
#define CF_TEST_C_TEST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cf_test_case {
    const char* name;
    void (*run)(void);
} cf_test_case_t;

#define CF_TEST_CASE(function) \
    { #function, function }

#define CF_TEST_RUN(cases, argc, argv) \
    cf_test_run((cases), sizeof(cases) / sizeof((cases)[0]), (argc), (argv))

/* Prints a line for each case and the closing line "N passed, N failed". Returns 0 when all passed
 * and there was one. */
int cf_test_run(const cf_test_case_t* cases, size_t count, int argc, char** argv);

/* A check that fails is reported, and the case goes on; its value is 1 or 0. */
#define CHECK(condition) cf_test_check((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_EQ_INT(actual, expected)                                                      \
    cf_test_check_int((long long)(actual), (long long)(expected), #actual " == " #expected, \
                      __FILE__, __LINE__)
#define CHECK_STR(actual, expected) \
    cf_test_check_str((actual), (expected), #actual " == " #expected, __FILE__, __LINE__)

/* Leaves the function when what follows would make no sense. */
#define REQUIRE(condition)             \
    do {                               \
        if (!CHECK(condition)) return; \
    } while (0)

/* Names what the case does from here on; failures and the watchdog tell it. */
void cf_test_phase(const char* name);

int cf_test_check(int ok, const char* text, const char* file, int line);
int cf_test_check_int(long long actual, long long expected, const char* text, const char* file,
                      int line);
int cf_test_check_str(const char* actual, const char* expected, const char* text, const char* file,
                      int line);

/* See time.h. */
int64_t cf_test_short_wait_ns(void);
int64_t cf_test_long_wait_ns(void);

/* See eventually.h: returns 1 as soon as the predicate does, 0 when it has not within long_wait. */
int cf_test_eventually(int (*holds)(void* argument), void* argument);

/* See leak_check.h: a number that must be the same after each case. */
void cf_test_add_counter(const char* name, int64_t (*read)(void));

/* See Gate in events.h. */
typedef struct cf_test_gate cf_test_gate_t;
cf_test_gate_t* cf_test_gate_new(void);
void cf_test_gate_open(cf_test_gate_t* gate);
void cf_test_gate_wait(const cf_test_gate_t* gate);
void cf_test_gate_free(cf_test_gate_t* gate);

/* See ProcessGate::pass in process_gate.h: for workers that are written in C. */
void cf_test_process_gate_pass(const char* path);

#ifdef __cplusplus
}
#endif

#endif

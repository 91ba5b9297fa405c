/* What the C runner needs from the C++ side. */
#ifndef CF_TEST_C_BRIDGE_H
#define CF_TEST_C_BRIDGE_H

#ifdef __cplusplus
extern "C" {
#endif

/* Around all cases: see ground.h. */
void cf_test_ground_open(void);
void cf_test_ground_close(void);

/* What runs now, for the watchdog; each call gives it its time again. */
void cf_test_watch(const char* name);

/* Around each case: close prints what was left and returns how many things that are. */
void cf_test_snapshot_open(void);
int cf_test_snapshot_close(void);

#ifdef __cplusplus
}
#endif

#endif

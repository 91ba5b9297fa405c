/* Every value that programs compile in: a change of one of these breaks the ABI, and so must not
 * compile. Plain C99 has no static assertion, so each is an array that must not have a negative size. */
#include <cfutures/cfutures.h>

#include "support/c_test.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define FROZEN(name, value) typedef char JOIN(frozen_at_line_, __LINE__)[(name) == (value) ? 1 : -1]

FROZEN(CFUTURES_VERSION_MAJOR, 0);
FROZEN(CFUTURES_VERSION_MINOR, 1);
FROZEN(CFUTURES_VERSION_PATCH, 0);
FROZEN(CFUTURES_VERSION_NUMBER, 1000);

FROZEN(CF_STATUS_OK, 0);
FROZEN(CF_STATUS_END, 1);
FROZEN(CF_STATUS_INVALID_ARGUMENT, -1);
FROZEN(CF_STATUS_INVALID_STATE, -2);
FROZEN(CF_STATUS_NO_MEMORY, -3);
FROZEN(CF_STATUS_SYSTEM, -4);
FROZEN(CF_STATUS_UNSUPPORTED, -5);
FROZEN(CF_STATUS_INTERNAL, -6);
FROZEN(CF_STATUS_TIMEOUT, -7);
FROZEN(CF_STATUS_CANCELLED, -8);
FROZEN(CF_STATUS_TASK_FAILED, -9);
FROZEN(CF_STATUS_TASK_EXITED, -10);
FROZEN(CF_STATUS_WORKER_LOST, -11);
FROZEN(CF_STATUS_WORKER_KILLED, -12);
FROZEN(CF_STATUS_DEADLINE_EXCEEDED, -13);
FROZEN(CF_STATUS_BROKEN_EXECUTOR, -14);
FROZEN(CF_STATUS_SHUT_DOWN, -15);
FROZEN(CF_STATUS_QUEUE_FULL, -16);
FROZEN(CF_STATUS_WOULD_DEADLOCK, -17);
FROZEN(CF_STATUS_NESTING_LIMIT, -18);
FROZEN(CF_STATUS_FORKED, -19);
FROZEN(CF_STATUS_UNKNOWN_FUNCTION, -20);
FROZEN(CF_STATUS_ENCODE_ERROR, -21);
FROZEN(CF_STATUS_DECODE_ERROR, -22);
FROZEN(CF_STATUS_PROTOCOL_ERROR, -23);
FROZEN(CF_STATUS_BROKEN_PROMISE, -24);
FROZEN(CF_STATUS_RESERVED, -2147483647);

FROZEN(CF_FUTURE_STATE_INVALID, -1);
FROZEN(CF_FUTURE_STATE_PENDING, 0);
FROZEN(CF_FUTURE_STATE_RUNNING, 1);
FROZEN(CF_FUTURE_STATE_CANCELLED, 2);
FROZEN(CF_FUTURE_STATE_FINISHED, 3);

FROZEN(CF_RESULT_KIND_INVALID, -1);
FROZEN(CF_RESULT_KIND_NONE, 0);
FROZEN(CF_RESULT_KIND_POINTER, 1);
FROZEN(CF_RESULT_KIND_BYTES, 2);
FROZEN(CF_RESULT_KIND_JSON, 3);

FROZEN(CF_RETURN_WHEN_INVALID, -1);
FROZEN(CF_RETURN_WHEN_FIRST_COMPLETED, 0);
FROZEN(CF_RETURN_WHEN_FIRST_EXCEPTION, 1);
FROZEN(CF_RETURN_WHEN_ALL_COMPLETED, 2);

FROZEN(CF_SHUTDOWN_INVALID, -1);
FROZEN(CF_SHUTDOWN_WAIT, 1);
FROZEN(CF_SHUTDOWN_CANCEL_FUTURES, 2);

FROZEN(CF_EXIT_POLICY_INVALID, -1);
FROZEN(CF_EXIT_POLICY_DRAIN, 0);
FROZEN(CF_EXIT_POLICY_CANCEL_PENDING, 1);
FROZEN(CF_EXIT_POLICY_ABANDON, 2);

FROZEN(sizeof(cf_exit_policy_t), 4);
FROZEN(sizeof(cf_status_t), 4);
FROZEN(sizeof(cf_future_state_t), 4);
FROZEN(sizeof(cf_result_kind_t), 4);
FROZEN(sizeof(cf_return_when_t), 4);
FROZEN(sizeof(cf_shutdown_flags_t), 4);

FROZEN(CF_HELP_INVALID, -1);
FROZEN(CF_HELP_OWN_TARGET, 0);
FROZEN(CF_HELP_ANY, 1);
FROZEN(CF_HELP_NONE, 2);
FROZEN(CF_WORKER_STATE_INVALID, -1);
FROZEN(CF_WORKER_STATE_STARTING, 0);
FROZEN(CF_WORKER_STATE_IDLE, 1);
FROZEN(CF_WORKER_STATE_RUNNING, 2);
FROZEN(CF_WORKER_STATE_LEAVING, 3);
FROZEN(sizeof(cf_worker_state_t), 4);

FROZEN(CF_THEN_INVALID, -1);
FROZEN(CF_THEN_ON_SUCCESS, 1);

FROZEN(sizeof(cf_then_flags_t), 4);

/* The list names each status once; a new one must be frozen above and counted here. */
static void the_list_is_complete(void) {
    int count = 0;
    int sum = 0;
#define COUNT(name, value, message)                       \
    ++count;                                              \
    sum += (value);                                       \
    CHECK_STR(cf_status_name(value), "CF_STATUS_" #name); \
    CHECK_STR(cf_status_message(value), message);
    CFUTURES_STATUS_LIST(COUNT)
#undef COUNT
    CHECK_EQ_INT(count, 26);
    CHECK_EQ_INT(sum, 1 - 24 * 25 / 2);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {CF_TEST_CASE(the_list_is_complete)};
    return CF_TEST_RUN(cases, argc, argv);
}

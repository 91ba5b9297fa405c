/* What C does for the package: the functions that the library calls, and calls that are cheaper when they
 * are one. Ids travel in place of Go pointers, which C may not keep. */
#ifndef CFUTURES_GO_BRIDGE_H
#define CFUTURES_GO_BRIDGE_H

#include <cfutures/cfutures.h>

/* What a call may be given; zeroes are the defaults. */
typedef struct {
    const char* name;
    int64_t deadline_ns;
    int64_t queue_timeout_ns;
    int32_t retries;
    int32_t priority;
} cfgo_options_t;

/* A done future, as the package wants to know it. `text` lives as long as `future`. */
typedef struct {
    uint64_t id;
    cf_future_t* future;
    cf_status_t status;
    const char* text; /* of a JSON result */
    size_t size;
} cfgo_done_t;

/* Submit the Go function with this id. It is called once, and then it is over; or it never is, and the
 * queue gives the future with the id as its tag. When this fails with a future the queue still does. */
cf_status_t cfgo_submit(cf_executor_t* executor, cfgo_options_t options,
                        cf_completion_queue_t* queue, uint64_t id, cf_future_t** future_out,
                        cf_error_t** error_out);

/* In how many Go functions this thread is, one on top of the other. */
int32_t cfgo_depth(void);
/* Out of the innermost, which does not return; gives the depth that is left. */
int32_t cfgo_leave(void);
/* The thread does nothing any more, and its pool knows. Does not return. */
void cfgo_rest(void);

/* Submit a named call, whose future the queue gives with the id as its tag. */
cf_status_t cfgo_submit_call(cf_executor_t* executor, cfgo_options_t options,
                             cf_completion_queue_t* queue, uint64_t id, const char* name,
                             const char* arguments, size_t size, cf_future_t** future_out,
                             cf_error_t** error_out);

/* Submit a function of C with each of `data`. */
cf_status_t cfgo_submit_batch(cf_executor_t* executor, cfgo_options_t options, cf_task_fn task_fn,
                              void* const* data, size_t count, cf_future_t** futures_out,
                              cf_error_t** error_out);

/* Wait until all are done. `pointers_out` takes the results that are pointers. */
void cfgo_await_batch(cf_future_t* const* futures, size_t count, void** pointers_out);

/* Gives how many are cancelled. */
size_t cfgo_cancel_batch(cf_future_t* const* futures, size_t count);

/* A result that is bytes or JSON; they live as long as the future. */
void cfgo_result_bytes(cf_future_t* future, void** bytes_out, size_t* size_out);

/* Take what is done, without waiting; gives how many there were, 0 for none. */
size_t cfgo_take_done(cf_completion_queue_t* queue, cfgo_done_t* done, size_t capacity);

void cfgo_release_futures(cf_future_t* const* futures, size_t count);

/* Register the Go function with this id under a name. */
cf_status_t cfgo_register(const char* name, uint64_t id, cf_error_t** error_out);

/* Fail a task with a status of its own. */
int32_t cfgo_fail(cf_task_t* task, cf_status_t status, const char* type_name, const char* message,
                  const char* detail);

#endif

/*
 * cfutures.h: executors and futures for every language with a C FFI.
 *
 * The verbs are those of Python's concurrent.futures. An executor (a pool of threads, a pool of
 * processes, or the calling thread itself) runs calls; each call has a future; a future can be
 * waited for, cancelled, given callbacks, and read.
 *
 * Conventions, by number (comments and tests cite them):
 *
 *  1. Names are cf_<noun>_<verb>, types cf_<noun>_t, constants CF_<ENUM>_<VALUE>, macros
 *     CFUTURES_*.
 *  2. Every handle is an opaque pointer to a reference-counted object. A handle that a function
 *     returns or writes to an _out parameter carries one reference for the caller, unless its
 *     comment says "borrowed". Retain returns its argument; release takes NULL, returns nothing,
 *     never fails and never blocks. Releases are legal in any order, on any thread, in callbacks.
 *  3. A NULL handle, or a handle of another kind, is answered with CF_STATUS_INVALID_ARGUMENT (or
 *     the neutral value that the comment names), never with a crash. A released handle is a
 *     programming error; debug builds detect it.
 *  4. Fallible functions return cf_status_t: 0 is success, positive values are not failures (END),
 *     negative values are. The set may grow: treat an unknown negative value as a failure.
 *  5. error_out, always last and always optional, receives an owned error with a message that says
 *     what to do. _out parameters are set to NULL or 0 on entry and written only on success
 *     (error_out: only on failure). There is no thread-local "last error".
 *  6. A callback is a function, a user_data pointer and, where the library keeps user_data, a
 *     destroy function (NULL for none). user_data belongs to the library from the moment of the
 *     call: destroy runs exactly once on every path, also when the call itself fails.
 *  7. Callbacks must not unwind into the library. A C++ exception that does is caught and fails the
 *     future; one of a done callback is told to the hook for unobserved failures; pthread_exit in a
 *     task fails the future with CF_STATUS_TASK_EXITED; longjmp is undefined. Destroy functions have
 *     to return.
 *  8. No library lock is held while user code runs: any function may be called from a callback
 *     unless its comment says otherwise.
 *  9. What a caller passes in is copied or only looked at during the call, user_data excepted.
 *     Text is UTF-8. Sizes given as int64_t may be -1: the text ends at its NUL.
 * 10. Borrowed views (const char *, bytes) live as long as the handle they were read from. The
 *     result of a done future never changes. Memory that the caller owns is freed with cf_free().
 * 11. Time is nanoseconds in int64_t on the monotonic clock: negative waits for ever, 0 polls.
 * 12. "Thread:" is one of: any thread; any thread but not from a callback; one thread at a time. No
 *     function may be called from a signal handler. Predicates return int32_t 0 or 1.
 * 13. Arguments of a named call are one JSON array (positional) or one JSON object (by name); its
 *     result is any JSON value. Between processes nothing but JSON text and bytes travels. JSON is
 *     RFC 8259 in UTF-8, nested at most 128 levels deep, with integers that fit int64_t or uint64_t
 *     and other numbers that fit a double.
 * 14. Nothing happens at load time. The first executor registers one exit hook: when exit handlers
 *     run, accepted work is finished first, unless the executor's exit policy says otherwise.
 * 15. In a forked child the parent's executors, queues, maps, promises, and futures that were not done
 *     answer FORKED at once; predicates tell what was true at the fork, and a release does nothing or
 *     little. Done futures can be read. A task or callback that forks ends there in the child: if it
 *     returns, the child's thread ends, and with it the child. The child may make executors of its own.
 *     Forks are seen from the first executor on, and if they run the handlers of pthread_atfork().
 *
 * MIT licence. See docs/ for guides and docs/python-parity.md for Python's names.
 */
#ifndef CFUTURES_CFUTURES_H
#define CFUTURES_CFUTURES_H

#include <stddef.h>
#include <stdint.h>

#define CFUTURES_VERSION_MAJOR 0
#define CFUTURES_VERSION_MINOR 1
#define CFUTURES_VERSION_PATCH 0
/* MAJOR * 1000000 + MINOR * 1000 + PATCH */
#define CFUTURES_VERSION_NUMBER 1000

#if defined(__GNUC__) || defined(__clang__)
#define CFUTURES_API __attribute__((visibility("default")))
#else
#define CFUTURES_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------
 * Types
 * --------------------------------------------------------------------------------------------- */

/** Runs calls: a thread pool, a process pool, or the inline executor. */
typedef struct cf_executor cf_executor_t;
/** The outcome of one call, now or later. */
typedef struct cf_future cf_future_t;
/** The writing side of a future that no executor completes. */
typedef struct cf_promise cf_promise_t;
/** The running call, as its own function sees it; valid only while that function runs. */
typedef struct cf_task cf_task_t;
/** Why something failed; immutable. */
typedef struct cf_error cf_error_t;
/** A queue from which done futures are taken in completion order. */
typedef struct cf_completion_queue cf_completion_queue_t;
/** The results of one function over many inputs. */
typedef struct cf_map cf_map_t;
typedef struct cf_thread_pool_options cf_thread_pool_options_t;
typedef struct cf_process_pool_options cf_process_pool_options_t;
typedef struct cf_submit_options cf_submit_options_t;
typedef struct cf_map_options cf_map_options_t;
/** The worker processes of a pool at one moment. */
typedef struct cf_worker_list cf_worker_list_t;
/** The counters of an executor at one moment. */
typedef struct cf_stats cf_stats_t;

/**
 * What a function has to say. X(NAME, value, message) for each; values are never reused.
 * The constants are CF_STATUS_<NAME>.
 */
#define CFUTURES_STATUS_LIST(X)                                                              \
    X(OK, 0, "success")                                                                      \
    X(END, 1, "there are no more items")                                                     \
    X(INVALID_ARGUMENT, -1, "an argument is NULL, of the wrong kind, or out of range")       \
    X(INVALID_STATE, -2, "the object is not in a state that allows this")                    \
    X(NO_MEMORY, -3, "memory could not be allocated")                                        \
    X(SYSTEM, -4, "a system call failed; the error holds its errno")                         \
    X(UNSUPPORTED, -5, "this executor or platform does not offer this")                      \
    X(INTERNAL, -6, "the library broke one of its own rules; please report it")              \
    X(TIMEOUT, -7, "the wait timed out; what was waited for goes on")                        \
    X(CANCELLED, -8, "the call was cancelled before it started")                             \
    X(TASK_FAILED, -9, "the task failed; the error says how")                                \
    X(TASK_EXITED, -10, "the task ended its thread instead of returning")                    \
    X(WORKER_LOST, -11, "the worker process died while it ran the call")                     \
    X(WORKER_KILLED, -12, "the worker process was killed by request while it ran the call")  \
    X(DEADLINE_EXCEEDED, -13, "the call ran past its deadline")                              \
    X(BROKEN_EXECUTOR, -14, "the executor cannot run anything any more; the error says why") \
    X(SHUT_DOWN, -15, "the executor was shut down and takes no new calls")                   \
    X(QUEUE_FULL, -16, "the executor's queue is full")                                       \
    X(WOULD_DEADLOCK, -17, "the wait could never end, because it waits for itself")          \
    X(NESTING_LIMIT, -18, "process pools are nested too deeply")                             \
    X(FORKED, -19, "the executor belongs to the parent of this forked process")              \
    X(UNKNOWN_FUNCTION, -20, "no function is registered under this name")                    \
    X(ENCODE_ERROR, -21, "a value cannot be written as JSON for another process")            \
    X(DECODE_ERROR, -22, "a text is not the JSON that was expected")                         \
    X(PROTOCOL_ERROR, -23, "the other process broke the protocol")                           \
    X(BROKEN_PROMISE, -24, "the promise was dropped before it was kept")

typedef int32_t cf_status_t;
enum cf_status {
#define CFUTURES_STATUS_ENUMERATOR(name, value, message) CF_STATUS_##name = (value),
    CFUTURES_STATUS_LIST(CFUTURES_STATUS_ENUMERATOR)
#undef CFUTURES_STATUS_ENUMERATOR
        CF_STATUS_RESERVED = -2147483647
};

/** The states of a future. RUNNING means that a worker has started it. */
typedef int32_t cf_future_state_t;
enum cf_future_state {
    CF_FUTURE_STATE_INVALID = -1, /* not a future */
    CF_FUTURE_STATE_PENDING = 0,
    CF_FUTURE_STATE_RUNNING = 1,
    CF_FUTURE_STATE_CANCELLED = 2,
    CF_FUTURE_STATE_FINISHED = 3 /* with a result or with an error */
};

/** What kind of result a finished future holds. */
typedef int32_t cf_result_kind_t;
enum cf_result_kind {
    CF_RESULT_KIND_INVALID = -1, /* no result: not finished, failed, cancelled, or not a future */
    CF_RESULT_KIND_NONE = 0,     /* the task succeeded and returned nothing */
    CF_RESULT_KIND_POINTER = 1,
    CF_RESULT_KIND_BYTES = 2,
    CF_RESULT_KIND_JSON = 3
};

/** When cf_wait() returns. */
typedef int32_t cf_return_when_t;
enum cf_return_when {
    CF_RETURN_WHEN_INVALID = -1,
    CF_RETURN_WHEN_FIRST_COMPLETED = 0,
    CF_RETURN_WHEN_FIRST_EXCEPTION = 1, /* a cancelled future is no exception */
    CF_RETURN_WHEN_ALL_COMPLETED = 2
};

/** What submitting does when a bounded queue is full. */
typedef int32_t cf_queue_policy_t;
enum cf_queue_policy {
    CF_QUEUE_POLICY_INVALID = -1,
    CF_QUEUE_POLICY_BLOCK = 0, /* wait for a place, as cf_submit_options_set_queue_timeout() says */
    CF_QUEUE_POLICY_FAIL = 1,  /* fail with QUEUE_FULL */
    CF_QUEUE_POLICY_RUN_IN_CALLER =
        2 /* run the call in the submitting thread, before submit returns */
};

/** A counter of an executor, for cf_stats_value(). */
typedef int32_t cf_stat_t;
enum cf_stat {
    CF_STAT_INVALID = -1,
    CF_STAT_QUEUED = 0, /* calls that wait for their start; a cancelled one until its turn */
    CF_STAT_ACTIVE_WORKERS = 1, /* workers that run calls, or wait inside of them */
    CF_STAT_IDLE_WORKERS = 2,   /* workers that run none and are ready */
    CF_STAT_SUBMITTED = 3,      /* calls accepted since the executor was made */
    CF_STAT_SUCCEEDED = 4,      /* of these: done with a result */
    CF_STAT_FAILED = 5,         /* done with an error, whether they ran or not */
    CF_STAT_CANCELLED = 6,      /* cancelled */
    CF_STAT_WAIT_TIME = 7, /* nanoseconds from acceptance to start, of all calls that have run */
    CF_STAT_RUN_TIME = 8   /* nanoseconds from start to outcome, of the same */
};

/** How many buckets cf_stats_histogram() has. */
#define CF_STATS_BUCKETS 63

/** Flags of cf_executor_shutdown(). */
typedef int32_t cf_shutdown_flags_t;
enum cf_shutdown_flags {
    CF_SHUTDOWN_INVALID = -1,
    CF_SHUTDOWN_WAIT = 1,          /* return when all is done, or at the timeout */
    CF_SHUTDOWN_CANCEL_FUTURES = 2 /* cancel every call that has not started */
};

/** What a worker of a thread pool may run in place while a call of it waits. */
typedef int32_t cf_help_t;
enum cf_help {
    CF_HELP_INVALID = -1,
    CF_HELP_OWN_TARGET = 0, /* what the wait is for */
    CF_HELP_ANY = 1,        /* that, and then whatever is queued */
    CF_HELP_NONE = 2
};

/** What becomes of an executor's work when the process exits. */
typedef int32_t cf_exit_policy_t;
enum cf_exit_policy {
    CF_EXIT_POLICY_INVALID = -1,
    CF_EXIT_POLICY_DRAIN = 0,          /* accepted work is finished first */
    CF_EXIT_POLICY_CANCEL_PENDING = 1, /* what has not started is cancelled, the rest is finished */
    CF_EXIT_POLICY_ABANDON = 2         /* nothing is waited for */
};

/** What a worker process does. */
typedef int32_t cf_worker_state_t;
enum cf_worker_state {
    CF_WORKER_STATE_INVALID = -1, /* no worker */
    CF_WORKER_STATE_STARTING = 0, /* it is not ready yet */
    CF_WORKER_STATE_IDLE = 1,     /* it runs no call */
    CF_WORKER_STATE_RUNNING = 2,  /* it runs a call */
    CF_WORKER_STATE_LEAVING = 3   /* it gets no more calls */
};

/** How a pool starts its worker processes: cf_process_pool_options_set_start_method(). */
typedef int32_t cf_start_method_t;
enum cf_start_method {
    CF_START_METHOD_INVALID = -1,
    CF_START_METHOD_SPAWN = 0, /* each runs the worker program from its beginning */
    CF_START_METHOD_FORKSERVER =
        1,                   /* each is a copy of one process that has run it up to its readiness */
    CF_START_METHOD_AUTO = 2 /* FORKSERVER where that works, otherwise SPAWN */
};

/** Where the standard output and error of a worker process go. */
typedef int32_t cf_worker_output_t;
enum cf_worker_output {
    CF_WORKER_OUTPUT_INVALID = -1,
    CF_WORKER_OUTPUT_INHERIT = 0, /* to the host's */
    CF_WORKER_OUTPUT_DISCARD = 1,
    CF_WORKER_OUTPUT_CAPTURE = 2 /* the last 4 KiB are kept, for the error of a lost call */
};

/** Flags of cf_future_then(). */
typedef int32_t cf_then_flags_t;
enum cf_then_flags {
    CF_THEN_INVALID = -1,
    CF_THEN_ON_SUCCESS = 1 /* only after success; otherwise end as the future before did */
};

/**
 * A task: runs on a worker. Results and errors are set through `task`, which is valid until the
 * function returns. Return 0 for success; any other value fails the future with that code.
 * Thread: a worker of the executor (the submitting thread for the inline executor).
 */
typedef int32_t (*cf_task_fn)(cf_task_t* task, void* user_data);
/** Frees a user_data pointer. Thread: any; see the function that takes it. */
typedef void (*cf_destroy_fn)(void* user_data);
/** A done callback. `future` is borrowed and done. Thread: see cf_future_add_done_callback(). */
typedef void (*cf_done_fn)(cf_future_t* future, void* user_data);
/**
 * A continuation: a task that also gets the future before it, borrowed and done.
 * Thread: a worker of the executor that was given to cf_future_then().
 */
typedef int32_t (*cf_then_fn)(cf_task_t* task, cf_future_t* antecedent, void* user_data);
/** Hears of a failure that nobody read; `error` is borrowed. Thread: see
 *  cf_unobserved_failure_set_hook(). */
typedef void (*cf_unobserved_failure_fn)(const cf_error_t* error, void* user_data);
/** Prepares a worker; return 0 for success, any other value breaks the pool. Thread: the worker. */
typedef int32_t (*cf_initializer_fn)(void* user_data);
/**
 * Supplies the user_data of a map's next call: 1 when *item_out was set, 0 at the end of the input,
 * a negative status to end the map with that failure. Thread: the one in cf_executor_map() or
 * cf_map_next().
 */
typedef int32_t (*cf_map_item_fn)(void* user_data, void** item_out);
/** The same for named calls: a JSON text, which is copied before the next call. */
typedef int32_t (*cf_map_arguments_fn)(void* user_data, const char** arguments_out,
                                       size_t* size_out);
/**
 * One part of a range map: the indexes from `begin` to before `end`. Returns as a cf_task_fn.
 * Thread: see cf_executor_map_range().
 */
typedef int32_t (*cf_range_fn)(cf_task_t* task, int64_t begin, int64_t end, void* user_data);
/** Receives one registered name, borrowed for the call. Return non-zero to stop. */
typedef int32_t (*cf_function_visit_fn)(const char* name, void* user_data);

/* ------------------------------------------------------------------------------------------------
 * Library
 * --------------------------------------------------------------------------------------------- */

/** The version of the library that runs, as CFUTURES_VERSION_NUMBER is built.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_version_number(void);

/** The same as text, "MAJOR.MINOR.PATCH"; static.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API const char* cf_version_string(void);

/** The name of a status, "CF_STATUS_TIMEOUT"; static; a fixed text for unknown values.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API const char* cf_status_name(cf_status_t status);

/** One sentence about a status; static; a fixed text for unknown values.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API const char* cf_status_message(cf_status_t status);

/** How many workers a thread pool has by default: min(32, n + 4), where n is the lesser of the
 *  processors this process may use and its container's quota, rounded up.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_default_thread_count(void);

/** How many workers a process pool has by default: n, as above.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_default_process_count(void);

/** Free memory that the library handed to the caller (convention 10). NULL is allowed.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_free(void* memory);

/**
 * A failed future is unobserved when its last reference goes and nobody has read that it failed: with
 * cf_future_outcome(), a result function, cf_future_exception() or cf_future_error(), or by a
 * continuation with CF_THEN_ON_SUCCESS, which hands the failure on. Waiting, callbacks and queues read
 * nothing by themselves. An exception that leaves a done callback is an unobserved failure, too: its
 * error bears the name and id of the call. Unobserved failures are always counted.
 *
 * Sets the one hook of the library that hears of each, or removes it; there is none by default. It
 * runs on the thread that drops the last reference, with no lock held: often a worker, which cannot go
 * on before it returns. Any function of the library may be called in it. It must not throw, and the
 * failure is counted already.
 *
 * @param hook_fn  NULL for none.
 * @param destroy  runs when another hook was set and this one does not run any more; nullable.
 * @return OK, NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_unobserved_failure_set_hook(cf_unobserved_failure_fn hook_fn,
                                                        void* user_data, cf_destroy_fn destroy,
                                                        cf_error_t** error_out);

/** How many failures of this process nobody has read when their futures went.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API uint64_t cf_unobserved_failure_count(void);

/* ------------------------------------------------------------------------------------------------
 * Error: why something failed. Immutable, shared freely between threads.
 * --------------------------------------------------------------------------------------------- */

/**
 * Make an error, to fail a promise or a task with.
 *
 * @param status       a negative status; TASK_FAILED for errors of the user's own.
 * @param type_name    the error's type, such as "ValueError"; nullable.
 * @param message      nullable.
 * @param detail_json  more about it, a JSON text; nullable.
 * @param error_out    the new error.
 * @return OK, INVALID_ARGUMENT, DECODE_ERROR (detail is not JSON), NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_error_create(cf_status_t status, const char* type_name,
                                         const char* message, const char* detail_json,
                                         cf_error_t** error_out);

/** Add a reference. NULL gives NULL.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_error_t* cf_error_retain(const cf_error_t* error);

/** Drop a reference. NULL is allowed.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_error_release(cf_error_t* error);

/** The error's status; OK for NULL ("no error"), INVALID_ARGUMENT for a handle of another kind.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_error_status(const cf_error_t* error);

/** The name of the error's type, such as "std::out_of_range"; borrowed, never NULL, "" when it is
 *  unknown.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API const char* cf_error_type(const cf_error_t* error);

/** What happened and what to do about it; borrowed, never NULL.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API const char* cf_error_message(const cf_error_t* error);

/** More about it as a JSON text; borrowed; NULL when there is none.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API const char* cf_error_detail(const cf_error_t* error);

/** The name of the function or call that failed; borrowed, never NULL, "" when it has none.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API const char* cf_error_function(const cf_error_t* error);

/** The id of the task that failed; 0 when it has none.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API uint64_t cf_error_task_id(const cf_error_t* error);

/** What the task function returned, when that was a code of its own; otherwise 0.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_error_task_code(const cf_error_t* error);

/** The errno behind CF_STATUS_SYSTEM; 0 when it does not apply.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_error_os_code(const cf_error_t* error);

/** The process id of the worker that was lost; 0 when it does not apply.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int64_t cf_error_worker_pid(const cf_error_t* error);

/** The signal that ended the worker; 0 when none did.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_error_worker_signal(const cf_error_t* error);

/** The exit status of the worker; -1 when it did not exit or the status is unknown.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_error_worker_exit_status(const cf_error_t* error);

/** The error behind this one; borrowed; NULL when there is none.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API const cf_error_t* cf_error_cause(const cf_error_t* error);

/* ------------------------------------------------------------------------------------------------
 * Function registry: names under which tasks can be called, also in other processes.
 * --------------------------------------------------------------------------------------------- */

/**
 * Register a function under a name for this process, for good. A program that is its own worker
 * registers its functions before cf_worker_entry(), in the same way in every process. There is no way to
 * take a registration back: the shared library that holds the function stays loaded whatever dlclose()
 * says, and user_data has to stay valid.
 *
 * @param name       non-empty, at most 1024 bytes, copied.
 * @param task_fn    the task; its arguments are read with cf_task_arguments().
 * @param user_data  given to each call; nullable.
 * @param destroy    runs at once when the registration fails; otherwise never, since registrations
 *                   are for good: also not when the same registration stands there already, whose
 *                   user_data is in use. Nullable.
 * @return OK (also when the same function and user_data stand there already), INVALID_ARGUMENT,
 *         INVALID_STATE (the name belongs to another function), NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_function_register(const char* name, cf_task_fn task_fn, void* user_data,
                                              cf_destroy_fn destroy, cf_error_t** error_out);

/** Whether a function is registered under a name.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_function_registered(const char* name);

/** Visit all registered names in alphabetical order.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: any thread. Blocks: as the visitor does. Since: 0.1. */
CFUTURES_API cf_status_t cf_function_visit(cf_function_visit_fn visit_fn, void* user_data);

/* ------------------------------------------------------------------------------------------------
 * Worker entry: how a program serves as the worker of its own process pools.
 * --------------------------------------------------------------------------------------------- */

/**
 * The worker entry. Call it early in main, when all functions are registered, before any thread is
 * started. In a process that a pool started as its worker it serves calls and ends the process; it
 * does not return there. In every other process it returns at once, and from then on this process
 * may make process pools whose worker is the program itself.
 * Thread: one thread at a time. Blocks: in a worker. Since: 0.1.
 */
CFUTURES_API void cf_worker_entry(void);

/* ------------------------------------------------------------------------------------------------
 * Executor options: create, set, hand to a create function, release. Setters check at once.
 * An options object may be used for any number of executors.
 * --------------------------------------------------------------------------------------------- */

/** Make options that hold the defaults.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_thread_pool_options_create(cf_thread_pool_options_t** options_out,
                                                       cf_error_t** error_out);

/** Free options. NULL is allowed.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_thread_pool_options_release(cf_thread_pool_options_t* options);

/** How many threads at most: 1 to 4096. Default: cf_default_thread_count().
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_thread_pool_options_set_max_workers(cf_thread_pool_options_t* options,
                                                                int32_t max_workers,
                                                                cf_error_t** error_out);

/** Names of threads: prefix, "_", number; the system shows the first 15 bytes. Default: "cf-pool".
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_thread_pool_options_set_name_prefix(cf_thread_pool_options_t* options,
                                                                const char* prefix,
                                                                cf_error_t** error_out);

/**
 * A function that each worker runs before its first task. When it returns non-zero (or throws) the
 * pool is broken: calls that have not started fail with BROKEN_EXECUTOR, running ones finish.
 *
 * @param initializer_fn  NULL for none.
 * @param destroy         runs when the options and all pools made with them are gone; nullable.
 * @return OK, INVALID_ARGUMENT, NO_MEMORY.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_thread_pool_options_set_initializer(cf_thread_pool_options_t* options,
                                                                cf_initializer_fn initializer_fn,
                                                                void* user_data,
                                                                cf_destroy_fn destroy,
                                                                cf_error_t** error_out);

/**
 * What workers run in place while their calls wait; see "Waiting inside tasks". ANY keeps workers busy, but
 * a call that waits with a lock held then may run one that wants the same lock. NONE keeps the stacks of
 * calls apart, and waits are met by compensating workers alone. Default: OWN_TARGET.
 *
 * @return OK, INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_thread_pool_options_set_help(cf_thread_pool_options_t* options,
                                                         cf_help_t help, cf_error_t** error_out);

/**
 * Whether a thread that is no worker of the pool may run the call it waits for, when no worker has started
 * it: 0 or 1. That saves the way to another thread and back, for programs that do not mind on which
 * thread a call runs. Only waits without a timeout do so. Default: 0.
 *
 * @return OK, INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_thread_pool_options_set_outside_help(cf_thread_pool_options_t* options,
                                                                 int32_t outside_help,
                                                                 cf_error_t** error_out);

/**
 * Whether an idle worker, and a thread that waits for a call, may keep its processor busy for a moment
 * before it sleeps: a hand-over to a thread that spins takes a tenth of a microsecond, to one that sleeps
 * five to fifty. A spin takes at most 20 us, and shortens by itself while spins are in vain; one worker of
 * a pool spins at a time, nobody does where there is one processor or while no processor is free for it,
 * and an idle pool has come to rest. While no processor is free, a thread outside of tasks whose last
 * wait was short may sleep for 0.1 ms before it asks to be woken, and then find many calls done: that
 * takes fewer processors from the workers. Off, there is neither, for those who pay for each moment of
 * processor time and those who want each wake-up at once.
 * Default: 1.
 *
 * @return OK, INVALID_ARGUMENT (neither 0 nor 1).
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_thread_pool_options_set_spin(cf_thread_pool_options_t* options,
                                                         int32_t spin, cf_error_t** error_out);

/**
 * How many workers beyond max_workers may be there while all others are blocked in waits: 0 to 4096; see
 * "Waiting inside tasks". Default: 256.
 *
 * @return OK, INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_thread_pool_options_set_max_compensating_workers(
    cf_thread_pool_options_t* options, int32_t max_compensating_workers, cf_error_t** error_out);

/** What becomes of the pool's work when exit handlers run (convention 14). A call from which exit() was
 *  called is never waited for. Abandoned threads go on until the process has ended, while what is static is
 *  being destroyed: their tasks must not use it. Default: DRAIN.
 *  @return OK, INVALID_ARGUMENT (an unknown policy).
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_thread_pool_options_set_exit_policy(cf_thread_pool_options_t* options,
                                                                cf_exit_policy_t policy,
                                                                cf_error_t** error_out);

/** How long the exit of the process may wait for the pool. When that is over, what has not started is
 *  cancelled and the rest is abandoned. Negative (the default): as long as it takes.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_thread_pool_options_set_exit_timeout(cf_thread_pool_options_t* options,
                                                                 int64_t timeout_ns,
                                                                 cf_error_t** error_out);

/**
 * How many calls may wait for their start: the bound of the queue. A call leaves it when it starts and
 * when it is cancelled. 0 (the default) for any number; a map is better bounded by its window.
 *
 * Continuations (cf_future_then()) are accepted beyond the bound, since whoever completes a future must
 * not wait for another's queue. A batch takes all its places at once.
 *
 * @return OK, INVALID_ARGUMENT (negative).
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_thread_pool_options_set_max_queue(cf_thread_pool_options_t* options,
                                                              int64_t max_queue,
                                                              cf_error_t** error_out);

/**
 * What submitting does when the queue is full. The default is CF_QUEUE_POLICY_BLOCK: submitters wait in
 * order, as long as cf_submit_options_set_queue_timeout() allows, and then fail with QUEUE_FULL; a
 * shutdown ends their wait with SHUT_DOWN. A worker of the pool does not wait for room in its own queue:
 * a task or callback that submits to a full queue runs the call in place. With
 * CF_QUEUE_POLICY_RUN_IN_CALLER every submitter does. Of a batch, what finds no place runs in place. On a
 * stack where many calls run in place already, the next one is queued beyond the bound.
 *
 * @return OK, INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_thread_pool_options_set_queue_policy(cf_thread_pool_options_t* options,
                                                                 cf_queue_policy_t policy,
                                                                 cf_error_t** error_out);

/** Whether the pool measures how long calls wait and run, for cf_executor_stats(): 0 or 1. That reads the
 *  clock three times for each call and takes 32 bytes of each. Default: 0.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_thread_pool_options_set_timed(cf_thread_pool_options_t* options,
                                                          int32_t timed, cf_error_t** error_out);

/** Make options that hold the defaults.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_create(cf_process_pool_options_t** options_out,
                                                        cf_error_t** error_out);

/** Free options. NULL is allowed.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_process_pool_options_release(cf_process_pool_options_t* options);

/** How many worker processes at most: 1 to 4096. Default: cf_default_process_count().
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_max_workers(cf_process_pool_options_t* options,
                                                                 int32_t max_workers,
                                                                 cf_error_t** error_out);

/** Worker: this program, run again, which reaches cf_worker_entry(). This is the default.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_worker_self(cf_process_pool_options_t* options,
                                                                 cf_error_t** error_out);

/**
 * Worker: the installed program cfutures-worker, which loads these shared libraries. A library
 * registers its functions when it is loaded, or in an exported `void cfutures_register(void)`.
 *
 * @param paths  absolute paths, copied.
 * @param count  at least 1.
 * @return OK, INVALID_ARGUMENT, NO_MEMORY.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_process_pool_options_set_worker_libraries(
    cf_process_pool_options_t* options, const char* const* paths, size_t count,
    cf_error_t** error_out);

/**
 * Worker: any program that speaks the protocol of docs/protocol.md.
 *
 * @param argv   program (a path; PATH is not searched) and arguments, copied.
 * @param count  at least 1.
 * @return OK, INVALID_ARGUMENT, NO_MEMORY.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_process_pool_options_set_worker_command(
    cf_process_pool_options_t* options, const char* const* argv, size_t count,
    cf_error_t** error_out);

/**
 * How workers are started. CF_START_METHOD_SPAWN, the default, runs the worker program for each of them.
 * With CF_START_METHOD_FORKSERVER the program runs once, with the first call of the pool, up to
 * cf_worker_entry(); it has loaded all libraries and registered all functions then, and stays there as the
 * *fork server*. Each worker is a copy of it, made in a fraction of a start's time, whatever the host's size.
 * Workers are children of this process either way. Initializers run in each worker.
 *
 * What the program has opened, read or computed before cf_worker_entry() is shared by all workers, so it must
 * not matter that it was done once: no open connection, no seeded generator. It may have no second thread
 * there, or the pool is broken with UNSUPPORTED as the cause; handlers of pthread_atfork() do not run. The same
 * happens where the system cannot do it (today everywhere but on Linux with glibc), and with worker commands
 * that do not know the fork server of docs/protocol.md; CF_START_METHOD_AUTO spawns workers then. A fork
 * server that dies is started again when the next worker is wanted; workers do not mind.
 *
 * @return OK, INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_process_pool_options_set_start_method(
    cf_process_pool_options_t* options, cf_start_method_t method, cf_error_t** error_out);

/**
 * A registered function that each worker calls before its first task. When it fails, or the worker
 * dies in it, the pool is broken: calls that have not started fail with BROKEN_EXECUTOR and the
 * initializer's own error as the cause.
 *
 * @param name       NULL for none.
 * @param arguments  JSON array or object; NULL for none.
 * @param size       bytes, or -1.
 * @return OK, INVALID_ARGUMENT, DECODE_ERROR, NO_MEMORY.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_process_pool_options_set_initializer(cf_process_pool_options_t* options,
                                                                 const char* name,
                                                                 const char* arguments,
                                                                 int64_t size,
                                                                 cf_error_t** error_out);

/** After how many calls a worker is replaced; 0 (the default) for never.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_max_tasks_per_child(
    cf_process_pool_options_t* options, int64_t max_tasks, cf_error_t** error_out);

/** How long a worker may have nothing to do before it leaves; another one starts when there is work.
 *  Negative (the default): for ever.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_idle_timeout(
    cf_process_pool_options_t* options, int64_t timeout_ns, cf_error_t** error_out);

/** How many process pools may be one inside the other, this one included: 1 means that it cannot be made
 *  in a worker process. 1 to 16; the default is 2. Beyond it cf_process_pool_create() gives NESTING_LIMIT,
 *  so that a program whose workers make pools cannot fill the machine.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_nesting_limit(
    cf_process_pool_options_t* options, int32_t levels, cf_error_t** error_out);

/*
 * What workers are given, and what they may use. All of it is in force before the worker's program starts;
 * if one cannot be set no worker starts, and the pool is broken with an error that names it. Workers of the
 * same user are isolated from each other's faults; this is no protection against an attacker.
 */

/** How much address space a worker may have, in bytes (RLIMIT_AS): memory beyond it cannot be allocated.
 *  At least 1 MiB; 0 (the default) for the host's limit.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_memory_limit(
    cf_process_pool_options_t* options, int64_t bytes, cf_error_t** error_out);

/** How much processor time a worker may use in its life (RLIMIT_CPU), rounded up to seconds: it is ended by
 *  SIGXCPU then, and its call fails with WORKER_LOST. 0 (the default) for the host's limit.
 *  @return OK, INVALID_ARGUMENT (negative).
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_cpu_time_limit(
    cf_process_pool_options_t* options, int64_t time_ns, cf_error_t** error_out);

/** How large the core dump of a worker may be, in bytes: 0 for none. -1 (the default) for the host's limit.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_core_size_limit(
    cf_process_pool_options_t* options, int64_t bytes, cf_error_t** error_out);

/** How much nicer than the host workers are: 0 (the default) to 19.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_niceness(cf_process_pool_options_t* options,
                                                              int32_t niceness,
                                                              cf_error_t** error_out);

/** The umask of workers: 0 to 0777; -1 (the default) for the host's.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_umask(cf_process_pool_options_t* options,
                                                           int32_t mask, cf_error_t** error_out);

/** The working directory of workers: an absolute path; NULL (the default) for the host's.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_directory(cf_process_pool_options_t* options,
                                                               const char* path,
                                                               cf_error_t** error_out);

/** Whether workers, and all they run, can gain no privileges by exec (1); 0 is the default.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_no_new_privileges(
    cf_process_pool_options_t* options, int32_t no_new_privileges, cf_error_t** error_out);

/**
 * The environment of workers. By default it is the host's, as it is when the pool is made.
 *
 * @param entries  "NAME=value" each, copied; NULL for the host's.
 * @param count    0 with entries that are not NULL: no variables at all.
 * @return OK, INVALID_ARGUMENT, NO_MEMORY.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_process_pool_options_set_environment(cf_process_pool_options_t* options,
                                                                 const char* const* entries,
                                                                 size_t count,
                                                                 cf_error_t** error_out);

/** Where the standard output and error of workers go; INHERIT is the default. What was captured stands in
 *  the detail of the errors that a worker's death makes: {"output":"..."}.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_output(cf_process_pool_options_t* options,
                                                            cf_worker_output_t output,
                                                            cf_error_t** error_out);

/** How long a worker may take from its start to its readiness, initializer included. Default 30 s.
 *  @return OK, INVALID_ARGUMENT (not positive).
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_start_timeout(
    cf_process_pool_options_t* options, int64_t timeout_ns, cf_error_t** error_out);

/** How long a worker that is ended by request may go on after SIGTERM before it is killed: for
 *  cf_executor_terminate_workers(), cf_future_cancel_running(), and deadlines. 0 kills at once, negative never. Default 3 s.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_termination_grace(
    cf_process_pool_options_t* options, int64_t grace_ns, cf_error_t** error_out);

/**
 * Whether a thread that waits for a call, and a worker that has run out of calls, may keep its processor busy
 * for a moment before it sleeps: 1 makes one call after the other several times as fast where there are
 * processors to spare, at the price of their time. A spin takes at most 20 us, and shortens by itself while
 * spins are in vain; an idle pool has come to rest, and nobody spins where there is one processor. Workers of
 * another library may ignore it. Default: 0.
 *
 * @return OK, INVALID_ARGUMENT (neither 0 nor 1).
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_process_pool_options_set_spin(cf_process_pool_options_t* options,
                                                          int32_t spin, cf_error_t** error_out);

/** Whether a worker that dies breaks the pool (1), as in Python: every call that is not done fails with
 *  BROKEN_EXECUTOR, and the cause says which worker died and how. 0 (the default): the call that ran
 *  fails with WORKER_LOST, and the pool goes on.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_break_on_crash(
    cf_process_pool_options_t* options, int32_t break_on_crash, cf_error_t** error_out);

/**
 * A limit for workers that die: more than `max_crashes` within `period_ns` break the pool, which says
 * so. Workers that leave at a limit or are ended by request do not count. Without it only workers that
 * never got ready, and five in a row that died without having done anything, break the pool.
 *
 * @param max_crashes  1 to 1000; 0 for no limit, which is the default.
 * @param period_ns    positive; ignored with 0.
 * @return OK, INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_process_pool_options_set_crash_limit(cf_process_pool_options_t* options,
                                                                 int32_t max_crashes,
                                                                 int64_t period_ns,
                                                                 cf_error_t** error_out);

/** How many calls may wait for a worker, as cf_thread_pool_options_set_max_queue(). Calls that a worker
 *  holds already, prefetched, do not count, nor do those that come back from a worker that died.
 *  @return OK, INVALID_ARGUMENT (negative).
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_max_queue(cf_process_pool_options_t* options,
                                                               int64_t max_queue,
                                                               cf_error_t** error_out);

/** What submitting does when the queue is full: CF_QUEUE_POLICY_BLOCK (the default) or
 *  CF_QUEUE_POLICY_FAIL, as cf_thread_pool_options_set_queue_policy().
 *  @return OK, INVALID_ARGUMENT (also CF_QUEUE_POLICY_RUN_IN_CALLER: calls run in other processes).
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_queue_policy(
    cf_process_pool_options_t* options, cf_queue_policy_t policy, cf_error_t** error_out);

/** As cf_thread_pool_options_set_timed(). A call's wait ends when it is handed to a worker, which may run
 *  others before it; its run ends when its answer has been read.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_timed(cf_process_pool_options_t* options,
                                                           int32_t timed, cf_error_t** error_out);

/** The largest JSON text, in bytes, that may travel in one message: 1024 to 2^31 - 1. Default:
 *  256 MiB.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_max_message_size(
    cf_process_pool_options_t* options, int64_t max_size, cf_error_t** error_out);

/** The same for a process pool. Workers end with the process, also in the middle of a call.
 *  @return OK, INVALID_ARGUMENT (an unknown policy).
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_exit_policy(cf_process_pool_options_t* options,
                                                                 cf_exit_policy_t policy,
                                                                 cf_error_t** error_out);

/** The same for a process pool.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_process_pool_options_set_exit_timeout(
    cf_process_pool_options_t* options, int64_t timeout_ns, cf_error_t** error_out);

/* ------------------------------------------------------------------------------------------------
 * Executor
 * --------------------------------------------------------------------------------------------- */

/**
 * Make a thread pool. Threads start when work arrives. They take no signals, and their stacks have the
 * size that threads of the program have by default (ulimit -s, pthread_setattr_default_np()).
 *
 * @param options  nullable: defaults.
 * @return OK, INVALID_ARGUMENT, INVALID_STATE (in a worker process that has not passed
 *         cf_worker_entry()), NO_MEMORY, SYSTEM.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_thread_pool_create(const cf_thread_pool_options_t* options,
                                               cf_executor_t** executor_out,
                                               cf_error_t** error_out);

/**
 * Make a process pool. Workers start when work arrives.
 *
 * @param options  nullable: defaults.
 * @return OK, INVALID_ARGUMENT, INVALID_STATE (the worker is this program, and this process has not
 *         passed cf_worker_entry()), NESTING_LIMIT (this process is a worker), SYSTEM (the worker program
 *         cannot be run), NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_process_pool_create(const cf_process_pool_options_t* options,
                                                cf_executor_t** executor_out,
                                                cf_error_t** error_out);

/**
 * Make an executor that runs each call in the submitting thread, before submit returns.
 *
 * @return OK, INVALID_ARGUMENT, INVALID_STATE (as for the thread pool), NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_inline_executor_create(cf_executor_t** executor_out,
                                                   cf_error_t** error_out);

/** Add a reference. NULL gives NULL.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_executor_t* cf_executor_retain(cf_executor_t* executor);

/** Drop a reference. Dropping the last one takes no new calls but lets accepted ones finish, in the
 *  background. NULL is allowed.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_executor_release(cf_executor_t* executor);

/**
 * Submit a call of a function pointer. A shared library that holds the task, or any callback, has to stay
 * loaded until the call has ended: shut the executor down before dlclose().
 *
 * @param options     nullable.
 * @param task_fn     the task.
 * @param user_data   given to it; nullable.
 * @param destroy     frees user_data when the task has returned, just before the future is done; on
 *                    the canceller when it was cancelled; at once when submit fails; soon after the
 *                    deadline when it has missed that. Nullable.
 * @param future_out  the call's future; NULL when nobody wants it: then the call is posted.
 * @return OK, INVALID_ARGUMENT, UNSUPPORTED (a process pool: pointers do not cross processes, use
 *         cf_executor_submit_call()), SHUT_DOWN, BROKEN_EXECUTOR, QUEUE_FULL, SYSTEM (no thread could
 *         be started), NO_MEMORY.
 * Thread: any thread. Blocks: no (a bounded queue: while it is full; the inline executor: as the task
 * does). Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_submit(cf_executor_t* executor,
                                            const cf_submit_options_t* options, cf_task_fn task_fn,
                                            void* user_data, cf_destroy_fn destroy,
                                            cf_future_t** future_out, cf_error_t** error_out);

/**
 * Submit a call of a registered function.
 *
 * @param options    nullable.
 * @param name       the registered name. A process pool whose workers are other programs asks the
 *                   worker, so that an unknown name fails the future, not the submit.
 * @param arguments  JSON array or object (convention 13), copied; NULL for [].
 * @param size       bytes, or -1.
 * @param future_out the call's future; NULL when nobody wants it.
 * @return OK, INVALID_ARGUMENT, UNKNOWN_FUNCTION, DECODE_ERROR (the text is not JSON, too deep, or
 *         holds a number that does not fit), ENCODE_ERROR (not an array or object, or too large),
 *         UNSUPPORTED (an option that this executor does not have), SHUT_DOWN, BROKEN_EXECUTOR,
 *         QUEUE_FULL, SYSTEM, NO_MEMORY.
 * Thread: any thread. Blocks: as cf_executor_submit(). Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_submit_call(cf_executor_t* executor,
                                                 const cf_submit_options_t* options,
                                                 const char* name, const char* arguments,
                                                 int64_t size, cf_future_t** future_out,
                                                 cf_error_t** error_out);

/**
 * Post a call of a function pointer: submit it when nobody wants its future, which is cheaper. The same
 * as cf_executor_submit() without future_out. A failure is an unobserved one: see
 * cf_unobserved_failure_set_hook(). Named calls are posted by cf_executor_submit_call() without
 * future_out.
 *
 * @param options, task_fn, user_data, destroy  as in cf_executor_submit().
 * @return as cf_executor_submit().
 * Thread: any thread. Blocks: as cf_executor_submit(). Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_post(cf_executor_t* executor,
                                          const cf_submit_options_t* options, cf_task_fn task_fn,
                                          void* user_data, cf_destroy_fn destroy,
                                          cf_error_t** error_out);

/**
 * Submit several calls of one function pointer together, in this order: all of them or, when it fails,
 * none. A thread pool takes one lock and wakes one worker for all, which wakes others as there is work.
 *
 * @param options      of each call; nullable.
 * @param task_fn      the task.
 * @param user_data    `count` pointers, one for each call; nullable: all are NULL.
 * @param count        0 does nothing.
 * @param destroy      frees the user_data of each call, as in cf_executor_submit(); of all of them at
 *                     once when this fails. Nullable.
 * @param futures_out  room for `count` futures; nullable when nobody wants them.
 * @return as cf_executor_submit().
 * Thread: any thread. Blocks: as cf_executor_submit(). Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_submit_batch(cf_executor_t* executor,
                                                  const cf_submit_options_t* options,
                                                  cf_task_fn task_fn, void* const* user_data,
                                                  size_t count, cf_destroy_fn destroy,
                                                  cf_future_t** futures_out,
                                                  cf_error_t** error_out);

/** Post several calls together: cf_executor_submit_batch() when nobody wants the futures, as
 *  cf_executor_post() is for one call.
 *  Thread: any thread. Blocks: as cf_executor_submit(). Since: 0.1. */
CFUTURES_API cf_status_t cf_executor_post_batch(cf_executor_t* executor,
                                                const cf_submit_options_t* options,
                                                cf_task_fn task_fn, void* const* user_data,
                                                size_t count, cf_destroy_fn destroy,
                                                cf_error_t** error_out);

/**
 * Submit several calls of one registered function together, in this order: all of them or, when it
 * fails, none. In a process pool each is a call of its own, which any worker may take; to have several
 * travel as one message, use cf_executor_map_call().
 *
 * @param options      of each call; nullable.
 * @param name         as in cf_executor_submit_call().
 * @param arguments    `count` texts, one for each call, as in cf_executor_submit_call().
 * @param sizes        of the texts; nullable: they end at their NUL.
 * @param count        0 does nothing.
 * @param futures_out  room for `count` futures; nullable when nobody wants them.
 * @return as cf_executor_submit_call(), of the first call that cannot be made or of all.
 * Thread: any thread. Blocks: as cf_executor_submit_call(). Since: 0.1.
 */
CFUTURES_API cf_status_t
cf_executor_submit_call_batch(cf_executor_t* executor, const cf_submit_options_t* options,
                              const char* name, const char* const* arguments, const size_t* sizes,
                              size_t count, cf_future_t** futures_out, cf_error_t** error_out);

/**
 * Prepare a call whose payload lives in the same memory block as its future: construct the payload
 * in place, then hand the future to cf_executor_submit_prepared(). The payload stays until the
 * future's last reference goes, so a result may live in it.
 *
 * @param options     nullable.
 * @param size        of the payload in bytes, at most 1 GiB.
 * @param alignment   a power of two, at most 4096.
 * @param task_fn     the task; its user_data is the payload.
 * @param abandon_fn  gets the payload, exactly once, when the task will never run (cancelled,
 *                    broken pool, not submitted); nullable.
 * @param destroy     gets the payload, exactly once, just before its memory is freed; nullable.
 * @param payload_out borrowed from the future; uninitialised memory.
 * @param future_out  the call's future.
 * @return OK, INVALID_ARGUMENT, UNSUPPORTED (a process pool), NO_MEMORY. When it fails neither
 *         abandon_fn nor destroy is called, since there was no payload.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_prepare(cf_executor_t* executor,
                                             const cf_submit_options_t* options, size_t size,
                                             size_t alignment, cf_task_fn task_fn,
                                             cf_destroy_fn abandon_fn, cf_destroy_fn destroy,
                                             void** payload_out, cf_future_t** future_out,
                                             cf_error_t** error_out);

/**
 * Submit a prepared call, once. When the executor refuses it the call is abandoned and its future
 * fails with the same status; the caller still owns its reference.
 *
 * @return OK, INVALID_ARGUMENT, INVALID_STATE (not prepared for this executor, submitted before, or
 *         cancelled before; then nothing changes), SHUT_DOWN, BROKEN_EXECUTOR, QUEUE_FULL, SYSTEM,
 *         NO_MEMORY.
 * Thread: any thread. Blocks: as cf_executor_submit(). Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_submit_prepared(cf_executor_t* executor, cf_future_t* future,
                                                     cf_error_t** error_out);

/**
 * Submit several prepared calls together, in this order, as cf_executor_submit_batch() does.
 *
 * @param futures  borrowed; each was prepared for this executor.
 * @param count    0 does nothing.
 * @return OK, INVALID_ARGUMENT, INVALID_STATE (of one of them, also when it stands there twice; then
 *         nothing changes), SHUT_DOWN, BROKEN_EXECUTOR, QUEUE_FULL, SYSTEM, NO_MEMORY (then all are
 *         abandoned and their futures fail with the same status, unless there is no memory to look at
 *         them).
 * Thread: any thread. Blocks: as cf_executor_submit(). Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_submit_prepared_batch(cf_executor_t* executor,
                                                           cf_future_t* const* futures,
                                                           size_t count, cf_error_t** error_out);

/**
 * Shut an executor down: it takes no new calls. May be repeated; each call with WAIT really waits,
 * and no call weakens an earlier CANCEL_FUTURES. After OK from a call with WAIT every future of the
 * executor is done, every callback has returned, every destroy has run, every thread and worker
 * process is gone.
 *
 * @param flags       any of CF_SHUTDOWN_WAIT and CF_SHUTDOWN_CANCEL_FUTURES.
 * @param timeout_ns  bounds the waiting; negative for ever.
 * @return OK, TIMEOUT (the shutdown goes on), WOULD_DEADLOCK (WAIT from a worker or callback of
 *         this executor; the shutdown goes on), INVALID_ARGUMENT.
 * Thread: any thread. Blocks: with WAIT. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_shutdown(cf_executor_t* executor, cf_shutdown_flags_t flags,
                                              int64_t timeout_ns, cf_error_t** error_out);

/**
 * Shut a process pool down by force: as cf_executor_shutdown() with CANCEL_FUTURES, and each worker is
 * sent SIGTERM, and SIGKILL when the pool's termination grace is over. Running calls fail with
 * WORKER_KILLED unless they end within the grace; no call starts any more. No replacement escapes.
 *
 * @param flags       CF_SHUTDOWN_WAIT or 0; CF_SHUTDOWN_CANCEL_FUTURES changes nothing.
 * @param timeout_ns  bounds the waiting; negative for ever.
 * @return OK, TIMEOUT (the shutdown goes on), WOULD_DEADLOCK (WAIT from a callback of this executor;
 *         the shutdown goes on), UNSUPPORTED (its workers are threads; nothing was begun),
 *         INVALID_ARGUMENT.
 * Thread: any thread. Blocks: with WAIT; as the done callbacks of cancelled futures do. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_terminate_workers(cf_executor_t* executor,
                                                       cf_shutdown_flags_t flags,
                                                       int64_t timeout_ns, cf_error_t** error_out);

/** The same with SIGKILL at once, also after cf_executor_terminate_workers(). What a killed worker has
 *  started itself is killed too, as long as it is in the worker's process group.
 *  Thread: any thread. Blocks: as cf_executor_terminate_workers(). Since: 0.1. */
CFUTURES_API cf_status_t cf_executor_kill_workers(cf_executor_t* executor,
                                                  cf_shutdown_flags_t flags, int64_t timeout_ns,
                                                  cf_error_t** error_out);

/**
 * Look at the workers of a process pool: those that were started and have not been found dead.
 *
 * @param list_out  the list as it is now; to be released. In the order in which they were started.
 * @return OK, UNSUPPORTED (its workers are threads), INVALID_ARGUMENT, NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_workers(cf_executor_t* executor, cf_worker_list_t** list_out,
                                             cf_error_t** error_out);

/** Free a list. NULL is allowed.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_worker_list_release(cf_worker_list_t* list);

/** How many workers it holds; 0 for NULL or another kind of handle.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API size_t cf_worker_list_count(const cf_worker_list_t* list);

/** The process id of a worker; 0 when there is none at the index.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int64_t cf_worker_list_pid(const cf_worker_list_t* list, size_t index);

/** What a worker does; INVALID when there is none at the index.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_worker_state_t cf_worker_list_state(const cf_worker_list_t* list, size_t index);

/** The id of the call that a worker runs; 0 when it runs none.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API uint64_t cf_worker_list_task_id(const cf_worker_list_t* list, size_t index);

/** The name of that call; borrowed, never NULL, "" when it runs none.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API const char* cf_worker_list_function(const cf_worker_list_t* list, size_t index);

/** How many calls a worker has answered.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API uint64_t cf_worker_list_tasks_done(const cf_worker_list_t* list, size_t index);

/** How many bytes of memory are resident in a worker; -1 when it is not known.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int64_t cf_worker_list_memory(const cf_worker_list_t* list, size_t index);

/**
 * Read the counters of an executor. They are read one after the other while calls go on, so that sums need
 * not be exact then: a call may be counted as submitted and nowhere else yet. How calls have ended counts
 * those of which everything is over, callbacks included.
 *
 * Counting costs nothing that can be measured. The times of calls are there only in pools that were made with
 * cf_thread_pool_options_set_timed() or cf_process_pool_options_set_timed().
 *
 * @param stats_out  the counters as they are now; to be released.
 * @return OK, INVALID_ARGUMENT, NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_stats(cf_executor_t* executor, cf_stats_t** stats_out,
                                           cf_error_t** error_out);

/** Free counters. NULL is allowed.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_stats_release(cf_stats_t* stats);

/** One counter; -1 when there is none: an unknown one, times that are not measured, NULL.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int64_t cf_stats_value(const cf_stats_t* stats, cf_stat_t which);

/** How many calls had a CF_STAT_WAIT_TIME or CF_STAT_RUN_TIME of 2^bucket to 2^(bucket + 1) - 1
 *  nanoseconds; bucket 0 also counts 0. 0 for what is not measured and beyond CF_STATS_BUCKETS.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API uint64_t cf_stats_histogram(const cf_stats_t* stats, cf_stat_t which, size_t bucket);

/** Make options that hold the defaults.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_submit_options_create(cf_submit_options_t** options_out,
                                                  cf_error_t** error_out);

/** Free options. NULL is allowed.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_submit_options_release(cf_submit_options_t* options);

/** A name for the call in errors and logs; copied. Default: the registered name, or none.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_submit_options_set_name(cf_submit_options_t* options, const char* name,
                                                    cf_error_t** error_out);

/** How often a call runs again whose worker process died while it ran it: 0 (the default) to 100. The
 *  last loss fails it, and its error says how many there were. A worker that was ended by request counts
 *  for nothing: its call does not run again. Has no effect on threads.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_submit_options_set_retries(cf_submit_options_t* options,
                                                       int32_t retries, cf_error_t** error_out);

/**
 * A deadline, counted from the submit (of a continuation: from when it is submitted, since the future
 * before it is done). A call that has not started by then fails with DEADLINE_EXCEEDED, and who waits
 * for it is woken at that moment. A call that runs is asked to stop, as by cf_future_cancel_running(), and its outcome
 * is what it makes of that. It sees the deadline in cf_task_cancel_requested() and cf_task_time_left(). In a
 * process pool its worker is sent SIGTERM then, and SIGKILL when the pool's termination grace is over, and
 * the call fails with DEADLINE_EXCEEDED, unless it ends within the grace.
 *
 * The first call with a deadline starts two threads of a thread pool: one that keeps the time, and one
 * for the done callbacks and destroy functions of calls that have failed at their deadlines. A call
 * with a deadline takes 72 bytes more while it is pending.
 *
 * @param deadline_ns  0: the call does not run. Negative (the default): none.
 * @return OK, INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_submit_options_set_deadline(cf_submit_options_t* options,
                                                        int64_t deadline_ns,
                                                        cf_error_t** error_out);

/**
 * The priority of the call: higher ones start first. Default: 0.
 *
 * A worker that looks for its next call takes one of the highest priority that is queued, and among those
 * of one priority the one that was submitted first. Calls of priority 0 that different threads submit have
 * no order between them, nor have those of one thread as several workers take them. A call that runs is
 * not interrupted, calls that a worker process holds already keep their order, and so do calls that come
 * back from a worker that died: they are first. Nothing raises a low priority with time. The inline
 * executor has no queue.
 *
 * @return OK, INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_submit_options_set_priority(cf_submit_options_t* options,
                                                        int32_t priority, cf_error_t** error_out);

/** How long submitting may wait for a place in a full queue whose policy is CF_QUEUE_POLICY_BLOCK.
 *  Default: for ever.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_submit_options_set_queue_timeout(cf_submit_options_t* options,
                                                             int64_t timeout_ns,
                                                             cf_error_t** error_out);

/* ------------------------------------------------------------------------------------------------
 * Task: the running call, for its own function. Every function here returns INVALID_ARGUMENT (or
 * the neutral value) outside of it. Of results the last one set counts; an error outweighs them.
 * --------------------------------------------------------------------------------------------- */

/**
 * The arguments of a named call.
 *
 * @param json_out  the JSON text, NUL-terminated, borrowed for the call; NULL for a pointer task.
 * @param size_out  its size without the NUL; nullable.
 * @return OK, INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_task_arguments(cf_task_t* task, const char** json_out,
                                           size_t* size_out);

/** Return a pointer. `destroy` frees it when the future goes, or at once when the call fails
 *  (INVALID_ARGUMENT). In a process pool the call fails with ENCODE_ERROR.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_task_return_pointer(cf_task_t* task, void* pointer,
                                                cf_destroy_fn destroy);

/** Return bytes, copied.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_task_return_bytes(cf_task_t* task, const void* bytes, size_t size);

/** Return a JSON value, copied. `size` may be -1.
 *  @return OK, INVALID_ARGUMENT, ENCODE_ERROR (not JSON, too deep, or a number that does not fit),
 *          NO_MEMORY.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_task_return_json(cf_task_t* task, const char* json, int64_t size);

/**
 * Fail the call. Written as `return cf_task_fail(task, "ValueError", "n is negative", NULL);`.
 *
 * @param type_name    nullable.
 * @param message      nullable.
 * @param detail_json  nullable; ignored when it is not JSON.
 * @return TASK_FAILED, or INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_task_fail(cf_task_t* task, const char* type_name, const char* message,
                                      const char* detail_json);

/** Fail the call with an error, whose status the future takes over. The error is borrowed.
 *  @return the error's status, or INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_task_fail_with(cf_task_t* task, const cf_error_t* error);

/**
 * Tell how far the call has come, for cf_future_progress(): any JSON value, such as {"done":3,"of":7}.
 * The future keeps the last one; the ones before it are gone. From a worker process it arrives within
 * milliseconds, and before the result. Cheap, but not for every step of a loop: once in a millisecond is
 * more than anybody can look at.
 *
 * @param json  copied; at most 4096 bytes.
 * @param size  bytes, or -1.
 * @return OK, INVALID_ARGUMENT, ENCODE_ERROR (not JSON, or too long), UNSUPPORTED (an initializer, a part
 *         of cf_executor_map_range()), NO_MEMORY.
 * Thread: one thread at a time. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_task_report_progress(cf_task_t* task, const char* json, int64_t size);

/** The task's id, unique in its executor; 0 outside of a task.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API uint64_t cf_task_id(const cf_task_t* task);

/** Who runs the task: the number of the pool's thread, from 1 (a thread that replaces another may have
 *  its number); the process id of the worker process; 0 for the inline executor, and outside of a task.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API uint64_t cf_task_worker_id(const cf_task_t* task);

/** Whether the task is asked to stop: by cf_future_cancel_running(), or because its deadline has passed.
 *  It need not stop; one that does says so with cf_task_fail(), or returns what it has. The answer does
 *  not become 0 again. Cheap enough for every step of a loop.
 *  Thread: any thread, while the task's function runs. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_task_cancel_requested(const cf_task_t* task);

/** The time until the task's deadline, in nanoseconds, as a timeout for what it waits for: 0 when it has
 *  passed, negative when there is none, and outside of a task.
 *  Thread: any thread, while the task's function runs. Blocks: no. Since: 0.1. */
CFUTURES_API int64_t cf_task_time_left(const cf_task_t* task);

/* ------------------------------------------------------------------------------------------------
 * Future
 *
 * Waiting inside tasks. A task or callback of a thread pool may wait for futures of the same pool and of
 * others; a program that could go on does not hang for that:
 *  - A pending call of the same pool is run in place, on this thread, by a wait for it that has no
 *    timeout: cf_future_wait(), cf_future_result_*(), cf_future_exception(), cf_wait() for ALL_COMPLETED,
 *    cf_map_next() in order. That goes 256 calls deep; see cf_thread_pool_options_set_help(). A call that
 *    ends its thread (pthread_exit) ends those that wait below it, too.
 *  - When every worker of a pool is blocked in such a wait and calls are queued, the pool starts a
 *    compensating worker, which ends when it is not needed any more; see
 *    cf_thread_pool_options_set_max_compensating_workers(). This goes for waits of every kind, also for
 *    promises, for the first of several, for completion queues and for other executors.
 *  - A wait that could never end is refused with WOULD_DEADLOCK, and the error says who waits for whom: when
 *    tasks, on whatever threads of this process, wait for each other in a circle, the last one that
 *    comes to it is refused. Only waits for one future and for ALL_COMPLETED, without a timeout, make
 *    up circles. Others are left to the workers that compensate and to their timeouts, and so is what is
 *    not running on a thread of this process: promises, derived futures, calls of process pools.
 * --------------------------------------------------------------------------------------------- */

/** Add a reference. NULL gives NULL.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_future_t* cf_future_retain(cf_future_t* future);

/** Drop a reference; the call goes on. NULL is allowed.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_future_release(cf_future_t* future);

/** The state at this moment; INVALID for NULL or another kind of handle.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_future_state_t cf_future_state(const cf_future_t* future);

/** Whether the future is finished or cancelled.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_future_done(const cf_future_t* future);

/** Whether a worker has started the call and not ended it.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_future_running(const cf_future_t* future);

/** Whether the future was cancelled.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API int32_t cf_future_cancelled(const cf_future_t* future);

/**
 * Cancel the call if it has not started. Waiters of every kind see it before this returns; done
 * callbacks run on this thread.
 *
 * @return 1 when the future is cancelled (also when it was before), 0 when it runs or is finished
 *         (or is no future). After 1 the task will never run.
 * Thread: any thread. Blocks: as its done callbacks do. Since: 0.1.
 */
CFUTURES_API int32_t cf_future_cancel(cf_future_t* future);

/**
 * Cancel the call if it has not started, and stop it if it runs. A pending call is cancelled as by
 * cf_future_cancel(). A running one of a thread pool or of the inline executor is asked to stop, which
 * it sees in cf_task_cancel_requested(); its outcome is what it makes of it, so the future may still
 * succeed. A running one of a process pool fails with WORKER_KILLED when its worker has ended.
 *
 * @return OK (it is cancelled, or asked to stop, or its worker is about to end: wait for the outcome),
 *         INVALID_STATE (it is finished), UNSUPPORTED (no executor runs it: the future of a promise),
 *         INVALID_ARGUMENT.
 * Thread: any thread. Blocks: as the done callbacks of a pending call do. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_future_cancel_running(cf_future_t* future, cf_error_t** error_out);

/** Wait until the future is done, whatever its outcome. May run the call.
 *  @return OK, TIMEOUT, WOULD_DEADLOCK, INVALID_ARGUMENT.
 *  Thread: any thread. Blocks: up to the timeout. Since: 0.1. */
CFUTURES_API cf_status_t cf_future_wait(const cf_future_t* future, int64_t timeout_ns);

/** Run the call here and now if it is pending and a wait for it on this thread would: what a wait without a
 *  timeout does first. For those who wait inside tasks in ways of their own, which something else may end.
 *  @return 1 when the future is done; 0 when it is not: another thread runs it, or it is not for this one.
 *  Thread: any thread. Blocks: as long as the call that it runs, else no. Since: 0.1. */
CFUTURES_API int32_t cf_future_run_in_place(cf_future_t* future);

/** The outcome of a done future: OK, CANCELLED, or the status of its error; INVALID_STATE while it
 *  is not done.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_future_outcome(const cf_future_t* future);

/** What kind of result the future holds.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_result_kind_t cf_future_result_kind(const cf_future_t* future);

/**
 * Wait for the result as a pointer. The pointer is borrowed from the future.
 *
 * @param pointer_out  nullable; NULL for a result of kind NONE.
 * @return OK, TIMEOUT, WOULD_DEADLOCK, the outcome if it is not OK, INVALID_STATE (a result of another
 *         kind), INVALID_ARGUMENT.
 * Thread: any thread. Blocks: up to the timeout. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_future_result_pointer(const cf_future_t* future, int64_t timeout_ns,
                                                  void** pointer_out, cf_error_t** error_out);

/** The same for bytes; a JSON result gives the bytes of its text, kind NONE gives NULL and 0. bytes_out
 *  and size_out are nullable.
 *  Thread: any thread. Blocks: up to the timeout. Since: 0.1. */
CFUTURES_API cf_status_t cf_future_result_bytes(const cf_future_t* future, int64_t timeout_ns,
                                                const void** bytes_out, size_t* size_out,
                                                cf_error_t** error_out);

/** The same for a JSON text, which is NUL-terminated; kind NONE gives "null". json_out and size_out
 *  are nullable.
 *  Thread: any thread. Blocks: up to the timeout. Since: 0.1. */
CFUTURES_API cf_status_t cf_future_result_json(const cf_future_t* future, int64_t timeout_ns,
                                               const char** json_out, size_t* size_out,
                                               cf_error_t** error_out);

/**
 * Wait for the error: Python's exception().
 *
 * @param error_out  an owned reference to the task's error; NULL when it succeeded. With WOULD_DEADLOCK,
 *                   why.
 * @return OK, TIMEOUT, WOULD_DEADLOCK, CANCELLED, INVALID_ARGUMENT.
 * Thread: any thread. Blocks: up to the timeout. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_future_exception(const cf_future_t* future, int64_t timeout_ns,
                                             cf_error_t** error_out);

/** The error of a done future; borrowed; NULL when it is not done, succeeded or was cancelled.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API const cf_error_t* cf_future_error(const cf_future_t* future);

/** The payload of a prepared call or of a promise with one; borrowed; NULL for every other future.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API void* cf_future_payload(const cf_future_t* future);

/** The id of the call, unique in its executor; 0 for the futures of promises, cf_when_all() and
 *  cf_when_any().
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API uint64_t cf_future_task_id(const cf_future_t* future);

/**
 * The last progress that the call has reported with cf_task_report_progress(), also when it is done.
 *
 * @param json_out   a copy, NUL-terminated, to be freed with cf_free(); NULL when nothing was reported.
 *                   Nullable.
 * @param size_out   its size without the NUL; nullable.
 * @param count_out  how many reports have come so far, so that new ones can be told from old ones. Those
 *                   of an earlier run of a call that runs again (cf_submit_options_set_retries()) count.
 *                   Nullable.
 * @return OK, INVALID_ARGUMENT, FORKED, NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_future_progress(const cf_future_t* future, char** json_out,
                                            size_t* size_out, uint64_t* count_out);

/**
 * Call a function when the future is done: once, in the order of addition, after waiters were
 * woken. It runs on the worker that finished the call (thread pool, inline executor), on the
 * executor's one callback thread (process pool; thread pool when the call missed its deadline), on the
 * thread that cancelled, or at once on this
 * thread when the future is done already. `destroy` runs right after it, or at once when the call
 * fails.
 *
 * @return OK, INVALID_ARGUMENT, NO_MEMORY.
 * Thread: any thread. Blocks: as done_fn does when the future is done. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_future_add_done_callback(cf_future_t* future, cf_done_fn done_fn,
                                                     void* user_data, cf_destroy_fn destroy,
                                                     cf_error_t** error_out);

/* ------------------------------------------------------------------------------------------------
 * Continuations: calls that follow a future, the antecedent. Their futures are called derived.
 *
 * A derived future always becomes done: when its antecedents do, or earlier by a cancellation.
 * Cancelling it cancels none of them, since futures are shared and others may wait for them; it only
 * stops waiting for them. Who wants more adds a done callback to the derived future that cancels what
 * came before. Nothing here starts a thread, and nothing is allocated when an antecedent is done.
 * --------------------------------------------------------------------------------------------- */

/**
 * Call a function on an executor when the future is done: at once, if it is. It is submitted where done
 * callbacks run, in their order (see cf_future_add_done_callback()), and may be cancelled before it
 * starts. With the inline executor it runs right there.
 *
 * It runs whatever the antecedent's outcome was, and looks. With CF_THEN_ON_SUCCESS it runs after
 * success alone: after a failure the derived future fails with the same error, after a cancellation it
 * is cancelled. When the executor was shut down or is broken by then, or cannot take the call, the
 * derived future fails with that status (SHUT_DOWN, BROKEN_EXECUTOR, ...). The executor stays in memory
 * until then, but its last handle may go: that is a shutdown, too.
 *
 * @param future      the antecedent. Kept until the call has ended; a prepared call that is dropped
 *                    without being submitted fails the derived future with BROKEN_PROMISE.
 * @param executor    where the function runs; the inline executor is the completing thread.
 * @param options     nullable.
 * @param flags       0 or CF_THEN_ON_SUCCESS.
 * @param user_data, destroy  as in cf_executor_submit().
 * @param future_out  the derived future; NULL when nobody wants it.
 * @return OK, INVALID_ARGUMENT, UNSUPPORTED (a process pool), NO_MEMORY. OK for an executor that is
 *         shut down: then the derived future says so.
 * Thread: any thread. Blocks: as the call does with the inline executor when the future is done.
 * Since: 0.1.
 */
CFUTURES_API cf_status_t cf_future_then(cf_future_t* future, cf_executor_t* executor,
                                        const cf_submit_options_t* options, cf_then_flags_t flags,
                                        cf_then_fn then_fn, void* user_data, cf_destroy_fn destroy,
                                        cf_future_t** future_out, cf_error_t** error_out);

/**
 * The same for a call that cf_executor_prepare() made for this executor: submits it when the future is
 * done, in place of cf_executor_submit_prepared(). A payload that needs the antecedent holds a
 * reference to it, and lets go of it in the task and in abandon_fn.
 *
 * @param prepared  the derived future, borrowed.
 * @return OK, INVALID_ARGUMENT, INVALID_STATE (not prepared for this executor, or submitted or done
 *         before), NO_MEMORY. When it fails the prepared call is as it was.
 * Thread: any thread. Blocks: as cf_future_then(). Since: 0.1.
 */
CFUTURES_API cf_status_t cf_future_then_prepared(cf_future_t* future, cf_executor_t* executor,
                                                 cf_then_flags_t flags, cf_future_t* prepared,
                                                 cf_error_t** error_out);

/**
 * Make a future that succeeds, with no result, when all of these are done, whatever their outcomes:
 * read them one by one. Of no futures: at once. It keeps them until then or until it is cancelled; a
 * prepared call among them that is never submitted has to be cancelled.
 *
 * @param futures  borrowed; may hold the same future twice.
 * @return OK, INVALID_ARGUMENT, NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_when_all(cf_future_t* const* futures, size_t count,
                                     cf_future_t** future_out, cf_error_t** error_out);

/**
 * Make a future that succeeds when the first of these is done, whatever its outcome. Its result is the
 * index of that one, a JSON number. Then it lets go of the others, and does not cancel them.
 *
 * @param futures  borrowed; may hold the same future twice.
 * @param count    at least 1.
 * @return OK, INVALID_ARGUMENT, NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_when_any(cf_future_t* const* futures, size_t count,
                                     cf_future_t** future_out, cf_error_t** error_out);

/* ------------------------------------------------------------------------------------------------
 * Promise: a future that the program completes itself. Exactly one completion wins.
 * --------------------------------------------------------------------------------------------- */

/** Make a promise with its future, which is pending.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_promise_create(cf_promise_t** promise_out, cf_error_t** error_out);

/**
 * Make a promise whose future has a payload in the same memory block, which cf_future_payload() gives:
 * for a result that is built in place. Write it before the promise is kept and never after.
 *
 * @param size         of the payload in bytes, at most 1 GiB.
 * @param alignment    a power of two, at most 4096.
 * @param destroy      gets the payload, exactly once, just before its memory is freed, when the
 *                     future's last reference goes; nullable.
 * @param payload_out  borrowed from the future; uninitialised memory, to be initialised at once.
 * @return OK, INVALID_ARGUMENT, NO_MEMORY. When it fails destroy is not called, since there was no
 *         payload.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_promise_create_with_payload(size_t size, size_t alignment,
                                                        cf_destroy_fn destroy, void** payload_out,
                                                        cf_promise_t** promise_out,
                                                        cf_error_t** error_out);

/** Add a reference. NULL gives NULL.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_promise_t* cf_promise_retain(cf_promise_t* promise);

/** Drop a reference. When the last one goes and the future is not done, it fails with
 *  BROKEN_PROMISE, and its done callbacks run here. NULL is allowed.
 *  Thread: any thread. Blocks: as those callbacks do. Since: 0.1. */
CFUTURES_API void cf_promise_release(cf_promise_t* promise);

/** The promise's future: a new reference each time; NULL for NULL or another kind of handle.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_future_t* cf_promise_future(cf_promise_t* promise);

/** Say that the work starts: from now on it cannot be cancelled.
 *  @return OK (start), CANCELLED (do not start), INVALID_STATE (running or finished),
 *          INVALID_ARGUMENT.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_promise_set_running_or_notify_cancel(cf_promise_t* promise);

/** Finish with a pointer. `destroy` frees it when the future goes, or at once when this fails.
 *  @return OK, INVALID_STATE (already done), INVALID_ARGUMENT.
 *  Thread: any thread. Blocks: as done callbacks do. Since: 0.1. */
CFUTURES_API cf_status_t cf_promise_set_result_pointer(cf_promise_t* promise, void* pointer,
                                                       cf_destroy_fn destroy,
                                                       cf_error_t** error_out);

/** Finish with bytes, copied.
 *  @return OK, INVALID_STATE (already done), INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: any thread. Blocks: as done callbacks do. Since: 0.1. */
CFUTURES_API cf_status_t cf_promise_set_result_bytes(cf_promise_t* promise, const void* bytes,
                                                     size_t size, cf_error_t** error_out);

/** Finish with a JSON value, copied. `size` may be -1.
 *  @return OK, INVALID_STATE (already done), ENCODE_ERROR, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: any thread. Blocks: as done callbacks do. Since: 0.1. */
CFUTURES_API cf_status_t cf_promise_set_result_json(cf_promise_t* promise, const char* json,
                                                    int64_t size, cf_error_t** error_out);

/** Finish with an error, which is borrowed.
 *  @return OK, INVALID_STATE (already done), INVALID_ARGUMENT.
 *  Thread: any thread. Blocks: as done callbacks do. Since: 0.1. */
CFUTURES_API cf_status_t cf_promise_set_error(cf_promise_t* promise, const cf_error_t* error,
                                              cf_error_t** error_out);

/* ------------------------------------------------------------------------------------------------
 * Many futures
 * --------------------------------------------------------------------------------------------- */

/**
 * Wait for several futures, of one or of several executors. A timeout is no failure of the calls.
 *
 * @param futures         borrowed; may hold the same future twice.
 * @param count           0 gives OK at once.
 * @param return_when     the condition.
 * @param done_out        `count` bytes, each set to 1 (done) or 0; also at a timeout; nullable.
 * @param done_count_out  how many are done; nullable.
 * @return OK, TIMEOUT, WOULD_DEADLOCK (ALL_COMPLETED only), INVALID_ARGUMENT (a NULL in the array, an
 *         unknown condition), NO_MEMORY.
 * Thread: any thread. Blocks: up to the timeout. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_wait(cf_future_t* const* futures, size_t count,
                                 cf_return_when_t return_when, int64_t timeout_ns,
                                 uint8_t* done_out, size_t* done_count_out, cf_error_t** error_out);

/** Make an empty completion queue, to which futures can be added at any time.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_completion_queue_create(cf_completion_queue_t** queue_out,
                                                    cf_error_t** error_out);

/**
 * Make a completion queue that holds these futures, each once (Python's as_completed). The tag of a
 * future is its index in the array, the first one when it stands there more than once. The timeout counts from this call and bounds every
 * cf_completion_queue_next(); the futures themselves are not touched by it.
 *
 * @return OK, INVALID_ARGUMENT, NO_MEMORY.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_as_completed(cf_future_t* const* futures, size_t count,
                                         int64_t timeout_ns, cf_completion_queue_t** queue_out,
                                         cf_error_t** error_out);

/** Add a reference. NULL gives NULL.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_completion_queue_t* cf_completion_queue_retain(cf_completion_queue_t* queue);

/** Drop a reference. The last one forgets the futures that were not taken; it cancels none.
 *  NULL is allowed.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_completion_queue_release(cf_completion_queue_t* queue);

/** Add a future. The queue holds a reference until it is taken out.
 *  @param tag  any number; comes back with the future.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_completion_queue_add(cf_completion_queue_t* queue, cf_future_t* future,
                                                 uint64_t tag, cf_error_t** error_out);

/**
 * Take the next done future, in completion order.
 *
 * @param future_out  an owned reference.
 * @param tag_out     nullable.
 * @return OK, END (the queue holds no future), TIMEOUT, INVALID_ARGUMENT.
 * Thread: any thread. Blocks: up to the timeout. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_completion_queue_next(cf_completion_queue_t* queue, int64_t timeout_ns,
                                                  cf_future_t** future_out, uint64_t* tag_out,
                                                  cf_error_t** error_out);

/**
 * Take several done futures at once, in completion order: waits until there is one, then takes what is
 * there.
 *
 * @param futures_out  room for `capacity` owned references; the rest is set to NULL.
 * @param tags_out     room for as many tags; nullable.
 * @param capacity     at least 1.
 * @param count_out    how many were taken.
 * @return OK (at least one was taken), END (the queue holds no future), TIMEOUT, INVALID_ARGUMENT.
 * Thread: any thread. Blocks: up to the timeout. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_completion_queue_next_batch(cf_completion_queue_t* queue,
                                                        int64_t timeout_ns,
                                                        cf_future_t** futures_out,
                                                        uint64_t* tags_out, size_t capacity,
                                                        size_t* count_out, cf_error_t** error_out);

/**
 * A file descriptor for event loops (poll, epoll, libuv, tokio, Go's poller). It is readable exactly
 * while the queue holds a done future; neither END nor a timeout makes it so. It is made by the first
 * call and the same in all; a queue that is never asked has none.
 *
 * Level-triggered loops take what they like each time it is readable. Edge-triggered ones get one edge
 * when the first future is done, and must take (with timeout 0) until TIMEOUT or END before they wait
 * again. Where several take, one may find nothing left.
 *
 * The descriptor belongs to the queue and is closed with its last handle: take it out of the loop
 * before, or give a loop that closes what it watches a dup() of it, which then is never readable again.
 * Do not read, write or change it. It is not inherited by other programs.
 *
 * @return OK, INVALID_ARGUMENT, SYSTEM (no descriptor is left).
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_completion_queue_descriptor(cf_completion_queue_t* queue,
                                                        int32_t* descriptor_out,
                                                        cf_error_t** error_out);

/* ------------------------------------------------------------------------------------------------
 * Map: one function over many inputs
 * --------------------------------------------------------------------------------------------- */

/** Make options that hold the defaults.
 *  @return OK, INVALID_ARGUMENT, NO_MEMORY.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_map_options_create(cf_map_options_t** options_out,
                                               cf_error_t** error_out);

/** Free options. NULL is allowed.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API void cf_map_options_release(cf_map_options_t* options);

/** A timeout for the whole map, counted from the map call. Default: none.
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_map_options_set_timeout(cf_map_options_t* options, int64_t timeout_ns,
                                                    cf_error_t** error_out);

/** How many items travel in one message of a process pool; 0 (the default) chooses by itself. Each
 *  item still has its own outcome.
 *  @return OK, INVALID_ARGUMENT (negative, or above 65536).
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_map_options_set_chunk_size(cf_map_options_t* options,
                                                       int64_t chunk_size, cf_error_t** error_out);

/** How many items may be submitted whose results were not taken; never exceeded. 0 (the default)
 *  means all of an array, and a small multiple of the workers for lazy input.
 *  @return OK, INVALID_ARGUMENT (negative).
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_map_options_set_window(cf_map_options_t* options, int64_t window,
                                                   cf_error_t** error_out);

/** Whether results come in completion order (1) or in input order (0, the default).
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_map_options_set_unordered(cf_map_options_t* options, int32_t unordered,
                                                      cf_error_t** error_out);

/** Whether releasing the map cancels what has not started (1, the default) or lets it run (0).
 *  @return OK, INVALID_ARGUMENT.
 *  Thread: one thread at a time. Blocks: no. Since: 0.1. */
CFUTURES_API cf_status_t cf_map_options_set_cancel_on_release(cf_map_options_t* options,
                                                              int32_t cancel,
                                                              cf_error_t** error_out);

/**
 * Map a function pointer over items that a callback supplies, in the calling thread, as the window
 * allows: the first ones here, the others in cf_map_next().
 *
 * @param options       nullable.
 * @param task_fn       the task; its user_data is the item.
 * @param destroy_item  frees an item, as the destroy of cf_executor_submit(); nullable.
 * @param next_item_fn  the input.
 * @param user_data     of next_item_fn.
 * @param destroy       frees user_data when the input has ended or the map goes; nullable.
 * @return OK, or what cf_executor_submit() or next_item_fn gave for the first items; then calls
 *         that were submitted are cancelled if they have not started.
 * Thread: any thread. Blocks: as next_item_fn does. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_map(cf_executor_t* executor, const cf_map_options_t* options,
                                         cf_task_fn task_fn, cf_destroy_fn destroy_item,
                                         cf_map_item_fn next_item_fn, void* user_data,
                                         cf_destroy_fn destroy, cf_map_t** map_out,
                                         cf_error_t** error_out);

/**
 * Map a registered function over an array of argument texts, one per item, all copied.
 *
 * @param sizes  of the texts; nullable: they end at their NUL.
 * @return as cf_executor_map() and cf_executor_submit_call(); an item whose text is wrong fails the
 *         whole call and its message says which.
 * Thread: any thread. Blocks: no. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_map_call(cf_executor_t* executor,
                                              const cf_map_options_t* options, const char* name,
                                              const char* const* arguments, const size_t* sizes,
                                              size_t count, cf_map_t** map_out,
                                              cf_error_t** error_out);

/** The same with the argument texts supplied by a callback, as in cf_executor_map().
 *  Thread: any thread. Blocks: as next_arguments_fn does. Since: 0.1. */
CFUTURES_API cf_status_t cf_executor_map_call_lazy(cf_executor_t* executor,
                                                   const cf_map_options_t* options,
                                                   const char* name,
                                                   cf_map_arguments_fn next_arguments_fn,
                                                   void* user_data, cf_destroy_fn destroy,
                                                   cf_map_t** map_out, cf_error_t** error_out);

/**
 * Run a function over all indexes of a range, in parts: for cheap work on many elements. There is no
 * call, and no future, for an element or a part.
 *
 * The calling thread runs parts itself, as one of the max_workers threads that do; the others are
 * workers of the executor, as they are free. Each of them takes the next part when it is ready for it:
 * a large share first, small ones towards the end. Every index is in one part; parts have no order. On an
 * executor with one worker everything is one part.
 *
 * The first part that fails ends the map: no other part starts, those that run are waited for, and can
 * ask cf_task_cancel_requested() whether it has come to that. What parts return through their tasks
 * (cf_task_return_*) is dropped: results are written to where user_data points.
 *
 * @param begin     the first index.
 * @param end       the one behind the last; when it is not above `begin`, there is nothing to do.
 * @param grain     the fewest indexes of a part, but for the last one; 0 chooses by the length of the
 *                  range and the number of workers.
 * @param range_fn  the body, called by several threads at the same time.
 * @param user_data of range_fn; not used any more on return.
 * @return OK when all parts succeeded, the status of the first one that failed (TASK_FAILED,
 *         TASK_EXITED), INVALID_ARGUMENT (a negative grain), SHUT_DOWN, BROKEN_EXECUTOR, UNSUPPORTED (a
 *         process pool), FORKED, NO_MEMORY.
 * Thread: any thread; in a task of the same executor, it goes on without free workers. Blocks: until all
 * parts have run. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_executor_map_range(cf_executor_t* executor, int64_t begin, int64_t end,
                                               int64_t grain, cf_range_fn range_fn, void* user_data,
                                               cf_error_t** error_out);

/**
 * Take the next outcome: a done future, with the item's own result or error. A failed item does not
 * end the map. The function that supplies the input runs in here; it may release the map, but not take
 * from it.
 *
 * @param future_out  an owned reference; done.
 * @param index_out   the item's place in the input; nullable.
 * @return OK, END, TIMEOUT (of this call or of the map; call again to go on), what the input or
 *         submit gave for a later item (once, when the items before it were taken; then END, and the
 *         input is not asked again), WOULD_DEADLOCK, INVALID_STATE (from the input of this map),
 *         INVALID_ARGUMENT.
 * Thread: one thread at a time. Blocks: up to the timeout. Since: 0.1.
 */
CFUTURES_API cf_status_t cf_map_next(cf_map_t* map, int64_t timeout_ns, cf_future_t** future_out,
                                     uint64_t* index_out, cf_error_t** error_out);

/** Add a reference. NULL gives NULL.
 *  Thread: any thread. Blocks: no. Since: 0.1. */
CFUTURES_API cf_map_t* cf_map_retain(cf_map_t* map);

/** Drop a reference. The last one cancels what has not started, unless the options say otherwise.
 *  NULL is allowed.
 *  Thread: any thread. Blocks: as the done callbacks of cancelled futures do. Since: 0.1. */
CFUTURES_API void cf_map_release(cf_map_t* map);

#ifdef __cplusplus
}
#endif

#endif

package cfutures

/*
#include "bridge.h"
*/
import "C"

import "context"

// WorkerState is what a worker process does.
type WorkerState int

// What a worker process may do.
const (
	WorkerStarting WorkerState = C.CF_WORKER_STATE_STARTING // it is not ready yet
	WorkerIdle     WorkerState = C.CF_WORKER_STATE_IDLE     // it runs no call
	WorkerRunning  WorkerState = C.CF_WORKER_STATE_RUNNING  // it runs a call
	WorkerLeaving  WorkerState = C.CF_WORKER_STATE_LEAVING  // it gets no more calls
)

// Worker is a worker process at one moment.
type Worker struct {
	PID       int
	State     WorkerState
	TaskID    uint64 // of the call it runs; 0 for none
	Function  string // of that call
	TasksDone uint64
	Memory    int64 // resident bytes; -1 when it is not known
}

// Workers tells of the worker processes, in the order in which they were started.
func (p *ProcessPool) Workers() ([]Worker, error) {
	var list *C.cf_worker_list_t
	err := p.use(func(native *C.cf_executor_t) error {
		var nativeErr *C.cf_error_t
		if status := C.cf_executor_workers(native, &list, &nativeErr); status != C.CF_STATUS_OK {
			return takeError(status, nativeErr)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	defer C.cf_worker_list_release(list)
	workers := make([]Worker, C.cf_worker_list_count(list))
	for i := range workers {
		at := C.size_t(i)
		workers[i] = Worker{
			PID:       int(C.cf_worker_list_pid(list, at)),
			State:     WorkerState(C.cf_worker_list_state(list, at)),
			TaskID:    uint64(C.cf_worker_list_task_id(list, at)),
			Function:  C.GoString(C.cf_worker_list_function(list, at)),
			TasksDone: uint64(C.cf_worker_list_tasks_done(list, at)),
			Memory:    int64(C.cf_worker_list_memory(list, at)),
		}
	}
	return workers, nil
}

// TerminateWorkers shuts the pool down by force: what has not started is cancelled, and each worker is sent
// SIGTERM, and SIGKILL when the termination grace is over. Calls that run fail with [ErrWorkerKilled].
func (p *ProcessPool) TerminateWorkers(ctx context.Context, options ShutdownOptions) error {
	return p.end(ctx, options, func(native *C.cf_executor_t, flags C.cf_shutdown_flags_t, timeout C.int64_t, err **C.cf_error_t) C.cf_status_t {
		return C.cf_executor_terminate_workers(native, flags, timeout, err)
	})
}

// KillWorkers is the same with SIGKILL at once.
func (p *ProcessPool) KillWorkers(ctx context.Context, options ShutdownOptions) error {
	return p.end(ctx, options, func(native *C.cf_executor_t, flags C.cf_shutdown_flags_t, timeout C.int64_t, err **C.cf_error_t) C.cf_status_t {
		return C.cf_executor_kill_workers(native, flags, timeout, err)
	})
}

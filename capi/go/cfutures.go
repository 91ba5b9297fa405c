// Package cfutures is Python's concurrent.futures: executors, and a future for each call.
//
// An executor runs calls elsewhere: a thread pool on threads, a process pool in worker processes. A
// [Future] is the call's outcome: [Future.Wait] for it, select on [Future.Done], [Future.Cancel] it, take
// many as they complete with [AsCompleted].
//
//	var square = cfutures.Register("square", func(n int) (int, error) { return n * n, nil })
//
//	func main() {
//		cfutures.WorkerEntry() // the workers of process pools are this program: they stay in here
//		pool, err := cfutures.NewProcessPool(cfutures.ProcessPoolOptions{})
//		...
//		defer pool.Close()
//		nine, err := square.Call(ctx, pool, 3)
//		...
//		n, err := nine.Wait(ctx)
//	}
//
// Go programs end without running exit handlers: Close an executor to have its work finished. Nothing
// else has to be released.
//
// Completions do not come by callbacks from C. Each executor has a completion queue, whose descriptor
// the Go runtime polls, and one goroutine that takes what is done in batches.
package cfutures

/*
#cgo pkg-config: cfutures
#include "bridge.h"
*/
import "C"

// Version is the version of the library that runs.
func Version() string { return C.GoString(C.cf_version_string()) }

// DefaultThreadCount is how many workers a thread pool has by default.
func DefaultThreadCount() int { return int(C.cf_default_thread_count()) }

// DefaultProcessCount is how many workers a process pool has by default.
func DefaultProcessCount() int { return int(C.cf_default_process_count()) }

// WorkerEntry is to be called first in main, when all functions are registered: which package-level
// variables do by themselves. In a process that a pool started as its worker it serves calls and does not
// return; in every other it returns at once, and process pools may be made from then on.
func WorkerEntry() { C.cf_worker_entry() }

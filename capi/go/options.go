package cfutures

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"encoding/json"
	"runtime"
	"time"
	"unsafe"
)

// ThreadPoolOptions of which every zero is the default.
type ThreadPoolOptions struct {
	MaxWorkers  int    // by default as many as DefaultThreadCount says
	NamePrefix  string // of the threads
	MaxQueue    int    // how many calls may wait for their start; by default any number
	QueuePolicy QueuePolicy
}

// QueuePolicy is what submitting does when the queue is full.
type QueuePolicy int

// What submitting may do when the queue is full.
const (
	BlockWhenFull QueuePolicy = C.CF_QUEUE_POLICY_BLOCK         // wait for a place; see QueueTimeout
	FailWhenFull  QueuePolicy = C.CF_QUEUE_POLICY_FAIL          // with ErrQueueFull
	RunWhenFull   QueuePolicy = C.CF_QUEUE_POLICY_RUN_IN_CALLER // here, before submitting returns; not in a process pool
)

// ProcessPoolOptions of which every zero is the default.
type ProcessPoolOptions struct {
	MaxWorkers int // by default as many as DefaultProcessCount says

	// What workers are: by default this program, run again, whose main calls WorkerEntry first.
	WorkerLibraries []string // the installed cfutures-worker, with these shared libraries
	WorkerCommand   []string // a program that speaks the library's protocol, and its arguments
	StartMethod     StartMethod

	// A registered function that each worker calls before its first call, and its arguments.
	Initializer          string
	InitializerArguments []any

	MaxQueue    int // how many calls may wait for a worker; by default any number
	QueuePolicy QueuePolicy

	MaxTasksPerChild int           // after how many calls a worker is replaced
	IdleTimeout      time.Duration // how long a worker without calls stays
	StartTimeout     time.Duration // how long a worker may take until it is ready
	TerminationGrace time.Duration // how long a stopped worker may go on; negative is for ever
	MaxMessageSize   int           // the largest JSON text of a call, in bytes
	NestingLimit     int           // how many process pools may be one inside the other
	BreakOnCrash     bool          // a worker that dies breaks the pool
	CrashLimit       int           // how many workers may die within CrashPeriod
	CrashPeriod      time.Duration

	// What workers are given, and what they may use.
	Environment     []string // "NAME=value" each; nil is this program's
	Directory       string
	Umask           *int
	Niceness        int
	MemoryLimit     int           // of address space, in bytes
	CPUTimeLimit    time.Duration // in a worker's life
	NoCoreDumps     bool
	NoNewPrivileges bool
	Output          WorkerOutput
}

// StartMethod is how a pool starts its workers.
type StartMethod int

// How workers may be started. A Go program has several threads before its main, so as its own worker it can
// only be spawned; workers with WorkerLibraries may come from a fork server.
const (
	Spawn      StartMethod = C.CF_START_METHOD_SPAWN      // each runs its program from the beginning
	ForkServer StartMethod = C.CF_START_METHOD_FORKSERVER // each is a copy of one process that is ready
	AutoStart  StartMethod = C.CF_START_METHOD_AUTO       // ForkServer where that works, otherwise Spawn
)

// WorkerOutput is where the standard output and error of workers go.
type WorkerOutput int

// Where the output of workers may go.
const (
	InheritOutput WorkerOutput = C.CF_WORKER_OUTPUT_INHERIT
	DiscardOutput WorkerOutput = C.CF_WORKER_OUTPUT_DISCARD
	CaptureOutput WorkerOutput = C.CF_WORKER_OUTPUT_CAPTURE // its end is in the Detail of an ErrWorkerLost
)

// setter calls C functions that set options, until one fails.
type setter struct {
	status C.cf_status_t
	err    *C.cf_error_t
}

func (s *setter) set(wanted bool, set func(err **C.cf_error_t) C.cf_status_t) {
	if wanted && s.status == C.CF_STATUS_OK {
		s.status = set(&s.err)
	}
}

// failure is why one failed.
func (s *setter) failure() error {
	if s.status == C.CF_STATUS_OK {
		return nil
	}
	return takeError(s.status, s.err)
}

// NewThreadPool makes a thread pool. Threads start when work arrives.
func NewThreadPool(options ThreadPoolOptions) (*ThreadPool, error) {
	var s setter
	var native *C.cf_thread_pool_options_t
	s.set(true, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_thread_pool_options_create(&native, err)
	})
	defer C.cf_thread_pool_options_release(native)
	s.set(options.MaxWorkers != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_thread_pool_options_set_max_workers(native, clamp(options.MaxWorkers), err)
	})
	s.set(options.NamePrefix != "", func(err **C.cf_error_t) C.cf_status_t {
		prefix := C.CString(options.NamePrefix)
		defer C.free(unsafe.Pointer(prefix))
		return C.cf_thread_pool_options_set_name_prefix(native, prefix, err)
	})
	s.set(options.MaxQueue != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_thread_pool_options_set_max_queue(native, C.int64_t(options.MaxQueue), err)
	})
	s.set(options.QueuePolicy != BlockWhenFull, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_thread_pool_options_set_queue_policy(native, C.cf_queue_policy_t(clamp(int(options.QueuePolicy))), err)
	})
	// Go ends programs without exit handlers, but not all that are built for the race detector or around C.
	s.set(true, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_thread_pool_options_set_exit_policy(native, C.CF_EXIT_POLICY_ABANDON, err)
	})
	if err := s.failure(); err != nil {
		return nil, err
	}
	e, err := newExecutor(func(out **C.cf_executor_t, err **C.cf_error_t) C.cf_status_t {
		return C.cf_thread_pool_create(native, out, err)
	})
	if err != nil {
		return nil, err
	}
	return &ThreadPool{e}, nil
}

// NewProcessPool makes a process pool. Workers start when work arrives.
func NewProcessPool(options ProcessPoolOptions) (*ProcessPool, error) {
	var s setter
	var native *C.cf_process_pool_options_t
	s.set(true, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_create(&native, err)
	})
	defer C.cf_process_pool_options_release(native)
	if err := options.worker(&s, native); err != nil {
		return nil, err
	}
	options.lives(&s, native)
	options.surroundings(&s, native)
	if err := s.failure(); err != nil {
		return nil, err
	}
	e, err := newExecutor(func(out **C.cf_executor_t, err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_create(native, out, err)
	})
	if err != nil {
		return nil, err
	}
	return &ProcessPool{e}, nil
}

// worker is about what the workers are.
func (o *ProcessPoolOptions) worker(s *setter, native *C.cf_process_pool_options_t) error {
	s.set(o.MaxWorkers != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_max_workers(native, clamp(o.MaxWorkers), err)
	})
	s.set(len(o.WorkerLibraries) != 0, func(err **C.cf_error_t) C.cf_status_t {
		paths, free := cStrings(o.WorkerLibraries)
		defer free()
		return C.cf_process_pool_options_set_worker_libraries(native, paths, C.size_t(len(o.WorkerLibraries)), err)
	})
	s.set(len(o.WorkerCommand) != 0, func(err **C.cf_error_t) C.cf_status_t {
		words, free := cStrings(o.WorkerCommand)
		defer free()
		return C.cf_process_pool_options_set_worker_command(native, words, C.size_t(len(o.WorkerCommand)), err)
	})
	s.set(o.StartMethod != Spawn, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_start_method(native, C.cf_start_method_t(clamp(int(o.StartMethod))), err)
	})
	if o.Initializer == "" {
		return nil
	}
	arguments, err := encodeArguments(o.InitializerArguments)
	if err != nil {
		return err
	}
	s.set(true, func(err **C.cf_error_t) C.cf_status_t {
		name := C.CString(o.Initializer)
		defer C.free(unsafe.Pointer(name))
		text := (*C.char)(unsafe.Pointer(unsafe.SliceData(arguments)))
		return C.cf_process_pool_options_set_initializer(native, name, text, C.int64_t(len(arguments)), err)
	})
	return nil
}

// lives is about how calls wait for workers, and how those start, end and are replaced.
func (o *ProcessPoolOptions) lives(s *setter, native *C.cf_process_pool_options_t) {
	s.set(o.MaxQueue != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_max_queue(native, C.int64_t(o.MaxQueue), err)
	})
	s.set(o.QueuePolicy != BlockWhenFull, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_queue_policy(native, C.cf_queue_policy_t(clamp(int(o.QueuePolicy))), err)
	})
	s.set(o.MaxTasksPerChild != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_max_tasks_per_child(native, C.int64_t(o.MaxTasksPerChild), err)
	})
	s.set(o.IdleTimeout != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_idle_timeout(native, C.int64_t(o.IdleTimeout), err)
	})
	s.set(o.StartTimeout != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_start_timeout(native, C.int64_t(o.StartTimeout), err)
	})
	s.set(o.TerminationGrace != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_termination_grace(native, C.int64_t(o.TerminationGrace), err)
	})
	s.set(o.MaxMessageSize != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_max_message_size(native, C.int64_t(o.MaxMessageSize), err)
	})
	s.set(o.NestingLimit != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_nesting_limit(native, clamp(o.NestingLimit), err)
	})
	s.set(o.BreakOnCrash, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_break_on_crash(native, 1, err)
	})
	s.set(o.CrashLimit != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_crash_limit(native, clamp(o.CrashLimit), C.int64_t(o.CrashPeriod), err)
	})
}

// surroundings is about what workers are given and what they may use.
func (o *ProcessPoolOptions) surroundings(s *setter, native *C.cf_process_pool_options_t) {
	s.set(o.Environment != nil, func(err **C.cf_error_t) C.cf_status_t {
		entries, free := cStrings(o.Environment)
		defer free()
		return C.cf_process_pool_options_set_environment(native, entries, C.size_t(len(o.Environment)), err)
	})
	s.set(o.Directory != "", func(err **C.cf_error_t) C.cf_status_t {
		path := C.CString(o.Directory)
		defer C.free(unsafe.Pointer(path))
		return C.cf_process_pool_options_set_directory(native, path, err)
	})
	s.set(o.Umask != nil, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_umask(native, clamp(*o.Umask), err)
	})
	s.set(o.Niceness != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_niceness(native, clamp(o.Niceness), err)
	})
	s.set(o.MemoryLimit != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_memory_limit(native, C.int64_t(o.MemoryLimit), err)
	})
	s.set(o.CPUTimeLimit != 0, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_cpu_time_limit(native, C.int64_t(o.CPUTimeLimit), err)
	})
	s.set(o.NoCoreDumps, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_core_size_limit(native, 0, err)
	})
	s.set(o.NoNewPrivileges, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_no_new_privileges(native, 1, err)
	})
	s.set(o.Output != InheritOutput, func(err **C.cf_error_t) C.cf_status_t {
		return C.cf_process_pool_options_set_output(native, C.cf_worker_output_t(clamp(int(o.Output))), err)
	})
}

// encodeArguments writes positional arguments.
func encodeArguments(arguments []any) ([]byte, error) {
	if arguments == nil {
		return []byte("[]"), nil
	}
	text, err := json.Marshal(arguments)
	if err != nil {
		return nil, &Error{Status: ErrEncode, Message: err.Error(), ExitStatus: -1, Cause: err}
	}
	return text, nil
}

// clamp keeps what does not fit for the library to refuse.
func clamp(n int) C.int32_t { return C.int32_t(max(min(n, 1<<31-1), -1<<31)) }

// cStrings gives texts to C, until they are freed.
func cStrings(texts []string) (**C.char, func()) {
	var pin runtime.Pinner
	list := make([]*C.char, len(texts)+1) // never without an address
	for i, text := range texts {
		list[i] = C.CString(text)
	}
	pin.Pin(&list[0])
	return &list[0], func() {
		for _, text := range list {
			C.free(unsafe.Pointer(text))
		}
		pin.Unpin()
	}
}

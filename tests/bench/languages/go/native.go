package main

/*
#cgo pkg-config: cfutures
#include <cfutures/cfutures.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

extern void callback(uint64_t id);

static int32_t return_pointer(cf_task_t* task, void* pointer) { return cf_task_return_pointer(task, pointer, NULL); }
static cf_task_fn return_pointer_task(void) { return return_pointer; }

// Calls from Go to C take an id; a thread of C gives as many back.
static uint64_t taken;
static void take(uint64_t id) { taken += id; }

static void* call_back(void* count) {
	for (uint64_t id = 0; id < (uint64_t)(uintptr_t)count; ++id) callback(id);
	return NULL;
}

static int call_back_from_a_thread(uint64_t count) {
	pthread_t thread;
	if (pthread_create(&thread, NULL, call_back, (void*)(uintptr_t)count) != 0) return 1;
	return pthread_join(thread, NULL);
}
*/
import "C"

import (
	"errors"
	"time"
	"unsafe"

	"cfutures"
)

var called int

//export callback
func callback(id C.uint64_t) { called += int(id) }

// floor is one call from Go to C and one from a thread of C to Go, in ns, with nothing around them.
func floor(size int) float64 {
	called = 0
	start := time.Now()
	for i := range size {
		C.take(C.uint64_t(i))
	}
	if C.call_back_from_a_thread(C.uint64_t(size)) != 0 {
		must(errors.New("no thread"))
	}
	elapsed := time.Since(start)
	check(called == size*(size-1)/2)
	return float64(elapsed.Nanoseconds()) / float64(size)
}

func returnPointer() cfutures.CFunction { return cfutures.CFunction(C.return_pointer_task()) }

// numbers points into a table of C: the numbers from 0.
func numbers(size int) []unsafe.Pointer {
	table := unsafe.Slice((*int64)(C.malloc(C.size_t(8*size))), size)
	data := make([]unsafe.Pointer, size)
	for i := range table {
		table[i] = int64(i)
		data[i] = unsafe.Pointer(&table[i])
	}
	return data
}

func sumOf(pointers []unsafe.Pointer) int {
	sum := int64(0)
	for _, pointer := range pointers {
		sum += *(*int64)(pointer)
	}
	return int(sum)
}

// Package probe is what the tests need of C, which they cannot use themselves.
package probe

/*
#cgo pkg-config: cfutures
#include <cfutures/cfutures.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void read_what_is_not_there(void) { (void)*(volatile int*)16; }

static void die_of_it(void) {
	signal(SIGSEGV, SIG_DFL);
	read_what_is_not_there();
}

static size_t allocated(void) { return mallinfo2().uordblks; }

// Tasks for batches.

static int32_t give_back(cf_task_t* task, void* data) { return cf_task_return_pointer(task, data, NULL); }

static int destroyed;

static void count_destroyed(void* pointer) { (void)pointer; __atomic_add_fetch(&destroyed, 1, __ATOMIC_SEQ_CST); }

static int how_many_destroyed(void) { return __atomic_load_n(&destroyed, __ATOMIC_SEQ_CST); }

static int32_t speak(cf_task_t* task, void* word) {
	if (strcmp(word, "fail") == 0) return cf_task_fail(task, "SpeechError", "no words", NULL);
	if (strcmp(word, "counted") == 0) return cf_task_return_pointer(task, &destroyed, count_destroyed);
	if (*(char*)word == '"') return cf_task_return_json(task, word, -1);
	return cf_task_return_bytes(task, word, strlen(word));
}

static cf_task_fn task_give_back(void) { return give_back; }
static cf_task_fn task_speak(void) { return speak; }
*/
import "C"

import "unsafe"

// Fault reads what it must not, outside of Go, where it is no panic: Go's runtime reports it and exits.
func Fault() { C.read_what_is_not_there() }

// FaultUnhandled is the same without Go's runtime: the process dies by SIGSEGV.
func FaultUnhandled() { C.die_of_it() }

// Allocated is how many bytes of C's heap are in use.
func Allocated() int { return int(C.allocated()) }

// GiveBack is a task that returns its data as a pointer.
func GiveBack() unsafe.Pointer { return unsafe.Pointer(C.task_give_back()) }

// Speak is a task that returns a word as bytes, as JSON if it is in quotes, fails for "fail", and returns a
// pointer with a destroy function for "counted".
func Speak() unsafe.Pointer { return unsafe.Pointer(C.task_speak()) }

// Destroyed is how many such pointers were destroyed.
func Destroyed() int { return int(C.how_many_destroyed()) }

// Numbers is data for a batch, each with an address of its own.
func Numbers(count int) []unsafe.Pointer {
	data := make([]unsafe.Pointer, count)
	for i := range data {
		data[i] = C.malloc(1)
	}
	return data
}

// Words is data for a batch.
func Words(words ...string) []unsafe.Pointer {
	data := make([]unsafe.Pointer, len(words))
	for i, word := range words {
		data[i] = unsafe.Pointer(C.CString(word))
	}
	return data
}

// Free gives data back.
func Free(data []unsafe.Pointer) {
	for _, pointer := range data {
		C.free(pointer)
	}
}

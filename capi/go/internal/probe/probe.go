// Package probe is what the tests need of C, which they cannot use themselves.
package probe

/*
#include <malloc.h>
#include <signal.h>

static void read_what_is_not_there(void) { (void)*(volatile int*)16; }

static void die_of_it(void) {
	signal(SIGSEGV, SIG_DFL);
	read_what_is_not_there();
}

static size_t allocated(void) { return mallinfo2().uordblks; }
*/
import "C"

// Fault reads what it must not, outside of Go, where it is no panic: Go's runtime reports it and exits.
func Fault() { C.read_what_is_not_there() }

// FaultUnhandled is the same without Go's runtime: the process dies by SIGSEGV.
func FaultUnhandled() { C.die_of_it() }

// Allocated is how many bytes of C's heap are in use.
func Allocated() int { return int(C.allocated()) }

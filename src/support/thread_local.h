// Thread-local words of the library, read with one instruction.
//
// Only constant-initialized pointers and numbers, a few words in all: they live in the static block of
// each thread, of which a library that is loaded late gets little. No
// destructors: those of the main thread would run at exit (rule 2 of the README).
#pragma once

#define CF_THREAD_LOCAL constinit thread_local __attribute__((tls_model("initial-exec")))

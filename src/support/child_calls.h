// What a child does between its making and its program. On Linux it runs in the memory of the host, of which
// one thread sleeps: these make system calls and nothing else, since the C library's functions keep books
// that belong to the host. Elsewhere the child has a copy, and they are what POSIX allows after fork().
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>

// Sanitizers must not look at what a child does.
#define CF_IN_CHILD                                                         \
    __attribute__((noinline, no_sanitize("address"), no_sanitize("thread"), \
                   no_sanitize("undefined")))

namespace cf::child {

// All that can fail return false, with errno.

CF_IN_CHILD void reset_signal_handlers();
CF_IN_CHILD void unblock_signals();
CF_IN_CHILD bool make_process_group();
/// Makes a descriptor be `to`, and stay open in the program.
CF_IN_CHILD bool move_descriptor(int from, int to);
CF_IN_CHILD bool is_open(int descriptor);
CF_IN_CHILD bool open_null(int to, int flags);
/// The program does not get any from `first` on.
CF_IN_CHILD bool close_from(int first);
CF_IN_CHILD void set_umask(mode_t mask);
CF_IN_CHILD bool change_directory(const char* path);
CF_IN_CHILD bool add_niceness(int more);
CF_IN_CHILD bool forbid_new_privileges();
CF_IN_CHILD bool set_limit(int resource, rlim_t soft, rlim_t hard);
[[noreturn]] CF_IN_CHILD void end(int status);

/// Memory in which the child leaves word for the host; null when there is none.
void* shared_memory(size_t size);
void release_shared_memory(void* memory, size_t size);

}  // namespace cf::child

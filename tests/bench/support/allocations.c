/*
 * Counts calls of malloc's family. Preloaded for W9 alone: a counter that all threads share would
 * cost the other workloads time.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

/* glibc's own names of what is replaced here. */
extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_realloc(void* memory, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);

static uint64_t allocations;

static void count(void) {
    __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
}

uint64_t bench_allocations(void) {
    return __atomic_load_n(&allocations, __ATOMIC_RELAXED);
}

void* malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void* calloc(size_t elements, size_t size) {
    count();
    return __libc_calloc(elements, size);
}

void* realloc(void* memory, size_t size) {
    count();
    return __libc_realloc(memory, size);
}

void* memalign(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
    *memory = memalign(alignment, size);
    return *memory == NULL ? ENOMEM : 0;
}

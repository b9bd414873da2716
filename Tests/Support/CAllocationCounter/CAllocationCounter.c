// Counts allocations by standing in for glibc's allocator: the functions of an executable take precedence over those
// of the libraries it loads, the Swift runtime included. Each counts and hands on to the real one. In C because the
// compiler reserves the name malloc in Swift.
#include "CAllocationCounter.h"

#include <errno.h>
#include <stddef.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS 1
#else
#define COUNTS 0
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#undef COUNTS
#define COUNTS 0
#endif
#endif

static _Thread_local uint64_t count;

uint64_t callocationcounter_count(void) { return count; }

bool callocationcounter_is_available(void) { return COUNTS; }

#if COUNTS
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    count += 1;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count += 1;
    return __libc_calloc(number, size);
}

void *realloc(void *pointer, size_t size) {
    count += 1;
    return __libc_realloc(pointer, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count += 1;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    count += 1;
    void *pointer = __libc_memalign(alignment, size);
    if (pointer == NULL) return ENOMEM;
    *result = pointer;
    return 0;
}
#endif

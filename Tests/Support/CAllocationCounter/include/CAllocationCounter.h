#ifndef C_ALLOCATION_COUNTER_H
#define C_ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Blocks that the calling thread has taken from the C library's allocator so far, by whatever function.
uint64_t callocationcounter_count(void);

/// Whether allocations are counted at all: not where a sanitizer has put its own allocator in place.
bool callocationcounter_is_available(void);

#endif

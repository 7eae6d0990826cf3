/* Heap memory that cannot fail: without memory the process ends with a message (the crash handler
 * restores the terminal first). Sizes that a server chooses are bounded before they get here: see
 * arena.h. */
#pragma once

#include <stddef.h>

/* Reports on stderr that memory is exhausted and aborts; also for a failed allocation of a
 * library. */
_Noreturn void mem_failed(void);

void *mem_new(size_t size) __attribute__((malloc, returns_nonnull));       /* zeroed */
void *mem_resize(void *old, size_t size) __attribute__((returns_nonnull)); /* not zeroed */
char *mem_dup(const char *text) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

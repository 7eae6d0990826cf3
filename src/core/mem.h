/* Heap memory that cannot fail: running out of it ends the process with a message (the crash
 * handler restores the terminal first). Sizes that a server decides never come here unbounded: see
 * arena.h. */
#pragma once

#include <stddef.h>

/* Reports on stderr that memory is short and aborts; also for a library's failed allocation. */
_Noreturn void mem_failed(void);

void *mem_new(size_t size) __attribute__((malloc, returns_nonnull));       /* zeroed */
void *mem_resize(void *old, size_t size) __attribute__((returns_nonnull)); /* not zeroed */
char *mem_dup(const char *text) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* Heap memory that cannot fail: running out of it ends the process (the crash handler gives the
 * terminal back first). Sizes that a server decides never come here unbounded: see arena.h. */
#pragma once

#include <stddef.h>

void *mem_new(size_t size) __attribute__((malloc, returns_nonnull));       /* zeroed */
void *mem_resize(void *old, size_t size) __attribute__((returns_nonnull)); /* not zeroed */
char *mem_dup(const char *text) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* Memory that is freed all at once, with a limit.
 *
 * Everything that is kept of a server's answer is in an arena, and the limit is set where the arena
 * is initialised. At the limit arena_alloc returns NULL and `exhausted` stays set, so that the
 * publisher of the data can mark it as truncated. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
  struct arena_chunk *chunk; /* the newest; older ones follow */
  size_t used, ceiling;      /* allocated bytes, and their limit */
  bool exhausted;
};

void arena_init(struct arena *arena, size_t ceiling);
void arena_fini(struct arena *arena);

/* Zeroed, aligned for any type; NULL at the limit. */
void *arena_alloc(struct arena *arena, size_t size);
/* A terminated copy of at most len bytes; "" at the limit. Never NULL. */
const char *arena_text(struct arena *arena, const char *text, size_t len);
const char *arena_vprintf(struct arena *arena, const char *format, va_list args);
const char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

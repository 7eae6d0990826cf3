#include "core/arena.h"

#include "core/mem.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
  struct arena_chunk *older;
  size_t used, size;
  alignas(max_align_t) unsigned char bytes[];
};

/* Chunks double from the first to the largest, so that a small sample costs little and a large
 * one few allocations. */
enum { CHUNK_FIRST = 4 << 10, CHUNK_LARGEST = 1 << 20 };

void arena_init(struct arena *arena, size_t ceiling) {
  *arena = (struct arena){.ceiling = ceiling};
}

void arena_fini(struct arena *arena) {
  for (struct arena_chunk *chunk = arena->chunk, *older; chunk; chunk = older) {
    older = chunk->older;
    free(chunk);
  }
  *arena = (struct arena){.ceiling = arena->ceiling};
}

static struct arena_chunk *chunk_for(struct arena *arena, size_t size) {
  struct arena_chunk *chunk = arena->chunk;
  if (chunk && chunk->size - chunk->used >= size)
    return chunk;
  size_t wanted = chunk ? chunk->size * 2 : CHUNK_FIRST;
  if (wanted > CHUNK_LARGEST)
    wanted = CHUNK_LARGEST;
  if (wanted < size)
    wanted = size;
  struct arena_chunk *fresh = mem_new(sizeof *fresh + wanted);
  fresh->size = wanted;
  fresh->older = chunk;
  arena->chunk = fresh;
  return fresh;
}

void *arena_alloc(struct arena *arena, size_t size) {
  const size_t align = alignof(max_align_t);
  size_t rounded = (size + align - 1) & ~(align - 1); /* 0 where it overflows */
  if (rounded < size || rounded > arena->ceiling - arena->used) {
    arena->exhausted = true;
    return NULL;
  }
  struct arena_chunk *chunk = chunk_for(arena, rounded);
  void *memory = chunk->bytes + chunk->used;
  chunk->used += rounded;
  arena->used += rounded;
  return memory;
}

const char *arena_text(struct arena *arena, const char *text, size_t len) {
  char *copy = arena_alloc(arena, len + 1);
  if (!copy)
    return "";
  if (len)
    memcpy(copy, text, len);
  return copy;
}

const char *arena_vprintf(struct arena *arena, const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, again);
  va_end(again);
  char *text = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1);
  if (!text)
    return "";
  vsnprintf(text, (size_t)length + 1, format, args);
  return text;
}

const char *arena_printf(struct arena *arena, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *text = arena_vprintf(arena, format, args);
  va_end(args);
  return text;
}

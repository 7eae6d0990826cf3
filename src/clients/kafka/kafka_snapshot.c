#include "clients/kafka/kafka_snapshot.h"

#include "core/mem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct kafka_snapshot *kafka_snapshot_new(void) {
  struct kafka_snapshot *snapshot = mem_new(sizeof *snapshot);
  arena_init(&snapshot->arena, KAFKA_SNAPSHOT_BYTES_MAX);
  return snapshot;
}

void kafka_snapshot_free(struct kafka_snapshot *snapshot) {
  if (!snapshot)
    return;
  arena_fini(&snapshot->arena);
  free(snapshot);
}

void kafka_snapshot_note(struct kafka_snapshot *snapshot, const char *format, ...) {
  if (snapshot->note_count == KAFKA_NOTES_MAX)
    return;
  va_list args;
  va_start(args, format);
  const char *text = arena_vprintf(&snapshot->arena, format, args);
  va_end(args);
  for (size_t i = 0; i < snapshot->note_count; i++)
    if (strcmp(snapshot->notes[i], text) == 0)
      return;
  snapshot->notes[snapshot->note_count++] = text;
}

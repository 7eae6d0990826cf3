#include "logs/log_note.h"

#include "core/mem.h"

#include <stdlib.h>

struct log_note {
  struct log_source source;
  struct err err;
};

static void note_open(struct log_source *source) {
  log_source_fail(source, &((struct log_note *)source)->err);
}

static void note_stop(struct log_source *source) {
  (void)source;
}

static void note_free(struct log_source *source) {
  log_source_fini(source);
  free(source);
}

static const struct log_source_kind kind = {
    .open = note_open, .stop = note_stop, .free = note_free};

struct log_source *log_note_new(const char *name, const char *place, const struct err *err) {
  struct log_note *note = mem_new(sizeof *note);
  note->err = *err;
  log_source_init(&note->source, &kind, name, place, &(struct log_want){0}, NULL);
  return &note->source;
}

void log_note_end(struct log_source *source) {
  log_source_note(source, NULL);
  log_source_set_state(source, LOG_SOURCE_ENDED);
}

#include "ui/log/log_shown.h"

#include "core/mem.h"

#include <stdlib.h>

void log_shown_fini(struct log_shown *shown) {
  free(shown->text);
  free(shown->source);
  free(shown->place);
  *shown = (struct log_shown){0};
}

void log_shown_set(struct log_shown *shown, const struct logs *logs,
                   const struct log_record *record) {
  log_shown_fini(shown);
  const struct log_source_status *source =
      record->source < logs->source_count ? &logs->sources[record->source] : NULL;
  *shown = (struct log_shown){.time_ms = record->time_ms,
                              .cut = record->cut,
                              .text = mem_dup(record->text),
                              .source = mem_dup(source ? source->name : "?"),
                              .place = mem_dup(source && source->place ? source->place : ""),
                              .level = (enum log_level)record->level,
                              .time = (enum log_time)record->time,
                              .json = record->json,
                              .stderr_ = record->stderr_};
}

#include "ui/log/log_asked.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* Little comes after it: beyond its limits a log drops the oldest lines. */
enum { BEFORE_MS = 60000, AFTER_MS = 5000 };

const struct log_span log_spans[] = {{0, "latest lines"},
                                     {15 * 60000, "last 15m"},
                                     {60 * 60000, "last 1h"},
                                     {24 * 60 * 60000, "last 24h"},
                                     {INT64_MAX, "all"}};
const size_t log_span_count = sizeof log_spans / sizeof *log_spans;

void log_asked_text(char **field, const char *text) {
  char *copy = text && *text ? mem_dup(text) : NULL;
  free(*field);
  *field = copy;
}

void log_asked_conditions(struct log_asked *asked, const char *const *conditions, size_t count) {
  for (size_t i = 0; i < asked->condition_count; i++)
    free(asked->conditions[i]);
  asked->condition_count = 0;
  for (size_t i = 0; i < count && i < LOG_CONDITIONS_MAX; i++)
    asked->conditions[asked->condition_count++] = mem_dup(conditions[i]);
}

void log_asked_unfilter(struct log_asked *asked) {
  log_asked_text(&asked->grep, NULL);
  log_asked_text(&asked->exclude, NULL);
  log_asked_text(&asked->source, NULL);
  log_asked_text(&asked->saved, NULL);
  log_asked_conditions(asked, NULL, 0);
  asked->level = LOG_LEVEL_NONE;
}

void log_asked_fini(struct log_asked *asked) {
  log_asked_unfilter(asked);
  log_asked_text(&asked->table, NULL);
  log_asked_text(&asked->key, NULL);
  *asked = (struct log_asked){0};
}

void log_asked_set(struct log_asked *asked, const struct subject *subject) {
  log_asked_fini(asked);
  asked->target_index = subject->target_index;
  asked->table = subject->table ? mem_dup(subject->table) : NULL;
  asked->key = subject->key_count > 0 ? mem_dup(subject->keys[0]) : NULL;
}

bool log_asked_is_filtered(const struct log_asked *asked) {
  return asked->grep || asked->exclude || asked->source || asked->condition_count > 0 ||
         asked->level != LOG_LEVEL_NONE;
}

void log_asked_save(struct log_asked *asked, const struct log_saved *saved) {
  const struct log_filter_spec *spec = log_filter_spec(saved->filter);
  log_asked_unfilter(asked);
  log_asked_text(&asked->saved, saved->name);
  log_asked_text(&asked->grep, spec->grep);
  log_asked_text(&asked->exclude, spec->exclude);
  log_asked_text(&asked->source, spec->source);
  log_asked_conditions(asked, spec->conditions, spec->condition_count);
  asked->level = spec->level;
  asked->around_ms = 0;
  for (size_t i = 1; saved->since_ms > 0 && i < log_span_count; i++) {
    asked->span = i;
    if (log_spans[i].ms >= saved->since_ms)
      break;
  }
}

void log_asked_query(const struct log_asked *asked, const struct frame *frame,
                     struct logs_query *query) {
  const int64_t now_ms = frame->now_ms + frame->model->wall_offset_ms;
  const int64_t span_ms = log_spans[asked->span].ms;
  *query = (struct logs_query){.target_index = asked->target_index,
                               .table = asked->table,
                               .key = asked->key,
                               .since_ms = span_ms == 0       ? 0
                                           : span_ms < now_ms ? now_ms - span_ms
                                                              : 1,
                               .follow = true, /* a paused screen holds the reader */
                               .filter = {.grep = asked->grep,
                                          .exclude = asked->exclude,
                                          .level = asked->level,
                                          .conditions = (const char *const *)asked->conditions,
                                          .condition_count = asked->condition_count,
                                          .source = asked->source}};
  if (asked->around_ms) {
    query->since_ms = asked->around_ms - BEFORE_MS;
    query->until_ms = asked->around_ms + AFTER_MS;
    query->follow = false;
  }
}

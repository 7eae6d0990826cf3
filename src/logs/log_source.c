#include "logs/log_source.h"

#include "core/mem.h"
#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

/* PROGRESS: bytes between two reports where no line passes. */
enum { PLACE_MAX = 512, PROGRESS = 4 << 20 };

static char *clean_dup(const char *text) {
  char out[PLACE_MAX];
  text_sanitize(out, sizeof out, text, strlen(text), false);
  return mem_dup(out);
}

void log_source_init(struct log_source *source, const struct log_source_kind *kind,
                     const char *name, const char *place, const struct log_want *want,
                     const struct log_filter *filter) {
  source->kind = kind;
  source->name = clean_dup(name);
  source->place = clean_dup(place);
  source->want = *want;
  source->filter = log_filter_dup(filter);
  log_parser_init(&source->parser, want->now_ms, want->now_ms, want->utc);
  source->clean = mem_new(LOG_TEXT_MAX + 1);
  pthread_mutex_init(&source->mutex, NULL);
  pthread_cond_init(&source->drained, NULL);
  source->holders = 1;
  source->status = (struct log_source_status){.name = source->name, .place = source->place};
}

static void batch_free(struct log_batch *batch) {
  if (!batch)
    return;
  free(batch->records);
  free(batch->text);
  free(batch);
}

void log_source_fini(struct log_source *source) {
  while (source->oldest) {
    struct log_batch *next = source->oldest->next;
    batch_free(source->oldest);
    source->oldest = next;
  }
  batch_free(source->filling);
  log_filter_free(source->filter);
  pthread_cond_destroy(&source->drained);
  pthread_mutex_destroy(&source->mutex);
  free(source->clean);
  free(source->name);
  free(source->place);
}

void log_source_hold(struct log_source *source) {
  pthread_mutex_lock(&source->mutex);
  source->holders++;
  pthread_mutex_unlock(&source->mutex);
}

void log_source_release(struct log_source *source) {
  pthread_mutex_lock(&source->mutex);
  const bool last = --source->holders == 0;
  pthread_mutex_unlock(&source->mutex);
  if (last)
    source->kind->free(source);
}

/* With the mutex. */
static void wake(struct log_source *source) {
  if (source->wake)
    uv_async_send(source->wake);
}

static bool in_time(const struct log_source *source, const struct log_record *record) {
  if (source->want.since_ms > 0 && record->time_ms < source->want.since_ms)
    return false;
  /* a time of arrival is the latest that the line can have */
  return source->want.until_ms == 0 || record->time_ms <= source->want.until_ms ||
         record->time == LOG_TIME_ARRIVAL;
}

/* Texts move when the batch grows, so a record has its text's place until it is handed over. */
static void batch_add(struct log_source *source, const struct log_record *record) {
  struct log_batch *batch = source->filling;
  if (!batch) {
    batch = source->filling = mem_new(sizeof *batch);
    batch->text = mem_new(LOG_BATCH_BYTES + LOG_TEXT_MAX + 1);
  }
  if (batch->count == batch->capacity) {
    batch->capacity = batch->capacity ? 2 * batch->capacity : 64;
    batch->records = mem_resize(batch->records, batch->capacity * sizeof *batch->records);
  }
  struct log_record *kept = &batch->records[batch->count++];
  *kept = *record;
  kept->text = batch->text + batch->bytes;
  memcpy(batch->text + batch->bytes, record->text, record->len + 1);
  batch->bytes += record->len + 1;
}

static size_t batch_cost(const struct log_batch *batch) {
  return batch->bytes + batch->count * sizeof *batch->records;
}

void log_source_line(struct log_source *source, const char *line, size_t len, uint64_t cut,
                     const struct log_record *stamp) {
  struct log_record record = stamp ? *stamp : (struct log_record){0};
  record.cut = cut;
  source->lines++;
  log_line_parse(&source->parser, line, len, &record);
  if (stamp && record.level == LOG_LEVEL_NONE)
    record.level = stamp->level;
  if (!in_time(source, &record))
    return;
  if (source->filter && record.level < log_filter_spec(source->filter)->level)
    return; /* before the work of cleaning it */
  log_line_clean(source->clean, line, len, &record);
  if (record.cut > 0)
    record.json = record.json && record.len == len;
  if (!log_filter_passes(source->filter, &record)) {
    source->unsearched += record.cut > 0;
    return;
  }
  source->passed++;
  batch_add(source, &record);
}

void log_source_gap(struct log_source *source, const char *text) {
  const struct log_parser *parser = &source->parser;
  struct log_record record = {.time_ms = parser->any ? parser->last_ms : parser->fallback_ms,
                              .text = text,
                              .len = (uint32_t)strlen(text),
                              .level = LOG_LEVEL_WARN,
                              .time = parser->any ? LOG_TIME_INHERITED : LOG_TIME_ARRIVAL,
                              .gap = true};
  batch_add(source, &record);
}

void log_source_count(struct log_source *source, uint64_t lines) {
  source->lines += lines;
}

/* With the mutex. */
static void counters_publish(struct log_source *source) {
  if (source->unsearched > 0 && source->status.err.kind == ERR_NONE)
    err_set(&source->status.err, ERR_LIMIT,
            "%s: the filter looks at the first %d KiB of a line; some lines are longer",
            source->name, LOG_TEXT_MAX >> 10);
  source->status.lines = source->lines;
  source->status.passed = source->passed;
  source->status.given_up = log_filter_given_up(source->filter);
  source->status.bytes = source->bytes;
  source->status.bytes_total = source->bytes_total;
}

bool log_source_flush(struct log_source *source, bool wait) {
  struct log_batch *batch = source->filling;
  const bool whole = batch && batch->count > 0;
  pthread_mutex_lock(&source->mutex);
  counters_publish(source);
  while (wait && whole && !source->stopped && source->queued >= LOG_QUEUE_BYTES)
    pthread_cond_wait(&source->drained, &source->mutex);
  if (whole && !source->stopped) {
    source->filling = NULL;
    if (source->newest)
      source->newest->next = batch;
    else
      source->oldest = batch;
    source->newest = batch;
    source->queued += batch_cost(batch);
  }
  const bool full = source->queued >= LOG_QUEUE_BYTES;
  source->wants_resume = !wait && full;
  if (whole || source->bytes - source->reported_bytes >= PROGRESS) {
    source->reported_bytes = source->bytes;
    wake(source);
  }
  const bool stopped = source->stopped;
  pthread_mutex_unlock(&source->mutex);
  return wait ? !stopped : !full && !stopped;
}

bool log_source_is_stopped(struct log_source *source) {
  pthread_mutex_lock(&source->mutex);
  const bool stopped = source->stopped;
  pthread_mutex_unlock(&source->mutex);
  return stopped;
}

void log_source_set_state(struct log_source *source, enum log_source_state state) {
  pthread_mutex_lock(&source->mutex);
  source->status.state = state;
  counters_publish(source);
  wake(source);
  pthread_mutex_unlock(&source->mutex);
}

void log_source_fail(struct log_source *source, const struct err *err) {
  pthread_mutex_lock(&source->mutex);
  source->status.state = LOG_SOURCE_FAILED;
  source->status.err = *err;
  counters_publish(source);
  wake(source);
  pthread_mutex_unlock(&source->mutex);
}

void log_source_note(struct log_source *source, const struct err *err) {
  pthread_mutex_lock(&source->mutex);
  source->status.err = err ? *err : (struct err){0};
  wake(source);
  pthread_mutex_unlock(&source->mutex);
}

void log_source_progress(struct log_source *source, uint64_t bytes, uint64_t bytes_total) {
  source->bytes = bytes;
  source->bytes_total = bytes_total;
}

void log_source_alive(struct log_source *source) {
  pthread_mutex_lock(&source->mutex);
  source->alive++;
  pthread_mutex_unlock(&source->mutex);
}

void log_source_rotated(struct log_source *source) {
  pthread_mutex_lock(&source->mutex);
  source->status.rotations++;
  pthread_mutex_unlock(&source->mutex);
}

struct log_batch *log_source_peek(struct log_source *source) {
  pthread_mutex_lock(&source->mutex);
  struct log_batch *batch = source->oldest;
  pthread_mutex_unlock(&source->mutex);
  return batch;
}

void log_source_drop(struct log_source *source) {
  pthread_mutex_lock(&source->mutex);
  struct log_batch *batch = source->oldest;
  source->oldest = batch->next;
  if (!source->oldest)
    source->newest = NULL;
  source->queued -= batch_cost(batch);
  const bool resume = source->wants_resume && source->queued < LOG_QUEUE_BYTES / 2;
  if (resume)
    source->wants_resume = false;
  if (source->queued < LOG_QUEUE_BYTES)
    pthread_cond_broadcast(&source->drained);
  pthread_mutex_unlock(&source->mutex);
  batch_free(batch);
  if (resume && source->kind->resume)
    source->kind->resume(source);
}

#include "model/log/log.h"

#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Lines that wait for log_settle; with more, log_add settles. */
enum { PENDING_MAX = 4096 };

/* In one piece of memory with its text. */
struct entry {
  struct log_record record;
  char text[];
};

struct log {
  size_t lines_max, bytes_max, bytes;
  struct entry **items; /* items[first .. first + count) */
  size_t first, count, capacity;
  struct entry **pending;
  size_t pending_count;
  uint64_t seq, dropped, generation;
};

static const char *const level_names[LOG_LEVEL_COUNT] = {
    [LOG_LEVEL_NONE] = "",      [LOG_LEVEL_TRACE] = "trace", [LOG_LEVEL_DEBUG] = "debug",
    [LOG_LEVEL_INFO] = "info",  [LOG_LEVEL_WARN] = "warn",   [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_FATAL] = "fatal"};

const char *log_level_name(enum log_level level) {
  return level < LOG_LEVEL_COUNT ? level_names[level] : "";
}

enum log_level log_level_parse(const char *word, size_t len) {
  static const struct {
    const char *word;
    enum log_level level;
  } words[] = {
      {"trace", LOG_LEVEL_TRACE},      {"finest", LOG_LEVEL_TRACE},   {"verbose", LOG_LEVEL_DEBUG},
      {"debug", LOG_LEVEL_DEBUG},      {"dbg", LOG_LEVEL_DEBUG},      {"debug1", LOG_LEVEL_DEBUG},
      {"debug2", LOG_LEVEL_DEBUG},     {"debug3", LOG_LEVEL_DEBUG},   {"debug4", LOG_LEVEL_DEBUG},
      {"debug5", LOG_LEVEL_DEBUG},     {"fine", LOG_LEVEL_DEBUG},     {"info", LOG_LEVEL_INFO},
      {"information", LOG_LEVEL_INFO}, {"inf", LOG_LEVEL_INFO},       {"notice", LOG_LEVEL_INFO},
      {"log", LOG_LEVEL_INFO},         {"statement", LOG_LEVEL_INFO}, {"detail", LOG_LEVEL_INFO},
      {"hint", LOG_LEVEL_INFO},        {"warn", LOG_LEVEL_WARN},      {"warning", LOG_LEVEL_WARN},
      {"wrn", LOG_LEVEL_WARN},         {"error", LOG_LEVEL_ERROR},    {"err", LOG_LEVEL_ERROR},
      {"severe", LOG_LEVEL_ERROR},     {"fatal", LOG_LEVEL_FATAL},    {"crit", LOG_LEVEL_FATAL},
      {"critical", LOG_LEVEL_FATAL},   {"alert", LOG_LEVEL_FATAL},    {"emerg", LOG_LEVEL_FATAL},
      {"emergency", LOG_LEVEL_FATAL},  {"panic", LOG_LEVEL_FATAL},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i].word) == len && strncasecmp(words[i].word, word, len) == 0)
      return words[i].level;
  return LOG_LEVEL_NONE;
}

struct log *log_new(size_t lines_max, size_t bytes_max) {
  struct log *log = mem_new(sizeof *log);
  *log = (struct log){.lines_max = lines_max, .bytes_max = bytes_max};
  log->pending = mem_new(PENDING_MAX * sizeof *log->pending);
  return log;
}

void log_clear(struct log *log) {
  for (size_t i = 0; i < log->count; i++)
    free(log->items[log->first + i]);
  for (size_t i = 0; i < log->pending_count; i++)
    free(log->pending[i]);
  log->first = log->count = log->pending_count = log->bytes = 0;
  log->dropped = 0;
  log->generation++;
}

void log_free(struct log *log) {
  if (!log)
    return;
  log_clear(log);
  free(log->items);
  free(log->pending);
  free(log);
}

static size_t entry_bytes(const struct entry *entry) {
  /* the allocator's own cost and the pointer to it */
  return sizeof *entry + entry->record.len + 1 + 3 * sizeof(void *);
}

void log_add(struct log *log, const struct log_record *record) {
  if (log->pending_count == PENDING_MAX)
    log_settle(log);
  const size_t kept = record->len <= LOG_TEXT_MAX ? record->len : LOG_TEXT_MAX;
  struct entry *entry = mem_new(sizeof *entry + kept + 1);
  entry->record = *record;
  entry->record.len = (uint32_t)kept;
  entry->record.seq = ++log->seq;
  memcpy(entry->text, record->text, kept);
  entry->record.text = entry->text;
  log->pending[log->pending_count++] = entry;
}

static int compare(const struct log_record *a, const struct log_record *b) {
  if (a->time_ms != b->time_ms)
    return a->time_ms < b->time_ms ? -1 : 1;
  return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int compare_entries(const void *a, const void *b) {
  return compare(&(*(struct entry *const *)a)->record, &(*(struct entry *const *)b)->record);
}

/* Room for `more` behind the last. */
static void log_reserve(struct log *log, size_t more) {
  if (log->first + log->count + more <= log->capacity)
    return;
  if (log->first > 0)
    memmove(log->items, log->items + log->first, log->count * sizeof *log->items);
  log->first = 0;
  if (log->count + more <= log->capacity / 2)
    return; /* half of it is free, so that moving is rare */
  log->capacity = 2 * (log->count + more);
  log->items = mem_resize(log->items, log->capacity * sizeof *log->items);
}

static void log_drop(struct log *log) {
  size_t drop = 0;
  while (drop < log->count && (log->count - drop > log->lines_max || log->bytes > log->bytes_max)) {
    struct entry *entry = log->items[log->first + drop++];
    log->bytes -= entry_bytes(entry);
    free(entry);
  }
  log->first += drop;
  log->count -= drop;
  log->dropped += drop;
}

bool log_settle(struct log *log) {
  if (log->pending_count == 0)
    return false;
  qsort(log->pending, log->pending_count, sizeof *log->pending, compare_entries);
  log_reserve(log, log->pending_count);
  /* from the back, so that nothing moves where new lines are the latest */
  struct entry **items = log->items + log->first;
  size_t old = log->count, fresh = log->pending_count;
  while (fresh > 0) {
    struct entry *entry = log->pending[fresh - 1];
    if (old > 0 && compare(&items[old - 1]->record, &entry->record) > 0) {
      items[old + fresh - 1] = items[old - 1];
      old--;
      continue;
    }
    items[old + fresh - 1] = entry;
    log->bytes += entry_bytes(entry);
    fresh--;
  }
  log->count += log->pending_count;
  log->pending_count = 0;
  log_drop(log);
  log->generation++;
  return true;
}

size_t log_count(const struct log *log) {
  return log->count;
}

const struct log_record *log_at(const struct log *log, size_t index) {
  assert(index < log->count);
  return &log->items[log->first + index]->record;
}

uint64_t log_dropped(const struct log *log) {
  return log->dropped;
}

uint64_t log_generation(const struct log *log) {
  return log->generation;
}

size_t log_bytes(const struct log *log) {
  return log->bytes;
}

struct log_place log_place_of(const struct log_record *record) {
  return (struct log_place){.time_ms = record->time_ms, .seq = record->seq};
}

size_t log_index(const struct log *log, struct log_place place) {
  const struct log_record sought = {.time_ms = place.time_ms, .seq = place.seq};
  size_t low = 0, high = log->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (compare(log_at(log, middle), &sought) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

size_t log_index_of_time(const struct log *log, int64_t time_ms) {
  return log_index(log, (struct log_place){.time_ms = time_ms, .seq = 0});
}

#include "ui/log/log_matches.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WINDOW_MOST = 32768, STEP_MOST_MS = 8, CLOCK_LINES = 8 };

void log_matches_init(struct log_matches *matches) {
  *matches = (struct log_matches){.window = WINDOW_MOST / 8, .done = true};
}

void log_matches_fini(struct log_matches *matches) {
  pattern_free(matches->pattern);
  free(matches->places);
  log_matches_init(matches);
}

void log_matches_set(struct log_matches *matches, struct pattern *pattern) {
  log_matches_fini(matches);
  matches->pattern = pattern;
  matches->done = !pattern;
}

void log_matches_restart(struct log_matches *matches) {
  matches->count = 0;
  matches->scanned = matches->generation = matches->given_up = 0;
  matches->done = !matches->pattern;
}

static int place_compare(struct log_place a, struct log_place b) {
  if (a.time_ms != b.time_ms)
    return a.time_ms < b.time_ms ? -1 : 1;
  return a.seq < b.seq ? -1 : a.seq > b.seq;
}

size_t log_matches_rank(const struct log_matches *matches, struct log_place place, bool *at) {
  size_t low = 0, high = matches->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (place_compare(matches->places[middle], place) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  if (at)
    *at = low < matches->count && place_compare(matches->places[low], place) == 0;
  return low;
}

/* Matches whose lines the log has dropped. */
static void drop_gone(struct log_matches *matches, const struct log *log) {
  size_t gone = matches->count;
  if (log_count(log) > 0)
    gone = log_matches_rank(matches, log_place_of(log_at(log, 0)), NULL);
  if (gone == 0)
    return;
  memmove(matches->places, matches->places + gone,
          (matches->count - gone) * sizeof *matches->places);
  matches->count -= gone;
}

/* Adds matches, which are in order, to those that are there. */
static void merge(struct log_matches *matches, const struct log_place *found, size_t count) {
  if (count == 0)
    return;
  const size_t total = matches->count + count;
  if (total > matches->capacity) {
    matches->capacity = total * 2;
    matches->places = mem_resize(matches->places, matches->capacity * sizeof *matches->places);
  }
  size_t old = matches->count, more = count;
  for (size_t at = total; more > 0;) {
    if (old > 0 && place_compare(matches->places[old - 1], found[more - 1]) > 0)
      matches->places[--at] = matches->places[--old];
    else
      matches->places[--at] = found[--more];
  }
  matches->count = total;
}

static int64_t spent_ms(const struct timespec *since) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* Looks at the lines from `first` on, a window of them; returns how many. 0: it took too long, and
 * none counts. */
static size_t look(struct log_matches *matches, const struct log *log, uint64_t first,
                   uint64_t most) {
  const uint64_t end = first + matches->window - 1, last = end < most ? end : most;
  const size_t lines = log_count(log);
  struct log_place *found = NULL;
  size_t count = 0, capacity = 0, looked = 0, given_up = 0;
  struct pattern_span span;
  struct timespec start;
  bool late = false;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (size_t i = 0; i < lines && !late; i++) {
    const struct log_record *record = log_at(log, i);
    if (record->seq < first || record->seq > last)
      continue;
    const int hit = pattern_search(matches->pattern, record->text, record->len, 0, &span);
    given_up += hit < 0;
    late = ++looked % CLOCK_LINES == 0 && matches->window > 1 && spent_ms(&start) > STEP_MOST_MS;
    if (hit <= 0)
      continue;
    if (count == capacity) {
      capacity = capacity ? capacity * 2 : 64;
      found = mem_resize(found, capacity * sizeof *found);
    }
    found[count++] = log_place_of(record);
  }
  if (!late) {
    merge(matches, found, count);
    matches->scanned = last;
    matches->given_up += given_up;
  }
  free(found);
  /* A pattern that takes long gets fewer lines a frame. */
  if (late)
    matches->window = matches->window / 8 > 0 ? matches->window / 8 : 1;
  else if (spent_ms(&start) < STEP_MOST_MS / 4 && matches->window < WINDOW_MOST)
    matches->window *= 2;
  return late ? 0 : looked;
}

void log_matches_step(struct log_matches *matches, const struct log *log) {
  if (!matches->pattern || !log)
    return;
  if (matches->done && matches->generation == log_generation(log))
    return;
  drop_gone(matches, log);
  /* Sequence numbers have gaps where lines were dropped. */
  const size_t lines = log_count(log);
  uint64_t first = UINT64_MAX, most = 0;
  matches->left = 0;
  for (size_t i = 0; i < lines; i++) {
    const uint64_t seq = log_at(log, i)->seq;
    if (seq <= matches->scanned)
      continue;
    matches->left++;
    first = seq < first ? seq : first;
    most = seq > most ? seq : most;
  }
  matches->done = matches->left == 0;
  matches->generation = log_generation(log);
  if (matches->done)
    return;
  matches->left -= look(matches, log, first, most);
  matches->done = matches->left == 0;
}

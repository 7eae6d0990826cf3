/* Active sessions, as they were sampled: how many of each kind on average over the last minutes and
 * since the beginning. Pure.
 *
 * An average is the sum of the samples in a window by their number: a second in which the server
 * did not answer has no sample, and is no zero. */
#pragma once

#include "core/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sample_kind {
  SAMPLE_EVENT,
  SAMPLE_STATEMENT,
  SAMPLE_USER,
  SAMPLE_APPLICATION,
  SAMPLE_CLIENT,
  SAMPLE_KINDS
};
/* Seconds that are kept one by one, and things of one kind; further ones are counted as one. */
enum { SAMPLES_KEPT_S = 900, SAMPLES_THINGS_MAX = 500 };
#define SAMPLES_OTHERS "others"

struct sampled {
  enum sample_kind kind;
  char *key;   /* unique in its kind */
  char *label; /* NULL: the key */
  uint64_t total;
  uint64_t now;            /* of total, in the last sample */
  uint64_t from, to, last; /* total at both ends of the window; in the window before it */
  uint16_t seconds[SAMPLES_KEPT_S];
};

struct samples {
  struct sampled **things;
  size_t count, capacity, counts[SAMPLE_KINDS];
  struct map by_key[SAMPLE_KINDS];
  uint8_t taken[SAMPLES_KEPT_S]; /* samples in that second */
  int64_t begun_us, last;        /* second of the last sample, since the beginning */
  uint64_t taken_all;
  uint64_t taken_from, taken_to, taken_last;
};

void samples_fini(struct samples *samples);
/* Begins a sample; the first one is the beginning. */
void samples_begin(struct samples *samples, int64_t now_us);
/* A session is active with that. Copies the texts; the label of the first one is kept. */
void samples_add(struct samples *samples, enum sample_kind kind, const char *key,
                 const char *label);
/* The average of the seconds from `from` ago (exclusive of `to`): 0, 60 are the last minute. -1:
 * there is no sample in there. */
double samples_average(const struct samples *samples, const struct sampled *thing, int from,
                       int to);
/* Since the beginning. */
double samples_average_all(const struct samples *samples, const struct sampled *thing);

/* Of a window that is chosen: it begins with the sample that was taken last. has_last: what it was
 * until now is the window before it. */
void samples_window_begin(struct samples *samples, bool has_last);
/* It ends, for now, with the sample that was taken last. */
void samples_window_move(struct samples *samples);
double samples_average_window(const struct samples *samples, const struct sampled *thing);
/* The window before it; without one the time from the first sample to the window. -1: no sample. */
double samples_average_before(const struct samples *samples, const struct sampled *thing);

/* Samples in that window. */
uint64_t samples_taken(const struct samples *samples, int from, int to);
/* NULL: there is no such thing. */
const struct sampled *samples_find(const struct samples *samples, enum sample_kind kind,
                                   const char *key);

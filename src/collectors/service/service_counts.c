#include "collectors/service/service_counts.h"

#include "clients/service/service_quantile.h"
#include "collectors/figures.h"
#include "collectors/service/service_page_found.h"
#include "collectors/service/service_window.h"
#include "core/mem.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double WHOLE_MOST = 9007199254740992.0; /* 2^53: up to here a double counts by ones */

/* What is kept of an operand that counts. */
struct track {
  struct window window;
  double limits[COUNTS_LIMITS_MAX]; /* of a histogram, as many as the window is wide */
};

struct service_counts {
  const struct service_series *series;
  size_t count;
  struct page_found found;   /* of the last page; its entries are in `known` */
  bool read;                 /* there was a page */
  struct found_entry *known; /* the last value of each sample, in order */
  size_t known_count;
  struct counters before;
  const char *unknown; /* why nothing is known to have grown before the last page */
  struct track tracks[2 * SERIES_MAX];
};

struct service_counts *service_counts_new(const struct service_series *series, size_t count) {
  struct service_counts *counts = mem_new(sizeof *counts);
  assert(count <= SERIES_MAX);
  counts->series = series;
  counts->count = count;
  page_found_init(&counts->found, series, count, COUNTS_SAMPLES_MAX);
  return counts;
}

void service_counts_free(struct service_counts *counts) {
  if (!counts)
    return;
  for (size_t i = 0; i < 2 * SERIES_MAX; i++)
    window_fini(&counts->tracks[i].window);
  page_found_fini(&counts->found);
  free(counts->known);
  free(counts);
}

/* ---- the values before and now, side by side */

struct pair {
  struct found_entry now;
  double before;
};

struct merged {
  struct pair *pairs;
  size_t count;
  double *before, *now; /* of the counters, for figures.h */
  size_t counter_count;
};

static bool is_count(const struct page_found *found, const struct found_entry *entry) {
  const struct found_operand *operand = &found->operands[entry->operand];
  return operand->spec->as != SERIES_SUM && !*operand->wrong && !*operand->unknown;
}

static void merged_add(struct merged *merged, const struct page_found *found,
                       struct found_entry now, double before) {
  merged->pairs[merged->count++] = (struct pair){now, before};
  if (!is_count(found, &now))
    return;
  merged->before[merged->counter_count] = before;
  merged->now[merged->counter_count++] = now.value;
}

/* A sample that is new has grown from 0. Where it may have been there before (the first page, or
 * one after a page that could not say), the window only begins with this page. */
static void merge(const struct service_counts *counts, const struct page_found *found,
                  struct merged *merged) {
  const size_t most = counts->known_count + found->count;
  *merged = (struct merged){.pairs = mem_new((most + 1) * sizeof *merged->pairs),
                            .before = mem_new((most + 1) * sizeof(double)),
                            .now = mem_new((most + 1) * sizeof(double))};
  for (size_t i = 0, j = 0; i < found->count || j < counts->known_count;) {
    const int order = i == found->count ? 1
                      : j == counts->known_count
                          ? -1
                          : found_compare(&found->entries[i], &counts->known[j]);
    if (order > 0) { /* missing now */
      merged_add(merged, found, counts->known[j], counts->known[j].value);
      j++;
      continue;
    }
    const struct found_entry now = found->entries[i++];
    merged_add(merged, found, now, order == 0 ? counts->known[j].value : 0);
    j += order == 0;
  }
}

static void merged_fini(struct merged *merged) {
  free(merged->pairs);
  free(merged->before);
  free(merged->now);
}

/* ---- growth */

static int limit_compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The different limits of a histogram, in order; their number, or beyond COUNTS_LIMITS_MAX. */
static size_t limits_of(const struct merged *merged, size_t operand,
                        double limits[COUNTS_LIMITS_MAX]) {
  size_t count = 0;
  for (size_t i = 0; i < merged->count; i++) {
    const struct found_entry *entry = &merged->pairs[i].now;
    if (entry->operand != operand ||
        (count > 0 && bsearch(&entry->most, limits, count, sizeof *limits, limit_compare)))
      continue;
    if (count == COUNTS_LIMITS_MAX)
      return COUNTS_LIMITS_MAX + 1;
    limits[count++] = entry->most;
    qsort(limits, count, sizeof *limits, limit_compare);
  }
  return count;
}

/* Starts again where the limits are others than before. */
static void track_prepare(struct track *track, struct found_operand *operand,
                          const struct merged *merged, size_t index) {
  double limits[COUNTS_LIMITS_MAX] = {0};
  const bool histogram = operand->spec->as == SERIES_QUANTILE;
  size_t width = histogram ? limits_of(merged, index, limits) : 1;
  width = width ? width : 1;
  if (width > COUNTS_LIMITS_MAX) {
    snprintf(operand->wrong, sizeof operand->wrong, "%s has more than %d limits",
             operand->spec->selector.name, COUNTS_LIMITS_MAX);
    return;
  }
  const bool same = track->window.total && track->window.width == width &&
                    (!histogram || memcmp(track->limits, limits, width * sizeof *limits) == 0);
  if (same)
    return;
  window_fini(&track->window);
  window_init(&track->window, operand->spec->window_ms * 1000, width);
  memcpy(track->limits, limits, sizeof limits);
}

static void track_grow(struct track *track, bool histogram, const struct pair *pair) {
  size_t i = 0;
  if (histogram) {
    const double *limit = bsearch(&pair->now.most, track->limits, track->window.width,
                                  sizeof *track->limits, limit_compare);
    if (!limit)
      return;
    i = (size_t)(limit - track->limits);
  }
  track->window.total[i] += pair->now.value - pair->before;
}

static void grow(struct service_counts *counts, struct page_found *found,
                 const struct merged *merged, int64_t at_us) {
  for (size_t i = 0; i < found->operand_count; i++)
    if (found->operands[i].spec->as != SERIES_SUM)
      track_prepare(&counts->tracks[i], &found->operands[i], merged, i);
  for (size_t i = 0; i < merged->count && !counts->unknown; i++) {
    const struct pair *pair = &merged->pairs[i];
    if (is_count(found, &pair->now))
      track_grow(&counts->tracks[pair->now.operand],
                 found->operands[pair->now.operand].spec->as == SERIES_QUANTILE, pair);
  }
  for (size_t i = 0; i < found->operand_count; i++) {
    struct window *window = &counts->tracks[i].window;
    if (!window->total)
      continue;
    const bool answered = !*found->operands[i].wrong && !*found->operands[i].unknown;
    if (counts->unknown || !answered)
      window_clear(window);
    if (answered)
      window_mark(window, at_us);
  }
}

/* ---- a page */

static void keep(struct service_counts *counts, const struct merged *merged) {
  const bool crowded = merged->count > COUNTS_SAMPLES_MAX; /* then only what the page has */
  counts->known = mem_resize(counts->known, (merged->count + 1) * sizeof *counts->known);
  counts->known_count = 0;
  for (size_t i = 0; i < merged->count; i++) {
    const struct pair *pair = &merged->pairs[i];
    const bool here =
        counts->found.count > 0 && bsearch(&pair->now, counts->found.entries, counts->found.count,
                                           sizeof *counts->found.entries, found_compare);
    if ((here || !crowded) && isfinite(pair->now.value))
      counts->known[counts->known_count++] = pair->now;
  }
}

bool service_counts_read(struct service_counts *counts, const char *text, size_t len, bool strict,
                         int64_t at_us, struct err *err) {
  struct page_found found;
  struct merged merged;
  struct rates rates;
  page_found_init(&found, counts->series, counts->count, COUNTS_SAMPLES_MAX);
  if (!page_found_read(&found, text, len, strict, err)) {
    page_found_fini(&found);
    return false;
  }
  merge(counts, &found, &merged);
  struct counters now = {.known = true, .at_us = at_us};
  memcpy(now.run, found.run, sizeof now.run);
  now.others = merged.now;
  counts->before.others = merged.before;
  now.other_count = counts->before.other_count = merged.counter_count;
  rates_make(&rates, &counts->before, &now);
  counts->unknown = rates.unknown;
  grow(counts, &found, &merged, at_us);
  page_found_fini(&counts->found);
  counts->found = found;
  keep(counts, &merged);
  merged_fini(&merged);
  counts->before = now;
  counts->before.others = NULL;
  counts->read = true;
  return true;
}

/* ---- values */

struct answer {
  bool known;
  double value;
  bool at_least;
  const char *why; /* not known: NULL where there is nothing to know */
};

static double sum_of(const struct service_counts *counts, size_t operand) {
  double sum = 0;
  for (size_t i = 0; i < counts->found.count; i++)
    if (counts->found.entries[i].operand == operand)
      sum += counts->found.entries[i].value;
  return sum;
}

static struct answer quantile_of(const struct track *track, double quantile) {
  struct service_bucket buckets[COUNTS_LIMITS_MAX];
  struct answer answer = {0};
  for (size_t i = 0; i < track->window.width; i++)
    buckets[i] = (struct service_bucket){track->limits[i], window_growth(&track->window, i)};
  answer.known =
      service_quantile(quantile, buckets, track->window.width, &answer.value, &answer.at_least);
  return answer;
}

static struct answer operand_value(const struct service_counts *counts, size_t index, bool *wrong) {
  const struct found_operand *operand = &counts->found.operands[index];
  const struct track *track = &counts->tracks[index];
  if (*operand->wrong) {
    *wrong = true;
    return (struct answer){.why = operand->wrong};
  }
  if (*operand->unknown)
    return (struct answer){.why = operand->unknown};
  if (operand->spec->as == SERIES_SUM)
    return (struct answer){.known = true, .value = sum_of(counts, index)};
  const double seconds = window_seconds(&track->window);
  if (!(seconds > 0))
    return (struct answer){.why = counts->unknown ? counts->unknown : FIGURES_NEED_TWO};
  if (operand->spec->as == SERIES_QUANTILE)
    return quantile_of(track, operand->spec->quantile);
  return (struct answer){.known = true, .value = window_growth(&track->window, 0) / seconds};
}

static struct answer series_value(const struct service_counts *counts, size_t first, size_t count,
                                  bool *wrong) {
  struct answer answer = operand_value(counts, first, wrong);
  if (!answer.known || count == 1)
    return answer;
  const struct answer below = operand_value(counts, first + 1, wrong);
  if (!below.known)
    return below;
  if (!(below.value > 0)) /* without requests there is no share of them */
    return (struct answer){0};
  answer.value /= below.value;
  return answer;
}

struct value service_counts_value(const struct service_counts *counts, size_t series,
                                  struct sample *sample, bool *wrong) {
  const struct service_series *spec = &counts->series[series];
  size_t first = 0;
  *wrong = false;
  if (!counts->read)
    return value_none(FIGURES_NEED_TWO);
  for (size_t i = 0; i < series; i++)
    first += counts->series[i].operand_count;
  const struct answer answer = series_value(counts, first, spec->operand_count, wrong);
  if (!answer.known)
    return value_none(answer.why ? sample_copy(sample, answer.why) : NULL);
  if (spec->unit == UNIT_TIME)
    return fabs(answer.value) < 253402300800.0 ? value_int((int64_t)(answer.value * 1000))
                                               : value_none("not a time");
  const bool whole = spec->operand_count == 1 && spec->operands[0].as == SERIES_SUM &&
                     spec->unit != UNIT_SECONDS && spec->unit != UNIT_RATIO &&
                     fabs(answer.value) < WHOLE_MOST && floor(answer.value) == answer.value;
  const struct value value = whole ? value_int((int64_t)answer.value) : value_real(answer.value);
  return answer.at_least ? value_at_least(value) : value;
}

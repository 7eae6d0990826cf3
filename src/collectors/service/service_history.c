#include "collectors/service/service_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void service_history_add(struct service_history *history, const char *state, bool well,
                         bool available, int64_t latency_us, int64_t now_ms) {
  bool same = history->well == well && (!well || strcmp(history->state, state) == 0);
  if (history->count == 0 || !same)
    history->since_ms = now_ms;
  snprintf(history->state, sizeof history->state, "%s", state);
  history->well = well;
  history->outcomes[history->next] =
      (struct service_outcome){.at_ms = now_ms, .available = available, .latency_us = latency_us};
  history->next = (history->next + 1) % SERVICE_OUTCOMES_MAX;
  if (history->count < SERVICE_OUTCOMES_MAX)
    history->count++;
}

static const struct service_outcome *outcome_at(const struct service_history *history, size_t age) {
  return &history->outcomes[(history->next + SERVICE_OUTCOMES_MAX - age) % SERVICE_OUTCOMES_MAX];
}

bool service_history_availability(const struct service_history *history, int64_t now_ms,
                                  double *ratio, int64_t *window_ms) {
  size_t seen = 0, available = 0;
  for (size_t age = 1; age <= history->count; age++) {
    const struct service_outcome *outcome = outcome_at(history, age);
    if (now_ms - outcome->at_ms > SERVICE_WINDOW_MS)
      break;
    seen++;
    available += outcome->available;
    *window_ms = now_ms - outcome->at_ms;
  }
  if (seen < 2)
    return false;
  *ratio = (double)available / (double)seen;
  return true;
}

static const struct {
  size_t percent, least;
} percentiles[SERVICE_PERCENTILES] = {
    [SERVICE_P50] = {50, 2}, [SERVICE_P95] = {95, 20}, [SERVICE_P99] = {99, 100}};

size_t service_percentile_least(enum service_percentile which) {
  return percentiles[which].least;
}

static int by_size(const void *a, const void *b) {
  const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

void service_history_percentiles(const struct service_history *history, int64_t now_ms,
                                 int64_t latencies_us[SERVICE_PERCENTILES]) {
  int64_t sorted[SERVICE_OUTCOMES_MAX];
  size_t count = 0;
  for (size_t age = 1; age <= history->count; age++) {
    const struct service_outcome *outcome = outcome_at(history, age);
    if (now_ms - outcome->at_ms > SERVICE_WINDOW_MS)
      break;
    if (outcome->latency_us >= 0)
      sorted[count++] = outcome->latency_us;
  }
  qsort(sorted, count, sizeof *sorted, by_size);
  for (size_t i = 0; i < SERVICE_PERCENTILES; i++) {
    const size_t rank = (count * percentiles[i].percent + 99) / 100;
    latencies_us[i] = count >= percentiles[i].least ? sorted[rank - 1] : -1;
  }
}

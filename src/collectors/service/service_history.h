/* The history of a service between collections: its state, since when, and its availability. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Window of the availability; with an interval under 2 s, its 450 outcomes cover less. */
enum { SERVICE_WINDOW_MS = 15 * 60 * 1000, SERVICE_OUTCOMES_MAX = 450 };

struct service_outcome {
  int64_t at_ms;
  bool available;
  int64_t latency_us; /* -1: there was no answer */
};

struct service_history {
  struct service_outcome outcomes[SERVICE_OUTCOMES_MAX];
  size_t next, count;
  char state[16];
  bool well;
  int64_t since_ms; /* when the state was first seen, or the problem, whatever it changes to
                       (refused, timeout, slow); 0 before the first outcome */
};

void service_history_add(struct service_history *history, const char *state, bool well,
                         bool available, int64_t latency_us, int64_t now_ms);
/* The share of available outcomes in the window before now_ms, and its length. False with fewer
 * than two outcomes. */
bool service_history_availability(const struct service_history *history, int64_t now_ms,
                                  double *ratio, int64_t *window_ms);

enum service_percentile { SERVICE_P50, SERVICE_P95, SERVICE_P99, SERVICE_PERCENTILES };
/* How many answers a percentile needs: below, it would be the slowest one. */
size_t service_percentile_least(enum service_percentile which);
/* The latencies within the window by nearest rank, -1 where there are too few. */
void service_history_percentiles(const struct service_history *history, int64_t now_ms,
                                 int64_t latencies_us[SERVICE_PERCENTILES]);

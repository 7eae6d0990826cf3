#include "collectors/service/service_history.h"

#include <stdio.h>
#include <string.h>

void service_history_add(struct service_history *history, const char *state, bool well,
                         bool available, int64_t now_ms) {
  bool same = history->well == well && (!well || strcmp(history->state, state) == 0);
  if (history->count == 0 || !same)
    history->since_ms = now_ms;
  snprintf(history->state, sizeof history->state, "%s", state);
  history->well = well;
  history->outcomes[history->next] =
      (struct service_outcome){.at_ms = now_ms, .available = available};
  history->next = (history->next + 1) % SERVICE_OUTCOMES_MAX;
  if (history->count < SERVICE_OUTCOMES_MAX)
    history->count++;
}

bool service_history_availability(const struct service_history *history, int64_t now_ms,
                                  double *ratio, int64_t *window_ms) {
  size_t seen = 0, available = 0;
  for (size_t age = 1; age <= history->count; age++) {
    const struct service_outcome *outcome =
        &history->outcomes[(history->next + SERVICE_OUTCOMES_MAX - age) % SERVICE_OUTCOMES_MAX];
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

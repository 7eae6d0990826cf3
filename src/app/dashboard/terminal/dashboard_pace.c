#include "app/dashboard/terminal/dashboard_pace.h"

#include "core/text/format.h"

#include <stdio.h>

int pace_step(int pace, int by) {
  const int next = pace + by;
  return next < PACE_LEAST ? PACE_LEAST : next > PACE_MOST ? PACE_MOST : next;
}

static int64_t paced(int64_t configured_ms, int pace) {
  const int64_t least =
      configured_ms < PACE_INTERVAL_LEAST_MS ? configured_ms : PACE_INTERVAL_LEAST_MS;
  const int64_t ms = pace >= 0 ? configured_ms << pace : configured_ms >> -pace;
  return ms < least ? least : ms;
}

void pace_set(struct model *model, int pace, char *said, size_t size) {
  char now[FORMAT_MAX], configured[FORMAT_MAX];
  for (size_t i = 0; i < model->target_count; i++)
    model->targets[i].interval_ms =
        pace == 0 ? 0 : paced(model->targets[i].target->interval_ms, pace);
  const int64_t own = model->config->interval_ms;
  format_duration(now, sizeof now, (double)paced(own, pace) / 1000);
  format_duration(configured, sizeof configured, (double)own / 1000);
  if (pace == 0)
    snprintf(said, size, "Collects every %s, as configured", now);
  else
    snprintf(said, size, "Collects every %s instead of %s%s", now, configured,
             pace == PACE_MOST    ? ": no slower than that"
             : pace == PACE_LEAST ? ": no faster than that"
                                  : "");
}

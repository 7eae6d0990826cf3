#include "model/incident/incident_due.h"

#include "core/text/format.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS, SATURDAY = 6, SUNDAY = 0 };

static const struct {
  int64_t respond_ms, update_ms;
} limits[INCIDENT_LEVELS] = {
    {5 * MINUTE_MS, 30 * MINUTE_MS},
    {30 * MINUTE_MS, HOUR_MS},
    {2 * HOUR_MS, 4 * HOUR_MS},
    {0, 24 * HOUR_MS},
};

/* The midnight at the end of it. */
static int64_t next_business_day_end(int64_t from_ms) {
  const time_t from = (time_t)(from_ms / 1000);
  struct tm day;
  if (!localtime_r(&from, &day))
    return from_ms + 24 * HOUR_MS;
  do {
    day.tm_mday++;
    day.tm_hour = 12; /* no change of the clock happens then */
    day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    if (mktime(&day) == (time_t)-1)
      return from_ms + 24 * HOUR_MS;
  } while (day.tm_wday == SATURDAY || day.tm_wday == SUNDAY);
  day.tm_mday++;
  day.tm_hour = 0;
  day.tm_isdst = -1;
  return (int64_t)mktime(&day) * 1000;
}

static size_t level_of(const struct incident *incident) {
  return (size_t)(incident->level > 0 ? incident->level : 1) - 1;
}

int64_t incident_respond_by(const struct incident *incident) {
  const int64_t within_ms = limits[level_of(incident)].respond_ms;
  return within_ms ? incident->opened_ms + within_ms : next_business_day_end(incident->opened_ms);
}

int64_t incident_update_by(const struct incident *incident) {
  return incident->updated_ms + limits[level_of(incident)].update_ms;
}

/* The clock was set after the opening: what is compared with the current clock moves with it. */
void incident_brief_make(struct incident_brief *brief, const struct incident *incident) {
  *brief = (struct incident_brief){
      .level = incident->level,
      .opened_ms = incident->opened_ms + incident->clock_ms,
      .respond_ms = incident->responded_ms ? 0 : incident_respond_by(incident) + incident->clock_ms,
      .update_ms = incident_update_by(incident) + incident->update_clock_ms};
  memcpy(brief->id, incident->id, sizeof brief->id);
}

static int64_t due_of(const struct incident_brief *brief) {
  return brief->respond_ms ? brief->respond_ms : brief->update_ms;
}

bool incident_is_overdue(const struct incident_brief *brief, int64_t wall_ms) {
  return wall_ms >= due_of(brief);
}

const char *incident_due_text(char out[INCIDENT_DUE_MAX], const struct incident_brief *brief,
                              int64_t wall_ms) {
  char time[FORMAT_MAX];
  const int64_t left_ms = due_of(brief) - wall_ms;
  const bool over = left_ms <= 0;
  format_duration(time, sizeof time, (double)(over ? -left_ms : left_ms) / 1000);
  snprintf(out, INCIDENT_DUE_MAX, "%s %s %s", brief->respond_ms ? "response" : "update",
           over ? "overdue by" : "due in", time);
  return out;
}

/* When a runbook is due: "daily 06:00", "weekly Sun 03:00 Europe/Berlin", "monthly 1st 03:00 UTC",
 * "monthly last 22:30". Times are those of a clock on the wall in the zone. No input or output:
 * what a zone's clock says is passed in. */
#pragma once

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { SCHEDULE_ZONE_MAX = 64, SCHEDULE_TEXT_MAX = 96, SCHEDULE_LAST = 32 };

enum schedule_kind { SCHEDULE_DAILY, SCHEDULE_WEEKLY, SCHEDULE_MONTHLY };

struct schedule {
  enum schedule_kind kind;
  int day;    /* WEEKLY: 0 is Sunday; MONTHLY: 1 to 31, in shorter months the last day */
  int minute; /* of the day */
  char zone[SCHEDULE_ZONE_MAX]; /* "Europe/Berlin", "UTC"; "": that of the process */
};

/* False with err that says what was expected. Whether there is such a zone is not known here. */
bool schedule_parse(struct schedule *schedule, const char *text, struct err *err) MUST_CHECK;
/* As it would be written. Returns out. */
const char *schedule_text(char out[SCHEDULE_TEXT_MAX], const struct schedule *schedule);
/* How late is overdue by default: a daily one after 4h, a weekly one after 1d, a monthly one after
 * 3d. */
int64_t schedule_within_ms(const struct schedule *schedule);

/* A day and a time of the wall clock. month: 1 to 12. */
struct schedule_moment {
  int year, month, day, minute;
};
/* The clock of a zone, both ways. A time that the clock skips (summer time begins) is the moment at
 * which it would have been with the time before; of a time that comes twice it is the first. */
struct schedule_clock {
  int64_t (*instant_ms)(void *arg, const char *zone, const struct schedule_moment *moment);
  void (*moment)(void *arg, const char *zone, int64_t ms, struct schedule_moment *moment);
  void *arg;
};
/* The last time at or before now at which it was due, and the first one after it. */
void schedule_around(const struct schedule *schedule, const struct schedule_clock *clock,
                     int64_t now_ms, int64_t *last_ms, int64_t *next_ms);
/* How many times it was due in (after_ms, now_ms]; at most `most`. */
int schedule_count(const struct schedule *schedule, const struct schedule_clock *clock,
                   int64_t after_ms, int64_t now_ms, int most);

enum schedule_state {
  SCHEDULE_DONE,
  SCHEDULE_DUE,
  SCHEDULE_OVERDUE,
  SCHEDULE_NEW, /* it has not been due since it was first seen */
};
/* "done", "due", "overdue", "new". */
const char *schedule_state_name(enum schedule_state state);
enum { SCHEDULE_MISSED_MAX = 1000 };
struct schedule_due {
  enum schedule_state state;
  int64_t due_ms, next_ms; /* when it was due last, and is due next */
  int missed;              /* times it was due since it was last done, at most that many */
};
/* done_ms: when it was last done; 0: never. It counts for a time from `within` before it on, and is
 * overdue `within` after it. seen_ms: what was due before that time does not count; 0: all does. */
void schedule_judge(const struct schedule *schedule, const struct schedule_clock *clock,
                    int64_t within_ms, int64_t done_ms, int64_t seen_ms, int64_t now_ms,
                    struct schedule_due *due);

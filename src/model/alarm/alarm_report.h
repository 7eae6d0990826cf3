/* How many alarms an operator was given, from the history of events, measured against ISA-18.2 and
 * EEMUA 191: `stacktop alarms --report`. An alarm is a finding that begins or becomes worse, and a
 * warning of stacktop about itself; a silenced finding is none. */
#pragma once

#include "model/event/event_record.h"

#include <stddef.h>

enum {
  ALARM_WINDOW_MS = 600000, /* by the clock: 14:00 to 14:10 */
  ALARM_AVERAGE_MOST = 2,   /* in a window, per operator */
  ALARM_PEAK_MOST = 10,     /* the same; a window with more begins a flood */
  ALARM_FLOOD_ENDS = 5,     /* a window with fewer ends it */
  ALARM_STANDING_MS = 86400000,
  ALARM_ITEMS_MAX = 10, /* of each list */
};

struct alarm_item {
  struct event_record record; /* its newest event; its texts are owned */
  int64_t count;
};
struct alarm_items {
  struct alarm_item items[ALARM_ITEMS_MAX];
  size_t count;
  int64_t total; /* also those that are not listed */
};

struct alarm_report {
  int64_t asked_ms;                       /* since when it was asked for */
  int64_t from_ms, until_ms;              /* what the history has of that */
  int64_t observed_ms;                    /* the time in which a program looked on */
  int64_t by_severity[SEVERITY_CRIT + 1]; /* alarms; OK: findings that began while silenced */
  int64_t alarms;
  int64_t windows;          /* in the time observed, or with an alarm, if these are more */
  int64_t peak, peak_ms;    /* the most alarms in a window, and when it began */
  int64_t windows_above;    /* with more than ALARM_PEAK_MOST */
  int64_t flood_windows;    /* of floods, from their beginning to their end */
  struct alarm_items often; /* count: alarms */
  struct alarm_items flapping;
  struct alarm_items standing; /* count: ms; there for longer than ALARM_STANDING_MS */
  struct alarm_items causes;   /* count: findings that were folded under it, at most at once */
  struct alarm_items floods;   /* count: findings of the same kind when it began */
  int64_t acknowledgements, silences; /* by operators, also those of several findings */
  int64_t acknowledged;               /* findings */
  int64_t acknowledged_ms;            /* from the alarm: the median */
};

void alarm_report_fini(struct alarm_report *report);

/* The alarms of one window that had some, in the order of time; at_ms: its beginning. */
struct alarm_windows {
  int64_t next_ms; /* of the window after the last one */
  bool flood;
};
void alarm_report_window(struct alarm_report *report, struct alarm_windows *windows, int64_t at_ms,
                         int64_t alarms);

/* Alarms in a window on average, over the time in which a program looked on. */
double alarm_report_average(const struct alarm_report *report);

enum alarm_verdict {
  ALARM_WITHIN,
  ALARM_BEYOND,
  ALARM_UNOBSERVED, /* no program looked on */
};
/* "within", "beyond", "unobserved". */
const char *alarm_verdict_name(enum alarm_verdict verdict);
enum alarm_verdict alarm_report_verdict(const struct alarm_report *report);

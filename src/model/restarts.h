/* When something was restarted by what keeps it running, as far as it was watched: by a count that
 * only grows, and begins again at 0 when a person starts it. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A crash loop: this many restarts within this time. One restart is worth a warning for a while. */
enum { RESTARTS_KEPT = 8, RESTARTS_LOOP = 3, RESTARTS_LOOP_S = 600, RESTARTS_RECENT_S = 300 };

struct restarts {
  int64_t known;              /* the count when it was last read; -1 before */
  double read_s;              /* when that was */
  double at_s[RESTARTS_KEPT]; /* since 1970, the newest last: not before, of all but the newest */
  size_t count;
};

/* total: the count now; below 0: not known. newest_s: when the last restart was; below 0: not
 * known. */
void restarts_take(struct restarts *restarts, int64_t total, double newest_s, double now_s);
size_t restarts_since(const struct restarts *restarts, double since_s);
/* How long ago the last one was, where that is worth a warning; else -1. */
double restarts_recent(const struct restarts *restarts, double now_s);

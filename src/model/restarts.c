#include "model/restarts.h"

#include <string.h>

static void add(struct restarts *restarts, double at_s) {
  if (restarts->count == RESTARTS_KEPT) {
    memmove(restarts->at_s, restarts->at_s + 1, (RESTARTS_KEPT - 1) * sizeof *restarts->at_s);
    restarts->count--;
  }
  restarts->at_s[restarts->count++] = at_s;
}

void restarts_take(struct restarts *restarts, int64_t total, double newest_s, double now_s) {
  if (total < 0)
    return;
  if (total < restarts->known) { /* a person has started it */
    restarts->count = 0;
    restarts->known = 0;
  }
  /* Of those before the first look only the newest has a time: that of the present run. */
  const int64_t more = restarts->known < 0 ? total > 0 : total - restarts->known;
  for (int64_t i = more < RESTARTS_KEPT ? more : RESTARTS_KEPT; i > 1; i--)
    add(restarts, restarts->read_s);
  if (more > 0 && newest_s >= 0)
    add(restarts, newest_s);
  restarts->known = total;
  restarts->read_s = now_s;
}

size_t restarts_since(const struct restarts *restarts, double since_s) {
  size_t count = 0;
  for (size_t i = 0; i < restarts->count; i++)
    count += restarts->at_s[i] >= since_s;
  return count;
}

double restarts_recent(const struct restarts *restarts, double now_s) {
  const double newest_s = restarts->count ? restarts->at_s[restarts->count - 1] : -1;
  if (newest_s < 0 || now_s - newest_s >= RESTARTS_RECENT_S)
    return -1;
  return now_s > newest_s ? now_s - newest_s : 0;
}

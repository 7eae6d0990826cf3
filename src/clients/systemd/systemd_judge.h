/* What a unit's state means: pure. */
#pragma once

#include "clients/systemd/systemd_read.h"
#include "model/severity.h"

enum { SYSTEMD_RESTARTS_KEPT = 8, SYSTEMD_REASON_MAX = 480 };

/* When systemd restarted a service by itself, as far as it was watched; the newest last. Its count
 * becomes 0 when others start the service: what was before is then forgotten. */
struct systemd_restarts {
  int64_t known;                      /* NRestarts when it was last read; -1 before */
  double read_s;                      /* when that was */
  double at_s[SYSTEMD_RESTARTS_KEPT]; /* not before, of all but the newest: since 1970 */
  size_t count;
};
void systemd_restarts_take(struct systemd_restarts *restarts, const struct systemd_unit *unit,
                           double now_s);

struct systemd_verdict {
  char reason[SYSTEMD_REASON_MAX]; /* "" when there is nothing to say; may quote systemd */
  enum severity severity;
};
/* Who asks for the unit: what does not run, or has failed, matters more where it is configured. */
enum systemd_wish { SYSTEMD_NOT_CHOSEN, SYSTEMD_BY_PATTERN, SYSTEMD_BY_NAME };
/* unit: NULL where it could not be read. */
void systemd_judge(const struct systemd_unit *unit, enum systemd_wish wish,
                   const struct systemd_restarts *restarts, double now_s,
                   struct systemd_verdict *verdict);
bool systemd_is_service(const char *name);

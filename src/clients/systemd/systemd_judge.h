/* What a unit's state means: pure. */
#pragma once

#include "clients/systemd/systemd_read.h"
#include "model/judge/severity.h"
#include "model/restarts.h"

enum { SYSTEMD_REASON_MAX = 480 };

/* NRestarts begins again at 0 when others start the service. */
void systemd_restarts_take(struct restarts *restarts, const struct systemd_unit *unit,
                           double now_s);

struct systemd_verdict {
  char reason[SYSTEMD_REASON_MAX]; /* "" when there is nothing to say; may quote systemd */
  enum severity severity;
};
/* Who asks for the unit: what does not run, or has failed, matters more where it is configured. */
enum systemd_wish { SYSTEMD_NOT_CHOSEN, SYSTEMD_BY_PATTERN, SYSTEMD_BY_NAME };
/* unit: NULL where it could not be read. */
void systemd_judge(const struct systemd_unit *unit, enum systemd_wish wish,
                   const struct restarts *restarts, double now_s, struct systemd_verdict *verdict);
bool systemd_is_service(const char *name);

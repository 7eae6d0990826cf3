/* The table of alerts: those that stacktop evaluates and those of a Prometheus look the same. */
#pragma once

#include "model/sample.h"

extern const struct table_spec alerts_table; /* id "alerts" */

/* Texts are copied, except for state and quiet, which are static; NULL: does not apply. */
struct alert_row {
  const char *key; /* unique in the table */
  const char *name, *subject;
  const char *state; /* "firing", "pending", "ok", "silenced", "unknown" */
  const char *value, *limit;
  int64_t since_ms;       /* how long the condition has held; -1: it does not */
  int64_t for_ms;         /* how long it must hold */
  enum severity severity; /* of the alert when it fires: WARN or CRIT */
  const char *text, *runbook, *labels, *condition;
  /* What it is now: `severity` if it fires, UNKNOWN if that is not known, else OK; and unless it is
   * OK, why. */
  enum severity now;
  const char *reason;
  const char *quiet; /* of one that would be firing: "silenced"; NULL: it is heard */
};
/* False if the sample is full. */
bool alert_row_add(struct sample *sample, struct table *table, const struct alert_row *alert);

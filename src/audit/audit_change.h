/* Records of changes to what stacktop itself keeps (acknowledgements, incidents): they have no plan
 * of an action, but an intent and an outcome like one. */
#pragma once

#include "audit/audit_record.h"

/* All texts are borrowed. */
struct audit_change {
  const char *id; /* from audit_id; the same for the intent and the outcome */
  const struct audit_who *who;
  const char *platform, *environment; /* of the configuration; may be NULL */
  const char *kind, *target, *action, *title;
  const char *const *plan; /* lines */
  size_t plan_count;
};

/* The intent, or with a result the outcome, to which the caller adds what has proved or prevented
 * it. */
struct audit_record audit_change_record(const struct audit_change *change, const char *result,
                                        int64_t at_ms);

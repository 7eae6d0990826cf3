/* Callbacks of the audit (audit.h says when they are called). */
#pragma once

#include "audit/audit_record.h"
#include "core/err.h"

/* For audit_append and audit_acknowledge; err is NULL if it is on disk. */
typedef void (*audit_done)(void *arg, const struct err *err);

/* For audit_on_kept. */
enum audit_kept_state { AUDIT_KEPT, AUDIT_KEPT_WRITTEN, AUDIT_KEPT_LOST };
struct audit_kept {
  enum audit_kept_state state;
  int attempts;
  const char *id, *target, *title; /* of its record */
  const struct err *err;           /* why it is not on disk; WRITTEN: NULL */
};
typedef void (*audit_kept_told)(void *arg, const struct audit_kept *kept);

/* For audit_follow and audit_read. */
typedef void (*audit_seen)(void *arg, const struct audit_record *record, bool unknown);

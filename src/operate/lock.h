/* Read-only mode, and how to leave it for a while.
 *
 * Reasons, the strongest first: STACKTOP_READ_ONLY=1 and --wall (cannot be unlocked), --read-only,
 * `read_only: true` in the configuration. `read_only: true` of a target is separate: it applies to
 * that target only and cannot be unlocked either. */
#pragma once

#include "model/model.h"

enum { LOCK_IDLE_MS = 300000 }; /* unlocked: idle time after which it locks again */

struct lock {
  bool fixed;            /* set by the environment or --wall: cannot be unlocked */
  const char *why;       /* "STACKTOP_READ_ONLY is set"; NULL: not in read-only mode */
  int64_t open_until_ms; /* 0: not unlocked */
};

/* From the environment, the command line and the configuration. */
void lock_init(struct lock *lock, const struct config *config, bool read_only, bool wall);
/* Updates what the view shows. Returns true if it has changed. */
bool lock_show(const struct lock *lock, struct operations *operations, int64_t now_ms);
/* False with err if nothing may be changed on that target now: "read-only (--read-only); use
 * `:unlock NAME` to unlock it for a while". */
bool lock_allows(const struct lock *lock, const struct target *target, int64_t now_ms,
                 struct err *err) MUST_CHECK;
/* typed: the name of the environment or, without one, of the platform. */
bool lock_open(struct lock *lock, const struct config *config, const char *typed, int64_t now_ms,
               struct err *err) MUST_CHECK;
void lock_close(struct lock *lock);
/* User activity: restarts the idle time. */
void lock_touch(struct lock *lock, int64_t now_ms);

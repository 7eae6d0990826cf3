/* Read-only, and how it is left for a while.
 *
 * Reasons, the strongest first: STACKTOP_READ_ONLY=1 and --wall (nobody unlocks them), --read-only,
 * `read_only: true` of the configuration; beside them `read_only: true` of a target, which holds
 * for that target alone and is not unlocked either. */
#pragma once

#include "model/model.h"

enum { LOCK_IDLE_MS = 300000 }; /* unlocked: it locks again when nothing is done for so long */

struct lock {
  bool fixed;            /* by the environment or --wall */
  const char *why;       /* "STACKTOP_READ_ONLY is set"; NULL: not read-only */
  int64_t open_until_ms; /* 0: not unlocked */
};

/* From the environment, the command line and the configuration. */
void lock_init(struct lock *lock, const struct config *config, bool read_only, bool wall);
/* What the view shows. Returns true when that has changed. */
bool lock_show(const struct lock *lock, struct operations *operations, int64_t now_ms);
/* False with err when nothing may be changed on that target now: "read-only (--read-only): :unlock
 * ends it for 5 minutes". */
bool lock_allows(const struct lock *lock, const struct target *target, int64_t now_ms,
                 struct err *err) MUST_CHECK;
/* typed: the environment's name, or the platform's where there is none. */
bool lock_open(struct lock *lock, const struct config *config, const char *typed, int64_t now_ms,
               struct err *err) MUST_CHECK;
void lock_close(struct lock *lock);
/* Somebody did something: the idle time begins anew. */
void lock_touch(struct lock *lock, int64_t now_ms);
